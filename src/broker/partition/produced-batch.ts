/**
 * What a broker makes of the bytes a producer sends for one partition, before the log looks at them: exactly one batch,
 * every record of it sound, with a key where the topic is compacted and a timestamp within the topic's bounds, in the codec
 * the topic wants. The bytes stay as they came wherever the topic has no other wish.
 */
import { KafkaError, MalformedBytesError } from '../../core/index.ts';
import type { LogConfig } from '../../log/index.ts';
import {
  BATCH_OVERHEAD,
  type BatchHeader,
  crc32c,
  damageOf,
  NO_TIMESTAMP,
  RecordCursor,
  readBatchHeader,
  recompressBatch,
  setMaxTimestamp,
} from '../../records/index.ts';

const MAGIC_AT = 16;
const CRC_AT = 17;
const FIRST_VERSION_WITH_ZSTD = 7;
const CODEC_MASK = 0x07;
const ZSTD = 4;
const CODEC_MAX = 4;
/** Most records that are named in one answer. */
const NAMED_MAX = 100;

/** Why one record, by its place in the batch, makes the broker refuse all of it (KIP-467). */
export interface RecordError {
  readonly batchIndex: number;
  readonly batchIndexErrorMessage: string;
}

/** The batch is refused for the sake of some of its records. */
export class RecordsRefused extends KafkaError {
  readonly recordErrors: readonly RecordError[];
  constructor(code: 'INVALID_RECORD' | 'INVALID_TIMESTAMP', message: string, recordErrors: readonly RecordError[]) {
    super(code, message);
    this.recordErrors = recordErrors;
  }
}

/**
 * Exactly one batch, in the format of today. Its content is for `admitBatch` to check.
 * @throws KafkaError INVALID_RECORD, CORRUPT_MESSAGE, UNSUPPORTED_COMPRESSION_TYPE
 */
export function checkProduced(records: Uint8Array | null, apiVersion: number): BatchHeader {
  if (records === null || records.length === 0) {
    throw new KafkaError('INVALID_RECORD', 'a produce request must have one record batch for each partition');
  }
  if (records.length <= MAGIC_AT) throw new KafkaError('INVALID_RECORD', `a batch of ${records.length} bytes`);
  const magic = records[MAGIC_AT]!;
  if (magic > 2) throw new KafkaError('CORRUPT_MESSAGE', `nobody knows record batches of magic ${magic}`);
  if (magic < 2) throw new KafkaError('INVALID_RECORD', `record batches of magic ${magic} are not supported, only 2`);
  if (records.length < BATCH_OVERHEAD) throw new KafkaError('INVALID_RECORD', `a batch of ${records.length} bytes`);
  const header = headerOf(records);
  if (header.length > records.length) {
    throw new KafkaError('INVALID_RECORD', `a batch of ${header.length} bytes, of which ${records.length} came`);
  }
  if (header.length < records.length) {
    throw new KafkaError('INVALID_RECORD', 'a produce request must have only one record batch for each partition');
  }
  if ((header.attributes & CODEC_MASK) === ZSTD && apiVersion < FIRST_VERSION_WITH_ZSTD) {
    throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', `Produce version ${apiVersion} does not know zstd`);
  }
  return header;
}

/** What is wrong and was sent so is the producer's fault for ever; what was damaged on the way may be sent again. */
function headerOf(records: Uint8Array): BatchHeader {
  try {
    return readBatchHeader(records);
  } catch (error) {
    if (!(error instanceof MalformedBytesError)) throw error;
    const code = BATCH_OVERHEAD <= records.length && checksumHolds(records) ? 'INVALID_RECORD' : 'CORRUPT_MESSAGE';
    throw new KafkaError(code, error.message, { cause: error });
  }
}

/** Of a batch whose header is impossible, and that is all there is. */
function checksumHolds(records: Uint8Array): boolean {
  return crc32c(records.subarray(CRC_AT + 4)) === Buffer.from(records.buffer, records.byteOffset).readUInt32BE(CRC_AT);
}

