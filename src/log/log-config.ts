/** What a partition's log can be told, under Kafka's names and with Kafka's defaults (topic and broker configurations). */
import type { Compression, TimestampType } from '../records/index.ts';

export interface LogConfig {
  /** `segment.bytes`: a segment is closed before it would grow beyond this. @default 1 GiB */
  readonly segmentBytes: number;
  /** `segment.ms`: a segment is closed once its records span more time than this. @default 7 days */
  readonly segmentMs: number;
  /** `segment.jitter.ms`: up to this much, at random, is taken off `segment.ms`, so that logs do not roll together. @default 0 */
  readonly segmentJitterMs: number;
  /** `segment.index.bytes`: a segment is closed when its offset index is full. @default 10 MiB */
  readonly segmentIndexBytes: number;
  /** `index.interval.bytes`: one index entry per so many bytes of log. @default 4096 */
  readonly indexIntervalBytes: number;
  /** `max.message.bytes`: the largest batch a client may append. @default 1048588 */
  readonly maxMessageBytes: number;
  /** `message.timestamp.type` @default 'CreateTime' */
  readonly messageTimestampType: TimestampType;
  /** `message.timestamp.after.max.ms`: how far a record may be ahead of this clock. @default 1 hour */
  readonly messageTimestampAfterMaxMs: number;
  /** `message.timestamp.before.max.ms`: how far a record may be behind this clock. @default no limit */
  readonly messageTimestampBeforeMaxMs: number;
  /** `compression.type`: the codec that batches are kept in; 'producer' keeps what the producer chose. @default 'producer' */
  readonly compressionType: Compression | 'producer';
  /** `compression.<codec>.level` of that codec. @default the codec's own */
  readonly compressionLevel: number | undefined;
  /** Does `cleanup.policy` include `compact`? Then every record of a client needs a key. @default false */
  readonly compacted: boolean;
  /** Does `cleanup.policy` include `delete`? Then segments go by age and size. @default true */
  readonly deletes: boolean;
  /** `retention.ms`: segments whose newest record is older go; negative: never. @default 7 days */
  readonly retentionMs: number;
  /** `retention.bytes`: the oldest segments go while what is left has this size; negative: no limit. @default -1 */
  readonly retentionBytes: number;
  /** `file.delete.delay.ms`: how long the files of a segment that is gone stay, as `.deleted`. @default 1 minute */
  readonly fileDeleteDelayMs: number;
  /** `min.cleanable.dirty.ratio`: compaction waits until so much of the log is not compacted. @default 0.5 */
  readonly minCleanableDirtyRatio: number;
  /** `min.compaction.lag.ms`: younger records are not compacted. @default 0 */
  readonly minCompactionLagMs: number;
  /** `max.compaction.lag.ms`: older records are compacted whatever the ratio. @default no limit */
  readonly maxCompactionLagMs: number;
  /** `delete.retention.ms`: tombstones and markers stay this long after the compaction that could drop them. @default 1 day */
  readonly deleteRetentionMs: number;
  /** `flush.messages`: a sync begins once so many records wait for one, whatever the acks. @default no limit */
  readonly flushMessages: number;
  /** `flush.ms`: the upkeep syncs what has waited for so long. @default no limit */
  readonly flushMs: number;
  /** `producer.id.expiration.ms` @default 1 day */
  readonly producerIdExpirationMs: number;
  /** `transaction.partition.verification.enable` @default true */
  readonly transactionPartitionVerificationEnable: boolean;
}

export const defaultLogConfig: LogConfig = {
  segmentBytes: 1024 ** 3,
  segmentMs: 7 * 24 * 3600 * 1000,
  segmentJitterMs: 0,
  segmentIndexBytes: 10 * 1024 ** 2,
  indexIntervalBytes: 4096,
  maxMessageBytes: 1048588,
  messageTimestampType: 'CreateTime',
  messageTimestampAfterMaxMs: 3600 * 1000,
  messageTimestampBeforeMaxMs: Number.POSITIVE_INFINITY,
  compressionType: 'producer',
  compressionLevel: undefined,
  compacted: false,
  deletes: true,
  retentionMs: 7 * 24 * 3600 * 1000,
  retentionBytes: -1,
  fileDeleteDelayMs: 60 * 1000,
  minCleanableDirtyRatio: 0.5,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Number.POSITIVE_INFINITY,
  deleteRetentionMs: 24 * 3600 * 1000,
  flushMessages: Number.POSITIVE_INFINITY,
  flushMs: Number.POSITIVE_INFINITY,
  producerIdExpirationMs: 24 * 3600 * 1000,
  transactionPartitionVerificationEnable: true,
};
