/**
 * The log of one partition: what may be appended (Kafka's rules for idempotent and transactional producers), where it
 * lies, what a reader may see, and when it is durable. Everything is synchronous but waiting for the device.
 */
import {
  type Clock,
  type Disk,
  KafkaError,
  type Logger,
  makeDurableDirectory,
  SystemError,
  silentLogger,
  type Uuid,
} from '../core/index.ts';
import {
  type BatchHeader,
  type ControlRecord,
  controlRecordOf,
  readBatchHeader,
  setBaseOffset,
  setLogAppendTime,
  setPartitionLeaderEpoch,
  verifyBatch,
} from '../records/index.ts';
import { checkBatch } from './append-rules.ts';
import { type Cleanable, cleanableOf } from './compaction/cleanable.ts';
import {
  type CompactedLog,
  type CompactionOptions,
  type CompactionResult,
  compactLog,
} from './compaction/compact-log.ts';
import { DamageReports } from './damage-reports.ts';
import { GroupCommit } from './group-commit.ts';
import { LeaderEpochs } from './leader-epochs.ts';
import { defaultLogConfig, type LogConfig } from './log-config.ts';
import type {
  ActiveProducer,
  AppendOptions,
  AppendResult,
  OpenLogOptions,
  ReadOptions,
  TimestampedOffset,
} from './log-options.ts';
import { readTopicId, writeTopicId } from './partition-metadata.ts';
import { type BatchMetadata, ProducerStates } from './producer-state.ts';
import { type RecoveryReport, recoverSegments } from './recovery.ts';
import { expiredSegments } from './retention.ts';
import { NO_BYTES, type Segment } from './segment.ts';
import { SegmentList } from './segment-list.ts';
import { abortedBetween, offsetForTimestamp, offsetOfMaxTimestamp, readBatches } from './segment-queries.ts';
import type { VerificationGuard } from './verification.ts';

export class PartitionLog {
  readonly directory: string;
  readonly recovery: RecoveryReport;
  readonly topicId: Uuid | undefined;
  private readonly disk: Disk;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly producers: ProducerStates;
  private readonly epochs: LeaderEpochs;
  private readonly commits: GroupCommit<number>;
  private readonly list: SegmentList;
  private readonly damage: DamageReports;
  private settings: LogConfig;
  private start: number;
  private end: number;
  private flushed: number;
  private watermark: number;
  /** Compaction works on some of the segments: none of them may go meanwhile. */
  private compacting = false;
  private clean = false;
  /** What it was when it was opened; `sound`: closed well before, or empty. */
  private readonly opened: {
    readonly sound: boolean;
    readonly segments: readonly Segment[];
    readonly start: number;
    readonly end: number;
  };
  private failure: KafkaError | undefined;

  /**
   * Opens the log of a partition, or makes a new one; repairs what a crash left behind (see `recovery`). All that it
   * holds is durable when it returns.
   * @throws SystemError; KafkaError INCONSISTENT_TOPIC_ID, KAFKA_STORAGE_ERROR
   */
  static open(options: OpenLogOptions): PartitionLog {
    return new PartitionLog(options);
  }

