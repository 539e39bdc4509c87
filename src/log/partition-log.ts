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
  RecordCursor,
  readBatchHeader,
  setBaseOffset,
  setLogAppendTime,
  setPartitionLeaderEpoch,
  verifyBatch,
  verifyRecords,
} from '../records/index.ts';
import { GroupCommit } from './group-commit.ts';
import { LeaderEpochs } from './leader-epochs.ts';
import { defaultLogConfig, type LogConfig } from './log-config.ts';
import { readTopicId, writeTopicId } from './partition-metadata.ts';
import { type AppendOrigin, type BatchMetadata, findDuplicate, ProducerStates } from './producer-state.ts';
import { type RecoveryReport, recoverSegments } from './recovery.ts';
import { NO_BYTES, Segment } from './segment.ts';
import { syncSnapshotNow, writeSnapshot } from './snapshot-files.ts';
import type { VerificationGuard } from './verification.ts';

export interface OpenLogOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  /** `…/<topic>-<partition>`; made when it is missing. */
  readonly directory: string;
  readonly config?: Partial<LogConfig>;
  readonly logger?: Logger;
  /** Written to `partition.metadata` of a new directory, compared with that of an old one. */
  readonly topicId?: Uuid;
  /**
   * What `recoveryPoint` of this log was when it was last stored: offsets below are not checked. Absent: all is checked.
   */
  readonly recoveryPoint?: number | undefined;
  /** What `startOffset` was when it was last stored. Absent: the first offset on disk. */
  readonly logStartOffset?: number | undefined;
}

export interface AppendOptions {
  /**
   * 'client': a Produce request. 'coordinator': a coordinator of this cluster, its offsets, state and markers.
   * 'replication': a follower copies its leader; offsets and epochs are kept, nothing is refused but damage.
   */
  readonly origin: AppendOrigin;
  /** Of this leader. Replication takes it from the batch. */
  readonly leaderEpoch: number;
  /** For the first transactional batch of a producer: what `startVerification` gave, after the coordinator agreed. */
  readonly verified?: VerificationGuard | undefined;
  /** Of the transaction that a marker ends. @default 1 */
  readonly producerIdTransactionVersion?: 1 | 2;
}

export interface AppendResult {
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** Milliseconds since 1970, -1 where the topic keeps the producer's timestamps. */
  readonly logAppendTime: number;
  readonly logStartOffset: number;
  /** The batch was appended before; these are its offsets. It may not be durable yet. */
  readonly duplicate: boolean;
}

export interface ReadOptions {
  readonly fromOffset: number;
  readonly maxBytes: number;
  /** Exclusive: the high watermark, the last stable offset or the end of the log. */
  readonly upTo: number;
  /** The first batch is returned even if it is larger than `maxBytes`. */
  readonly minOneBatch: boolean;
}

export interface TimestampedOffset {
  readonly offset: number;
  readonly timestamp: number;
  /** -1: unknown. */
  readonly leaderEpoch: number;
}

/** What DescribeProducers tells of a producer. */
export interface ActiveProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly lastSequence: number;
  readonly lastTimestamp: number;
  readonly coordinatorEpoch: number;
  /** -1: none is open. */
  readonly currentTxnStartOffset: number;
}

