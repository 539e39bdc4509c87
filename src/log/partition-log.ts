/**
 * The log of one partition, as the rest of the broker knows it: what may be appended, where it lies, what a reader may
 * see, and when it is durable. Everything is synchronous but waiting for the device. It only says what there is: how each
 * of it is done is in the rooms beside it, over one LogBody.
 */
import type { KafkaError, Uuid } from '../core/index.ts';
import { appendBatch } from './append-batch.ts';
import type { Cleanable } from './compaction/cleanable.ts';
import type { CompactionOptions, CompactionResult } from './compaction/compact-log.ts';
import { cleanableNow, runCompaction } from './compaction/run-compaction.ts';
import type { LogBody } from './log-body.ts';
import { LogClosing } from './log-closing.ts';
import type { LogConfig } from './log-config.ts';
import { LogFlush } from './log-flush.ts';
import type {
  ActiveProducer,
  AppendOptions,
  AppendResult,
  OpenLogOptions,
  ReadOptions,
  TimestampedOffset,
} from './log-options.ts';
import { activeProducers, startVerification } from './log-producers.ts';
import { abortedTransactions, findMaxTimestamp, findTimestamp, readLog } from './log-queries.ts';
import { advanceStartOffset, dropRetired, enforceRetention, removeDeletedFiles } from './old-segments.ts';
import { type OpenedLog, openLog } from './open-log.ts';
import type { RecoveryReport } from './recovery.ts';
import type { VerificationGuard } from './verification.ts';

export class PartitionLog {
  readonly directory: string;
  readonly recovery: RecoveryReport;
  readonly topicId: Uuid | undefined;
  private readonly body: LogBody;
  private readonly flushing: LogFlush;
  private readonly closing: LogClosing;

  /**
   * Opens the log of a partition, or makes a new one; repairs what a crash left behind (see `recovery`). All that it
   * holds is durable when it returns.
   * @throws SystemError; KafkaError INCONSISTENT_TOPIC_ID, KAFKA_STORAGE_ERROR
   */
  static open(options: OpenLogOptions): PartitionLog {
    return new PartitionLog(openLog(options));
  }

  private constructor({ body, recovery, topicId, sound }: OpenedLog) {
    this.directory = body.directory;
    this.recovery = recovery;
    this.topicId = topicId;
    this.body = body;
    this.flushing = new LogFlush(body);
    this.closing = new LogClosing(body, this.flushing, sound);
  }

  /** The first offset that can be read. */
  get startOffset(): number {
    return this.body.startOffset;
  }
  /** One beyond the last offset that was appended (Kafka's log end offset). */
  get endOffset(): number {
    return this.body.endOffset;
  }
  /** Everything below is on the device. */
  get flushedOffset(): number {
    return this.flushing.flushedOffset;
  }
  get highWatermark(): number {
    return this.body.highWatermark;
  }
  /** Up to where read_committed consumers may read: no transaction that may still be open, or be undone, lies below. */
  get lastStableOffset(): number {
    return this.body.lastStableOffset;
  }
  /** To be stored, and given back to `open`: below it log and indexes are complete and on the device. */
  get recoveryPoint(): number {
    return this.body.list.durableUpTo;
  }
  /** A segment was closed that is not on the device yet: a `flush` moves the recovery point. */
  get hasUnsealed(): boolean {
    return this.body.list.hasUnsealed;
  }
  /** `flush.messages` are reached: a `flush` is due. */
  get mustFlush(): boolean {
    return this.flushing.isDue;
  }
  /** Something has waited for a `flush` for `flush.ms`. */
  get hasOldUnflushed(): boolean {
    return this.flushing.isOverdue;
  }
  /** Why nothing works any more: a write or sync failed in a way that leaves the file in doubt, or the log is closed. */
  get failed(): KafkaError | undefined {
    return this.body.failure;
  }
  get config(): LogConfig {
    return this.body.config;
  }
  /** Bytes of all batches. */
  get sizeInBytes(): number {
    return this.body.list.sizeInBytes;
  }
  /** -1: none yet. */
  get latestLeaderEpoch(): number {
    return this.body.epochs.latest;
  }

