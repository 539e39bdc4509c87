/**
 * One segment: a file of batches, its indexes, and reading whole batches from it. It knows nothing of producers, high
 * watermarks or recovery.
 */
import { type Disk, type DiskFile, joinPath, KafkaError } from '../core/index.ts';
import { BATCH_OVERHEAD, type BatchHeader, readBatchHeader } from '../records/index.ts';
import { offsetFileName } from './file-names.ts';
import { OffsetIndex } from './offset-index.ts';
import { TimeIndex } from './time-index.ts';
import { TransactionIndex } from './transaction-index.ts';

/** Bytes read at a time where batches are walked. */
const SCAN_BYTES = 1024 * 1024;
/** Index entries that may wait in memory before they are written. */
const INDEX_BACKLOG_MAX = 64;
export const NO_BYTES: Uint8Array = new Uint8Array(0);

export interface SegmentReadOptions {
  readonly fromOffset: number;
  readonly maxBytes: number;
  /** Batches that reach this offset are left out. */
  readonly upTo: number;
  /** The first batch is returned even if it is larger than `maxBytes`. */
  readonly minOneBatch: boolean;
}

export class Segment {
  readonly baseOffset: number;
  readonly file: DiskFile;
  readonly offsets: OffsetIndex;
  readonly times: TimeIndex;
  readonly aborted: TransactionIndex;
  /** Bytes of whole batches. */
  size = 0;
  /** One beyond the last offset. */
  nextOffset: number;
  /** -1: none. */
  maxTimestamp = -1;
  /** Last offset of the first batch with that timestamp. */
  maxTimestampOffset = -1;
  /** The wall clock at the first append of this process, -1 before. */
  firstAppendAt = -1;
  /** Something was written since the last sync began. */
  dirty = false;
  /** Closed for good, indexes and all, and on the device. */
  durablySealed = false;
  private readonly disk: Disk;
  private readonly directory: string;
  private readonly indexIntervalBytes: number;
  private bytesSinceIndexEntry = 0;
  private indexedBehind = 0;

  constructor(disk: Disk, directory: string, baseOffset: number, indexIntervalBytes: number) {
    this.disk = disk;
    this.directory = directory;
    this.baseOffset = baseOffset;
    this.nextOffset = baseOffset;
    this.indexIntervalBytes = indexIntervalBytes;
    this.file = disk.open(joinPath(directory, offsetFileName(baseOffset, 'log')), { create: true });
    this.offsets = new OffsetIndex(disk, directory, baseOffset);
    this.times = new TimeIndex(disk, directory, baseOffset);
    this.aborted = new TransactionIndex(disk, directory, baseOffset);
  }

  get path(): string {
    return this.file.path;
  }

  /** Takes note of a batch that is in the file at `this.size`. `maxTimestamp`: the batch's. */
  note(header: BatchHeader, firstOffset: number, maxTimestamp: number): void {
    const lastOffset = firstOffset + header.lastOffsetDelta;
    if (maxTimestamp > this.maxTimestamp) {
      this.maxTimestamp = maxTimestamp;
      this.maxTimestampOffset = lastOffset;
    }
    if (this.bytesSinceIndexEntry > this.indexIntervalBytes) {
      this.offsets.add(firstOffset, lastOffset, this.size);
      this.addTimestamp();
      this.bytesSinceIndexEntry = 0;
      this.indexedBehind++;
    }
    this.bytesSinceIndexEntry += header.length;
    this.size += header.length;
    this.nextOffset = lastOffset + 1;
  }
  private addTimestamp(): void {
    if (this.maxTimestampOffset >= 0) this.times.add(this.maxTimestamp, this.maxTimestampOffset);
  }

  get indexesAreFarBehind(): boolean {
    return this.indexedBehind >= INDEX_BACKLOG_MAX;
  }
  /** @throws SystemError; a later call tries again */
  writeIndexes(): void {
    this.indexedBehind = 0;
    this.aborted.write();
    this.offsets.write();
    this.times.write();
  }
  /** No batch will be added: the time index gets its last entry, and all indexes are written. @throws SystemError */
  seal(): void {
    this.addTimestamp();
    this.writeIndexes();
  }
  async syncIndexes(): Promise<void> {
    await Promise.all([this.offsets.file.sync(), this.times.file.sync(), this.aborted.file.sync()]);
  }
  /**
   * The same as `seal`, and on the device when it returns. The time index comes last: a segment without a complete one
   * is scanned when it is opened, so the others are complete wherever it is.
   */
  sealNow(): void {
    this.aborted.write();
    this.aborted.file.syncNow();
    this.seal();
    this.offsets.file.syncNow();
    this.times.file.syncNow();
    this.closeIndexes();
  }
  closeIndexes(): void {
    this.offsets.file.close();
    this.times.file.close();
    this.aborted.file.close();
  }

