/**
 * One segment: a file of batches, its indexes, and reading whole batches from it. It knows nothing of producers, high
 * watermarks or recovery.
 */
import { type Disk, type DiskFile, joinPath, KafkaError } from '../core/index.ts';
import { BATCH_OVERHEAD, type BatchHeader, readBatchHeader } from '../records/index.ts';
import { type FileState, offsetFileName, SEGMENT_SUFFIXES, type SegmentSuffix } from './file-names.ts';
import { OffsetIndex } from './offset-index.ts';
import { TimeIndex } from './time-index.ts';
import { TransactionIndex } from './transaction-index.ts';

/** Bytes read at a time where batches are walked. */
const SCAN_BYTES = 1024 * 1024;
/** Index entries that may wait in memory before they are written. */
const INDEX_BACKLOG_MAX = 64;
export const NO_BYTES: Uint8Array = new Uint8Array(0);

const newMemory = (length: number): Buffer => Buffer.allocUnsafeSlow(length);

export interface SegmentReadOptions {
  readonly fromOffset: number;
  readonly maxBytes: number;
  /** Batches that reach this offset are left out. */
  readonly upTo: number;
  /** The first batch is returned even if it is larger than `maxBytes`. */
  readonly minOneBatch: boolean;
  readonly allocate?: (length: number) => Buffer;
}

export class Segment {
  readonly baseOffset: number;
  file: DiskFile;
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
  /** The wall clock when this process began to write it or opened it: its age where its records tell none. */
  openedAt = -1;
  /** Something was written since the last sync began. */
  dirty = false;
  /** Closed for good, indexes and all, and on the device. */
  durablySealed = false;
  private readonly disk: Disk;
  private readonly directory: string;
  private readonly indexIntervalBytes: number;
  private state: FileState;
  /** The largest timestamp of the first batch, undefined until it is known. */
  private firstTimestamp: number | undefined;
  private bytesSinceIndexEntry = 0;
  private indexedBehind = 0;

  constructor(disk: Disk, directory: string, baseOffset: number, indexIntervalBytes: number, state: FileState = '') {
    this.disk = disk;
    this.directory = directory;
    this.baseOffset = baseOffset;
    this.nextOffset = baseOffset;
    this.indexIntervalBytes = indexIntervalBytes;
    this.state = state;
    this.file = disk.open(this.pathOf('log'), { create: true });
    this.offsets = new OffsetIndex(disk, this.pathOf('index'), baseOffset);
    this.times = new TimeIndex(disk, this.pathOf('timeindex'), baseOffset);
    this.aborted = new TransactionIndex(disk, this.pathOf('txnindex'));
  }

  get path(): string {
    return this.pathOf('log');
  }
  private pathOf(suffix: SegmentSuffix, state: FileState = this.state): string {
    return joinPath(this.directory, offsetFileName(this.baseOffset, suffix) + state);
  }

  /**
   * The largest timestamp of the first batch: `segment.ms` counts from it, as in Kafka. -1: there is none.
   * @throws SystemError
   */
  get rollTimestamp(): number {
    if (this.firstTimestamp === undefined) {
      if (this.size === 0) return -1;
      this.firstTimestamp = this.headerAt(0, this.size, this.baseOffset)?.maxTimestamp ?? -1;
    }
    return this.firstTimestamp;
  }
  /** What its age counts from: its newest record, or this process's knowledge of it. */
  get newestTimestamp(): number {
    return this.maxTimestamp >= 0 ? this.maxTimestamp : this.openedAt;
  }

