/** One batch in another codec: the records stay byte for byte what they were, and so do all fields but the codec's. */
import { type Compression, codecNumber, compress } from './compression.ts';
import { writeCrc } from './header.ts';
import { ATTRIBUTES_AT, BATCH_OVERHEAD, LENGTH_AT, LOG_OVERHEAD, putInt16, putInt32 } from './layout.ts';

const CODEC_MASK = 0x07;

/**
 * A new batch with the header of `batch`. `records`: its records uncompressed, as `RecordCursor.unpacked` gives them.
 * `level`: see `compress`.
 */
export function recompressBatch(
  batch: Uint8Array,
  records: Uint8Array,
  compression: Compression,
  level?: number,
): Uint8Array {
  const packed = compress(compression, records, level);
  const result = Buffer.allocUnsafeSlow(BATCH_OVERHEAD + packed.length);
  result.set(batch.subarray(0, BATCH_OVERHEAD));
  result.set(packed, BATCH_OVERHEAD);
  putInt32(result, LENGTH_AT, result.length - LOG_OVERHEAD);
  const attributes = result.readInt16BE(ATTRIBUTES_AT);
  putInt16(result, ATTRIBUTES_AT, (attributes & ~CODEC_MASK) | codecNumber(compression));
  writeCrc(result, 0, result.length);
  return result;
}
