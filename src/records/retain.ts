/**
 * A batch with some of its records taken out, as compaction leaves it: base and last offset, sequence numbers, producer,
 * leader epoch and codec stay as they are, and so does every record that is kept.
 */
import { putVarint, putVarlong, varlongSize } from './batch-builder.ts';
import { compress } from './compression.ts';
import { DECOMPRESSED_BYTES_MAX, RecordCursor } from './decode.ts';
import { readBatchHeader, writeCrc } from './header.ts';
import {
  ATTRIBUTES_AT,
  BASE_TIMESTAMP_AT,
  BATCH_OVERHEAD,
  CODEC_MASK,
  DELETE_HORIZON_BIT,
  LENGTH_AT,
  LOG_OVERHEAD,
  MAX_TIMESTAMP_AT,
  NO_TIMESTAMP,
  putInt16,
  putInt32,
  putInt64,
  RECORD_COUNT_AT,
} from './layout.ts';

export interface RetainOptions {
  readonly keep: (record: RecordCursor) => boolean;
  /**
   * Asked once the records are known: the delete horizon to set, milliseconds since 1970; undefined sets none. A batch
   * that has one keeps it.
   */
  readonly deleteHorizon: (keptTombstones: boolean) => number | undefined;
  /** What the records may decompress to. @default 128 MiB */
  readonly maxBytes?: number;
}

/**
 * The batch with the records that `keep` chose: `batch` itself where nothing changes, undefined where none is left.
 * @throws MalformedBytesError
 */
export function retainRecords(batch: Uint8Array, options: RetainOptions): Uint8Array | undefined {
  const { keep } = options;
  const cursor = new RecordCursor(batch, options.maxBytes ?? DECOMPRESSED_BYTES_MAX);
  const { header } = cursor;
  const kept: { readonly stored: Uint8Array; readonly behind: Uint8Array; readonly timestamp: number }[] = [];
  let tombstones = false;
  let bytes = 0;
  let maxTimestamp = NO_TIMESTAMP;
  while (cursor.next()) {
    if (!keep(cursor)) continue;
    const stored = cursor.stored;
    kept.push({ stored, behind: cursor.storedBehindTimestamp, timestamp: cursor.timestamp });
    bytes += stored.length;
    if (cursor.valueSize < 0) tombstones = true;
    if (cursor.timestamp > maxTimestamp) maxTimestamp = cursor.timestamp;
  }
  if (kept.length === 0) return undefined;
  const horizon = header.deleteHorizonMs === undefined ? options.deleteHorizon(tombstones) : undefined;
  if (kept.length === header.recordCount && horizon === undefined) return batch;
  const records = Buffer.allocUnsafeSlow(bytes + (horizon === undefined ? 0 : kept.length * 12));
  let end = 0;
  for (const { stored, behind, timestamp } of kept) {
    if (horizon === undefined) {
      records.set(stored, end);
      end += stored.length;
      continue;
    }
    // Under LogAppendTime the deltas mean nothing.
    const delta = header.timestampType === 'LogAppendTime' ? 0 : timestamp - horizon;
    const length = 1 + varlongSize(delta) + behind.length;
    end = putVarint(records, end, length);
    records[end++] = 0;
    end = putVarlong(records, end, delta);
    records.set(behind, end);
    end += behind.length;
  }
  const packed = compress(header.compression, records.subarray(0, end));
  const result = Buffer.allocUnsafeSlow(BATCH_OVERHEAD + packed.length);
  result.set(batch.subarray(0, BATCH_OVERHEAD));
  result.set(packed, BATCH_OVERHEAD);
  putInt32(result, LENGTH_AT, result.length - LOG_OVERHEAD);
  putInt32(result, RECORD_COUNT_AT, kept.length);
  if (header.timestampType === 'CreateTime') putInt64(result, MAX_TIMESTAMP_AT, maxTimestamp);
  if (horizon !== undefined) {
    putInt16(result, ATTRIBUTES_AT, header.attributes | DELETE_HORIZON_BIT);
    putInt64(result, BASE_TIMESTAMP_AT, horizon);
  }
  writeCrc(result, 0, result.length);
  return result;
}

/** The batch without its records: what keeps the epoch and the sequence numbers of its producer in the log. */
export function emptyBatchOf(batch: Uint8Array): Uint8Array {
  const header = readBatchHeader(batch);
  const result = Buffer.allocUnsafeSlow(BATCH_OVERHEAD);
  result.set(batch.subarray(0, BATCH_OVERHEAD));
  putInt32(result, LENGTH_AT, BATCH_OVERHEAD - LOG_OVERHEAD);
  putInt16(result, ATTRIBUTES_AT, header.attributes & ~(CODEC_MASK | DELETE_HORIZON_BIT));
  putInt64(result, BASE_TIMESTAMP_AT, NO_TIMESTAMP);
  putInt32(result, RECORD_COUNT_AT, 0);
  writeCrc(result, 0, BATCH_OVERHEAD);
  return result;
}
