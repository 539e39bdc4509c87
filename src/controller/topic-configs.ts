/**
 * Every topic configuration property of Apache Kafka 4.3 (https://kafka.apache.org/43/configuration/topic-configs/), with
 * type, default, bounds and the broker properties that override the default.
 */
import { boolean, double, int, LONG_MAX, list, long, string, withoutEffect } from './config-builders.ts';
import type { ConfigDefinition } from './config-definitions.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Empty, all of them (`*`), or partition:broker. */
const THROTTLED = { pattern: /^(\*|\d+:\d+)?$/, text: '[partitionId]:[brokerId],[partitionId]:[brokerId],...' };

export const topicConfigs: Readonly<Record<string, ConfigDefinition>> = {
  'cleanup.policy': list('delete', 'What becomes of old segments: delete them, compact them by key, or both.', {
    oneOf: ['compact', 'delete'],
    synonyms: [{ name: 'log.cleanup.policy' }],
  }),
  'index.interval.bytes': int('4096', 'Bytes of log between two index entries.', {
    min: 0,
    synonyms: [{ name: 'log.index.interval.bytes' }],
  }),
  'internal.segment.bytes': int(null, 'Segment size below the minimum of segment.bytes, for tests.', {
    internal: true,
  }),
  'max.message.bytes': int('1048588', 'The largest batch that is accepted, in bytes.', {
    min: 0,
    synonyms: [{ name: 'message.max.bytes' }],
  }),
  'message.timestamp.after.max.ms': long('3600000', 'How far after the broker’s clock a record’s timestamp may be.', {
    min: 0,
    synonyms: [{ name: 'log.message.timestamp.after.max.ms' }],
  }),
  'message.timestamp.type': string('CreateTime', 'Whose timestamp a record carries: the producer’s or the broker’s.', {
    oneOf: ['CreateTime', 'LogAppendTime'],
    synonyms: [{ name: 'log.message.timestamp.type' }],
  }),
  'segment.bytes': int('1073741824', 'The size of a segment file.', {
    min: 1048576,
    synonyms: [{ name: 'log.segment.bytes' }],
  }),
  'segment.index.bytes': int('10485760', 'The size of a segment’s index.', {
    min: 4,
    synonyms: [{ name: 'log.index.size.max.bytes' }],
  }),
  'segment.ms': long('604800000', 'Milliseconds after which a new segment is begun.', {
    min: 1,
    synonyms: [{ name: 'log.roll.ms' }, { name: 'log.roll.hours', times: HOUR }],
  }),
  'delete.retention.ms': long('86400000', 'How long tombstones stay in a compacted topic.', {
    min: 0,
    synonyms: [{ name: 'log.cleaner.delete.retention.ms' }],
  }),
  'file.delete.delay.ms': long('60000', 'How long a deleted segment stays on disk.', {
    min: 0,
    synonyms: [{ name: 'log.segment.delete.delay.ms' }],
  }),
  'max.compaction.lag.ms': long(LONG_MAX, 'The longest a record stays uncompacted.', {
    min: 1,
    synonyms: [{ name: 'log.cleaner.max.compaction.lag.ms' }],
  }),
  'min.cleanable.dirty.ratio': double('0.5', 'The part of the log that must be uncompacted before compaction.', {
    min: 0,
    max: 1,
    synonyms: [{ name: 'log.cleaner.min.cleanable.ratio' }],
  }),
  'min.compaction.lag.ms': long('0', 'The shortest a record stays uncompacted.', {
    min: 0,
    synonyms: [{ name: 'log.cleaner.min.compaction.lag.ms' }],
  }),
  'retention.bytes': long('-1', 'Bytes of a partition that are kept; -1 means no limit.', {
    synonyms: [{ name: 'log.retention.bytes' }],
  }),
  'retention.ms': long('604800000', 'Milliseconds for which records are kept; -1 means no limit.', {
    min: -1,
    synonyms: [
      { name: 'log.retention.ms' },
      { name: 'log.retention.minutes', times: MINUTE },
      { name: 'log.retention.hours', times: HOUR },
    ],
  }),
  'segment.jitter.ms': long('0', 'The most that is subtracted at random from segment.ms.', {
    min: 0,
    synonyms: [{ name: 'log.roll.jitter.ms' }, { name: 'log.roll.jitter.hours', times: HOUR }],
  }),
  ...withoutEffect('one broker: there is nothing to copy', {
    'follower.replication.throttled.replicas': list('', 'Replicas whose following is throttled.', { shape: THROTTLED }),
    'leader.replication.throttled.replicas': list('', 'Replicas whose leading is throttled.', { shape: THROTTLED }),
  }),
  ...withoutEffect('one replica: there is never a choice of leaders', {
    'unclean.leader.election.enable': boolean('false', 'Whether a replica out of sync may lead, losing data.', {
      synonyms: [{ name: 'unclean.leader.election.enable' }],
    }),
  }),
  ...withoutEffect('never more than the number of replicas is asked for, and that is one', {
    'min.insync.replicas': int('1', 'Replicas that must have a record before acks=all is answered.', {
      min: 1,
      synonyms: [{ name: 'min.insync.replicas' }],
    }),
  }),
  ...withoutEffect('no tiered storage', {
    'local.retention.bytes': long('-2', 'Bytes kept locally with tiered storage; -2 means retention.bytes.', {
      min: -2,
      synonyms: [{ name: 'log.local.retention.bytes' }],
    }),
    'local.retention.ms': long('-2', 'Milliseconds kept locally with tiered storage; -2 means retention.ms.', {
      min: -2,
      synonyms: [{ name: 'log.local.retention.ms' }],
    }),
    'remote.log.copy.disable': boolean('false', 'Whether tiered data becomes read-only.'),
    'remote.log.delete.on.disable': boolean('false', 'Whether tiered data is deleted once tiering is disabled.'),
    'remote.storage.enable': boolean('false', 'Whether the topic uses tiered storage.'),
  }),
  'compression.gzip.level': int('-1', 'Level for gzip where compression.type is gzip.', {
    min: 1,
    max: 9,
    or: -1,
    synonyms: [{ name: 'compression.gzip.level' }],
  }),
  'compression.type': string('producer', 'The codec batches are kept in; producer keeps what the producer chose.', {
    oneOf: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'],
    synonyms: [{ name: 'compression.type' }],
  }),
  'compression.zstd.level': int('3', 'Level for zstd where compression.type is zstd.', {
    min: -131072,
    max: 22,
    synonyms: [{ name: 'compression.zstd.level' }],
  }),
  'message.timestamp.before.max.ms': long(LONG_MAX, 'How far before the broker’s clock a record’s timestamp may be.', {
    min: 0,
    synonyms: [{ name: 'log.message.timestamp.before.max.ms' }],
  }),
  ...withoutEffect('lz4 has one level here', {
    'compression.lz4.level': int('9', 'Level for lz4 where compression.type is lz4.', {
      min: 1,
      max: 17,
      synonyms: [{ name: 'compression.lz4.level' }],
    }),
  }),
  'flush.messages': long(LONG_MAX, 'Records after which the log is forced to disk.', {
    min: 1,
    synonyms: [{ name: 'log.flush.interval.messages' }],
  }),
  'flush.ms': long(
    LONG_MAX,
    'Milliseconds after which the log is forced to disk, where the broker looks: log.flush.scheduler.interval.ms.',
    {
      min: 0,
      synonyms: [{ name: 'log.flush.interval.ms' }, { name: 'log.flush.scheduler.interval.ms' }],
    },
  ),
  ...withoutEffect('a segment grows as it is written: what follows its last batch would have to be told from damage', {
    preallocate: boolean('false', 'Whether segment files are made at full size.', {
      synonyms: [{ name: 'log.preallocate' }],
    }),
  }),
};
