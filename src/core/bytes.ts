/**
 * Byte readers and writers for Kafka's primitive types (https://kafka.apache.org/protocol#protocol_types): big-endian
 * integers, zigzag varints, unsigned varints, compact strings. 64-bit integers are `number`s asserted safe.
 * A reader checks every bound before it reads or allocates; a writer grows as needed.
 */
import { assert } from './assert.ts';

declare global {
  // Node's own, without the checks of `toString` and `write`; missing from its type definitions.
  interface Buffer {
    utf8Slice(start: number, end: number): string;
    utf8Write(text: string, offset: number, length: number): number;
  }
}

/** The input ended early, or a length, count or number in it is impossible. */
export class MalformedBytesError extends Error {
  override readonly name = 'MalformedBytesError';
}

const TWO_32 = 4294967296;

/** @throws MalformedBytesError when the value is beyond ±(2^53 - 1) */
export function getInt64(view: DataView, at: number): number {
  const value = view.getInt32(at) * TWO_32 + view.getUint32(at + 4);
  if (!Number.isSafeInteger(value)) throw new MalformedBytesError(`64-bit integer out of the safe range at ${at}`);
  return value;
}

export function setInt64(view: DataView, at: number, value: number): void {
  assert(Number.isSafeInteger(value), `not a safe integer: ${value}`);
  view.setInt32(at, Math.floor(value / TWO_32));
  view.setUint32(at + 4, value >>> 0);
}

/** How many array elements one reader lets its input announce in all: an element costs more memory than bytes. */
export const MAX_ELEMENTS = 1_000_000;

export class ByteReader {
  readonly bytes: Buffer;
  offset: number;
  /** Exclusive. */
  readonly end: number;
  readonly view: DataView;
  private elementsLeft = MAX_ELEMENTS;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    assert(offset >= 0 && offset <= end && end <= bytes.length, 'reader range outside its bytes');
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.offset = offset;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  /** @throws MalformedBytesError unless `length` more bytes are there; returns where they start and moves past them. */
  take(length: number): number {
    const start = this.offset;
    if (length < 0 || length > this.end - start) {
      throw new MalformedBytesError(`${length} bytes wanted at ${start}, ${this.end - start} left`);
    }
    this.offset = start + length;
    return start;
  }

  /**
   * Checks an announced number of elements, of at least `sizeMin` bytes each, before anything is allocated for them.
   * @throws MalformedBytesError when they cannot all be there, or the input announces more than MAX_ELEMENTS in all
   */
  count(count: number, sizeMin: number): number {
    if (count < 0 || count * sizeMin > this.end - this.offset) {
      throw new MalformedBytesError(`${count} elements announced at ${this.offset}, ${this.remaining} bytes left`);
    }
    this.elementsLeft -= count;
    if (this.elementsLeft < 0) throw new MalformedBytesError(`more than ${MAX_ELEMENTS} array elements`);
    return count;
  }

  int8(): number {
    return this.view.getInt8(this.take(1));
  }
  bool(): boolean {
    return this.view.getInt8(this.take(1)) !== 0;
  }
  int16(): number {
    return this.view.getInt16(this.take(2));
  }
  uint16(): number {
    return this.view.getUint16(this.take(2));
  }
  int32(): number {
    return this.view.getInt32(this.take(4));
  }
  uint32(): number {
    return this.view.getUint32(this.take(4));
  }
  /** @throws MalformedBytesError when the value is beyond ±(2^53 - 1) */
  int64(): number {
    return getInt64(this.view, this.take(8));
  }
  float64(): number {
    return this.view.getFloat64(this.take(8));
  }

  /** Unsigned varint of at most 32 bits. */
  uvarint(): number {
    const first = this.view.getUint8(this.take(1));
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.view.getUint8(this.take(1));
      if (shift === 28 && byte > 0x0f) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new MalformedBytesError(`varint longer than 32 bits at ${this.offset}`);
  }
  /** Zigzag varint of at most 32 bits. */
  varint(): number {
    const raw = this.uvarint();
    return (raw >>> 1) ^ -(raw & 1);
  }
  /** Zigzag varint of at most 64 bits. @throws MalformedBytesError beyond the safe range */
  varlong(): number {
    let low = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      const byte = this.view.getUint8(this.take(1));
      low += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (low > Number.MAX_SAFE_INTEGER) break;
        return low % 2 === 0 ? low / 2 : -(low + 1) / 2;
      }
      scale *= 128;
    }
    throw new MalformedBytesError(`varlong out of the safe range at ${this.offset}`);
  }

  /** A view of the next `length` bytes, not a copy. */
  slice(length: number): Buffer {
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }
  utf8(length: number): string {
    const start = this.take(length);
    return this.bytes.utf8Slice(start, start + length);
  }
}

/** Shorter ones are copied: another piece costs more than that. */
const LENT_BYTES_MIN = 4096;

