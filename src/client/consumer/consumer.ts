/** The consumer: reads records, alone or as a member of a group, and keeps positions. */
import type { Timer } from '../../core/index.ts';
import { type Runtime, runtimeOf } from '../connections/runtime.ts';
import { asClientError, ClientError, ClosedError, IllegalStateError, TimeoutError } from '../errors.ts';
import { Cluster, type Deadline } from '../metadata/cluster.ts';
import type { CommittedOffset } from '../metadata/committed-offsets.ts';
import { ConsumerInstruments, type ConsumerMetrics } from '../observability/consumer-instruments.ts';
import type { Listener } from '../observability/emitter.ts';
import type { ConsumerEvents } from '../observability/events.ts';
import {
  type ConsumerConfig,
  type ConsumerOptions,
  type ConsumerPresetOptions,
  normaliseConsumerOptions,
} from '../options/consumer.ts';
import { ignore, settles, unlessAborted, Wakeup, within } from '../support/async.ts';
import type { GroupMetadata, OffsetSpec, TopicPartition, TopicPartitionOffset } from '../topic-partition.ts';
import { Fetcher } from './fetcher.ts';
import { GroupReader, type RebalanceListener } from './group-reader.ts';
import { HandOut } from './hand-out.ts';
import { batchesOf, type LoopedConsumer, type LoopOptions, RecordLoop } from './loops.ts';
import { Membership } from './membership.ts';
import { PositionFinder } from './position-finder.ts';
import { type PartitionState, Positions } from './positions.ts';
import type { ConsumerRecord } from './records.ts';
import { checkRunOptions, type RunOptions, runLoop } from './run.ts';

export interface PollOptions {
  /** How long to wait for the first record, milliseconds. @default 1000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface PartitionLag extends TopicPartition {
  /** Offsets; markers and compacted records count too. */
  readonly lag: number;
}

export interface ConsumerCallOptions {
  /** Milliseconds; default.api.timeout.ms where it is left out. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface ConsumerCloseOptions {
  /**
   * Tells the group, so that others take over at once. @default true, except for a static member, whose partitions wait
   * for it until session.timeout.ms
   */
  readonly leaveGroup?: boolean;
  /** How long committing and leaving may take, milliseconds; then it closes without. @default 30000 */
  readonly timeoutMs?: number;
  /** Closes at once without committing and leaving what is left of that; the call fails with the signal's reason. */
  readonly signal?: AbortSignal;
}

const POLL_MS = 1_000;
const CLOSE_MS = 30_000;
/**
 * ```ts
 * await using consumer = new Consumer({ bootstrapServers: 'localhost:9092', groupId: 'billing' });
 * consumer.subscribe(['orders']);
 * for await (const batch of consumer) {
 *   for (const record of batch) await handle(record);
 *   await consumer.commit();
 * }
 * ```
 */
export class Consumer implements AsyncIterable<ConsumerRecord[]> {
  readonly config: ConsumerConfig;
  private readonly runtime: Runtime;
  private readonly instruments: ConsumerInstruments;
  private readonly cluster: Cluster;
  private readonly positions = new Positions();
  private readonly fetcher: Fetcher;
  private readonly finder: PositionFinder;
  private readonly handOut: HandOut;
  private readonly group: GroupReader | undefined;
  private readonly wakeup = new Wakeup();
  private mode: 'none' | 'subscribed' | 'assigned' = 'none';
  private failure: ClientError | undefined;
  private polling = false;
  private timer: Timer | undefined;
  private closing: Promise<void> | undefined;

