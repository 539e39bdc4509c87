/**
 * Records out of a batch: a cursor that makes no object per record unless asked for one, and a list for convenience.
 * Every length is checked against the bytes that are there before it is used.
 */
import { MalformedBytesError } from '../core/index.ts';
import { decompress } from './compression.ts';
import { type BatchHeader, readBatchHeader } from './header.ts';
import { BATCH_OVERHEAD, LOG_APPEND_TIME_BIT } from './layout.ts';
import type { KafkaRecord, RecordHeader } from './record.ts';

/** What the records of one batch may decompress to where the caller sets no limit. */
export const DECOMPRESSED_BYTES_MAX = 128 * 1024 * 1024;
/** Length, attributes, timestamp delta, offset delta, key length, value length, header count: one byte each. */
const RECORD_BYTES_MIN = 7;
const NO_HEADERS: readonly RecordHeader[] = Object.freeze([]);

/**
 * Walks over the records of one whole batch. `next` moves on; the other members speak of the current record.
 * Key, value and headers are made when asked for, as views of the batch or of its decompressed records.
 */
export class RecordCursor {
  readonly header: BatchHeader;
  /** Valid after `next` returned true. */
  offset = -1;
  timestamp = -1;
  private readonly bytes: Buffer;
  private readonly logAppendTime: boolean;
  private at: number;
  private readonly end: number;
  private left: number;
  private keyStart = 0;
  private keyLength = -1;
  private valueStart = 0;
  private valueLength = -1;
  private headersStart = 0;
  private headerCount = 0;
  private recordStart = 0;
  private deltaEnd = 0;

  /**
   * The CRC is not checked here. `maxBytes` bounds what is decompressed.
   * @throws MalformedBytesError
   */
  constructor(batch: Uint8Array, maxBytes = DECOMPRESSED_BYTES_MAX) {
    const header = readBatchHeader(batch);
    if (header.length > batch.length) {
      throw new MalformedBytesError(`batch of ${header.length} bytes of which ${batch.length} are there`);
    }
    this.header = header;
    const packed = batch.subarray(BATCH_OVERHEAD, header.length);
    const records = decompress(header.compression, packed, maxBytes);
    if (header.recordCount * RECORD_BYTES_MIN > records.length) {
      throw new MalformedBytesError(`${header.recordCount} records cannot be in ${records.length} bytes`);
    }
    this.bytes = Buffer.isBuffer(records)
      ? records
      : Buffer.from(records.buffer, records.byteOffset, records.byteLength);
    this.logAppendTime = (header.attributes & LOG_APPEND_TIME_BIT) !== 0;
    this.at = 0;
    this.end = records.length;
    this.left = header.recordCount;
    if (this.logAppendTime) this.timestamp = header.maxTimestamp;
  }

  /**
   * Moves to the next record; false when there is none.
   * @throws MalformedBytesError when the records contradict their lengths or the header
   */
  next(): boolean {
    if (this.left === 0) {
      if (this.at !== this.end) throw new MalformedBytesError(`${this.end - this.at} bytes after the last record`);
      return false;
    }
    const bytes = this.bytes;
    this.recordStart = this.at;
    const length = this.varint();
    const start = this.at;
    if (length < RECORD_BYTES_MIN - 1 || length > this.end - start) {
      throw new MalformedBytesError(`record of ${length} bytes, ${this.end - start} left`);
    }
    const recordEnd = start + length;
    this.at = start + 1;
    // A delta of one to four bytes, as nearly all are, without floating point.
    const delta = bytes[this.at]! < 0x80 ? zigzag(bytes[this.at++]!) : this.varlong();
    if (!this.logAppendTime) {
      const timestamp = this.header.baseTimestamp + delta;
      if (!Number.isSafeInteger(timestamp)) throw new MalformedBytesError('record timestamp out of range');
      this.timestamp = timestamp;
    }
    this.deltaEnd = this.at;
    const offsetDelta = this.varint();
    if (offsetDelta < 0 || offsetDelta > this.header.lastOffsetDelta) {
      throw new MalformedBytesError(`offset delta ${offsetDelta}, the last one is ${this.header.lastOffsetDelta}`);
    }
    this.offset = this.header.baseOffset + offsetDelta;
    this.keyLength = this.dataLength(recordEnd);
    this.keyStart = this.at;
    if (this.keyLength > 0) this.at += this.keyLength;
    this.valueLength = this.dataLength(recordEnd);
    this.valueStart = this.at;
    if (this.valueLength > 0) this.at += this.valueLength;
    const count = this.varint();
    this.headerCount = count;
    this.headersStart = this.at;
    if (count !== 0) this.skipHeaders(count, recordEnd);
    if (this.at !== recordEnd) throw new MalformedBytesError('record length does not match its contents');
    this.left--;
    return true;
  }