/**
 * The batch as it is to be appended: the same bytes, unless the topic's `compression.type` differs from its codec.
 * `now`: wall clock.
 * @throws KafkaError MESSAGE_TOO_LARGE, CORRUPT_MESSAGE, INVALID_RECORD, UNSUPPORTED_COMPRESSION_TYPE; RecordsRefused
 */
export function admitBatch(batch: Uint8Array, header: BatchHeader, config: LogConfig, now: number): Uint8Array {
  if (header.length > config.maxMessageBytes) throw tooLarge(header.length, config);
  if (header.isControl) throw new KafkaError('INVALID_RECORD', 'clients cannot write control records');
  if (header.baseOffset !== 0) {
    throw new KafkaError('INVALID_RECORD', `a producer's batch begins at offset 0, not ${header.baseOffset}`);
  }
  if ((header.attributes & CODEC_MASK) > CODEC_MAX) {
    throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', `compression codec ${header.attributes & CODEC_MASK}`);
  }
  const { cursor, maxTimestamp } = walk(batch, config, now);
  const wanted = config.compressionType === 'producer' ? header.compression : config.compressionType;
  const keepsTime = config.messageTimestampType === 'CreateTime';
  const recompress = wanted !== header.compression;
  const lies = keepsTime && maxTimestamp !== header.maxTimestamp;
  if (!recompress && !lies) return batch;
  // A new checksum must not hide that the old one was wrong.
  const damage = damageOf(batch);
  if (damage !== undefined) throw new KafkaError('CORRUPT_MESSAGE', damage);
  const result = recompress ? recompressBatch(batch, cursor.unpacked, wanted, config.compressionLevel) : batch;
  if (lies) setMaxTimestamp(result, 0, maxTimestamp);
  if (result.length > config.maxMessageBytes) throw tooLarge(result.length, config);
  return result;
}

function tooLarge(length: number, { maxMessageBytes }: LogConfig): KafkaError {
  return new KafkaError(
    'MESSAGE_TOO_LARGE',
    `batch of ${length} bytes, max.message.bytes is ${maxMessageBytes}: send smaller batches, or raise it`,
  );
}

/** Looks at every record. */
function walk(batch: Uint8Array, config: LogConfig, now: number): { cursor: RecordCursor; maxTimestamp: number } {
  const checksTime = config.messageTimestampType === 'CreateTime';
  const earliest = now - config.messageTimestampBeforeMaxMs;
  const latest = now + config.messageTimestampAfterMaxMs;
  const errors: RecordError[] = [];
  let found = 0;
  let untimely = false;
  let maxTimestamp = NO_TIMESTAMP;
  try {
    const cursor = new RecordCursor(batch);
    const { baseOffset } = cursor.header;
    let index = 0;
    for (; cursor.next(); index++) {
      if (cursor.offset !== baseOffset + index)
        throw new MalformedBytesError(`record ${index} has another offset delta`);
      const { timestamp } = cursor;
      if (timestamp > maxTimestamp) maxTimestamp = timestamp;
      let problem: string | undefined;
      if (config.compacted && cursor.keySize < 0) problem = 'it has no key, and the topic is compacted';
      else if (checksTime && timestamp !== NO_TIMESTAMP && (timestamp < earliest || timestamp > latest)) {
        untimely = true;
        problem = `its timestamp ${timestamp} is not within ${earliest} and ${latest}`;
      } else continue;
      found += 1;
      if (errors.length < NAMED_MAX) errors.push({ batchIndex: index, batchIndexErrorMessage: problem });
    }
    if (index === 0) throw new MalformedBytesError('a batch without records');
    if (found === 0) return { cursor, maxTimestamp };
  } catch (error) {
    if (!(error instanceof MalformedBytesError)) throw error;
    const damage = damageOf(batch);
    throw new KafkaError(damage === undefined ? 'INVALID_RECORD' : 'CORRUPT_MESSAGE', damage ?? error.message, {
      cause: error,
    });
  }
  const bounds = 'message.timestamp.before.max.ms and message.timestamp.after.max.ms';
  throw untimely
    ? new RecordsRefused('INVALID_TIMESTAMP', `${found} records are outside ${bounds} of the topic`, errors)
    : new RecordsRefused('INVALID_RECORD', `${found} records have no key, and the topic is compacted`, errors);
}