  /**
   * Loads the indexes of a segment that was closed well, and finds its end. False when they are not all there and
   * sound: the segment must then be scanned.
   */
  loadIndexes(): boolean {
    const size = this.file.size();
    if (!this.offsets.load(size) || !this.times.load()) return false;
    this.size = this.offsets.positionBefore(Number.MAX_SAFE_INTEGER);
    while (this.size < size) {
      const header = this.headerAt(this.size, size);
      if (header === undefined) return false;
      this.size += header.length;
      this.nextOffset = header.lastOffset + 1;
    }
    this.bytesSinceIndexEntry = this.size - this.offsets.positionBefore(Number.MAX_SAFE_INTEGER);
    const last = this.times.last;
    if (last !== undefined && last.offset < this.nextOffset) {
      this.maxTimestamp = last.timestamp;
      this.maxTimestampOffset = last.offset;
    } else if (this.size > 0) {
      return false;
    }
    return this.aborted.load(this.disk, this.directory, this.baseOffset, this.nextOffset);
  }
  private headerAt(position: number, size: number): BatchHeader | undefined {
    const bytes = new Uint8Array(BATCH_OVERHEAD);
    if (size - position < BATCH_OVERHEAD || this.file.read(bytes, position) < BATCH_OVERHEAD) return undefined;
    try {
      const header = readBatchHeader(bytes);
      return header.length <= size - position && header.baseOffset >= this.nextOffset ? header : undefined;
    } catch {
      return undefined;
    }
  }
  /** As if the segment were empty: before its file is scanned. */
  forget(): void {
    // The time index first: without it the others are not trusted.
    this.times.reset();
    this.offsets.reset();
    this.aborted.reset();
    this.size = 0;
    this.nextOffset = this.baseOffset;
    this.maxTimestamp = -1;
    this.maxTimestampOffset = -1;
    this.bytesSinceIndexEntry = 0;
    this.indexedBehind = 0;
  }

  /**
   * Whole batches, the first of which ends at `fromOffset` or later. One buffer, and as a rule one read.
   * undefined: the segment has no such batch.
   * @throws KafkaError KAFKA_STORAGE_ERROR when the file is not what it was
   */
  read(options: SegmentReadOptions): Uint8Array | undefined {
    if (options.fromOffset >= this.nextOffset) return undefined;
    const limit = this.endPositionFor(options.upTo);
    let position = this.offsets.positionBefore(options.fromOffset);
    let room = options.maxBytes + this.indexIntervalBytes + BATCH_OVERHEAD;
    while (position < limit) {
      const bytes = this.readAt(position, Math.min(room, limit - position));
      let at = 0;
      // Up to the batch that holds the offset.
      while (bytes.length - at >= BATCH_OVERHEAD && lastOffsetAt(bytes, at) < options.fromOffset) {
        at += this.lengthAt(bytes, at);
      }
      if (bytes.length - at < BATCH_OVERHEAD) {
        position += at;
        room = Math.max(options.maxBytes, BATCH_OVERHEAD) + SCAN_BYTES;
        if (position + BATCH_OVERHEAD > limit) return NO_BYTES;
        continue;
      }
      if (lastOffsetAt(bytes, at) >= options.upTo) return NO_BYTES;
      const first = this.lengthAt(bytes, at);
      if (first > options.maxBytes && !options.minOneBatch) return NO_BYTES;
      if (first > bytes.length - at) {
        // Either the first batch alone is larger than what was asked for, or too much lay before it.
        position += at;
        if (first > limit - position) {
          throw new KafkaError('KAFKA_STORAGE_ERROR', `${this.path}: a batch of ${first} bytes at ${position}`);
        }
        room = Math.max(first, options.maxBytes);
        continue;
      }
      return this.wholeBatches(bytes, at, first, options);
    }
    return NO_BYTES;
  }
  private wholeBatches(bytes: Buffer, start: number, first: number, options: SegmentReadOptions): Uint8Array {
    let end = start + first;
    while (bytes.length - end >= BATCH_OVERHEAD) {
      const length = this.lengthAt(bytes, end);
      if (length > bytes.length - end || end + length - start > options.maxBytes) break;
      if (lastOffsetAt(bytes, end) >= options.upTo) break;
      end += length;
    }
    return bytes.subarray(start, end);
  }
  /** A position before which all batches lie that do not reach `upTo`. */
  private endPositionFor(upTo: number): number {
    if (upTo >= this.nextOffset) return this.size;
    return this.offsets.positionAtOrAfter(upTo) ?? this.size;
  }

  /** Calls `visit` with each batch from the one that holds `fromOffset`, until it returns false. A batch is a view. */
  scan(fromOffset: number, visit: (header: BatchHeader, batch: Uint8Array) => boolean): void {
    let next = Math.max(fromOffset, this.baseOffset);
    while (next < this.nextOffset) {
      const bytes = this.read({ fromOffset: next, maxBytes: SCAN_BYTES, upTo: this.nextOffset, minOneBatch: true });
      if (bytes === undefined || bytes.length === 0) return;
      for (let at = 0; at < bytes.length; ) {
        const header = readBatchHeader(bytes, at);
        if (!visit(header, bytes.subarray(at, at + header.length))) return;
        at += header.length;
        next = header.lastOffset + 1;
      }
    }
  }

  private readAt(position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafeSlow(length);
    const count = this.file.read(bytes, position);
    if (count < length) {
      throw new KafkaError('KAFKA_STORAGE_ERROR', `${this.path}: ends at ${position + count}, not at ${this.size}`);
    }
    return bytes;
  }
  private lengthAt(bytes: Buffer, at: number): number {
    const length = bytes.readInt32BE(at + 8) + 12;
    if (length < BATCH_OVERHEAD) throw new KafkaError('KAFKA_STORAGE_ERROR', `${this.path}: batch of ${length} bytes`);
    return length;
  }

  close(): void {
    this.closeIndexes();
    this.file.close();
  }
  /** Closes the segment and removes its files. */
  remove(): void {
    this.file.close();
    this.times.file.reset();
    this.offsets.file.reset();
    this.aborted.file.reset();
    this.disk.remove(this.path);
  }
}

function lastOffsetAt(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 4294967296 + bytes.readUInt32BE(at + 4) + bytes.readInt32BE(at + 23);
}