  /** All records of the batch, uncompressed: a view of the batch where it was not compressed. */
  get unpacked(): Uint8Array {
    return this.bytes;
  }
  get key(): Buffer | null {
    return this.keyLength < 0 ? null : this.bytes.subarray(this.keyStart, this.keyStart + this.keyLength);
  }
  get value(): Buffer | null {
    return this.valueLength < 0 ? null : this.bytes.subarray(this.valueStart, this.valueStart + this.valueLength);
  }
  /** Bytes of the key, -1 for null: cheaper than making the view. */
  get keySize(): number {
    return this.keyLength;
  }
  get valueSize(): number {
    return this.valueLength;
  }
  /** The record as it is stored, its length included. */
  get stored(): Buffer {
    return this.bytes.subarray(this.recordStart, this.at);
  }
  /** What is stored of it behind the timestamp: offset delta, key, value, headers. */
  get storedBehindTimestamp(): Buffer {
    return this.bytes.subarray(this.deltaEnd, this.at);
  }
  get headers(): readonly RecordHeader[] {
    if (this.headerCount === 0) return NO_HEADERS;
    const resume = this.at;
    this.at = this.headersStart;
    const headers: RecordHeader[] = [];
    for (let left = this.headerCount; left > 0; left--) {
      const nameLength = this.varint();
      const nameEnd = this.at + nameLength;
      const key = this.bytes.utf8Slice(this.at, nameEnd);
      this.at = nameEnd;
      const length = this.varint();
      headers.push({ key, value: length < 0 ? null : this.bytes.subarray(this.at, this.at + length) });
      if (length > 0) this.at += length;
    }
    this.at = resume;
    return headers;
  }
  /** The current record as an object of its own. */
  record(): KafkaRecord {
    return {
      offset: this.offset,
      timestamp: this.timestamp,
      key: this.key,
      value: this.value,
      headers: this.headers,
    };
  }

  private skipHeaders(count: number, recordEnd: number): void {
    if (count < 0 || count * 2 > recordEnd - this.at) throw new MalformedBytesError(`${count} record headers`);
    for (let left = count; left > 0; left--) {
      const nameLength = this.varint();
      if (nameLength < 0 || nameLength > recordEnd - this.at) {
        throw new MalformedBytesError(`record header name of ${nameLength} bytes`);
      }
      this.at += nameLength;
      const length = this.dataLength(recordEnd);
      if (length > 0) this.at += length;
    }
  }
  private dataLength(recordEnd: number): number {
    const length = this.varint();
    if (length < -1 || length > recordEnd - this.at) {
      throw new MalformedBytesError(`${length} bytes in a record, ${recordEnd - this.at} left`);
    }
    return length;
  }
  private varint(): number {
    let at = this.at;
    let byte = this.bytes[at++];
    if (byte === undefined) throw new MalformedBytesError('record cut short');
    let raw = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = this.bytes[at++];
      if (byte === undefined) throw new MalformedBytesError('record cut short');
      if (shift === 28 && byte > 0x0f) throw new MalformedBytesError('varint longer than 32 bits');
      raw |= (byte & 0x7f) << shift;
    }
    this.at = at;
    return (raw >>> 1) ^ -(raw & 1);
  }
  private varlong(): number {
    let raw = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new MalformedBytesError('record cut short');
      raw += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (raw > Number.MAX_SAFE_INTEGER) break;
        return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
      }
      scale *= 128;
    }
    throw new MalformedBytesError('timestamp delta out of range');
  }
}

function zigzag(byte: number): number {
  return (byte >>> 1) ^ -(byte & 1);
}

/** All records of one whole batch. @throws MalformedBytesError */
export function decodeRecords(batch: Uint8Array, maxBytes = DECOMPRESSED_BYTES_MAX): KafkaRecord[] {
  const cursor = new RecordCursor(batch, maxBytes);
  const records: KafkaRecord[] = [];
  while (cursor.next()) records.push(cursor.record());
  return records;
}

/** The records of one whole batch, each made when it is reached. @throws MalformedBytesError */
export function* recordsOf(batch: Uint8Array, maxBytes = DECOMPRESSED_BYTES_MAX): Generator<KafkaRecord> {
  const cursor = new RecordCursor(batch, maxBytes);
  while (cursor.next()) yield cursor.record();
}