  /** @throws ConfigurationError for options that are unknown, wrong or contradictory */
  constructor(options: ConsumerOptions | ConsumerPresetOptions) {
    this.config = normaliseConsumerOptions(options);
    const instruments = new ConsumerInstruments(options.logger);
    this.instruments = instruments;
    this.runtime = runtimeOf(options, instruments);
    this.cluster = new Cluster(this.runtime, this.config);
    const changed = (): void => this.changed();
    const failed = (error: unknown): void => {
      const failure = asClientError(error);
      this.failure ??= failure;
      instruments.events.emit('error', { error: failure });
      this.wakeup.notify();
    };
    this.fetcher = new Fetcher(this.cluster, this.config, this.positions, instruments, { changed, failed });
    this.handOut = new HandOut(this.positions, instruments);
    this.finder = new PositionFinder(this.cluster, this.config, this.positions, changed, failed);
    if (this.config.groupId !== null) {
      const membership = new Membership(this.cluster, this.config, instruments, {
        changed: () => this.wakeup.notify(),
        failed,
      });
      this.group = new GroupReader(this.cluster, this.config, this.positions, membership, instruments, () =>
        this.wakeup.notify(),
      );
    }
    this.cluster.onRefresh = () => {
      this.group?.metadataChanged();
      this.changed();
    };
  }

  /**
   * Reads these topics as a member of the group, or every topic whose name matches, also those that come later (looked for
   * each metadata.max.age.ms); replaces what was subscribed before.
   */
  subscribe(topics: readonly string[] | RegExp, listener: RebalanceListener = {}): void {
    this.checkOpen();
    if (this.group === undefined) {
      throw new IllegalStateError('subscribe() needs group.id: set it in the consumer’s options, or use assign()');
    }
    if (this.mode === 'assigned') throw new IllegalStateError('subscribe() after assign(): call unsubscribe() first');
    if (!(topics instanceof RegExp) && topics.length === 0)
      throw new IllegalStateError('subscribe() needs a topic: use unsubscribe() to stop reading');
    this.mode = 'subscribed';
    this.group.subscribe(topics instanceof RegExp ? topics : [...new Set(topics)], listener);
    this.wakeup.notify();
  }

  /** Reads exactly these partitions, without the group's say; offsets can be committed all the same where there is a group.id. */
  assign(partitions: readonly TopicPartition[]): void {
    this.checkOpen();
    if (this.mode === 'subscribed') throw new IllegalStateError('assign() after subscribe(): call unsubscribe() first');
    this.mode = 'assigned';
    this.cluster.follow(new Set(partitions.map((partition) => partition.topic)));
    this.positions.assign(partitions);
    this.changed();
  }

  /**
   * Reads nothing; a member leaves its group.
   * @throws TimeoutError and the signal's reason: it reads nothing all the same, but may not have committed (with
   * enable.auto.commit), and the group may not know yet
   */
  async unsubscribe(options: ConsumerCallOptions = {}): Promise<void> {
    this.checkOpen();
    const deadline = this.deadline(options);
    try {
      if (this.mode === 'subscribed') await this.group!.unsubscribe(deadline);
    } finally {
      this.mode = 'none';
      this.positions.assign([]);
    }
  }

  /**
   * The next records, at most max.poll.records; none when there were none in time. Joins the group, takes part in
   * rebalances and calls the listener. With enable.auto.commit it also commits what earlier polls returned.
   * @throws OffsetOutOfRangeError, LogTruncationError, NoOffsetForPartitionError, ClientError CORRUPT_MESSAGE, …; the
   * signal's reason
   */
  async poll(options: PollOptions = {}): Promise<ConsumerRecord[]> {
    return this.pollFor(this.config.maxPollRecords, options);
  }

  /** Batches as they come, as `batches()` gives them. */
  [Symbol.asyncIterator](): AsyncGenerator<ConsumerRecord[], void, undefined> {
    return this.batches();
  }

  /**
   * Batches as they come, for `for await`: what poll() returns, but none that is empty. Leaving the loop does not close the
   * consumer; the signal and closing it end the loop.
   * @throws what poll() throws
   */
  batches(options: LoopOptions = {}): AsyncGenerator<ConsumerRecord[], void, undefined> {
    return batchesOf(this.looped, this.config.maxPollRecords, options);
  }

