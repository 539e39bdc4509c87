/** Record batches v2: header, records, control records, compression. Imports core only. */
export { BatchBuilder, type BatchBuilderOptions, type BuildOptions, recordSizeUpperBound } from './batch-builder.ts';
export { type Compression, codecName, compress, compressionTypes, decompress } from './compression.ts';
export {
  type ControlBatchOptions,
  type ControlRecord,
  controlRecordOf,
  encodeControlBatch,
  type MarkerKind,
  parseControlRecord,
} from './control.ts';
export { crc32c } from './crc.ts';
export { DECOMPRESSED_BYTES_MAX, decodeRecords, RecordCursor, recordsOf } from './decode.ts';
export { type EncodeBatchOptions, encodeBatch } from './encode.ts';
export {
  type Batch,
  BatchHeader,
  batchesOf,
  readBatchHeader,
  setBaseOffset,
  setLogAppendTime,
  setMaxTimestamp,
  setPartitionLeaderEpoch,
  setProducerState,
  type TimestampType,
} from './header.ts';
export {
  BATCH_OVERHEAD,
  decrementSequence,
  incrementSequence,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  NO_TIMESTAMP,
} from './layout.ts';
export { recompressBatch } from './recompress.ts';
export type { KafkaRecord, RecordHeader, RecordHeaderInput, RecordInput } from './record.ts';
export { emptyBatchOf, type RetainOptions, retainRecords } from './retain.ts';
export { damageOf, verifyBatch, verifyRecords } from './verify.ts';
