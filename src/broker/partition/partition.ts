/**
 * One partition that this broker leads: its log, its leader epoch and its high watermark, group commit, and those who
 * wait for it to move. With one replica there is only the disk to be sure of, so the high watermark follows fdatasync:
 * records appended with acks=-1 become visible once they are synced; those with acks=0 or 1 at once, unless an unsynced
 * acks=-1 batch lies before them. It never falls and never passes the end of the log.
 */
import { ErrorCode, KafkaError, type Logger, type Uuid } from '../../core/index.ts';
import type { AppendOptions, AppendResult, LogConfig, PartitionLog } from '../../log/index.ts';

/** Told when what can be read from a partition may have grown, or will never grow again. */
export interface PartitionWatcher {
  partitionAdvanced(partition: Partition): void;
}

export interface PartitionOptions {
  readonly topic: string;
  readonly topicId: Uuid;
  readonly index: number;
  readonly leaderEpoch: number;
  readonly log: PartitionLog;
  readonly logger: Logger;
  /** `acks.all.fdatasync`. */
  readonly syncAcksAll: boolean;
  /** A segment is on the device for good: a restart that knows the log's recovery point does not scan it. */
  readonly onSealed?: () => void;
}

interface CommitWaiter {
  readonly endOffset: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class Partition {
  readonly topic: string;
  readonly topicId: Uuid;
  readonly index: number;
  readonly log: PartitionLog;
  leaderEpoch: number;
  /** Bytes appended since the partition was opened: lets a waiting fetch guess how much there is without reading. */
  appendedBytes = 0;
  private readonly logger: Logger;
  private readonly syncAcksAll: boolean;
  private readonly onSealed: (() => void) | undefined;
  private recoveryPoint: number;
  private readonly watchers = new Set<PartitionWatcher>();
  /** Base offsets of acks=-1 batches that are not synced yet, ascending. */
  private unsynced: number[] = [];
  private commitWaiters: CommitWaiter[] = [];
  private flushing = false;
  private problem: KafkaError | undefined;

  constructor(options: PartitionOptions) {
    this.topic = options.topic;
    this.topicId = options.topicId;
    this.index = options.index;
    this.leaderEpoch = options.leaderEpoch;
    this.log = options.log;
    this.logger = options.logger;
    this.syncAcksAll = options.syncAcksAll;
    this.onSealed = options.onSealed;
    this.recoveryPoint = this.log.recoveryPoint;
    // What recovery found may never have been synced: it counts once it is.
    if (this.syncAcksAll && this.log.flushedOffset < this.log.endOffset) {
      this.unsynced.push(Math.max(this.log.flushedOffset, this.log.startOffset));
      this.flush();
    }
    this.advance();
  }

  get name(): string {
    return `${this.topic}-${this.index}`;
  }
  /** Why nothing can be read or appended any more: KAFKA_STORAGE_ERROR, or UNKNOWN_TOPIC_OR_PARTITION once deleted. */
  get failure(): KafkaError | undefined {
    return this.problem;
  }
  get highWatermark(): number {
    return this.log.highWatermark;
  }
  get lastStableOffset(): number {
    return this.log.lastStableOffset;
  }

  /** Does the topic's `cleanup.policy` include `compact`? */
  get compacted(): boolean {
    return this.log.config.compacted;
  }

  /** The topic's properties have changed: they hold for what is appended from now on. */
  configure(config: LogConfig): void {
    this.log.configure(config);
  }

  /** The first offset that a reader of this isolation must not see. */
  readLimit(isolationLevel: number): number {
    return isolationLevel === READ_COMMITTED ? this.log.lastStableOffset : this.log.highWatermark;
  }

  /** NONE, FENCED_LEADER_EPOCH or UNKNOWN_LEADER_EPOCH (KIP-320); -1 asks for no check. */
  checkLeaderEpoch(currentLeaderEpoch: number): number {
    if (currentLeaderEpoch === -1 || currentLeaderEpoch === this.leaderEpoch) return ErrorCode.NONE;
    return currentLeaderEpoch < this.leaderEpoch ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH;
  }

  /**
   * Appends one batch; what was visible stays so, and what is new becomes visible by the rule above.
   * @throws KafkaError what the log refuses; KAFKA_STORAGE_ERROR when it cannot be written, and ever after
   */
  append(batch: Uint8Array, acks: number, options: Omit<AppendOptions, 'leaderEpoch'>): AppendResult {
    if (this.problem !== undefined) throw this.problem;
    let result: AppendResult;
    try {
      result = this.log.append(batch, { ...options, leaderEpoch: this.leaderEpoch });
    } catch (error) {
      if (!KafkaError.is(error) || error.code === 'KAFKA_STORAGE_ERROR') throw this.fail(error);
      throw error;
    }
    if (result.duplicate) return result;
    this.appendedBytes += batch.length;
    if (acks === -1 && this.syncAcksAll) {
      this.unsynced.push(result.baseOffset);
      this.flush();
    } else if (this.log.hasUnsealed || this.log.mustFlush) {
      // A segment was closed: once it is on the device it need never be scanned again. Or `flush.messages` says so.
      this.flush();
    }
    this.advance();
    return result;
  }

  /** Begins a sync where something has waited for one for `flush.ms`. */
  flushOld(): void {
    if (this.log.hasOldUnflushed) this.flush();
  }

  /**
   * Resolves when everything below `endOffset` is committed: synced, so that it survives the machine. Undefined: it is
   * already. Rejects with KAFKA_STORAGE_ERROR when it never will be. Earlier offsets are answered first.
   */
  committed(endOffset: number): Promise<void> | undefined {
    if (this.problem !== undefined) return Promise.reject(this.problem);
    if (!this.syncAcksAll || this.log.flushedOffset >= endOffset) return undefined;
    return new Promise((resolve, reject) => {
      this.commitWaiters.push({ endOffset, resolve, reject });
      this.flush();
    });
  }

  /**
   * The log begins at `offset` from now on; at the high watermark where it is -1. Never moves the start back.
   * @returns the first offset that can be read
   * @throws KafkaError OFFSET_OUT_OF_RANGE for another negative offset, and above the high watermark
   */
  deleteRecords(offset: number): number {
    if (this.problem !== undefined) throw this.problem;
    if (offset < 0 && offset !== HIGH_WATERMARK) {
      throw new KafkaError('OFFSET_OUT_OF_RANGE', `offset ${offset} is none, and not -1 for the high watermark`);
    }
    try {
      this.log.advanceStartOffset(offset === HIGH_WATERMARK ? this.log.highWatermark : offset);
    } catch (error) {
      if (!KafkaError.is(error) || error.code === 'KAFKA_STORAGE_ERROR') throw this.fail(error);
      throw error;
    }
    return this.log.startOffset;
  }

  /**
   * The largest leader epoch that is not above `epoch`, and where it ends (KIP-320). undefined: unknown. The current one
   * has begun even if nothing was appended in it yet.
   */
  endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number } | undefined {
    if (epoch < 0 || epoch > this.leaderEpoch) return undefined;
    const { endOffset, latestLeaderEpoch } = this.log;
    if (epoch === this.leaderEpoch) return { epoch, endOffset };
    if (epoch < latestLeaderEpoch) return this.log.endOffsetForEpoch(epoch);
    return { epoch: latestLeaderEpoch >= 0 ? latestLeaderEpoch : epoch, endOffset };
  }

