/**
 * Encodes records straight into the buffer of the batch they will travel in (KIP-98's record format v2). No object is
 * made per record. The bytes that `build` returns belong to the caller alone: the builder never touches them again, so
 * a batch that waits for its retry cannot be overwritten by the next one.
 *
 *   record  length varint, attributes i8 = 0, timestamp delta varlong, offset delta varint,
 *           key length varint (-1 null), key, value length varint, value, header count varint, headers
 */
import { assert, type BufferPool } from '../core/index.ts';
import { type Compression, codecNumber, compress } from './compression.ts';
import { writeCrc } from './header.ts';
import {
  ATTRIBUTES_AT,
  BASE_OFFSET_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  BATCH_OVERHEAD,
  CONTROL_BIT,
  LAST_OFFSET_DELTA_AT,
  LEADER_EPOCH_AT,
  LENGTH_AT,
  LOG_OVERHEAD,
  MAGIC_AT,
  MAX_TIMESTAMP_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  putInt16,
  putInt32,
  putInt64,
  RECORD_COUNT_AT,
  TRANSACTIONAL_BIT,
} from './layout.ts';
import type { RecordHeaderInput } from './record.ts';

export interface BatchBuilderOptions {
  /** @default 'none' */
  readonly compression?: Compression;
  /** See `compress`. */
  readonly level?: number | undefined;
  /** Uncompressed bytes after which the batch is full. A single larger record still gets a batch of its own. */
  readonly maxBytes: number;
  /** What the batch is likely to become, in bytes: saves growing. @default 1024 */
  readonly expectedBytes?: number;
  /** Gives the memory. What `build` returns may be of it: whoever knows when nobody needs the batch gives it back. */
  readonly pool?: BufferPool;
}

export interface BuildOptions {
  /** @default -1, none */
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly transactional?: boolean;
  readonly control?: boolean;
  readonly baseOffset?: number;
  readonly partitionLeaderEpoch?: number;
}

type Data = string | Uint8Array | null;
const NO_HEADERS: readonly RecordHeaderInput[] = [];
const FIRST_CAPACITY = 1024;
/** Length, attributes, timestamp delta, offset delta, key length, value length, header count, at their longest. */
const RECORD_OVERHEAD_MAX = 5 + 1 + 10 + 5 + 5 + 5 + 5;

/** What writing a record may return in place of the new end. */
const FULL = -1;
const UNDECIDED = -2;

export class BatchBuilder {
  private readonly compression: Compression;
  private readonly level: number | undefined;
  private readonly maxBytes: number;
  private readonly firstCapacity: number;
  private readonly pool: BufferPool | undefined;
  private buffer: Buffer | undefined;
  private end = BATCH_OVERHEAD;
  private records = 0;
  private baseTimestamp = -1;
  private maxTimestamp = -1;

  constructor(options: BatchBuilderOptions) {
    assert(options.maxBytes > BATCH_OVERHEAD, `maxBytes ${options.maxBytes}`);
    this.compression = options.compression ?? 'none';
    this.level = options.level;
    this.maxBytes = options.maxBytes;
    this.firstCapacity = options.expectedBytes ?? FIRST_CAPACITY;
    this.pool = options.pool;
  }

  /** Records so far. */
  get count(): number {
    return this.records;
  }
  /** Bytes of the batch so far, header included, before compression. */
  get sizeInBytes(): number {
    return this.end;
  }

  /**
   * Adds a record, or returns false and changes nothing when the batch is full. An empty builder always accepts.
   * `timestamp` is in milliseconds.
   */
  tryAppend(timestamp: number, key: Data, value: Data, headers: readonly RecordHeaderInput[] = NO_HEADERS): boolean {
    const first = this.records === 0;
    if (first) this.baseTimestamp = timestamp;
    const delta = (timestamp - this.baseTimestamp) | 0;
    const plain = headers.length === 0 && delta === timestamp - this.baseTimestamp;
    let end = plain ? this.writePlain(first, delta, key, value) : UNDECIDED;
    if (end === FULL) return false;
    if (end === UNDECIDED) {
      const delta = timestamp - this.baseTimestamp;
      const body = this.bodyLength(delta, key, value, headers);
      const needed = this.end + varintSize(body) + body;
      if (!first && needed > this.maxBytes) return false;
      end = this.writeExactly(this.room(needed), body, delta, key, value, headers);
    }
    this.end = end;
    this.records++;
    if (first || timestamp > this.maxTimestamp) this.maxTimestamp = timestamp;
    return true;
  }

