/**
 * The least that can be done for a batch of Kafka's format: encode records into a buffer, read them back. Only what the
 * bare limit needs: values of at most 8,191 bytes, no keys, no headers, all records of one millisecond.
 */
import { crc32c } from '@node-rs/crc32';

/** Bytes of a batch before its first record, and before what its checksum covers. */
const OVERHEAD = 61;
const CRC_AT = 17;
const COVERED_FROM = 21;

/** Fills `buffer` with records from `values`, from the `first` on; no more than `most`. Returns how many and the bytes. */
export function encodeBatch(buffer: Buffer, values: readonly Buffer[], first: number, most: number) {
  let at = OVERHEAD;
  let count = 0;
  for (; count < most; count++) {
    const value = values[(first + count) % values.length]!;
    const { length } = value;
    // attributes, timestamp delta, offset delta, key length, value length, value, headers
    const body = 1 + 1 + varintBytes(count) + 1 + varintBytes(length) + length + 1;
    if (at + 2 + body > buffer.length) break;
    at = putVarint(buffer, at, body);
    buffer[at++] = 0;
    buffer[at++] = 0;
    at = putVarint(buffer, at, count);
    buffer[at++] = 1; // -1: no key
    at = putVarint(buffer, at, length);
    buffer.set(value, at);
    at += length;
    buffer[at++] = 0;
  }
  const now = BigInt(Date.now());
  buffer.fill(0, 0, 12);
  buffer.writeInt32BE(at - 12, 8);
  buffer.writeInt32BE(0, 12);
  buffer[16] = 2;
  buffer.writeInt16BE(0, COVERED_FROM);
  buffer.writeInt32BE(count - 1, 23);
  buffer.writeBigInt64BE(now, 27);
  buffer.writeBigInt64BE(now, 35);
  buffer.writeBigInt64BE(-1n, 43);
  buffer.writeInt16BE(-1, 51);
  buffer.writeInt32BE(-1, 53);
  buffer.writeInt32BE(count, 57);
  buffer.writeUInt32BE(crc32c(buffer.subarray(COVERED_FROM, at)), CRC_AT);
  return { count, bytes: at };
}

function varintBytes(value: number): number {
  return value < 64 ? 1 : value < 8192 ? 2 : 3;
}

/** Not negative. */
function putVarint(buffer: Buffer, at: number, value: number): number {
  let rest = value << 1;
  let next = at;
  while (rest > 127) {
    buffer[next++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  buffer[next++] = rest;
  return next;
}

/** A record that is looked at when somebody asks for its value. */
export class LazyRecord {
  readonly offset: number;
  private readonly buffer: Buffer;
  private readonly from: number;
  private readonly to: number;
  constructor(buffer: Buffer, offset: number, from: number, to: number) {
    this.buffer = buffer;
    this.offset = offset;
    this.from = from;
    this.to = to;
  }
  get value(): Buffer {
    return this.buffer.subarray(this.from, this.to);
  }
}

/** Bytes of the batch that begins here, as far as its length field is there; 0 where it is not. */
export function batchBytes(buffer: Buffer, at: number, end: number): number {
  return end - at < OVERHEAD ? 0 : 12 + buffer.readInt32BE(at + 8);
}

/** Checks the batch and hands over each record. Returns their number. @throws Error for a checksum that is wrong */
export function decodeBatch(buffer: Buffer, at: number, bytes: number, handler: (record: LazyRecord) => void): number {
  const end = at + bytes;
  if (crc32c(buffer.subarray(at + COVERED_FROM, end)) !== buffer.readUInt32BE(at + CRC_AT)) throw new Error('checksum');
  const count = buffer.readInt32BE(at + 57);
  let position = at + OVERHEAD;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = buffer[position++]!;
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 1;
    }
  };
  for (let n = 0; n < count; n++) {
    const next = varint() + position;
    position += 2;
    const offset = varint();
    position += 1;
    const length = varint();
    handler(new LazyRecord(buffer, offset, position, position + length));
    position = next;
  }
  return count;
}

/** The checksum that a batch bears, and the one of its bytes, piece by piece as they come. */
export { COVERED_FROM, CRC_AT };