  private constructor(options: OpenLogOptions) {
    const { disk, clock, directory } = options;
    this.disk = disk;
    this.clock = clock;
    this.directory = directory;
    this.logger = options.logger ?? silentLogger;
    this.settings = { ...defaultLogConfig, ...options.config };
    if (!disk.exists(directory)) makeDurableDirectory(disk, directory);
    this.topicId = agreeOnTopicId(disk, directory, options.topicId);
    this.producers = new ProducerStates();
    this.epochs = LeaderEpochs.load(disk, directory);
    const { segments, report } = recoverSegments({
      disk,
      directory,
      config: this.settings,
      logger: this.logger,
      producers: this.producers,
      epochs: this.epochs,
      recoveryPoint: options.recoveryPoint,
      cleanShutdown: options.cleanShutdown ?? false,
      logStartOffset: options.logStartOffset ?? 0,
      cleanedUpTo: options.cleanedUpTo ?? 0,
      now: clock.now(),
    });
    this.recovery = report;
    this.list = new SegmentList({
      disk,
      clock,
      directory,
      logger: this.logger,
      random: options.random,
      producers: this.producers,
      segments,
      durableUpTo: Math.min(report.trustedUpTo, segments.at(-1)!.nextOffset),
    });
    this.damage = new DamageReports(directory, this.logger);
    this.end = this.list.active.nextOffset;
    const sound = report.trustedUpTo === this.end;
    const stored = options.logStartOffset ?? 0;
    if (stored > this.end) this.beginAnewAt(stored);
    this.flushed = this.end;
    this.start = Math.max(segments[0]!.baseOffset, stored);
    this.watermark = this.start;
    this.opened = { sound, segments: [...this.list.all], start: this.start, end: this.end };
    this.commits = new GroupCommit(() => this.syncOnce());
  }

  /** The first offset that can be read. */
  get startOffset(): number {
    return this.start;
  }
  /** One beyond the last offset that was appended (Kafka's log end offset). */
  get endOffset(): number {
    return this.end;
  }
  /** Everything below is on the device. */
  get flushedOffset(): number {
    return this.flushed;
  }
  get highWatermark(): number {
    return this.watermark;
  }
  /** Up to where read_committed consumers may read: no transaction that may still be open, or be undone, lies below. */
  get lastStableOffset(): number {
    const firstUnstable = this.producers.firstUnstableOffset;
    return firstUnstable === undefined ? this.watermark : Math.min(this.watermark, Math.max(this.start, firstUnstable));
  }
  /** To be stored, and given back to `open`: below it log and indexes are complete and on the device. */
  get recoveryPoint(): number {
    return this.list.durableUpTo;
  }
  /** A segment was closed that is not on the device yet: a `flush` moves the recovery point. */
  get hasUnsealed(): boolean {
    return this.list.hasUnsealed;
  }
  /** Why nothing works any more: a write or sync failed in a way that leaves the file in doubt, or the log is closed. */
  get failed(): KafkaError | undefined {
    return this.failure;
  }
  get config(): LogConfig {
    return this.settings;
  }
  /** Bytes of all batches. */
  get sizeInBytes(): number {
    return this.list.sizeInBytes;
  }
  /** -1: none yet. */
  get latestLeaderEpoch(): number {
    return this.epochs.latest;
  }

  /** Applies to what is appended from now on. */
  configure(config: Partial<LogConfig>): void {
    this.settings = { ...this.settings, ...config };
  }

  /** Moves the high watermark up to `offset`, never down, never beyond the end. Returns where it is. */
  advanceHighWatermark(offset: number): number {
    const next = Math.min(offset, this.end);
    if (next > this.watermark) {
      this.watermark = next;
      this.producers.onHighWatermark(next);
    }
    return this.watermark;
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
    this.ensureUsable();
    const { origin } = options;
    let header = verifyBatch(batch);
    const control = header.isControl ? controlRecordOf(batch) : undefined;
    const now = this.clock.now();
    checkBatch({ batch, header, control, origin, now, endOffset: this.end, config: this.settings });
    const leaderEpoch = origin === 'replication' ? header.partitionLeaderEpoch : options.leaderEpoch;
    if (leaderEpoch < this.epochs.latest) {
      throw new KafkaError('FENCED_LEADER_EPOCH', `leader epoch ${leaderEpoch}, the log has ${this.epochs.latest}`);
    }
    const known = this.producers.check(header, control, {
      origin,
      verified: options.verified,
      verificationRequired: this.settings.transactionPartitionVerificationEnable,
      transactionVersion: options.producerIdTransactionVersion ?? 1,
    });
    if (known !== undefined) return this.duplicateOf(known);

    const stampsTime = this.settings.messageTimestampType === 'LogAppendTime' && origin !== 'replication';
    if (stampsTime) setLogAppendTime(batch, 0, now);
    if (origin !== 'replication') {
      setBaseOffset(batch, 0, this.end);
      setPartitionLeaderEpoch(batch, 0, leaderEpoch);
    }
    header = readBatchHeader(batch);
    this.write(batch, header, leaderEpoch, now);
    this.take(header, control, now);
    return {
      baseOffset: header.baseOffset,
      lastOffset: header.lastOffset,
      logAppendTime: stampsTime ? now : -1,
      logStartOffset: this.start,
      duplicate: false,
    };
  }

