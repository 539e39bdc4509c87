/** Is this a sound record batch? What a broker checks before it appends, and recovery before it trusts. */
import { KafkaError, MalformedBytesError } from '../core/index.ts';
import { crc32c } from './crc.ts';
import { RecordCursor } from './decode.ts';
import { type BatchHeader, readBatchHeader } from './header.ts';
import { ATTRIBUTES_AT } from './layout.ts';

/** Why the batch at `at` is not whole and undamaged; undefined when it is. Never throws on bad input. */
export function damageOf(bytes: Uint8Array, at = 0): string | undefined {
  let header: BatchHeader;
  try {
    header = readBatchHeader(bytes, at);
  } catch (error) {
    if (error instanceof MalformedBytesError) return error.message;
    throw error;
  }
  if (header.length > bytes.length - at) {
    return `batch of ${header.length} bytes of which ${bytes.length - at} are there`;
  }
  const crc = crc32c(bytes.subarray(at + ATTRIBUTES_AT, at + header.length));
  return crc === header.crc ? undefined : `CRC ${header.crc.toString(16)} stored, ${crc.toString(16)} computed`;
}

/**
 * Checks the batch at `at`: whole, magic 2, CRC, a record count that fits its offsets and its size, a known codec.
 * The records themselves are not looked at (see `verifyRecords`).
 * @returns its header
 * @throws KafkaError CORRUPT_MESSAGE when bytes are damaged or cut short, UNSUPPORTED_FOR_MESSAGE_FORMAT for older
 * formats, UNSUPPORTED_COMPRESSION_TYPE, INVALID_RECORD when the header contradicts itself
 */
export function verifyBatch(bytes: Uint8Array, at = 0): BatchHeader {
  const magic = bytes[at + 16];
  if (magic === 0 || magic === 1) {
    throw new KafkaError('UNSUPPORTED_FOR_MESSAGE_FORMAT', `record format (magic) ${magic}, only 2 is supported`);
  }
  const damage = damageOf(bytes, at);
  if (damage !== undefined) throw new KafkaError('CORRUPT_MESSAGE', damage);
  const header = readBatchHeader(bytes, at);
  if (header.recordCount === 0 || header.lastOffsetDelta !== header.recordCount - 1) {
    throw new KafkaError(
      'INVALID_RECORD',
      `${header.recordCount} records with a last offset delta of ${header.lastOffsetDelta}`,
    );
  }
  if ((header.attributes & 0x07) > 4) {
    throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', `compression codec ${header.attributes & 0x07}`);
  }
  return header;
}

/**
 * Checks every record of a batch that `verifyBatch` has passed: lengths, and offset deltas 0, 1, 2…
 * @throws KafkaError INVALID_RECORD, also for a missing key where `keysRequired` (compacted topics)
 */
export function verifyRecords(
  batch: Uint8Array,
  options: { readonly keysRequired?: boolean; readonly maxBytes?: number } = {},
): void {
  try {
    const cursor = new RecordCursor(batch, options.maxBytes);
    let offset = cursor.header.baseOffset;
    while (cursor.next()) {
      if (cursor.offset !== offset) throw new MalformedBytesError(`offset delta of record ${offset} out of order`);
      if (options.keysRequired === true && cursor.keySize < 0) {
        throw new KafkaError('INVALID_RECORD', 'a record of a compacted topic must have a key');
      }
      offset++;
    }
  } catch (error) {
    if (error instanceof MalformedBytesError) throw new KafkaError('INVALID_RECORD', error.message, { cause: error });
    throw error;
  }
}
