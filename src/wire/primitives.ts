/**
 * How one value of each primitive type is read and written, in its four forms: with plain or compact lengths, and where
 * null is allowed or not (https://kafka.apache.org/protocol#protocol_types). Shared by the interpreter and the
 * compiled code. Readers throw MalformedBytesError; writers throw TypeError naming the field, for a value that does
 * not fit is the caller's mistake.
 */
import { type ByteReader, type ByteWriter, MalformedBytesError, type Uuid, uvarintSize } from '../core/index.ts';

/** -1 is null. @throws MalformedBytesError for another negative length, or null where it is not allowed */
function checkLength(length: number, nullable: boolean, reader: ByteReader): number {
  if (length < -1) throw new MalformedBytesError(`length ${length} at ${reader.offset}`);
  if (length === -1 && !nullable) throw new MalformedBytesError(`null where it is not allowed at ${reader.offset}`);
  return length;
}

export function readString(reader: ByteReader, compact: boolean, nullable: boolean): string | null {
  const length = checkLength(compact ? reader.uvarint() - 1 : reader.int16(), nullable, reader);
  return length === -1 ? null : reader.utf8(length);
}

export function readBytes(reader: ByteReader, compact: boolean, nullable: boolean): Uint8Array | null {
  const length = checkLength(compact ? reader.uvarint() - 1 : reader.int32(), nullable, reader);
  return length === -1 ? null : reader.slice(length);
}

/** The number of elements, or -1 for null. The count is checked against what is left to read. */
export function readCount(reader: ByteReader, compact: boolean, nullable: boolean, sizeMin: number): number {
  const count = checkLength(compact ? reader.uvarint() - 1 : reader.int32(), nullable, reader);
  return count === -1 ? -1 : reader.count(count, sizeMin);
}

/** A struct that may be null has a byte before it: -1 for null, else 1. */
export function isNullStruct(reader: ByteReader): boolean {
  const mark = reader.int8();
  if (mark !== -1 && mark !== 1) throw new MalformedBytesError(`mark ${mark} before a struct at ${reader.offset - 1}`);
  return mark === -1;
}

export function readUuid(reader: ByteReader): Uuid {
  const at = reader.take(16);
  return uuidAt(reader.bytes, at);
}

export function uuidAt(bytes: Buffer, at: number): Uuid {
  return bytes.toString('base64url', at, at + 16);
}

/**
 * Walks a tag section. `known(tag, size)` reads the value of a tag it knows and says so; others are skipped.
 * @throws MalformedBytesError where tags do not ascend (KIP-482 sorts them, none twice) or a value is not of its size
 */
export function readTags(reader: ByteReader, known: (tag: number) => boolean): void {
  let previous = -1;
  for (let left = reader.uvarint(); left > 0; left--) {
    const tag = reader.uvarint();
    if (tag <= previous) throw new MalformedBytesError(`tag ${tag} after tag ${previous} at ${reader.offset}`);
    previous = tag;
    const size = reader.uvarint();
    const start = reader.take(size);
    reader.offset = start;
    if (!known(tag)) reader.offset = start + size;
    else if (reader.offset !== start + size) throw new MalformedBytesError(`tag ${tag} is not of its size at ${start}`);
  }
}

/** Moves past an empty tag section, the usual one; false, and nothing read, for another. */
export function noTags(reader: ByteReader): boolean {
  if (reader.offset >= reader.end || reader.bytes[reader.offset] !== 0) return false;
  reader.offset += 1;
  return true;
}

/** Walks a tag section where no tag is known: everything is skipped. */
export function skipTags(reader: ByteReader): void {
  if (!noTags(reader)) readTags(reader, () => false);
}

function misfit(value: unknown, type: string, path: string): never {
  const shown = typeof value === 'object' && value !== null ? 'an object' : String(value);
  throw new TypeError(`${path}: ${shown} is not ${type}`);
}

export function checkBool(value: unknown, path: string): number {
  return value === true ? 1 : value === false ? 0 : misfit(value, 'a boolean', path);
}