  /**
   * Single records as they come, for `for await`. The position is behind the record that was handed out last, so that
   * commit() commits what was seen, and the automatic commit what is done with. Each record costs a promise and a turn of
   * the loop that it does not cost in a batch.
   * @throws what poll() throws
   */
  records(options: LoopOptions = {}): AsyncIterableIterator<ConsumerRecord> {
    return new RecordLoop(this.looped, this.runtime.clock, this.config.maxPollRecords, options);
  }

  /**
   * Polls and hands every record, or every batch, to a handler, in order, until the signal comes or the consumer closes. A
   * handler that throws ends it: its record is the next one to be read, and is not committed.
   * @throws what the handler throws; what poll() and commit() throw; TimeoutError after the signal, where a commit takes
   * longer than `stopTimeoutMs`; IllegalStateError without a handler, or with options that contradict each other
   */
  async run(options: RunOptions): Promise<void> {
    try {
      checkRunOptions(options);
      const { commit = 'automatic' } = options;
      if (commit !== 'automatic') this.requireGroup(`run({ commit: '${commit}' })`);
      await runLoop(this, this.runtime.timers, options);
    } catch (error) {
      if (this.closing !== undefined && error instanceof ClosedError) return;
      throw error;
    }
  }

  /**
   * Commits the given positions, or those of everything handed out so far.
   * @throws CommitFailedError when the member was removed from the group; TimeoutError and the signal's reason, after which
   * it may still be committed
   */
  async commit(offsets?: readonly TopicPartitionOffset[], options: ConsumerCallOptions = {}): Promise<void> {
    this.checkOpen();
    await this.requireGroup('commit()').commit(offsets ?? this.positions.consumed(), this.deadline(options));
  }

  /** What the group has committed of these partitions, or of the assigned ones; those without a commit are left out. */
  async committed(
    partitions?: readonly TopicPartition[],
    options: ConsumerCallOptions = {},
  ): Promise<CommittedOffset[]> {
    this.checkOpen();
    this.requireGroup('committed()');
    return this.finder.committed(partitions ?? this.positions.list(), this.deadline(options));
  }

  /** The offset of the next record that poll() will return, once a new leader has it in its log. @throws IllegalStateError where it is not assigned */
  async position(partition: TopicPartition, options: ConsumerCallOptions = {}): Promise<number> {
    this.checkOpen();
    const state = this.require(partition);
    const deadline = this.deadline(options);
    for (;;) {
      const next = this.wakeup.next();
      if (state.settled) return state.position!;
      if (state.gone) throw new IllegalStateError(`${partition.topic}-${partition.partition} is no longer assigned`);
      this.throwFailure();
      this.finder.run();
      const late = (): Error =>
        new TimeoutError(`the position of ${state.topic}-${state.partition} was not found in time`);
      await within(this.runtime.timers, this.cluster.left(deadline), next, late, deadline.signal);
      this.checkOpen();
    }
  }

  /** Goes on from this offset. Nothing is sent; what was fetched elsewhere is dropped. */
  seek({ topic, partition, offset, leaderEpoch }: TopicPartitionOffset): void {
    this.checkOpen();
    if (!Number.isSafeInteger(offset) || offset < 0) throw new IllegalStateError(`seek() to offset ${offset}`);
    this.require({ topic, partition }).moveTo(offset, leaderEpoch);
    this.changed();
  }
  /** Goes on from the first record of these partitions, or of all. */
  seekToBeginning(partitions: readonly TopicPartition[] = this.positions.list()): void {
    this.seekToPlace(partitions, 'earliest');
  }
  /** Goes on behind the last record; with read_committed behind the last stable one. */
  seekToEnd(partitions: readonly TopicPartition[] = this.positions.list()): void {
    this.seekToPlace(partitions, 'latest');
  }

