/**
 * Reading as a member of a group, or at least with its offsets: follows the rebalances, calls the listener, commits.
 *
 * Partitions change hands inside poll() only, so that nothing is taken away while a handler works. Offsets are committed
 * under the round whose partitions are being read (`adopted`), never under a later one: the coordinator then refuses what
 * a member commits that was replaced.
 *
 *   protocol      before the join             during it      after it
 *   eager         gives everything up         reads nothing  takes everything on
 *   cooperative   (KIP-429) keeps everything  reads on       gives up what it was not given, and then joins again, so
 *                                                            that somebody else may have it; takes on what is new
 *
 * A member that may have been replaced gives everything up in either case.
 */
import type { Logger, Timers } from '../../core/index.ts';
import { asClientError, ClientError, CommitFailedError, TimeoutError } from '../errors.ts';
import type { Cluster, Deadline } from '../metadata/cluster.ts';
import type { ConsumerInstruments } from '../observability/consumer-instruments.ts';
import type { ConsumerConfig } from '../options/consumer.ts';
import { ignore, settles, within } from '../support/async.ts';
import {
  type GroupMetadata,
  partitionKey,
  type TopicPartition,
  type TopicPartitionOffset,
} from '../topic-partition.ts';
import type { Joined } from './join-round.ts';
import type { Membership } from './membership.ts';
import { commitOffsets } from './offset-commits.ts';
import type { Positions } from './positions.ts';

/**
 * Told of what the group gives and takes, inside `poll`, which waits for them. With `cooperative-sticky` alone only what
 * changes is named, else everything.
 */
export interface RebalanceListener {
  /** Partitions that this consumer reads from now on. Seek here to begin elsewhere than at the committed offset. */
  onAssigned?(partitions: readonly TopicPartition[]): void | Promise<void>;
  /** Partitions that are about to be given up: the last chance to commit. */
  onRevoked?(partitions: readonly TopicPartition[]): void | Promise<void>;
  /** Partitions that may be somebody else's already: a commit would be refused. */
  onLost?(partitions: readonly TopicPartition[]): void | Promise<void>;
}

/** How often to look for a subscribed topic that does not exist yet. */
const TOPIC_WAIT_MS = 500;

export class GroupReader {
  readonly membership: Membership;
  private readonly cluster: Cluster;
  private readonly config: ConsumerConfig;
  private readonly positions: Positions;
  private readonly timers: Timers;
  private readonly logger: Logger;
  private readonly instruments: ConsumerInstruments;
  private readonly cooperative: boolean;
  private readonly onJoinSettled: () => void;
  private topics: readonly string[] | undefined;
  private pattern: RegExp | undefined;
  private listener: RebalanceListener = {};
  private joining: Promise<Joined> | undefined;
  private joinSettled = false;
  /** Monotonic. */
  private joiningSince = 0;
  private adopted: Joined | undefined;
  private nextAutoCommit = 0;
  private autoCommitting = false;
  /** The commit before partitions are given up, until it is over: longer than one poll() may take. */
  private lastCommit: Promise<void> | undefined;
  private lastTopicLook = 0;

  /** `joinSettled`: the group has an answer for poll() to look at. */
  constructor(
    cluster: Cluster,
    config: ConsumerConfig,
    positions: Positions,
    membership: Membership,
    instruments: ConsumerInstruments,
    joinSettled: () => void,
  ) {
    this.cluster = cluster;
    this.config = config;
    this.positions = positions;
    this.membership = membership;
    this.instruments = instruments;
    this.onJoinSettled = joinSettled;
    this.timers = cluster.runtime.timers;
    this.logger = cluster.runtime.logger;
    this.cooperative = config.partitionAssignmentStrategy.every((name) => name === 'cooperative-sticky');
  }

  /** By name, or every topic whose name matches; Kafka's own only where they are not excluded. */
  subscribe(wanted: readonly string[] | RegExp, listener: RebalanceListener): void {
    this.listener = listener;
    if (wanted instanceof RegExp) {
      // A search must not depend on where the last one ended.
      this.pattern = new RegExp(wanted.source, wanted.flags.replace(/[gy]/g, ''));
      this.topics = this.matching();
      this.cluster.followEverything();
    } else {
      this.pattern = undefined;
      this.topics = wanted;
      this.cluster.follow(wanted);
    }
    this.membership.requestRejoin();
  }

  get subscription(): readonly string[] {
    return this.topics ?? [];
  }

  /** A refresh may have brought topics that match, or partitions that nobody reads yet. */
  metadataChanged(): void {
    this.membership.metadataChanged();
    if (this.pattern === undefined) return;
    const before = this.topics ?? [];
    const topics = this.matching();
    if (topics.length === before.length && topics.every((topic, at) => topic === before[at])) return;
    this.topics = topics;
    this.membership.requestRejoin();
  }

  private matching(): string[] {
    const { pattern } = this;
    if (pattern === undefined) return [];
    return [...this.cluster.image.topics.values()]
      .filter(({ name, internal }) => !(internal && this.config.excludeInternalTopics) && pattern.test(name))
      .map(({ name }) => name)
      .sort();
  }

