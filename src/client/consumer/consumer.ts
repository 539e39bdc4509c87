/** The consumer: reads records, alone or as a member of a group, and keeps positions. */
import type { Logger, Timer } from '../../core/index.ts';
import { type Runtime, runtimeOf } from '../connections/runtime.ts';
import {
  asClientError,
  ClientError,
  ClosedError,
  CommitFailedError,
  IllegalStateError,
  TimeoutError,
} from '../errors.ts';
import { Cluster, type Deadline } from '../metadata/cluster.ts';
import type { CommittedOffset } from '../metadata/committed-offsets.ts';
import { type ConsumerConfig, type ConsumerOptions, normaliseConsumerOptions } from '../options/consumer.ts';
import { ignore, settles, Wakeup, within } from '../support/async.ts';
import type { GroupMetadata, TopicPartition, TopicPartitionOffset } from '../topic-partition.ts';
import { Fetcher } from './fetcher.ts';
import { type Joined, Membership } from './membership.ts';
import { commitOffsets } from './offset-commits.ts';
import { PositionFinder } from './position-finder.ts';
import { type PartitionState, Positions } from './positions.ts';
import type { ConsumerRecord } from './records.ts';

/** Told of what the group gives and takes, inside `poll`, which waits for them. */
export interface RebalanceListener {
  /** Partitions that this consumer reads from now on. Seek here to begin elsewhere than at the committed offset. */
  onAssigned?(partitions: readonly TopicPartition[]): void | Promise<void>;
  /** Partitions that are about to be given up: the last chance to commit. */
  onRevoked?(partitions: readonly TopicPartition[]): void | Promise<void>;
  /** Partitions that may be somebody else's already: a commit would be refused. */
  onLost?(partitions: readonly TopicPartition[]): void | Promise<void>;
}

export interface PollOptions {
  /** How long to wait for the first record, milliseconds. @default 1000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
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
  /** How long committing and leaving may take, milliseconds. @default 30000 */
  readonly timeoutMs?: number;
}