  /**
   * Goes on at the first record of these partitions, or of all, that is not older than this: milliseconds since 1970. Behind
   * the last record where there is none.
   */
  seekToTimestamp(timestamp: number, partitions: readonly TopicPartition[] = this.positions.list()): void {
    if (!Number.isSafeInteger(timestamp) || timestamp < 0) throw new IllegalStateError(`seek to time ${timestamp}`);
    this.seekToPlace(partitions, { timestamp });
  }

  /**
   * How many offsets lie between each assigned partition's position and its end, as the last fetch saw it: the last stable
   * offset for read_committed, which does not show what an open transaction holds back. Without an entry: not fetched yet.
   */
  lag(): PartitionLag[] {
    return this.positions.all().flatMap(({ topic, partition, position, end }) => {
      if (position === undefined || end === undefined) return [];
      return [{ topic, partition, lag: Math.max(0, end - position) }];
    });
  }

  /** What it has counted, and how it stands now. */
  metrics(): ConsumerMetrics {
    const partitions = this.positions.all().map(({ topic, partition, position, end }) => ({
      topic,
      partition,
      position: position ?? -1,
      'records-lag': position === undefined || end === undefined ? -1 : Math.max(0, end - position),
    }));
    const { bufferedBytes } = this.positions;
    return this.instruments.metrics({
      partitions,
      fetchedBytes: bufferedBytes,
      now: this.runtime.clock.monotonic(),
    });
  }
  /**
   * Tells the listener of what happens from now on; returns how to stop that. It is called after the step in which it
   * happened; what it throws is logged and touches nothing. To act before partitions are given up there is the listener of
   * `subscribe`.
   */
  on<Name extends keyof ConsumerEvents>(event: Name, listener: Listener<ConsumerEvents[Name]>): () => void {
    return this.instruments.events.on(event, listener);
  }