  /** Applies to what is appended from now on. */
  configure(config: Partial<LogConfig>): void {
    this.body.configure(config);
  }

  /** Moves the high watermark up to `offset`, never down, never beyond the end. Returns where it is. */
  advanceHighWatermark(offset: number): number {
    return this.body.advanceHighWatermark(offset);
  }

  /**
   * Appends one batch; its bytes are changed (base offset, leader epoch, LogAppendTime) and belong to the log until it
   * returns. A batch that is refused has changed nothing.
   * @throws KafkaError: CORRUPT_MESSAGE, INVALID_RECORD, INVALID_TIMESTAMP, UNSUPPORTED_COMPRESSION_TYPE,
   * UNSUPPORTED_FOR_MESSAGE_FORMAT, MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE (the batch itself);
   * OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE, TRANSACTION_COORDINATOR_FENCED (its
   * producer); FENCED_LEADER_EPOCH; KAFKA_STORAGE_ERROR
   */
  append(batch: Uint8Array, options: AppendOptions): AppendResult {
    return appendBatch(this.body, batch, options);
  }

  /**
   * Resolves with an end offset once everything that was appended before the call is durable. Calls that wait at the
   * same time share one sync of the device.
   * @throws KafkaError KAFKA_STORAGE_ERROR: a sync has failed, now or ever; nothing can be relied on any more
   */
  flush(): Promise<number> {
    return this.flushing.flush();
  }

  /**
   * Whole batches from the one that contains `fromOffset`, out of one segment; empty when there is none below `upTo`.
   * A new buffer each time, the caller's own.
   * @throws KafkaError OFFSET_OUT_OF_RANGE below `startOffset` or above `endOffset`; CORRUPT_MESSAGE where a damaged
   * batch is next; KAFKA_STORAGE_ERROR
   */
  read(options: ReadOptions): Uint8Array {
    return readLog(this.body, options);
  }

  /**
   * The aborted transactions with records in [fromOffset, upTo), by first offset: what a read_committed consumer needs
   * to skip them.
   */
  abortedTransactions(fromOffset: number, upTo: number): { producerId: number; firstOffset: number }[] {
    return abortedTransactions(this.body, fromOffset, upTo);
  }

  /** The first record below `upTo` whose timestamp is `timestamp` or later. @throws KafkaError KAFKA_STORAGE_ERROR */
  offsetForTimestamp(timestamp: number, upTo: number): TimestampedOffset | undefined {
    return findTimestamp(this.body, timestamp, upTo);
  }

  /** The first record below `upTo` with the largest timestamp (KIP-734). @throws KafkaError KAFKA_STORAGE_ERROR */
  offsetOfMaxTimestamp(upTo: number): TimestampedOffset | undefined {
    return findMaxTimestamp(this.body, upTo);
  }

  /** The epoch of the leader that wrote this offset, -1 when unknown. For the end of the log: the latest epoch. */
  leaderEpochFor(offset: number): number {
    return this.body.epochs.epochFor(offset);
  }