  /**
   * Gives everything up and leaves the group.
   * @throws TimeoutError, the signal's reason, what the listener throws: it has left all the same, but the group may not know
   */
  async unsubscribe(deadline: Deadline): Promise<void> {
    let left = Promise.resolve();
    try {
      await this.giveUpBy(deadline);
    } finally {
      this.joining = undefined;
      this.topics = undefined;
      this.pattern = undefined;
      left = this.membership.leave('the consumer unsubscribed').catch(ignore);
      this.adopted = undefined;
    }
    const late = (): Error =>
      new TimeoutError(`group "${this.config.groupId}" did not answer that the member left in time`);
    await within(this.timers, this.cluster.left(deadline), left, late, deadline.signal);
  }

  /**
   * Gives up partitions, joins, takes partitions on, as the group demands and the deadline allows. The listener takes the
   * time that it takes. Returns whether records may be handed out: not while the commit of what was is under way.
   */
  async follow(deadline: Deadline): Promise<boolean> {
    const { membership } = this;
    if (this.topics === undefined) return true;
    if (this.pattern !== undefined && !this.cluster.isComplete) {
      const listed = this.cluster.refresh();
      if (!(await settles(this.timers, this.cluster.left(deadline), listed.catch(ignore), deadline.signal)))
        return true;
      if (!this.cluster.isComplete) return true;
    }
    for (;;) {
      if (this.joining === undefined) {
        if (!membership.mustJoin) return true;
        if ((!this.cooperative || membership.lost) && !(await this.giveUp(deadline))) return false;
        this.join(this.topics);
      }
      const joining = this.joining!;
      // Who reads on meanwhile looks in now and then; the end of the join wakes poll().
      const patience = this.positions.size > 0 && !this.joinSettled ? 0 : this.cluster.left(deadline);
      if (patience === 0 && !this.joinSettled) return true;
      if (!(await settles(this.timers, patience, joining, deadline.signal))) return true;
      const joined = await joining.catch((error: unknown) => {
        this.joining = undefined;
        throw error;
      });
      if (!membership.mustJoin || this.cooperative) {
        if (!(await this.commitSurplus(joined, deadline))) return false;
        this.joining = undefined;
        await this.adopt(joined);
        if (!membership.mustJoin) return true;
      } else {
        this.joining = undefined;
      }
    }
  }

  private join(topics: readonly string[]): void {
    const { adopted } = this;
    const partitions = this.cooperative ? this.positions.list() : (adopted?.partitions ?? []);
    const joining = this.membership.join(topics, { generation: adopted?.generationId ?? -1, partitions });
    this.joining = joining;
    this.joinSettled = false;
    this.joiningSince = this.cluster.runtime.clock.monotonic();
    const settled = (): void => {
      if (this.joining !== joining) return;
      this.joinSettled = true;
      this.onJoinSettled();
    };
    joining.then(settled, settled);
  }

  /** Commits before anything is given up that was not given to it again; as the member that it is now. */
  private async commitSurplus(joined: Joined, deadline: Deadline): Promise<boolean> {
    if (this.adopted?.memberId !== joined.memberId || this.surplusOf(joined).length === 0) return true;
    this.adopted = joined;
    return this.commitBeforeGivingUp(deadline);
  }

  private surplusOf({ partitions }: Joined): TopicPartition[] {
    const given = new Set(partitions.map(({ topic, partition }) => partitionKey(topic, partition)));
    return this.positions.list().filter(({ topic, partition }) => !given.has(partitionKey(topic, partition)));
  }

  private async adopt(joined: Joined): Promise<void> {
    const { adopted } = this;
    this.adopted = joined;
    const before = this.positions.list();
    const surplus = this.surplusOf(joined);
    if (before.length > 0 && adopted?.memberId !== joined.memberId) {
      // It was forgotten and is somebody new: others may have read what it had, and gone further.
      await this.tellLost(before);
      this.positions.assign([]);
    } else if (surplus.length > 0) {
      await this.listener.onRevoked?.(surplus);
    }
    if (surplus.length > 0) this.membership.requestRejoin();
    const kept = new Set(this.positions.list().map(({ topic, partition }) => partitionKey(topic, partition)));
    this.positions.assign(joined.partitions);
    this.cluster.follow(joined.partitions.map((partition) => partition.topic));
    this.nextAutoCommit = this.cluster.runtime.clock.monotonic() + this.config.autoCommitIntervalMs;
    this.tellRebalance(joined);
    this.logger.debug('partitions assigned', { group: this.config.groupId, partitions: joined.partitions.length });
    await this.listener.onAssigned?.(
      this.positions.list().filter(({ topic, partition }) => !kept.has(partitionKey(topic, partition))),
    );
  }

  private tellRebalance({ generationId, memberId, partitions }: Joined): void {
    const now = this.cluster.runtime.clock.monotonic();
    const durationMs = now - this.joiningSince;
    this.instruments.rebalanced(now, durationMs);
    const group = this.config.groupId!;
    this.instruments.events.emit('rebalance', { group, generationId, memberId, partitions, durationMs });
  }