  /**
   * Hands out nothing of these partitions until `resume`. A rebalance leaves it so for those that the member keeps all the
   * time, as with cooperative-sticky alone; others are given up in it and are not paused when they come back.
   */
  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.require(partition).paused = true;
  }
  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.require(partition).paused = false;
    this.changed();
  }

  /** What is read at the moment. */
  assignment(): TopicPartition[] {
    return this.positions.list();
  }
  /** The topics it reads as a member; of a pattern those that match by now. */
  subscription(): readonly string[] {
    return this.mode === 'subscribed' ? this.group!.subscription : [];
  }

  /**
   * Who this member is, for `Transaction.sendOffsets`: of the round whose partitions are being read, so that offsets of a
   * member that was replaced meanwhile are refused (KIP-447).
   */
  groupMetadata(): GroupMetadata {
    return this.requireGroup('groupMetadata()').metadata();
  }

  /**
   * Commits (with enable.auto.commit), gives the partitions up, leaves the group, closes the connections.
   * @throws the signal's reason; it is closed all the same
   */
  close(options: ConsumerCloseOptions = {}): Promise<void> {
    this.closing ??= this.shutDown(options);
    return unlessAborted(this.closing, options.signal);
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // Polling

  private async pollFor(limit: number, { timeoutMs, signal }: PollOptions): Promise<ConsumerRecord[]> {
    this.checkOpen();
    if (this.mode === 'none') throw new IllegalStateError('poll() before subscribe() or assign()');
    if (this.polling) throw new IllegalStateError('poll() while another poll() is under way: await it first');
    signal?.throwIfAborted();
    this.polling = true;
    this.instruments.polled(this.runtime.clock.monotonic());
    this.group?.membership.pollBegins();
    try {
      return await this.pollUntil(limit, this.cluster.deadline(timeoutMs ?? POLL_MS, signal));
    } finally {
      this.polling = false;
      this.group?.membership.pollEnds();
    }
  }

  private async pollUntil(limit: number, deadline: Deadline): Promise<ConsumerRecord[]> {
    for (;;) {
      // Asked for before anything is looked at, so that no change is missed.
      const change = this.wakeup.next();
      this.throwFailure();
      const mayRead = this.mode !== 'subscribed' || (await this.group!.follow(deadline));
      this.checkOpen();
      if (!mayRead) return [];
      this.group?.autoCommit();
      const now = this.runtime.clock.monotonic();
      const records = this.handOut.take(limit);
      this.finder.run();
      const again = this.fetcher.run(now);
      if (records.length > 0) return records;
      const left = this.cluster.left(deadline);
      if (left <= 0) return [];
      const pause = Math.min(
        left,
        Math.max(0, again - now),
        this.group?.lookForTopics(now) ?? Number.POSITIVE_INFINITY,
      );
      await settles(this.runtime.timers, pause, change, deadline.signal);
      this.checkOpen();
    }
  }

  private get looped(): LoopedConsumer {
    return {
      next: (limit, signal) => this.pollFor(limit, signal === undefined ? {} : { signal }),
      ready: () => {
        if (this.closing !== undefined || this.failure !== undefined || this.polling) return undefined;
        const [record] = this.handOut.take(1);
        if (record !== undefined) this.group?.membership.pollEnds();
        return record;
      },
      isClosed: () => this.closing !== undefined,
    };
  }

  private seekToPlace(partitions: readonly TopicPartition[], place: OffsetSpec): void {
    this.checkOpen();
    for (const partition of partitions) this.require(partition).resetTo(place);
    this.changed();
  }

  // The rest

  /** Something happened: fetch what can be fetched now, and let poll() look. Missing positions are poll's to find. */
  private changed(): void {
    if (this.closing !== undefined) return;
    const now = this.runtime.clock.monotonic();
    const again = this.fetcher.run(now);
    this.timer?.cancel();
    this.timer = undefined;
    if (again !== Number.POSITIVE_INFINITY) {
      this.timer = this.runtime.timers.after(Math.max(1, again - now), () => this.changed());
    }
    this.wakeup.notify();
  }

  private async shutDown({ leaveGroup, timeoutMs, signal }: ConsumerCloseOptions): Promise<void> {
    const deadline = this.cluster.deadline(timeoutMs ?? CLOSE_MS, signal);
    const limited = (work: Promise<unknown>): Promise<unknown> =>
      settles(this.runtime.timers, this.cluster.left(deadline), work, signal).catch(ignore);
    this.timer?.cancel();
    this.wakeup.notify();
    const { group } = this;
    if (group !== undefined && this.mode === 'subscribed') {
      await limited(group.giveUpBy(deadline));
      const leave = leaveGroup ?? this.config.groupInstanceId === null;
      if (leave) await limited(group.membership.leave('the consumer was closed'));
    } else if (group !== undefined && this.mode === 'assigned') {
      await limited(group.commitBeforeGivingUp(deadline));
    }
    group?.membership.stop();
    this.positions.assign([]);
    await this.cluster.close();
    this.wakeup.notify();
  }

  private checkOpen(): void {
    if (this.closing !== undefined) throw new ClosedError('consumer');
  }
  private throwFailure(): void {
    const { failure } = this;
    if (failure === undefined) return;
    if (!failure.fatal) this.failure = undefined;
    throw failure;
  }
  private requireGroup(call: string): GroupReader {
    if (this.group === undefined) {
      throw new IllegalStateError(`${call} needs group.id: set it in the consumer’s options`);
    }
    return this.group;
  }
  private require({ topic, partition }: TopicPartition): PartitionState {
    const state = this.positions.get({ topic, partition });
    if (state === undefined)
      throw new ClientError('INVALID_REQUEST', `${topic}-${partition} is not assigned to this consumer`);
    return state;
  }
  private deadline({ timeoutMs, signal }: ConsumerCallOptions): Deadline {
    signal?.throwIfAborted();
    return this.cluster.deadline(timeoutMs ?? this.config.defaultApiTimeoutMs, signal);
  }
}
