/** The log of a partition on disk, in Apache Kafka's layout. Imports core and records. */
export { defaultLogConfig, type LogConfig } from './log-config.ts';
export {
  type ActiveProducer,
  type AppendOptions,
  type AppendResult,
  type OpenLogOptions,
  PartitionLog,
  type ReadOptions,
  type TimestampedOffset,
} from './partition-log.ts';
export type { AppendOrigin } from './producer-state.ts';
export type { RecoveryReport } from './recovery.ts';
export { VerificationGuard } from './verification.ts';