  private async tellLost(partitions: readonly TopicPartition[]): Promise<void> {
    await (this.listener.onLost ?? this.listener.onRevoked)?.call(this.listener, partitions);
  }

  /**
   * Commits where it is to, tells the listener, and reads nothing any more. False: the commit is not over yet, and nothing is
   * given up. @throws the signal's reason, likewise; what the listener throws
   */
  private async giveUp(deadline: Deadline): Promise<boolean> {
    if (this.positions.size === 0) return true;
    if (!this.membership.lost && !(await this.commitBeforeGivingUp(deadline))) return false;
    await this.release();
    return true;
  }

  /** The same, but gives up in any case. @throws TimeoutError and the signal's reason: what was read may not be committed */
  async giveUpBy(deadline: Deadline): Promise<void> {
    try {
      if (!(await this.giveUp(deadline))) {
        throw new TimeoutError(`the offsets of group "${this.config.groupId}" were not committed in time`);
      }
    } finally {
      if (this.positions.size > 0) await this.release();
    }
  }

  private async release(): Promise<void> {
    this.lastCommit = undefined;
    const partitions = this.positions.list();
    try {
      if (this.membership.lost) await this.tellLost(partitions);
      else await this.listener.onRevoked?.(partitions);
    } finally {
      this.positions.assign([]);
    }
  }

  /**
   * With enable.auto.commit only. A failure is logged: the records will be read again. False: it is not over yet; called
   * again it waits on. @throws the signal's reason
   */
  async commitBeforeGivingUp(deadline: Deadline): Promise<boolean> {
    if (!this.config.enableAutoCommit) return true;
    this.lastCommit ??= this.commitAll();
    const left = this.cluster.left(deadline);
    if (!(await settles(this.timers, left, this.lastCommit, deadline.signal))) return false;
    this.lastCommit = undefined;
    return true;
  }

  private async commitAll(): Promise<void> {
    const { defaultApiTimeoutMs } = this.config;
    await this.commit(this.positions.consumed(), this.cluster.deadline(defaultApiTimeoutMs)).catch((error) => {
      this.logger.warn('offsets were not committed before the partitions were given up', {
        group: this.config.groupId,
        cause: (error as Error).message,
      });
    });
  }

  /** @throws CommitFailedError, ClientError REBALANCE_IN_PROGRESS, TimeoutError */
  async commit(offsets: readonly TopicPartitionOffset[], deadline: Deadline): Promise<void> {
    const group = this.metadata();
    const { clock } = this.cluster.runtime;
    const { counters, events } = this.instruments;
    const began = clock.monotonic();
    const commit = () => ({ group: group.groupId, offsets, durationMs: clock.monotonic() - began });
    try {
      await commitOffsets(this.cluster, group, offsets, deadline, this.config.requestTimeoutMs);
      if (offsets.length === 0) return;
      counters['commit-total']++;
      events.emit('commit', commit());
    } catch (error) {
      counters['commit-failure-total']++;
      events.emit('commitFailed', { ...commit(), error: asClientError(error) });
      if (!(error instanceof CommitFailedError) || this.topics === undefined) throw error;
      // Refused because the member has rejoined since: not a sign that it was removed.
      if (this.membership.hasMovedOnFrom(group)) throw movedOn(group.groupId);
      this.membership.reportRemoved();
      throw error;
    }
  }

  /** What earlier polls returned counts as processed when the next poll begins. */
  autoCommit(): void {
    if (!this.config.enableAutoCommit || this.autoCommitting) return;
    const now = this.cluster.runtime.clock.monotonic();
    if (now < this.nextAutoCommit) return;
    this.nextAutoCommit = now + this.config.autoCommitIntervalMs;
    const offsets = this.positions.consumed();
    if (offsets.length === 0) return;
    this.autoCommitting = true;
    this.commit(offsets, this.cluster.deadline(this.config.defaultApiTimeoutMs))
      .catch((error) => {
        if (this.cluster.signal.aborted) return;
        this.logger.warn('auto commit failed', { group: this.config.groupId, cause: (error as Error).message });
      })
      .finally(() => {
        this.autoCommitting = false;
      });
  }

  /** Where the group's leader misses topics, they are looked for now and then. Returns how long to wait at most. */
  lookForTopics(now: number): number {
    if (!this.membership.awaitsTopics) return Number.POSITIVE_INFINITY;
    if (now - this.lastTopicLook >= TOPIC_WAIT_MS) {
      this.lastTopicLook = now;
      this.cluster.refresh().catch(ignore);
    }
    return TOPIC_WAIT_MS;
  }

  metadata(): GroupMetadata {
    return this.membership.metadata(this.adopted);
  }
}

function movedOn(groupId: string | null): ClientError {
  return new ClientError(
    'REBALANCE_IN_PROGRESS',
    `OffsetCommit of group "${groupId}": the group is rebalancing; call poll(), then commit what is still assigned`,
  );
}