/** Sizes and offsets in a segment are 32-bit integers. */
const MAX_INT32 = 0x7fffffff;

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
  private settings: LogConfig;
  /** Ascending, never empty. */
  private segments: Segment[];
  private retired: Segment[] = [];
  private active: Segment;
  private start: number;
  private end: number;
  private flushed: number;
  private watermark: number;
  private durableUpTo: number;
  /** Names in the directory changed since it was last synced. */
  private namesChanged = true;
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
      now: clock.now(),
    });
    this.segments = segments;
    this.active = segments.at(-1)!;
    this.recovery = report;
    this.end = this.active.nextOffset;
    this.flushed = this.end;
    this.start = Math.min(Math.max(segments[0]!.baseOffset, options.logStartOffset ?? 0), this.end);
    this.watermark = this.start;
    this.durableUpTo = Math.min(report.trustedUpTo, this.end);
    this.noteDurableSegments();
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
    return Math.min(this.watermark, this.producers.firstUnstableOffset ?? this.watermark);
  }
  /** To be stored, and given back to `open`: below it log and indexes are complete and on the device. */
  get recoveryPoint(): number {
    return this.durableUpTo;
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
    return this.segments.reduce((sum, segment) => sum + segment.size, 0);
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
    this.checkBatch(batch, header, control, origin, now);
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

  private checkBatch(
    batch: Uint8Array,
    header: BatchHeader,
    control: ControlRecord | undefined,
    origin: AppendOrigin,
    now: number,
  ): void {
    if (header.length !== batch.length) throw new KafkaError('INVALID_RECORD', 'more than one batch');
    if (header.length > this.settings.segmentBytes) {
      throw new KafkaError(
        'RECORD_LIST_TOO_LARGE',
        `batch of ${header.length} bytes, segment.bytes is ${this.settings.segmentBytes}`,
      );
    }
    if (origin === 'replication') {
      if (header.baseOffset < this.end) {
        throw new KafkaError('INVALID_RECORD', `base offset ${header.baseOffset}, the log ends at ${this.end}`);
      }
      return;
    }
    if (header.isTransactional && !header.hasProducerId) {
      throw new KafkaError('INVALID_RECORD', 'a transactional batch without a producer id');
    }
    if (origin === 'coordinator') {
      if (control?.kind === 'unknown') throw new KafkaError('INVALID_RECORD', 'a control batch of an unknown kind');
      return;
    }
    if (header.length > this.settings.maxMessageBytes) {
      throw new KafkaError(
        'MESSAGE_TOO_LARGE',
        `batch of ${header.length} bytes, max.message.bytes is ${this.settings.maxMessageBytes}`,
      );
    }
    if (header.isControl) throw new KafkaError('INVALID_RECORD', 'clients cannot write control batches');
    if (header.hasProducerId && (header.baseSequence < 0 || header.producerEpoch < 0)) {
      throw new KafkaError(
        'INVALID_RECORD',
        `producer ${header.producerId} with epoch ${header.producerEpoch} and sequence ${header.baseSequence}`,
      );
    }
    if (header.timestampType === 'LogAppendTime') {
      throw new KafkaError('INVALID_TIMESTAMP', 'producers do not set LogAppendTime');
    }
    if (
      this.settings.messageTimestampType === 'CreateTime' &&
      header.maxTimestamp - now > this.settings.messageTimestampAfterMaxMs
    ) {
      throw new KafkaError(
        'INVALID_TIMESTAMP',
        `timestamp ${header.maxTimestamp} is too far ahead of ${now}: message.timestamp.after.max.ms is ` +
          `${this.settings.messageTimestampAfterMaxMs}`,
      );
    }
    if (this.settings.compacted) verifyRecords(batch, { keysRequired: true });
  }

  private duplicateOf(known: BatchMetadata): AppendResult {
    return {
      baseOffset: known.lastOffset - known.offsetDelta,
      lastOffset: known.lastOffset,
      logAppendTime: this.settings.messageTimestampType === 'LogAppendTime' ? known.timestamp : -1,
      logStartOffset: this.start,
      duplicate: true,
    };
  }

  /** Puts the bytes into the file, or leaves the log as it was. */
  private write(batch: Uint8Array, header: BatchHeader, leaderEpoch: number, now: number): void {
    try {
      if (this.mustRoll(header, now)) this.roll(header.baseOffset);
      this.epochs.assign(leaderEpoch, header.baseOffset);
    } catch (error) {
      throw storageError(error);
    }
    const segment = this.active;
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
    if (segment.firstAppendAt < 0) segment.firstAppendAt = now;
  }

  /** The batch is in the log: offsets, producers, transactions follow it. Refuses nothing. */
  private take(header: BatchHeader, control: ControlRecord | undefined, now: number): void {
    const segment = this.active;
    segment.note(header, header.baseOffset, header.maxTimestamp);
    this.end = segment.nextOffset;
    const completed = this.producers.apply(header, header.baseOffset, control, now);
    if (completed?.aborted === true) {
      segment.aborted.add({ ...completed, lastStableOffset: this.producers.firstOngoingOffset ?? this.end });
    }
    if (segment.indexesAreFarBehind) this.tryIndexes(() => segment.writeIndexes());
  }

  private mustRoll(header: BatchHeader, now: number): boolean {
    const segment = this.active;
    if (segment.size === 0) return header.lastOffset - segment.baseOffset > MAX_INT32;
    return (
      segment.size + header.length > Math.min(this.settings.segmentBytes, MAX_INT32) ||
      header.lastOffset - segment.baseOffset > MAX_INT32 ||
      segment.offsets.sizeInBytes + 8 > this.settings.segmentIndexBytes ||
      (segment.firstAppendAt >= 0 && now - segment.firstAppendAt >= this.settings.segmentMs)
    );
  }

  /** @throws SystemError, and the old segment is still the active one */
  private roll(baseOffset: number): void {
    const next = new Segment(this.disk, this.directory, baseOffset, this.settings.indexIntervalBytes);
    const last = this.active;
    this.segments.push(next);
    this.active = next;
    this.namesChanged = true;
    last.dirty = true;
    this.tryIndexes(() => {
      last.seal();
      writeSnapshot(this.disk, this.directory, baseOffset, this.producers.producers.values());
    });
  }

  /** Indexes and snapshots are for speed: where they cannot be written, the log goes on, and recovery rebuilds them. */
  private tryIndexes(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.logger.warn('an index or snapshot could not be written', {
        directory: this.directory,
        cause: String(error),
      });
    }
  }

  /**
   * Resolves with an end offset once everything that was appended before the call is durable. Calls that wait at the
   * same time share one sync of the device.
   * @throws KafkaError KAFKA_STORAGE_ERROR: a sync has failed, now or ever; nothing can be relied on any more
   */
  flush(): Promise<number> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (this.flushed === this.end && !this.namesChanged) return Promise.resolve(this.flushed);
    return this.commits.request();
  }

  private async syncOnce(): Promise<number> {
    this.ensureUsable();
    const end = this.end;
    const active = this.active;
    const names = this.namesChanged;
    const dirty = this.segments.filter((segment) => segment.dirty);
    try {
      this.namesChanged = false;
      for (const segment of dirty) segment.dirty = false;
      if (dirty.length === 1 && dirty[0] === active) await active.file.sync();
      else await Promise.all(dirty.map((segment) => this.syncSegment(segment, active)));
      if (names) this.disk.syncDirectory(this.directory);
    } catch (error) {
      this.fail(error);
      throw this.failure;
    }
    if (dirty.length > 1) this.noteDurableSegments();
    this.flushed = Math.max(this.flushed, end);
    this.removeRetired();
    return this.flushed;
  }

  private async syncSegment(segment: Segment, active: Segment): Promise<void> {
    await segment.file.sync();
    if (segment === active) return;
    try {
      segment.seal();
      await segment.syncIndexes();
      segment.closeIndexes();
      segment.durablySealed = true;
    } catch (error) {
      // The segment will be scanned when it is opened again.
      this.logger.warn('an index could not be synced', { path: segment.path, cause: String(error) });
    }
  }

  private noteDurableSegments(): void {
    for (const segment of this.segments) {
      if (!segment.durablySealed || segment === this.active) break;
      this.durableUpTo = Math.max(this.durableUpTo, segment.nextOffset);
    }
  }

  /**
   * Whole batches from the one that contains `fromOffset`, out of one segment; empty when there is none below `upTo`.
   * A new buffer each time, the caller's own.
   * @throws KafkaError OFFSET_OUT_OF_RANGE below `startOffset` or above `endOffset`; KAFKA_STORAGE_ERROR
   */
  read(options: ReadOptions): Uint8Array {
    this.ensureUsable();
    const { fromOffset } = options;
    if (fromOffset < this.start || fromOffset > this.end) {
      throw new KafkaError('OFFSET_OUT_OF_RANGE', `offset ${fromOffset}, the log has ${this.start} to ${this.end}`);
    }
    if (fromOffset >= options.upTo) return NO_BYTES;
    for (let at = this.segmentAt(fromOffset); at < this.segments.length; at++) {
      try {
        const bytes = this.segments[at]!.read(options);
        if (bytes !== undefined) return bytes;
      } catch (error) {
        throw storageError(error);
      }
    }
    return NO_BYTES;
  }

  /** The position in `segments` of the one that an offset belongs to. */
  private segmentAt(offset: number): number {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.segments[middle]!.baseOffset <= offset) low = middle + 1;
      else high = middle;
    }
    return Math.max(low - 1, 0);
  }

  /**
   * The aborted transactions with records in [fromOffset, upTo), by first offset: what a read_committed consumer needs
   * to skip them.
   */
  abortedTransactions(fromOffset: number, upTo: number): { producerId: number; firstOffset: number }[] {
    const found: { producerId: number; firstOffset: number }[] = [];
    scan: for (let at = this.segmentAt(fromOffset); at < this.segments.length; at++) {
      for (const { producerId, firstOffset, lastOffset, lastStableOffset } of this.segments[at]!.aborted.entries) {
        if (lastOffset >= fromOffset && firstOffset < upTo) found.push({ producerId, firstOffset });
        // All that begin below had ended by then.
        if (lastStableOffset >= upTo) break scan;
      }
    }
    return found.sort((a, b) => a.firstOffset - b.firstOffset);
  }

  /** The first record below `upTo` whose timestamp is `timestamp` or later. */
  offsetForTimestamp(timestamp: number, upTo: number): TimestampedOffset | undefined {
    this.ensureUsable();
    let found: TimestampedOffset | undefined;
    for (const segment of this.segments) {
      if (segment.maxTimestamp < timestamp || segment.nextOffset <= this.start) continue;
      const from = Math.max(this.start, segment.times.offsetBefore(timestamp));
      segment.scan(from, (header, batch) => {
        if (header.baseOffset >= upTo) return false;
        if (header.maxTimestamp < timestamp) return true;
        found = this.firstRecord(batch, (at) => at.timestamp >= timestamp && at.offset >= this.start);
        return found === undefined;
      });
      if (found !== undefined) return found.offset < upTo ? found : undefined;
      if (segment.nextOffset >= upTo) return undefined;
    }
    return undefined;
  }

  /** The first record below `upTo` with the largest timestamp (ListOffsets, KIP-734). */
  maxTimestampOffset(upTo: number): TimestampedOffset | undefined {
    this.ensureUsable();
    let largest = -1;
    let place: { segment: Segment; offset: number } | undefined;
    for (const segment of this.segments) {
      if (segment.maxTimestamp <= largest || segment.baseOffset >= upTo || segment.nextOffset <= this.start) continue;
      if (segment.maxTimestampOffset < upTo && segment.baseOffset >= this.start) {
        largest = segment.maxTimestamp;
        place = { segment, offset: segment.maxTimestampOffset };
        continue;
      }
      segment.scan(this.start, (header) => {
        if (header.lastOffset >= upTo) return false;
        if (header.maxTimestamp > largest) {
          largest = header.maxTimestamp;
          place = { segment, offset: header.lastOffset };
        }
        return true;
      });
    }
    if (place === undefined) return undefined;
    let found: TimestampedOffset | undefined;
    place.segment.scan(place.offset, (_header, batch) => {
      found = this.firstRecord(batch, (at) => at.timestamp === largest);
      return false;
    });
    return found;
  }

  private firstRecord(batch: Uint8Array, wanted: (at: RecordCursor) => boolean): TimestampedOffset | undefined {
    const cursor = new RecordCursor(batch);
    while (cursor.next()) {
      if (!wanted(cursor)) continue;
      return {
        offset: cursor.offset,
        timestamp: cursor.timestamp,
        leaderEpoch: cursor.header.partitionLeaderEpoch,
      };
    }
    return undefined;
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

  /** Would `append` from a client answer this batch as a duplicate? Then it needs no verification. */
  isDuplicate(header: BatchHeader): boolean {
    const entry = this.producers.producers.get(header.producerId);
    return entry !== undefined && findDuplicate(entry, header) !== undefined;
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
   * Records below `offset` are no longer read (DeleteRecords); whole segments below it are removed. The caller stores
   * the new start.
   * @throws KafkaError OFFSET_OUT_OF_RANGE above the high watermark
   */
  advanceStartOffset(offset: number): void {
    this.ensureUsable();
    if (offset > this.watermark) {
      throw new KafkaError('OFFSET_OUT_OF_RANGE', `offset ${offset}, the high watermark is ${this.watermark}`);
    }
    if (offset <= this.start) return;
    this.start = offset;
    while (this.segments.length > 1 && this.segments[1]!.baseOffset <= offset) {
      this.retired.push(this.segments.shift()!);
    }
    // A file is not closed while the device may be busy with it.
    if (this.commits.idle === undefined) this.removeRetired();
  }
  private removeRetired(): void {
    for (const segment of this.retired.splice(0)) {
      segment.remove();
      this.namesChanged = true;
    }
  }

  /**
   * Makes everything durable, writes the producers' snapshot and closes the files. `recoveryPoint` is the end then.
   * @throws KafkaError KAFKA_STORAGE_ERROR; the files are closed all the same
   */
  async close(): Promise<void> {
    try {
      while (this.failure === undefined && (this.flushed < this.end || this.namesChanged)) await this.flush();
      if (this.failure === undefined) this.tryIndexes(() => this.leaveClean());
    } finally {
      await this.shut('the log is closed');
    }
  }
  private leaveClean(): void {
    writeSnapshot(this.disk, this.directory, this.end, this.producers.producers.values());
    syncSnapshotNow(this.disk, this.directory, this.end);
    this.active.sealNow();
    this.disk.syncDirectory(this.directory);
    this.active.durablySealed = true;
    if (this.segments.every((segment) => segment.durablySealed)) this.durableUpTo = this.end;
  }

  /** Closes the log as it is and removes its directory. */
  async delete(): Promise<void> {
    await this.shut('the log is deleted');
    this.disk.remove(this.directory);
  }

  private async shut(why: string): Promise<void> {
    this.failure ??= new KafkaError('KAFKA_STORAGE_ERROR', `${this.directory}: ${why}`);
    await this.commits.idle;
    for (const segment of this.segments) segment.close();
    for (const segment of this.retired.splice(0)) segment.remove();
  }

  private ensureUsable(): void {
    if (this.failure !== undefined) throw this.failure;
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

function isOutOfSpace(error: unknown): boolean {
  return error instanceof SystemError && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

function storageError(cause: unknown): KafkaError {
  if (KafkaError.is(cause)) return cause;
  return new KafkaError('KAFKA_STORAGE_ERROR', String(cause), { cause });
}