const POLL_MS = 1_000;
const CLOSE_MS = 30_000;
/** How often to look for a subscribed topic that does not exist yet. */
const TOPIC_WAIT_MS = 500;

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
  private readonly logger: Logger;
  private readonly cluster: Cluster;
  private readonly positions = new Positions();
  private readonly fetcher: Fetcher;
  private readonly finder: PositionFinder;
  private readonly membership: Membership | undefined;
  private readonly wakeup = new Wakeup();
  private mode: 'none' | 'subscribed' | 'assigned' = 'none';
  private topics: readonly string[] = [];
  private listener: RebalanceListener = {};
  private joining: Promise<Joined> | undefined;
  /** The round whose partitions are being read: its generation commits them, no later one. */
  private adopted: Joined | undefined;
  private failure: ClientError | undefined;
  private polling = false;
  private rotation = 0;
  private nextAutoCommit = 0;
  private autoCommitting = false;
  private lastTopicLook = 0;
  private timer: Timer | undefined;
  private closing: Promise<void> | undefined;

  /** @throws ConfigurationError for options that are unknown, wrong or contradictory */
  constructor(options: ConsumerOptions) {
    this.config = normaliseConsumerOptions(options);
    this.runtime = runtimeOf(options);
    this.logger = this.runtime.logger;
    this.cluster = new Cluster(this.runtime, this.config);
    const changed = (): void => this.changed();
    const failed = (error: unknown): void => {
      this.failure ??= asClientError(error);
      this.wakeup.notify();
    };
    this.fetcher = new Fetcher(this.cluster, this.config, this.positions, { changed, failed });
    this.finder = new PositionFinder(this.cluster, this.config, this.positions, changed, failed);
    if (this.config.groupId !== null) {
      this.membership = new Membership(this.cluster, this.config, { changed: () => this.wakeup.notify(), failed });
    }
    this.cluster.onRefresh = () => {
      this.membership?.metadataChanged();
      this.changed();
    };
  }

  /** Reads these topics as a member of the group; replaces what was subscribed before. */
  subscribe(topics: readonly string[], listener: RebalanceListener = {}): void {
    this.checkOpen();
    if (this.membership === undefined) {
      throw new IllegalStateError('subscribe() needs group.id: set it in the consumer’s options, or use assign()');
    }
    if (this.mode === 'assigned') throw new IllegalStateError('subscribe() after assign(): call unsubscribe() first');
    if (topics.length === 0)
      throw new IllegalStateError('subscribe() needs a topic: use unsubscribe() to stop reading');
    this.mode = 'subscribed';
    this.topics = [...new Set(topics)];
    this.listener = listener;
    this.cluster.follow(this.topics);
    this.membership.requestRejoin();
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

  /** Reads nothing; a member leaves its group. */
  async unsubscribe(): Promise<void> {
    this.checkOpen();
    if (this.mode === 'subscribed') {
      await this.giveUpPartitions();
      this.joining?.catch(ignore);
      this.joining = undefined;
      await this.membership?.leave('the consumer unsubscribed').catch(ignore);
      this.adopted = undefined;
    }
    this.mode = 'none';
    this.topics = [];
    this.positions.assign([]);
  }

  /**
   * The next records, at most max.poll.records; none when there were none in time. Joins the group, takes part in
   * rebalances and calls the listener. With enable.auto.commit it also commits what earlier polls returned.
   * @throws OffsetOutOfRangeError, NoOffsetForPartitionError, ClientError CORRUPT_MESSAGE, …; the signal's reason
   */
  async poll(options: PollOptions = {}): Promise<ConsumerRecord[]> {
    this.checkOpen();
    if (this.mode === 'none') throw new IllegalStateError('poll() before subscribe() or assign()');
    if (this.polling) throw new IllegalStateError('poll() while another poll() is under way: await it first');
    this.polling = true;
    this.membership?.pollBegins();
    try {
      return await this.pollUntil(this.cluster.deadline(options.timeoutMs ?? POLL_MS, options.signal));
    } finally {
      this.polling = false;
      this.membership?.pollEnds();
    }
  }

  /** Batches as they come, for `for await`. Leaving the loop does not close the consumer; closing it ends the loop. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ConsumerRecord[], void, undefined> {
    for (;;) {
      let batch: ConsumerRecord[];
      try {
        batch = await this.poll();
      } catch (error) {
        if (this.closing !== undefined && error instanceof ClosedError) return;
        throw error;
      }
      if (batch.length > 0) yield batch;
    }
  }

  /**
   * Commits the given positions, or those of everything handed out so far.
   * @throws CommitFailedError when the member was removed from the group; TimeoutError
   */
  async commit(offsets?: readonly TopicPartitionOffset[], options: ConsumerCallOptions = {}): Promise<void> {
    this.checkOpen();
    await this.commitNow(offsets ?? this.consumed(), this.deadline(options));
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

  /** The offset of the next record that poll() will return. @throws IllegalStateError where it is not assigned */
  async position(partition: TopicPartition, options: ConsumerCallOptions = {}): Promise<number> {
    this.checkOpen();
    const state = this.require(partition);
    const deadline = this.deadline(options);
    for (;;) {
      const next = this.wakeup.next();
      if (state.position !== undefined) return state.position;
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
    this.seekToEndOf(partitions, 'earliest');
  }
  /** Goes on behind the last record; with read_committed behind the last stable one. */
  seekToEnd(partitions: readonly TopicPartition[] = this.positions.list()): void {
    this.seekToEndOf(partitions, 'latest');
  }

  /** Hands out nothing of these partitions until `resume`. */
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
  subscription(): readonly string[] {
    return this.topics;
  }

  /**
   * Who this member is, for `Transaction.sendOffsets`: of the round whose partitions are being read, so that offsets of a
   * member that was replaced meanwhile are refused (KIP-447).
   */
  groupMetadata(): GroupMetadata {
    return this.requireGroup('groupMetadata()').metadata(this.adopted);
  }

  /** Commits (with enable.auto.commit), gives the partitions up, leaves the group, closes the connections. */
  close(options: ConsumerCloseOptions = {}): Promise<void> {
    this.closing ??= this.shutDown(options);
    return this.closing;
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // Polling

  private async pollUntil(deadline: Deadline): Promise<ConsumerRecord[]> {
    for (;;) {
      // Asked for before anything is looked at, so that no change is missed.
      const change = this.wakeup.next();
      this.throwFailure();
      if (this.mode === 'subscribed') await this.followGroup(deadline);
      this.checkOpen();
      this.autoCommit();
      const now = this.runtime.clock.monotonic();
      const records = this.takeBuffered();
      this.finder.run();
      const again = this.fetcher.run(now);
      if (records.length > 0) return records;
      const left = this.cluster.left(deadline);
      if (left <= 0) return [];
      const pause = Math.min(left, Math.max(0, again - now), this.lookForTopics(now));
      await settles(this.runtime.timers, pause, change, deadline.signal);
      this.checkOpen();
    }
  }

  /** Gives up partitions, joins, takes partitions on, as the group demands and the deadline allows. */
  private async followGroup(deadline: Deadline): Promise<void> {
    const membership = this.membership!;
    for (;;) {
      if (this.joining === undefined) {
        if (!membership.mustJoin) return;
        await this.giveUpPartitions();
        this.joining = membership.join(this.topics);
        this.joining.catch(ignore);
      }
      const left = this.cluster.left(deadline);
      const { joining } = this;
      if (!(await settles(this.runtime.timers, left, joining, deadline.signal))) return;
      this.joining = undefined;
      const joined = await joining;
      if (membership.mustJoin) continue;
      this.adopted = joined;
      this.positions.assign(joined.partitions);
      this.cluster.follow(joined.partitions.map((partition) => partition.topic));
      this.nextAutoCommit = this.runtime.clock.monotonic() + this.config.autoCommitIntervalMs;
      this.logger.debug('partitions assigned', { group: this.config.groupId, partitions: joined.partitions.length });
      await this.listener.onAssigned?.(this.positions.list());
      return;
    }
  }

  private async giveUpPartitions(): Promise<void> {
    const partitions = this.positions.list();
    if (partitions.length === 0) return;
    const lost = this.membership!.lost;
    if (!lost && this.config.enableAutoCommit) {
      await this.commitNow(this.consumed(), this.deadline({})).catch((error) => {
        this.logger.warn('offsets were not committed before a rebalance', { cause: (error as Error).message });
      });
    }
    try {
      if (lost) await (this.listener.onLost ?? this.listener.onRevoked)?.call(this.listener, partitions);
      else await this.listener.onRevoked?.(partitions);
    } finally {
      this.positions.assign([]);
    }
  }

  private takeBuffered(): ConsumerRecord[] {
    const records: ConsumerRecord[] = [];
    const states = this.positions.all();
    const limit = this.config.maxPollRecords;
    for (let at = 0; at < states.length && records.length < limit; at++) {
      const index = (this.rotation + at) % states.length;
      const state = states[index]!;
      if (state.paused || state.position === undefined) continue;
      this.takeFrom(state, limit, records);
      // A partition that had more than its share is the first to wait next time.
      if (records.length >= limit) this.rotation = index + (state.buffered.length > 0 ? 0 : 1);
    }
    return records;
  }

  private takeFrom(state: PartitionState, limit: number, records: ConsumerRecord[]): void {
    while (state.buffered.length > 0 && records.length < limit) {
      const data = state.buffered[0]!;
      try {
        data.take(limit - records.length, records);
      } catch (error) {
        if (records.length > 0) return;
        throw error;
      } finally {
        state.position = data.position;
        if (data.leaderEpoch >= 0) state.leaderEpoch = data.leaderEpoch;
      }
      if (!data.exhausted) return;
      state.buffered.shift();
      state.bufferedBytes -= data.size;
    }
  }

  /** Where the group's leader misses topics, they are looked for now and then. Returns how long to wait at most. */
  private lookForTopics(now: number): number {
    if (this.membership?.awaitsTopics !== true) return Number.POSITIVE_INFINITY;
    if (now - this.lastTopicLook >= TOPIC_WAIT_MS) {
      this.lastTopicLook = now;
      this.cluster.refresh().catch(ignore);
    }
    return TOPIC_WAIT_MS;
  }

  // Offsets

  /** Behind the last record handed out, of every partition. */
  private consumed(): TopicPartitionOffset[] {
    const offsets: TopicPartitionOffset[] = [];
    for (const { topic, partition, position, leaderEpoch } of this.positions.all()) {
      if (position !== undefined) offsets.push({ topic, partition, offset: position, leaderEpoch });
    }
    return offsets;
  }

  private async commitNow(offsets: readonly TopicPartitionOffset[], deadline: Deadline): Promise<void> {
    const membership = this.requireGroup('commit()');
    try {
      await commitOffsets(
        this.cluster,
        membership.metadata(this.adopted),
        offsets,
        deadline,
        this.config.requestTimeoutMs,
      );
    } catch (error) {
      if (error instanceof CommitFailedError && this.mode === 'subscribed') membership.reportRemoved();
      throw error;
    }
  }

  /** What earlier polls returned counts as processed when the next poll begins. */
  private autoCommit(): void {
    if (!this.config.enableAutoCommit || this.autoCommitting) return;
    const now = this.runtime.clock.monotonic();
    if (now < this.nextAutoCommit) return;
    this.nextAutoCommit = now + this.config.autoCommitIntervalMs;
    const offsets = this.consumed();
    if (offsets.length === 0) return;
    this.autoCommitting = true;
    this.commitNow(offsets, this.deadline({}))
      .catch((error) => {
        if (this.closing === undefined) this.logger.warn('auto commit failed', { cause: (error as Error).message });
      })
      .finally(() => {
        this.autoCommitting = false;
      });
  }

  private seekToEndOf(partitions: readonly TopicPartition[], end: 'earliest' | 'latest'): void {
    this.checkOpen();
    for (const partition of partitions) this.require(partition).resetTo(end);
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

  private async shutDown({ leaveGroup, timeoutMs }: ConsumerCloseOptions): Promise<void> {
    const deadline = this.cluster.deadline(timeoutMs ?? CLOSE_MS);
    const limited = (work: Promise<unknown>): Promise<unknown> =>
      settles(this.runtime.timers, this.cluster.left(deadline), work).catch(ignore);
    this.timer?.cancel();
    this.wakeup.notify();
    const { membership } = this;
    if (membership !== undefined && this.mode !== 'none') {
      if (this.mode === 'subscribed') {
        await limited(this.giveUpPartitions());
        if (leaveGroup ?? this.config.groupInstanceId === null)
          await limited(membership.leave('the consumer was closed'));
      } else if (this.config.enableAutoCommit) {
        await limited(this.commitNow(this.consumed(), deadline));
      }
      membership.stop();
    }
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
  private requireGroup(call: string): Membership {
    if (this.membership === undefined) {
      throw new IllegalStateError(`${call} needs group.id: set it in the consumer’s options`);
    }
    return this.membership;
  }
  private require({ topic, partition }: TopicPartition): PartitionState {
    const state = this.positions.get({ topic, partition });
    if (state === undefined)
      throw new ClientError('INVALID_REQUEST', `${topic}-${partition} is not assigned to this consumer`);
    return state;
  }
  private deadline({ timeoutMs, signal }: ConsumerCallOptions): Deadline {
    return this.cluster.deadline(timeoutMs ?? this.config.defaultApiTimeoutMs, signal);
  }
}