export class ByteWriter {
  buffer: Buffer;
  /** Of what was written into `buffer`; what was lent is not in it. */
  length = 0;
  /** Of `buffer`; another one after a growth, so ask again after each `reserve`. */
  view: DataView;

  private readonly lends: boolean;
  private readonly lent: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  private lentBytes = 0;

  /** `lends`: large `block`s are kept by reference, and `pieces` gives them as they are. */
  constructor(capacity = 256, lends = false) {
    this.lends = lends;
    this.buffer = Buffer.allocUnsafeSlow(capacity);
    this.view = new DataView(this.buffer.buffer, this.buffer.byteOffset, this.buffer.byteLength);
  }

  /** Makes room for `extra` bytes and moves past them; returns where they start. */
  reserve(extra: number): number {
    const start = this.length;
    const needed = start + extra;
    if (needed > this.buffer.length) this.grow(needed);
    this.length = needed;
    return start;
  }
  private grow(needed: number): void {
    // Some slack, so that what follows a large value does not double the buffer at once.
    const larger = Buffer.allocUnsafeSlow(Math.max(needed + Math.min(needed, 16_384), this.buffer.length * 2));
    larger.set(this.buffer.subarray(0, this.length));
    this.buffer = larger;
    this.view = new DataView(larger.buffer, larger.byteOffset, larger.byteLength);
  }

  int8(value: number): void {
    const at = this.reserve(1);
    this.view.setInt8(at, value);
  }
  bool(value: boolean): void {
    this.int8(value ? 1 : 0);
  }
  int16(value: number): void {
    const at = this.reserve(2);
    this.view.setInt16(at, value);
  }
  uint16(value: number): void {
    const at = this.reserve(2);
    this.view.setUint16(at, value);
  }
  int32(value: number): void {
    const at = this.reserve(4);
    this.view.setInt32(at, value);
  }
  uint32(value: number): void {
    const at = this.reserve(4);
    this.view.setUint32(at, value);
  }
  int64(value: number): void {
    const at = this.reserve(8);
    setInt64(this.view, at, value);
  }
  float64(value: number): void {
    const at = this.reserve(8);
    this.view.setFloat64(at, value);
  }

  uvarint(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.int8((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.int8(rest);
  }
  varint(value: number): void {
    this.uvarint((value << 1) ^ (value >> 31));
  }
  varlong(value: number): void {
    assert(Number.isSafeInteger(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER / 2, `varlong: ${value}`);
    let rest = value >= 0 ? value * 2 : -value * 2 - 1;
    while (rest > 0x7f) {
      this.int8((rest % 128) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.int8(rest);
  }

  raw(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    this.buffer.set(bytes, at);
  }
  /** As `raw`; but a writer that lends takes large ones as they are: they must not change any more. */
  block(bytes: Uint8Array): void {
    if (!this.lends || bytes.length < LENT_BYTES_MIN) {
      this.raw(bytes);
      return;
    }
    this.lent.push({ at: this.length, bytes });
    this.lentBytes += bytes.length;
  }
  /** Returns the number of bytes written. */
  utf8(text: string): number {
    const most = text.length * 3;
    const at = this.reserve(most);
    const written = this.buffer.utf8Write(text, at, most);
    this.length = at + written;
    return written;
  }

  /** Puts an unsigned varint before what was written since `at`: the size of something, once it is known. */
  insertUvarint(at: number, value: number): void {
    assert(
      this.lent.length === 0 || this.lent.at(-1)!.at <= at,
      'no block is inside of something with its size before it',
    );
    const size = uvarintSize(value);
    const end = this.length;
    this.reserve(size);
    this.buffer.copyWithin(at + size, at, end);
    this.length = at;
    this.uvarint(value);
    this.length = end + size;
  }

  patchInt16(at: number, value: number): void {
    this.view.setInt16(at, value);
  }
  /** Overwrites four bytes written earlier. */
  patchInt32(at: number, value: number): void {
    this.view.setInt32(at, value);
  }
  /** Bytes of all that was written, blocks included. */
  get total(): number {
    return this.length + this.lentBytes;
  }
  /** What was written, where nothing was lent: a view of the writer's own buffer. */
  result(): Buffer {
    return this.buffer.subarray(0, this.length);
  }
  /** What was written, in order: `written`, which is `result` or a copy of it, with the blocks in between. */
  pieces(written: Buffer): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let start = 0;
    for (const { at, bytes } of this.lent) {
      if (at > start) pieces.push(written.subarray(start, at));
      pieces.push(bytes);
      start = at;
    }
    if (written.length > start) pieces.push(written.subarray(start));
    return pieces;
  }
  /** Empty again. */
  reset(): void {
    this.length = 0;
    this.lent.length = 0;
    this.lentBytes = 0;
  }
}

/** Bytes that `uvarint` writes for a value. */
export function uvarintSize(value: number): number {
  let size = 1;
  for (let rest = value >>> 0; rest > 0x7f; rest >>>= 7) size++;
  return size;
}
