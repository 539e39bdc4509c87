/** The log: segments, retention, timestamps; mostly the defaults of topic properties. Kafka’s broker properties (https://kafka.apache.org/43/configuration/broker-configs/). */
import { boolean, double, int, LONG_MAX, list, long, string } from '../../controller/index.ts';

export const logConfigs = {
  'compression.gzip.level': int('-1', 'Default of compression.gzip.level.', {
    min: 1,
    max: 9,
    or: -1,
    update: 'cluster-wide',
  }),
  'compression.lz4.level': int('9', 'Default of compression.lz4.level.', { min: 1, max: 17, update: 'cluster-wide' }),
  'compression.type': string('producer', 'Default of compression.type: the codec batches are kept in.', {
    oneOf: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'],
    update: 'cluster-wide',
  }),
  'compression.zstd.level': int('3', 'Default of compression.zstd.level.', {
    min: -131072,
    max: 22,
    update: 'cluster-wide',
  }),
  'log.cleaner.delete.retention.ms': long(
    '86400000',
    'Default of delete.retention.ms: how long tombstones stay in a compacted topic.',
    { min: 0, update: 'cluster-wide' },
  ),
  'log.cleaner.max.compaction.lag.ms': long(LONG_MAX, 'Default of max.compaction.lag.ms.', {
    min: 1,
    update: 'cluster-wide',
  }),
  'log.cleaner.min.cleanable.ratio': double('0.5', 'Default of min.cleanable.dirty.ratio.', {
    min: 0,
    max: 1,
    update: 'cluster-wide',
  }),
  'log.cleaner.min.compaction.lag.ms': long('0', 'Default of min.compaction.lag.ms.', {
    min: 0,
    update: 'cluster-wide',
  }),
  'log.cleanup.policy': list('delete', 'Default of cleanup.policy.', {
    oneOf: ['compact', 'delete'],
    update: 'cluster-wide',
  }),
  'log.dir': list('/tmp/kafka-logs', 'The data directory, where log.dirs is not given.'),
  'log.dirs': list(null, 'The data directory. One: a lone broker does not spread partitions over several disks.'),
  'log.flush.interval.messages': long(LONG_MAX, 'Default of flush.messages.', { min: 1, update: 'cluster-wide' }),
  'log.flush.interval.ms': long(null, 'Default of flush.ms; looked at every log.flush.scheduler.interval.ms.', {
    update: 'cluster-wide',
  }),
  'log.flush.scheduler.interval.ms': long(
    LONG_MAX,
    'How often logs are looked at for flush.ms; where log.flush.interval.ms is not given, its value too.',
  ),
  'log.index.interval.bytes': int('4096', 'Default of index.interval.bytes: bytes of log between two index entries.', {
    min: 0,
    update: 'cluster-wide',
  }),
  'log.index.size.max.bytes': int('10485760', 'Default of segment.index.bytes: the size of a segment’s index.', {
    min: 4,
    update: 'cluster-wide',
  }),
  'log.local.retention.bytes': long('-2', 'Default of local.retention.bytes.', { min: -2, update: 'cluster-wide' }),
  'log.local.retention.ms': long('-2', 'Default of local.retention.ms.', { min: -2, update: 'cluster-wide' }),
  'log.message.timestamp.after.max.ms': long('3600000', 'Default of message.timestamp.after.max.ms.', {
    min: 0,
    update: 'cluster-wide',
  }),
  'log.message.timestamp.before.max.ms': long(LONG_MAX, 'Default of message.timestamp.before.max.ms.', {
    min: 0,
    update: 'cluster-wide',
  }),
  'log.message.timestamp.type': string('CreateTime', 'Default of message.timestamp.type.', {
    oneOf: ['CreateTime', 'LogAppendTime'],
    update: 'cluster-wide',
  }),
  'log.preallocate': boolean('false', 'Default of preallocate.', { update: 'cluster-wide' }),
  'log.retention.bytes': long('-1', 'Default of retention.bytes.', { update: 'cluster-wide' }),
  'log.retention.hours': int(
    '168',
    'Default of retention.ms in hours, where neither milliseconds nor minutes are given.',
  ),
  'log.retention.minutes': int(null, 'Default of retention.ms in minutes, where milliseconds are not given.'),
  'log.retention.ms': long(null, 'Default of retention.ms; goes before minutes and hours. -1: for ever.', {
    update: 'cluster-wide',
  }),
  'log.roll.hours': int('168', 'Default of segment.ms in hours, where milliseconds are not given.', { min: 1 }),
  'log.roll.jitter.hours': int('0', 'Default of segment.jitter.ms in hours, where milliseconds are not given.', {
    min: 0,
  }),
  'log.roll.jitter.ms': long(null, 'Default of segment.jitter.ms; goes before hours.', { update: 'cluster-wide' }),
  'log.roll.ms': long(null, 'Default of segment.ms; goes before hours.', { update: 'cluster-wide' }),
  'log.segment.bytes': int('1073741824', 'Default of segment.bytes.', { min: 1048576, update: 'cluster-wide' }),
  'log.segment.delete.delay.ms': long('60000', 'Default of file.delete.delay.ms.', { min: 0, update: 'cluster-wide' }),
  'message.max.bytes': int('1048588', 'Default of max.message.bytes: the largest batch that is accepted, in bytes.', {
    min: 0,
    update: 'cluster-wide',
  }),
  'min.insync.replicas': int('1', 'Default of min.insync.replicas.', { min: 1, update: 'cluster-wide' }),
  'producer.id.expiration.ms': int('86400000', 'How long the state of a silent producer is kept.', {
    min: 1,
    update: 'cluster-wide',
  }),
  'transaction.partition.verification.enable': boolean(
    'true',
    'Whether the coordinator is asked before a transactional batch of an old client is appended.',
    { update: 'cluster-wide' },
  ),
  'unclean.leader.election.enable': boolean('false', 'Default of unclean.leader.election.enable.', {
    update: 'cluster-wide',
  }),
};