  /** KIP-320: the largest epoch not above `epoch`, and where it ends. undefined: unknown. */
  endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number } | undefined {
    return this.body.epochs.endOffsetFor(epoch, this.body.endOffset);
  }

  /**
   * Before a producer's transactional batch is appended: a guard, to be handed to `append` after the transaction
   * coordinator has confirmed that the partition is in the transaction; undefined when nothing has to be asked.
   * `supportsEpochBump`: the producer speaks transactions version 2.
   */
  startVerification(
    producerId: number,
    producerEpoch: number,
    firstSequence: number,
    supportsEpochBump = false,
  ): VerificationGuard | undefined {
    return startVerification(this.body, producerId, producerEpoch, firstSequence, supportsEpochBump);
  }

  hasOngoingTransaction(producerId: number): boolean {
    return this.body.producers.hasOngoingTransaction(producerId);
  }

  activeProducers(): ActiveProducer[] {
    return activeProducers(this.body.producers);
  }

  /** Forgets producers silent for `producer.id.expiration.ms`, never in an open transaction. `now`: wall clock. */
  removeExpiredProducers(now: number): number {
    return this.body.producers.removeExpired(now, this.body.config.producerIdExpirationMs);
  }

  /**
   * Records below `offset` are no longer read (DeleteRecords); whole segments below it leave the log, and their files go
   * with `dropRetired`. The caller stores the new start.
   * @throws KafkaError OFFSET_OUT_OF_RANGE above the high watermark
   */
  advanceStartOffset(offset: number): void {
    advanceStartOffset(this.body, offset);
  }

  /**
   * What `retention.ms`, `retention.bytes` and the start offset make of the oldest segments, never beyond the high
   * watermark. A log that is expired as a whole begins a new segment first, as in Kafka. `now`: wall clock.
   * @returns how many segments have left the log; their files go with `dropRetired`
   * @throws KafkaError KAFKA_STORAGE_ERROR when a new segment cannot be begun
   */
  enforceRetention(now: number): number {
    return enforceRetention(this.body, now);
  }

  /** What is appended from now on goes into a new segment. @throws KafkaError KAFKA_STORAGE_ERROR */
  beginSegment(): void {
    const { body } = this;
    body.ensureUsable();
    if (body.list.active.size > 0) body.attempt(() => body.list.roll(body.endOffset, body.config));
  }

  /** There is something for `dropRetired`. */
  get hasRetired(): boolean {
    return this.body.list.hasRetired;
  }
  /**
   * Takes the files of segments that have left the log away: they are named `.deleted` one after the other, with a
   * `pause` between, and `removeDeletedFiles` removes them. A crash never leaves a gap.
   * @throws KafkaError KAFKA_STORAGE_ERROR, and the log has failed
   */
  dropRetired(pause: () => Promise<void>): Promise<void> {
    return dropRetired(this.body, this.flushing, pause);
  }
  get hasDeletedFiles(): boolean {
    return this.body.list.hasDeletedFiles;
  }
  /** Removes the files of one segment that has been `.deleted` for `file.delete.delay.ms`. True: there was one. */
  removeDeletedFiles(): boolean {
    return removeDeletedFiles(this.body);
  }

  /** How much waits for compaction, and is it due? `cleanedUpTo`: where the last one ended. `now`: wall clock. */
  cleanable(now: number, cleanedUpTo: number | undefined): Cleanable {
    return cleanableNow(this.body, now, cleanedUpTo);
  }

  /**
   * Keeps the last record of each key of what is cleanable, a little in each turn; readers see the log throughout. The
   * caller stores where it ended. undefined: it was stopped, and has changed nothing, or not all; the log is sound.
   * `now`: wall clock.
   * @throws KafkaError CORRUPT_MESSAGE, MalformedBytesError where the log is damaged: nothing was taken from it;
   * SystemError ENOSPC: there was no space for it; KAFKA_STORAGE_ERROR: the log has failed
   */
  compact(now: number, options: CompactionOptions): Promise<CompactionResult | undefined> {
    return runCompaction(this.body, now, options);
  }

  /**
   * Makes everything durable, writes the producers' snapshot and closes the files. `recoveryPoint` is the end then.
   * @throws KafkaError KAFKA_STORAGE_ERROR; the files are closed all the same
   */
  close(): Promise<void> {
    return this.closing.close();
  }
  /** It is closed, and can be opened again without a look at its batches. */
  get closedCleanly(): boolean {
    return this.closing.closedCleanly;
  }

  /**
   * Deletes the log. When the call returns its directory has another name, `<directory>.<topic id>-delete`, so that a
   * new topic may have the old one; the promise resolves when the files are gone, or have been left there with a warning.
   * @throws SystemError when the directory cannot be renamed
   */
  delete(): Promise<void> {
    return this.closing.delete(this.topicId);
  }
}
