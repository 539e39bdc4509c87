/**
 * Where the fields of a record batch v2 are, and plain reads and writes of them
 * (https://kafka.apache.org/documentation/#recordbatch). Nothing here allocates.
 */
import { assert, MalformedBytesError } from '../core/index.ts';

export const BASE_OFFSET_AT = 0;
export const LENGTH_AT = 8;
export const LEADER_EPOCH_AT = 12;
export const MAGIC_AT = 16;
export const CRC_AT = 17;
/** The CRC covers everything from here to the end of the batch. */
export const ATTRIBUTES_AT = 21;
export const LAST_OFFSET_DELTA_AT = 23;
export const BASE_TIMESTAMP_AT = 27;
export const MAX_TIMESTAMP_AT = 35;
export const PRODUCER_ID_AT = 43;
export const PRODUCER_EPOCH_AT = 51;
export const BASE_SEQUENCE_AT = 53;
export const RECORD_COUNT_AT = 57;
/** Bytes of a batch before its first record. */
export const BATCH_OVERHEAD = 61;
/** Bytes before the part that the length field counts: base offset and the length itself. */
export const LOG_OVERHEAD = 12;

export const CODEC_MASK = 0x07;
export const LOG_APPEND_TIME_BIT = 0x08;
export const TRANSACTIONAL_BIT = 0x10;
export const CONTROL_BIT = 0x20;
export const DELETE_HORIZON_BIT = 0x40;

export const NO_PRODUCER_ID = -1;
export const NO_PRODUCER_EPOCH = -1;
export const NO_SEQUENCE = -1;
export const NO_TIMESTAMP = -1;
const MAX_INT32 = 0x7fffffff;
const TWO_32 = 4294967296;

export function int16At(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) >> 16) | bytes[at + 1]!;
}
export function int32At(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
export function uint32At(bytes: Uint8Array, at: number): number {
  return int32At(bytes, at) >>> 0;
}
/** @throws MalformedBytesError when the value is beyond ±(2^53 - 1) */
export function int64At(bytes: Uint8Array, at: number): number {
  const value = int32At(bytes, at) * TWO_32 + uint32At(bytes, at + 4);
  if (!Number.isSafeInteger(value)) throw new MalformedBytesError(`64-bit integer out of the safe range at ${at}`);
  return value;
}

export function putInt16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}
export function putInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
export function putInt64(bytes: Uint8Array, at: number, value: number): void {
  assert(Number.isSafeInteger(value), `not a safe integer: ${value}`);
  putInt32(bytes, at, Math.floor(value / TWO_32));
  putInt32(bytes, at + 4, value % TWO_32);
}

/** Adds to a sequence number, wrapping from 2^31 - 1 to 0 as Kafka's producers do. */
export function incrementSequence(sequence: number, by: number): number {
  const sum = sequence + by;
  return sum > MAX_INT32 ? sum - MAX_INT32 - 1 : sum;
}
/** The inverse of {@link incrementSequence}. */
export function decrementSequence(sequence: number, by: number): number {
  return sequence < by ? MAX_INT32 - (by - sequence) + 1 : sequence - by;
}
