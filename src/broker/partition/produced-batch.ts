/** What a broker checks of the bytes a producer sends for one partition, before the log looks at them. */
import { KafkaError } from '../../core/index.ts';
import { BATCH_OVERHEAD, RecordCursor, readBatchHeader } from '../../records/index.ts';
import type { Partition } from './partition.ts';

const MAGIC_AT = 16;
const FIRST_VERSION_WITH_ZSTD = 7;

/**
 * Exactly one batch, in the format of today. Its checksum, size and content are the log's to check.
 * @throws KafkaError INVALID_RECORD, CORRUPT_MESSAGE, UNSUPPORTED_COMPRESSION_TYPE
 */
export function checkProduced(records: Uint8Array | null, apiVersion: number): asserts records is Uint8Array {
  if (records === null || records.length === 0) {
    throw new KafkaError('INVALID_RECORD', `Produce version ${apiVersion} must have one record batch per partition`);
  }
  if (records.length <= MAGIC_AT) throw new KafkaError('CORRUPT_MESSAGE', `a batch of ${records.length} bytes`);
  if (records[MAGIC_AT] !== 2) {
    throw new KafkaError('INVALID_RECORD', `record batches of magic ${records[MAGIC_AT]} are not supported, only 2`);
  }
  if (records.length < BATCH_OVERHEAD) throw new KafkaError('CORRUPT_MESSAGE', `a batch of ${records.length} bytes`);
  let length: number;
  let compression: string;
  try {
    const header = readBatchHeader(records);
    length = header.length;
    compression = header.compression;
    if (header.isControl) throw new KafkaError('INVALID_RECORD', 'clients cannot write control records');
  } catch (error) {
    if (KafkaError.is(error)) throw error;
    throw new KafkaError('CORRUPT_MESSAGE', error instanceof Error ? error.message : String(error), { cause: error });
  }
  if (length > records.length) {
    throw new KafkaError('CORRUPT_MESSAGE', `a batch of ${length} bytes, of which ${records.length} came`);
  }
  if (length < records.length) {
    throw new KafkaError(
      'INVALID_RECORD',
      `Produce version ${apiVersion} must have exactly one record batch per partition`,
    );
  }
  if (compression === 'zstd' && apiVersion < FIRST_VERSION_WITH_ZSTD) {
    throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', `Produce version ${apiVersion} does not know zstd`);
  }
}

/** Most records that are named in one answer. */
const NAMED_MAX = 100;

/** For a refused batch of a compacted topic: the records that lack the key. */
export function recordErrorsOf(batch: Uint8Array, partition: Partition) {
  const errors: { batchIndex: number; batchIndexErrorMessage: string }[] = [];
  if (!partition.compacted) return errors;
  try {
    const cursor = new RecordCursor(batch);
    for (let batchIndex = 0; cursor.next() && errors.length < NAMED_MAX; batchIndex++) {
      if (cursor.keySize >= 0) continue;
      const batchIndexErrorMessage = `Compacted topic cannot accept message without key in topic partition ${partition.name}.`;
      errors.push({ batchIndex, batchIndexErrorMessage });
    }
  } catch {
    // The batch as a whole is refused; which of its records are bad cannot be told.
  }
  return errors;
}