  private duplicateOf(known: BatchMetadata): AppendResult {
    return {
      baseOffset: known.lastOffset - known.offsetDelta,
      lastOffset: known.lastOffset,
      logAppendTime: known.timestamp,
      logStartOffset: this.start,
      duplicate: true,
    };
  }

  /** Puts the bytes into the file, or leaves the log as it was. */
  private write(batch: Uint8Array, header: BatchHeader, leaderEpoch: number, now: number): void {
    try {
      if (this.list.mustRoll(header, now, this.settings)) this.list.roll(header.baseOffset, this.settings);
      this.epochs.assign(leaderEpoch, header.baseOffset);
    } catch (error) {
      throw storageError(error);
    }
    const segment = this.list.active;
    try {
      segment.file.write(batch, segment.size);
    } catch (error) {
      // Part of it may be there. It is taken back; where that is in doubt, nothing more is done with this log.
      try {
        segment.file.truncate(segment.size);
      } catch (second) {
        this.fail(second);
      }
      if (!isOutOfSpace(error)) this.fail(error);
      throw storageError(error);
    }
    segment.dirty = true;
    segment.durablySealed = false;
  }

  /** The batch is in the log: offsets, producers, transactions follow it. Refuses nothing. */
  private take(header: BatchHeader, control: ControlRecord | undefined, now: number): void {
    const segment = this.list.active;
    segment.note(header, header.baseOffset, header.maxTimestamp);
    this.end = segment.nextOffset;
    const completed = this.producers.apply(header, header.baseOffset, control, now);
    if (completed?.aborted === true) {
      segment.aborted.add({ ...completed, lastStableOffset: this.producers.firstOngoingOffset ?? this.end });
    }
    if (segment.indexesAreFarBehind) this.list.tryAside(() => segment.writeIndexes());
  }