  /** Takes note of a batch that is in the file at `this.size`. `maxTimestamp`: the batch's. */
  note(header: BatchHeader, firstOffset: number, maxTimestamp: number): void {
    const lastOffset = firstOffset + header.lastOffsetDelta;
    if (this.size === 0) this.firstTimestamp = maxTimestamp;
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
   * The same as `seal`, and on the device when it resolves. The time index comes last: a segment without a complete one
   * is scanned when it is opened, so the others are complete wherever it is. Rejects with SystemError.
   */
  async sealForGood(): Promise<void> {
    this.aborted.write();
    this.offsets.write();
    await Promise.all([this.aborted.file.sync(), this.offsets.file.sync()]);
    this.seal();
    await this.times.file.sync();
    this.closeIndexes();
  }
  /** The same, blocking; for the start. @throws SystemError */
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
      const header = this.headerAt(this.size, size, this.nextOffset);
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
    return this.aborted.load(this.baseOffset, this.nextOffset);
  }
  private headerAt(position: number, size: number, offset: number): BatchHeader | undefined {
    const bytes = new Uint8Array(BATCH_OVERHEAD);
    if (size - position < BATCH_OVERHEAD || this.file.read(bytes, position) < BATCH_OVERHEAD) return undefined;
    try {
      const header = readBatchHeader(bytes);
      return header.length <= size - position && header.baseOffset >= offset ? header : undefined;
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
    this.firstTimestamp = undefined;
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
    if (options.fromOffset >= this.nextOffset || this.size === 0) return undefined;
    const limit = this.endPositionFor(options.upTo);
    let position = this.offsets.positionBefore(options.fromOffset);
    let room = options.maxBytes + this.indexIntervalBytes + BATCH_OVERHEAD;
    while (position < limit) {
      const bytes = this.readAt(position, Math.min(room, limit - position), options.allocate);
      let at = 0;
      // Up to the batch that holds the offset.
      let after = this.baseOffset - 1;
      while (bytes.length - at >= BATCH_OVERHEAD) {
        this.checkShape(bytes, at, position, after);
        after = lastOffsetAt(bytes, at);
        if (after >= options.fromOffset) break;
        at += lengthAt(bytes, at);
      }
      if (bytes.length - at < BATCH_OVERHEAD) {
        position += at;
        room = Math.max(options.maxBytes, BATCH_OVERHEAD) + SCAN_BYTES;
        if (position + BATCH_OVERHEAD > limit) return NO_BYTES;
        continue;
      }
      if (after >= options.upTo) return NO_BYTES;
      const first = lengthAt(bytes, at);
      if (first > options.maxBytes && !options.minOneBatch) return NO_BYTES;
      if (first > bytes.length - at) {
        // Either the first batch alone is larger than what was asked for, or too much lay before it.
        position += at;
        room = Math.max(first, options.maxBytes);
        continue;
      }
      return this.wholeBatches(bytes, at, first, options);
    }
    return NO_BYTES;
  }
  /** Up to the end, the limits, or a batch that is damaged: the read that begins there will say so. */
  private wholeBatches(bytes: Buffer, start: number, first: number, options: SegmentReadOptions): Uint8Array {
    let last = lastOffsetAt(bytes, start);
    let end = start + first;
    while (bytes.length - end >= BATCH_OVERHEAD) {
      const length = lengthAt(bytes, end);
      if (length > bytes.length - end || end + length - start > options.maxBytes) break;
      if (!hasShape(bytes, end, last)) break;
      last = lastOffsetAt(bytes, end);
      if (last >= options.upTo) break;
      end += length;
    }
    return bytes.subarray(start, end);
  }
  /** @throws KafkaError CORRUPT_MESSAGE where no batch can be, `after` being the last offset before it */
  private checkShape(bytes: Buffer, at: number, position: number, after: number): void {
    if (hasShape(bytes, at, after) && position + at + lengthAt(bytes, at) <= this.size) return;
    throw new KafkaError(
      'CORRUPT_MESSAGE',
      `${this.path} is damaged at byte ${position + at}: there is no batch behind offset ${after}`,
    );
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

  private readAt(position: number, length: number, allocate: (length: number) => Buffer = newMemory): Buffer {
    const bytes = allocate(length);
    const count = this.file.read(bytes, position);
    if (count < length) {
      throw new KafkaError('KAFKA_STORAGE_ERROR', `${this.path}: ends at ${position + count}, not at ${this.size}`);
    }
    return bytes;
  }

  close(): void {
    this.closeIndexes();
    this.file.close();
  }
  /**
   * Gives the indexes another state, or the log: the file of the log is what counts, so it comes last where files are
   * to appear, and first where they are to go. @throws SystemError
   */
  renameIndexes(state: FileState): void {
    this.offsets.file.rename(this.pathOf('index', state));
    this.times.file.rename(this.pathOf('timeindex', state));
    this.aborted.file.rename(this.pathOf('txnindex', state));
  }
  renameLog(state: FileState): void {
    this.disk.rename(this.path, this.pathOf('log', state));
    this.state = state;
    // A file is known by its path.
    this.file.close();
    this.file = this.disk.open(this.path);
  }
  /** The paths of its files, those that there are. */
  get paths(): string[] {
    return SEGMENT_SUFFIXES.map((suffix) => this.pathOf(suffix)).filter((path) => this.disk.exists(path));
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
function lengthAt(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at + 8) + 12;
}
/** Can there be a batch, behind one that ends with offset `after`? Its checksum is not looked at. */
function hasShape(bytes: Buffer, at: number, after: number): boolean {
  const base = bytes.readInt32BE(at) * 4294967296 + bytes.readUInt32BE(at + 4);
  return (
    base > after && lengthAt(bytes, at) >= BATCH_OVERHEAD && bytes[at + 16] === 2 && bytes.readInt32BE(at + 23) >= 0
  );
}
