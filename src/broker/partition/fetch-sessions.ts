/**
 * Incremental fetch sessions (KIP-227): what a reader asks for is kept here, so that its next request names only what
 * changed, and its answer only partitions with news. A session is a promise that may be broken: where there is no room
 * for it, or it is gone, the reader sends whole requests. Bounded in number (`max.incremental.fetch.session.cache.slots`)
 * and in partitions over all sessions.
 */
import type { Clock, Random, Uuid } from '../../core/index.ts';

/** What a reader wants of one partition. */
export interface WantedPartition {
  /** Empty where topics go by id. */
  readonly topic: string;
  readonly topicId: Uuid;
  readonly partition: number;
  readonly currentLeaderEpoch: number;
  readonly fetchOffset: number;
  /** Of the last record that the reader has; -1: it does not say. */
  readonly lastFetchedEpoch: number;
  readonly partitionMaxBytes: number;
}

/** What an answer says of a partition, as far as a session compares it with what it said before. */
export interface PartitionNews {
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
  readonly recordsBytes: number;
}

const NEVER_SAID = -1;

/** A partition of a session: what is wanted of it, and what the reader was last told. */
export class SessionPartition {
  wanted: WantedPartition;
  /** The name that the topic's id stood for when it was last known. */
  knownName: string | undefined;
  private highWatermark = NEVER_SAID;
  private logStartOffset = NEVER_SAID;

  constructor(wanted: WantedPartition) {
    this.wanted = wanted;
  }

  /** Takes note of what is said now. Returns whether it is news: records, an error, a limit that moved. */
  isNews({ errorCode, highWatermark, logStartOffset, recordsBytes }: PartitionNews): boolean {
    const moved = highWatermark !== this.highWatermark || logStartOffset !== this.logStartOffset;
    this.logStartOffset = logStartOffset;
    // After an error the reader is told of the partition when it works again.
    this.highWatermark = errorCode === 0 ? highWatermark : NEVER_SAID;
    return moved || recordsBytes > 0 || errorCode !== 0;
  }
}

export const keyOf = ({
  topic,
  topicId,
  partition,
}: Pick<WantedPartition, 'topic' | 'topicId' | 'partition'>): string => `${partition}/${topicId}/${topic}`;

export class FetchSession {
  readonly id: number;
  readonly usesTopicIds: boolean;
  /** In the order in which they are read: those that brought records go to the end. */
  readonly partitions: Map<string, SessionPartition>;
  readonly createdMs: number;
  lastUsedMs: number;
  /** That the next request must have. */
  epoch = 1;

  constructor(id: number, usesTopicIds: boolean, partitions: Map<string, SessionPartition>, nowMs: number) {
    this.id = id;
    this.usesTopicIds = usesTopicIds;
    this.partitions = partitions;
    this.createdMs = nowMs;
    this.lastUsedMs = nowMs;
  }
}

const EPOCH_MAX = 0x7fffffff;
/** 0 and -1 are words of the protocol, so numbers begin again at 1. */
export const nextEpoch = (epoch: number): number => (epoch >= EPOCH_MAX ? 1 : epoch + 1);

/** A session that was not used, or exists, for this long may make room for another, milliseconds. As in Kafka. */
const EVICTABLE_AFTER_MS = 120_000;
/** Over all sessions; some 300 bytes each. Beyond it there are no new sessions. */
const PARTITIONS_MAX = 500_000;

export class FetchSessions {
  private readonly slots: number;
  private readonly clock: Clock;
  private readonly random: Random;
  /** The one that was not used for longest comes first. */
  private readonly sessions = new Map<number, FetchSession>();
  private cached = 0;

  constructor(options: { readonly slots: number; readonly clock: Clock; readonly random: Random }) {
    this.slots = options.slots;
    this.clock = options.clock;
    this.random = options.random;
  }

  get count(): number {
    return this.sessions.size;
  }
  /** Over all sessions. */
  get partitionCount(): number {
    return this.cached;
  }

  get(id: number): FetchSession | undefined {
    return this.sessions.get(id);
  }

  /** Makes a session for what was read in full; undefined where there is no room. */
  create(partitions: Map<string, SessionPartition>, usesTopicIds: boolean): FetchSession | undefined {
    const now = this.clock.monotonic();
    if (this.cached + partitions.size > PARTITIONS_MAX || !this.makeRoom(partitions.size, now)) return undefined;
    const session = new FetchSession(this.newId(), usesTopicIds, partitions, now);
    this.sessions.set(session.id, session);
    this.cached += partitions.size;
    return session;
  }

  remove(id: number): void {
    const session = this.sessions.get(id);
    if (session === undefined) return;
    this.sessions.delete(id);
    this.cached -= session.partitions.size;
  }

  /**
   * Applies an incremental request and moves the session on. Returns whether it still holds: one that is empty, or for
   * whose new partitions there is no room, is gone.
   */
  update(session: FetchSession, wanted: readonly WantedPartition[], forgotten: readonly string[]): boolean {
    const before = session.partitions.size;
    for (const each of wanted) {
      const key = keyOf(each);
      const known = session.partitions.get(key);
      if (known === undefined) session.partitions.set(key, new SessionPartition(each));
      else known.wanted = each;
    }
    for (const key of forgotten) session.partitions.delete(key);
    this.cached += session.partitions.size - before;
    if (session.partitions.size === 0 || this.cached > PARTITIONS_MAX) {
      this.remove(session.id);
      return false;
    }
    session.epoch = nextEpoch(session.epoch);
    session.lastUsedMs = this.clock.monotonic();
    this.sessions.delete(session.id);
    this.sessions.set(session.id, session);
    return true;
  }

  /**
   * Kafka's rule: a session unused for two minutes goes; else, of those that are two minutes old, the smallest goes if it
   * is smaller than the new one, which saves more.
   */
  private makeRoom(size: number, now: number): boolean {
    if (this.sessions.size < this.slots) return true;
    const [oldest] = this.sessions.values();
    if (oldest === undefined) return false;
    if (now - oldest.lastUsedMs > EVICTABLE_AFTER_MS) {
      this.remove(oldest.id);
      return true;
    }
    let smallest: FetchSession | undefined;
    for (const session of this.sessions.values()) {
      if (now - session.createdMs <= EVICTABLE_AFTER_MS) continue;
      if (smallest === undefined || session.partitions.size < smallest.partitions.size) smallest = session;
    }
    if (smallest === undefined || smallest.partitions.size >= size) return false;
    this.remove(smallest.id);
    return true;
  }

  private newId(): number {
    for (;;) {
      const id = this.random.uint32() & 0x7fffffff;
      if (id !== 0 && !this.sessions.has(id)) return id;
    }
  }
}
