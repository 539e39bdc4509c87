/** The log of a partition on disk, in Apache Kafka's layout. Imports core and records. */
export type { Cleanable } from './compaction/cleanable.ts';
export type { CompactionOptions, CompactionResult } from './compaction/compact-log.ts';
export { defaultLogConfig, type LogConfig } from './log-config.ts';
export type {
  ActiveProducer,
  AppendOptions,
  AppendResult,
  OpenLogOptions,
  ReadOptions,
  TimestampedOffset,
} from './log-options.ts';
export { PartitionLog } from './partition-log.ts';
export { readTopicId } from './partition-metadata.ts';
export type { AppendOrigin } from './producer-state.ts';
export type { RecoveryReport } from './recovery.ts';
export { isOutOfSpace } from './storage-errors.ts';
export { VerificationGuard } from './verification.ts';