  /**
   * Writes a record without headers, taking its text for ASCII: then every length is known before anything is written.
   * `delta`: of the timestamp, an int32, which costs no object. Returns the new end; FULL where it does not fit; UNDECIDED where the text may be or was something else.
   */
  private writePlain(first: boolean, delta: number, key: Data, value: Data): number {
    const keyLength = key === null ? -1 : key.length;
    const valueLength = value === null ? -1 : value.length;
    const body =
      2 +
      varintSize(delta) +
      varintSize(this.records) +
      varintSize(keyLength) +
      (keyLength < 0 ? 0 : keyLength) +
      varintSize(valueLength) +
      (valueLength < 0 ? 0 : valueLength);
    const needed = this.end + varintSize(body) + body;
    if (!first && needed > this.maxBytes) return FULL;
    let slack = 0;
    if (typeof key === 'string') slack += 2 * keyLength;
    if (typeof value === 'string') slack += 2 * valueLength;
    // Text that is not ASCII takes up to three bytes a character.
    if (slack > 0 && needed + slack > this.maxBytes) return UNDECIDED;
    const old = this.buffer;
    const buffer = old !== undefined && needed + slack <= old.length ? old : this.room(needed + slack);
    let at = putVarint(buffer, this.end, body);
    const end = at + body;
    buffer[at++] = 0;
    at = putVarint(buffer, at, delta);
    at = putVarint(buffer, at, this.records);
    at = putVarint(buffer, at, keyLength);
    if (key !== null) at = putData(buffer, at, key, 3 * keyLength);
    at = putVarint(buffer, at, valueLength);
    if (value !== null) at = putData(buffer, at, value, 3 * valueLength);
    buffer[at++] = 0;
    return at === end ? at : UNDECIDED;
  }

  private bodyLength(delta: number, key: Data, value: Data, headers: readonly RecordHeaderInput[]): number {
    let body =
      1 +
      varlongSize(delta) +
      varintSize(this.records) +
      sizedLength(dataLength(key)) +
      sizedLength(dataLength(value)) +
      varintSize(headers.length);
    for (const header of headers) body += sizedLength(dataLength(header.key)) + sizedLength(dataLength(header.value));
    return body;
  }

  private writeExactly(
    buffer: Buffer,
    body: number,
    delta: number,
    key: Data,
    value: Data,
    headers: readonly RecordHeaderInput[],
  ): number {
    let at = putVarint(buffer, this.end, body);
    const end = at + body;
    buffer[at++] = 0;
    at = putVarlong(buffer, at, delta);
    at = putVarint(buffer, at, this.records);
    at = putSized(buffer, at, key);
    at = putSized(buffer, at, value);
    at = putVarint(buffer, at, headers.length);
    for (const header of headers) {
      at = putSized(buffer, at, header.key);
      at = putSized(buffer, at, header.value);
    }
    assert(at === end, 'a record is as long as its length says');
    return at;
  }

  /**
   * The finished batch. The builder is empty afterwards and may be used again; the bytes are the caller's.
   * With 'none' they may be a view into a larger buffer that nobody else uses.
   */
  build(options: BuildOptions = {}): Uint8Array {
    const written = this.buffer;
    assert(written !== undefined && this.records > 0, 'a batch has at least one record');
    let batch: Buffer;
    if (this.compression === 'none') {
      if (this.end * 2 >= written.length) {
        batch = written.subarray(0, this.end);
        this.buffer = undefined;
      } else {
        batch = Buffer.allocUnsafeSlow(this.end);
        batch.set(written.subarray(BATCH_OVERHEAD, this.end), BATCH_OVERHEAD);
        this.letGo();
      }
    } else {
      const packed = compress(this.compression, written.subarray(BATCH_OVERHEAD, this.end), this.level);
      batch = Buffer.allocUnsafeSlow(BATCH_OVERHEAD + packed.length);
      batch.set(packed, BATCH_OVERHEAD);
      this.letGo();
    }
    putInt64(batch, BASE_OFFSET_AT, options.baseOffset ?? 0);
    putInt32(batch, LENGTH_AT, batch.length - LOG_OVERHEAD);
    putInt32(batch, LEADER_EPOCH_AT, options.partitionLeaderEpoch ?? -1);
    batch[MAGIC_AT] = 2;
    putInt16(
      batch,
      ATTRIBUTES_AT,
      codecNumber(this.compression) |
        (options.transactional === true ? TRANSACTIONAL_BIT : 0) |
        (options.control === true ? CONTROL_BIT : 0),
    );
    putInt32(batch, LAST_OFFSET_DELTA_AT, this.records - 1);
    putInt64(batch, BASE_TIMESTAMP_AT, this.baseTimestamp);
    putInt64(batch, MAX_TIMESTAMP_AT, this.maxTimestamp);
    putInt64(batch, PRODUCER_ID_AT, options.producerId ?? -1);
    putInt16(batch, PRODUCER_EPOCH_AT, options.producerEpoch ?? -1);
    putInt32(batch, BASE_SEQUENCE_AT, options.baseSequence ?? -1);
    putInt32(batch, RECORD_COUNT_AT, this.records);
    writeCrc(batch, 0, batch.length);
    this.reset();
    return batch;
  }