  watch(watcher: PartitionWatcher): void {
    this.watchers.add(watcher);
  }
  unwatch(watcher: PartitionWatcher): void {
    this.watchers.delete(watcher);
  }

  /** The topic is gone: whoever waits is told so. */
  deleted(): void {
    this.end(new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `${this.name} was deleted`));
  }

  /** The broker stops: whoever waits is told to look elsewhere. */
  async close(): Promise<void> {
    const failed = this.problem !== undefined;
    this.end(new KafkaError('NOT_LEADER_OR_FOLLOWER', `${this.name} is closed`));
    if (!failed) await this.log.close();
  }

  /** Syncs at the end of this turn: everything appended in it shares one fdatasync, and so does what waits meanwhile. */
  private flush(): void {
    if (this.flushing || this.problem !== undefined) return;
    this.flushing = true;
    Promise.resolve()
      .then(() => this.log.flush())
      .then(
        (flushedEnd) => {
          this.flushing = false;
          this.flushed(flushedEnd);
        },
        (error: unknown) => {
          this.flushing = false;
          this.fail(error);
        },
      );
  }

  private flushed(end: number): void {
    if (this.problem !== undefined) return;
    const { recoveryPoint } = this.log;
    if (recoveryPoint > this.recoveryPoint) this.onSealed?.();
    this.recoveryPoint = recoveryPoint;
    this.unsynced = this.unsynced.filter((baseOffset) => baseOffset >= end);
    this.advance();
    const settled = this.commitWaiters.filter((waiter) => waiter.endOffset <= end);
    if (settled.length > 0) {
      this.commitWaiters = this.commitWaiters.filter((waiter) => waiter.endOffset > end);
      for (const waiter of settled) waiter.resolve();
    }
    const awaited = this.unsynced.length > 0 || this.commitWaiters.length > 0;
    // What was appended meanwhile could not begin another sync.
    const due = this.log.endOffset > end && (this.log.hasUnsealed || this.log.mustFlush);
    if (awaited || due) this.flush();
  }

  /** Moves the high watermark as far as it may go, and tells the watchers when something became readable. */
  private advance(): void {
    const highWatermark = this.unsynced[0] ?? this.log.endOffset;
    const { highWatermark: before, lastStableOffset: stableBefore } = this.log;
    if (highWatermark > before) this.log.advanceHighWatermark(highWatermark);
    if (this.log.highWatermark > before || this.log.lastStableOffset > stableBefore) this.notify();
  }

  private notify(): void {
    for (const watcher of this.watchers) watcher.partitionAdvanced(this);
  }

  /** Its log failed in other hands: the partition is offline. */
  failed(cause: unknown): KafkaError {
    return this.fail(cause);
  }
  /** It is closed, and its log is whole on the device. */
  get closedCleanly(): boolean {
    return this.log.closedCleanly;
  }

  private fail(cause: unknown): KafkaError {
    if (this.problem !== undefined) return this.problem;
    const message = cause instanceof Error ? cause.message : String(cause);
    this.logger.error(`${this.name}: the log failed and is offline until the broker restarts: ${message}`, {
      error: cause,
    });
    const error = new KafkaError('KAFKA_STORAGE_ERROR', `${this.name}: ${message}`, { cause });
    this.end(error);
    return error;
  }

  private end(error: KafkaError): void {
    this.problem ??= error;
    const waiting = this.commitWaiters;
    this.commitWaiters = [];
    for (const waiter of waiting) waiter.reject(this.problem);
    this.notify();
  }
}

/** DeleteRecords: up to wherever that is. */
const HIGH_WATERMARK = -1;

/** Fetch and ListOffsets: `isolation_level` 1. */
export const READ_COMMITTED = 1;
/** `isolation_level` 0. */
export const READ_UNCOMMITTED = 0;