/** Each returns its value where it fits. */
export const checkNumber = {
  int8: (value: number, path: string): number =>
    (value << 24) >> 24 === value ? value : misfit(value, 'an int8', path),
  int16: (value: number, path: string): number =>
    (value << 16) >> 16 === value ? value : misfit(value, 'an int16', path),
  uint16: (value: number, path: string): number =>
    (value & 0xffff) === value ? value : misfit(value, 'a uint16', path),
  int32: (value: number, path: string): number => ((value | 0) === value ? value : misfit(value, 'an int32', path)),
  int64: (value: number, path: string): number =>
    Number.isSafeInteger(value) ? value : misfit(value, 'a safe integer', path),
  float64: (value: number, path: string): number =>
    typeof value === 'number' ? value : misfit(value, 'a number', path),
};

export function writeUuidAt(buffer: Buffer, at: number, value: Uuid, path: string): void {
  if (typeof value !== 'string' || value.length !== 22 || buffer.write(value, at, 16, 'base64url') !== 16) {
    misfit(value, 'an id (22 characters of base64url)', path);
  }
}

export function writeUuid(writer: ByteWriter, value: Uuid, path: string): void {
  const at = writer.reserve(16);
  writeUuidAt(writer.buffer, at, value, path);
}

function writeNull(writer: ByteWriter, compact: boolean, nullable: boolean, width: 2 | 4, path: string): void {
  if (!nullable) misfit(null, 'allowed in this version', path);
  if (compact) writer.uvarint(0);
  else if (width === 2) writer.int16(-1);
  else writer.int32(-1);
}

export function writeString(
  writer: ByteWriter,
  value: string | null,
  compact: boolean,
  nullable: boolean,
  path: string,
): void {
  if (value === null) {
    writeNull(writer, compact, nullable, 2, path);
    return;
  }
  if (typeof value !== 'string') misfit(value, 'a string', path);
  if (!compact) {
    const at = writer.reserve(2);
    const length = writer.utf8(value);
    if (length > 0x7fff) misfit(`a string of ${length} bytes`, 'shorter than 32768', path);
    writer.patchInt16(at, length);
    return;
  }
  // The length comes first but is known last: assume that it takes as many bytes as that of the shortest encoding.
  const at = writer.length;
  const assumed = uvarintSize(value.length + 1);
  writer.reserve(assumed);
  const length = writer.utf8(value);
  const end = writer.length;
  if (uvarintSize(length + 1) === assumed) {
    writer.length = at;
    writer.uvarint(length + 1);
    writer.length = end;
  } else {
    writer.buffer.copyWithin(at, at + assumed, end);
    writer.length = end - assumed;
    writer.insertUvarint(at, length + 1);
  }
}

export function writeBytes(
  writer: ByteWriter,
  value: Uint8Array | null,
  compact: boolean,
  nullable: boolean,
  path: string,
): void {
  if (startBytes(writer, value, compact, nullable, path)) writer.raw(value);
}

/** As `writeBytes`, without a copy where the writer lends. */
export function writeRecords(
  writer: ByteWriter,
  value: Uint8Array | null,
  compact: boolean,
  nullable: boolean,
  path: string,
): void {
  if (startBytes(writer, value, compact, nullable, path)) writer.block(value);
}

/** Writes the length; returns whether bytes follow. */
function startBytes(
  writer: ByteWriter,
  value: Uint8Array | null,
  compact: boolean,
  nullable: boolean,
  path: string,
): value is Uint8Array {
  if (value === null) {
    writeNull(writer, compact, nullable, 4, path);
    return false;
  }
  if (!(value instanceof Uint8Array)) misfit(value, 'a Uint8Array', path);
  if (compact) writer.uvarint(value.length + 1);
  else writer.int32(value.length);
  return true;
}

export function writeCount(
  writer: ByteWriter,
  value: readonly unknown[] | null,
  compact: boolean,
  nullable: boolean,
  path: string,
): void {
  if (value === null) {
    writeNull(writer, compact, nullable, 4, path);
    return;
  }
  if (!Array.isArray(value)) misfit(value, 'an array', path);
  if (compact) writer.uvarint(value.length + 1);
  else writer.int32(value.length);
}