  /** Forgets the records that were added. */
  reset(): void {
    this.end = BATCH_OVERHEAD;
    this.records = 0;
    this.baseTimestamp = -1;
    this.maxTimestamp = -1;
  }

  /** The buffer, `needed` bytes long at least: at most `maxBytes`, or what a single larger record takes. */
  private room(needed: number): Buffer {
    const old = this.buffer;
    if (old !== undefined && needed <= old.length) return old;
    const doubled = Math.min(old === undefined ? this.firstCapacity : old.length * 2, this.maxBytes);
    const capacity = Math.max(doubled, needed);
    const larger = this.pool?.take(capacity) ?? Buffer.allocUnsafeSlow(capacity);
    if (old !== undefined) {
      larger.set(old.subarray(0, this.end));
      this.letGo();
    }
    this.buffer = larger;
    return larger;
  }

  private letGo(): void {
    if (this.buffer !== undefined) this.pool?.giveBack(this.buffer);
    this.buffer = undefined;
  }
}

/** An upper bound of what a record adds to a batch, in bytes before compression. */
export function recordSizeUpperBound(
  key: Data,
  value: Data,
  headers: readonly RecordHeaderInput[] = NO_HEADERS,
): number {
  return RECORD_OVERHEAD_MAX + longestLength(key) + longestLength(value) + longestHeaders(headers);
}

function longestLength(data: Data): number {
  if (data === null) return 0;
  return typeof data === 'string' ? data.length * 3 : data.length;
}
function longestHeaders(headers: readonly RecordHeaderInput[]): number {
  let size = 0;
  for (const header of headers) size += 10 + header.key.length * 3 + longestLength(header.value);
  return size;
}
/** -1 for null, as the wire has it. */
function dataLength(data: Data): number {
  if (data === null) return -1;
  return typeof data === 'string' ? Buffer.byteLength(data) : data.length;
}

/** `room`: bytes that are free for it. */
function putData(buffer: Buffer, at: number, data: string | Uint8Array, room: number): number {
  if (typeof data === 'string') return at + buffer.utf8Write(data, at, room);
  buffer.set(data, at);
  return at + data.length;
}
function putSized(buffer: Buffer, at: number, data: Data): number {
  const length = dataLength(data);
  const start = putVarint(buffer, at, length);
  return data === null ? start : putData(buffer, start, data, length);
}
/** Bytes of something that comes after its length. */
function sizedLength(length: number): number {
  return varintSize(length) + Math.max(length, 0);
}

export function varintSize(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x200000) return 3;
  return zigzag < 0x10000000 ? 4 : 5;
}
export function putVarint(buffer: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  if (rest < 0x80) {
    buffer[at] = rest;
    return at + 1;
  }
  while (rest > 0x7f) {
    buffer[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buffer[at++] = rest;
  return at;
}
export function varlongSize(value: number): number {
  let rest = value >= 0 ? value * 2 : -value * 2 - 1;
  let size = 1;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) size++;
  return size;
}
export function putVarlong(buffer: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value >= 0 ? value * 2 : -value * 2 - 1;
  while (rest > 0x7f) {
    buffer[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  buffer[at++] = rest;
  return at;
}