  /**
   * Resolves with an end offset once everything that was appended before the call is durable. Calls that wait at the
   * same time share one sync of the device.
   * @throws KafkaError KAFKA_STORAGE_ERROR: a sync has failed, now or ever; nothing can be relied on any more
   */
  flush(): Promise<number> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (this.flushed === this.end && !this.list.namesChanged) return Promise.resolve(this.flushed);
    return this.commits.request();
  }

  private async syncOnce(): Promise<number> {
    this.ensureUsable();
    const end = this.end;
    try {
      await this.list.sync();
    } catch (error) {
      this.fail(error);
      throw this.failure;
    }
    this.flushed = Math.max(this.flushed, end);
    return this.flushed;
  }

  /**
   * Whole batches from the one that contains `fromOffset`, out of one segment; empty when there is none below `upTo`.
   * A new buffer each time, the caller's own.
   * @throws KafkaError OFFSET_OUT_OF_RANGE below `startOffset` or above `endOffset`; CORRUPT_MESSAGE where a damaged
   * batch is next; KAFKA_STORAGE_ERROR
   */
  read(options: ReadOptions): Uint8Array {
    this.ensureUsable();
    const { fromOffset } = options;
    if (fromOffset < this.start || fromOffset > this.end) {
      throw new KafkaError('OFFSET_OUT_OF_RANGE', `offset ${fromOffset}, the log has ${this.start} to ${this.end}`);
    }
    if (fromOffset >= options.upTo) return NO_BYTES;
    return this.attempt(() => readBatches(this.list.all, options));
  }

  /**
   * The aborted transactions with records in [fromOffset, upTo), by first offset: what a read_committed consumer needs
   * to skip them.
   */
  abortedTransactions(fromOffset: number, upTo: number): { producerId: number; firstOffset: number }[] {
    const found = abortedBetween(this.list.all, fromOffset, upTo);
    return found.map(({ producerId, firstOffset }) => ({ producerId, firstOffset }));
  }

  /** The first record below `upTo` whose timestamp is `timestamp` or later. @throws KafkaError KAFKA_STORAGE_ERROR */
  offsetForTimestamp(timestamp: number, upTo: number): TimestampedOffset | undefined {
    this.ensureUsable();
    return this.attempt(() => offsetForTimestamp(this.list.all, timestamp, this.start, upTo));
  }

  /** The first record below `upTo` with the largest timestamp (KIP-734). @throws KafkaError KAFKA_STORAGE_ERROR */
  offsetOfMaxTimestamp(upTo: number): TimestampedOffset | undefined {
    this.ensureUsable();
    return this.attempt(() => offsetOfMaxTimestamp(this.list.all, this.start, upTo));
  }

  /** The epoch of the leader that wrote this offset, -1 when unknown. For the end of the log: the latest epoch. */
  leaderEpochFor(offset: number): number {
    return this.epochs.epochFor(offset);
  }

  /** KIP-320: the largest epoch not above `epoch`, and where it ends. undefined: unknown. */
  endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number } | undefined {
    return this.epochs.endOffsetFor(epoch, this.end);
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
    if (!this.settings.transactionPartitionVerificationEnable) return undefined;
    const entry = this.producers.producers.get(producerId);
    if (entry !== undefined && entry.currentTxnFirstOffset >= 0 && entry.producerEpoch === producerEpoch) {
      return undefined;
    }
    const now = this.clock.now();
    return this.producers.verifications.start(producerId, producerEpoch, firstSequence, supportsEpochBump, now);
  }

  hasOngoingTransaction(producerId: number): boolean {
    return this.producers.hasOngoingTransaction(producerId);
  }

  activeProducers(): ActiveProducer[] {
    return [...this.producers.producers.values()].map((entry) => ({
      producerId: entry.producerId,
      producerEpoch: entry.producerEpoch,
      lastSequence: entry.batches.at(-1)?.lastSequence ?? -1,
      lastTimestamp: entry.lastTimestamp,
      coordinatorEpoch: entry.coordinatorEpoch,
      currentTxnStartOffset: entry.currentTxnFirstOffset,
    }));
  }

  /** Forgets producers silent for `producer.id.expiration.ms`, never in an open transaction. `now`: wall clock. */
  removeExpiredProducers(now: number): number {
    return this.producers.removeExpired(now, this.settings.producerIdExpirationMs);
  }

  /**
   * Records below `offset` are no longer read (DeleteRecords); whole segments below it leave the log, and their files go
   * with `dropRetired`. The caller stores the new start.
   * @throws KafkaError OFFSET_OUT_OF_RANGE above the high watermark
   */
  advanceStartOffset(offset: number): void {
    this.ensureUsable();
    if (offset > this.watermark) {
      throw new KafkaError('OFFSET_OUT_OF_RANGE', `offset ${offset}, the high watermark is ${this.watermark}`);
    }
    if (offset <= this.start) return;
    this.start = offset;
    this.epochs.truncateFromStart(offset);
    // Where compaction is under way, the next look at retention takes them.
    if (!this.compacting) this.list.retireBelow(offset);
  }

  /**
   * What `retention.ms`, `retention.bytes` and the start offset make of the oldest segments, never beyond the high
   * watermark. A log that is expired as a whole begins a new segment first, as in Kafka. `now`: wall clock.
   * @returns how many segments have left the log; their files go with `dropRetired`
   * @throws KafkaError KAFKA_STORAGE_ERROR when a new segment cannot be begun
   */
  enforceRetention(now: number): number {
    this.ensureUsable();
    if (this.compacting) return 0;
    const { list } = this;
    const expired = expiredSegments(list.all, {
      config: this.settings,
      now,
      startOffset: this.start,
      highWatermark: this.watermark,
    });
    if (expired === 0) return 0;
    if (expired === list.all.length) this.attempt(() => list.roll(this.end, this.settings));
    const start = list.all[expired]!.baseOffset;
    if (start > this.start) {
      this.start = start;
      this.epochs.truncateFromStart(start);
    }
    return list.retireBelow(start);
  }

  /** What is appended from now on goes into a new segment. @throws KafkaError KAFKA_STORAGE_ERROR */
  beginSegment(): void {
    this.ensureUsable();
    if (this.list.active.size > 0) this.attempt(() => this.list.roll(this.end, this.settings));
  }

  /** There is something for `dropRetired`. */
  get hasRetired(): boolean {
    return this.list.hasRetired;
  }
  /**
   * Takes the files of segments that have left the log away: they are named `.deleted` one after the other, with a
   * `pause` between, and `removeDeletedFiles` removes them. A crash never leaves a gap.
   * @throws KafkaError KAFKA_STORAGE_ERROR, and the log has failed
   */
  async dropRetired(pause: () => Promise<void>): Promise<void> {
    while (this.list.hasRetired) {
      await this.flush();
      this.ensureUsable();
      if (this.commits.idle === undefined) {
        this.attempt(() => this.list.dropOneRetired());
        await pause();
      } else {
        await this.commits.idle;
      }
      if (this.failure !== undefined) return;
    }
  }
  get hasDeletedFiles(): boolean {
    return this.list.hasDeletedFiles;
  }
  /** Removes the files of one segment that has been `.deleted` for `file.delete.delay.ms`. True: there was one. */
  removeDeletedFiles(): boolean {
    if (this.failure !== undefined) return false;
    return this.attempt(() => this.list.removeDeleted(this.settings.fileDeleteDelayMs));
  }

  /** How much waits for compaction, and is it due? `cleanedUpTo`: where the last one ended. `now`: wall clock. */
  cleanable(now: number, cleanedUpTo: number | undefined): Cleanable {
    return cleanableOf(this.list.all, {
      config: this.settings,
      cleanedUpTo,
      startOffset: this.start,
      lastStableOffset: this.lastStableOffset,
      now,
    });
  }

  /**
   * Keeps the last record of each key of what is cleanable, a little in each turn; readers see the log throughout. The
   * caller stores where it ended. undefined: it was stopped, and has changed nothing, or not all; the log is sound.
   * `now`: wall clock.
   * @throws KafkaError CORRUPT_MESSAGE, MalformedBytesError where the log is damaged: nothing was taken from it;
   * SystemError ENOSPC: there was no space for it; KAFKA_STORAGE_ERROR: the log has failed
   */
  async compact(now: number, options: CompactionOptions): Promise<CompactionResult | undefined> {
    this.ensureUsable();
    const { disk, directory, settings: config, list, producers } = this;
    const log: CompactedLog = {
      disk,
      directory,
      config,
      segments: () => list.all,
      producers: producers.producers,
      usable: () => this.failure === undefined,
      replace: (sources, cleaned) => this.replaceSegments(sources, cleaned),
    };
    this.compacting = true;
    try {
      return await compactLog(log, this.cleanable(now, options.cleanedUpTo), options, now);
    } catch (error) {
      if (error instanceof SystemError && !isOutOfSpace(error)) {
        this.fail(error);
        throw storageError(error);
      }
      throw error;
    } finally {
      this.compacting = false;
    }
  }
  private *replaceSegments(sources: readonly Segment[], cleaned: Segment): Generator<void> {
    try {
      yield* this.list.replace(sources, cleaned);
    } catch (error) {
      this.fail(error);
      throw storageError(error);
    }
  }

  /** The log lost its end, and with it what was deleted before: it goes on where readers may be, and never reuses offsets. */
  private beginAnewAt(offset: number): void {
    this.logger.warn('the log ends before its start offset and begins anew there', {
      directory: this.directory,
      endOffset: this.end,
      startOffset: offset,
    });
    this.list.roll(offset, this.settings);
    this.list.retireBelow(offset);
    this.end = offset;
  }

  /**
   * Makes everything durable, writes the producers' snapshot and closes the files. `recoveryPoint` is the end then.
   * @throws KafkaError KAFKA_STORAGE_ERROR; the files are closed all the same
   */
  async close(): Promise<void> {
    try {
      if (this.failure === undefined && this.isAsItWasOpened) {
        this.clean = true;
        return;
      }
      while (this.failure === undefined && (this.flushed < this.end || this.list.namesChanged)) await this.flush();
      if (this.failure === undefined) this.leaveClean();
    } finally {
      await this.shut();
    }
  }

  /** Nothing has to be written for it to be found well: what is true of most logs of a broker that has many. */
  private get isAsItWasOpened(): boolean {
    const { sound, segments, start, end } = this.opened;
    const { all } = this.list;
    return (
      sound &&
      this.end === end &&
      this.start === start &&
      all.length === segments.length &&
      all.every((segment, index) => segment === segments[index])
    );
  }

  private leaveClean(): void {
    this.list.tryAside(() => {
      this.epochs.save();
      this.list.sealForGood(this.end);
      this.clean = this.list.durableUpTo === this.end;
    });
  }
  /** It is closed, and can be opened again without a look at its batches. */
  get closedCleanly(): boolean {
    return this.clean;
  }

  /**
   * Deletes the log. When the call returns its directory has another name, `<directory>.<topic id>-delete`, so that a
   * new topic may have the old one; the promise resolves when the files are gone, or have been left there with a warning.
   * @throws SystemError when the directory cannot be renamed
   */
  delete(): Promise<void> {
    const doomed = `${this.directory}.${this.topicId ?? 'unknown'}-delete`;
    this.disk.remove(doomed);
    this.disk.rename(this.directory, doomed);
    this.failure ??= new KafkaError('KAFKA_STORAGE_ERROR', `${this.directory}: the log is deleted`);
    return this.discard(doomed);
  }
  private async discard(doomed: string): Promise<void> {
    try {
      await this.commits.idle;
      this.list.close();
      this.disk.remove(doomed);
    } catch (error) {
      this.logger.warn('a deleted log has left files behind', { directory: doomed, cause: String(error) });
    }
  }

  private async shut(): Promise<void> {
    this.failure ??= new KafkaError('KAFKA_STORAGE_ERROR', `${this.directory}: the log is closed`);
    await this.commits.idle;
    this.list.close();
  }

  private ensureUsable(): void {
    if (this.failure !== undefined) throw this.failure;
  }
  /** A read that meets a damaged batch is refused and reported; one that the device refuses ends the log. */
  private attempt<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (!KafkaError.is(error)) this.fail(error);
      else if (error.code === 'CORRUPT_MESSAGE') this.damage.report(error);
      throw storageError(error);
    }
  }
  private fail(cause: unknown): void {
    if (this.failure !== undefined) return;
    this.failure = storageError(cause);
    this.logger.error('a partition log has failed: it takes no more requests', {
      directory: this.directory,
      cause: String(cause),
    });
  }
}

function agreeOnTopicId(disk: Disk, directory: string, wanted: Uuid | undefined): Uuid | undefined {
  const found = readTopicId(disk, directory);
  if (found !== undefined && wanted !== undefined && found !== wanted) {
    throw new KafkaError('INCONSISTENT_TOPIC_ID', `${directory} belongs to topic ${found}, not to ${wanted}`);
  }
  if (found === undefined && wanted !== undefined) writeTopicId(disk, directory, wanted);
  return found ?? wanted;
}

export function isOutOfSpace(error: unknown): boolean {
  return error instanceof SystemError && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

function storageError(cause: unknown): KafkaError {
  if (KafkaError.is(cause)) return cause;
  return new KafkaError('KAFKA_STORAGE_ERROR', String(cause), { cause });
}
