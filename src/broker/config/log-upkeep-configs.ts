/** The upkeep of logs: the cleaner, checkpoints, several disks. Kafka’s broker properties (https://kafka.apache.org/43/configuration/broker-configs/). */
import { boolean, double, int, list, long, withoutEffect } from '../../controller/index.ts';

export const logUpkeepConfigs = {
  'log.cleaner.backoff.ms': long('15000', 'How long a cleaner that found nothing to do sleeps.', {
    min: 0,
    update: 'cluster-wide',
  }),
  'log.cleaner.dedupe.buffer.size': long('134217728', 'Memory for the map of keys, in bytes.', {
    update: 'cluster-wide',
  }),
  'log.cleaner.enable': boolean('true', 'Whether compacted topics are compacted.'),
  'log.cleaner.io.buffer.size': int('524288', 'Memory for reading and writing while cleaning, in bytes.', {
    min: 0,
    update: 'cluster-wide',
  }),
  'log.cleaner.io.max.bytes.per.second': double(
    '1.7976931348623157E308',
    'The most bytes a cleaner reads and writes in a second.',
    { update: 'cluster-wide' },
  ),
  'log.flush.offset.checkpoint.interval.ms': int('60000', 'How often the recovery points are written down.', {
    min: 0,
  }),
  'log.flush.start.offset.checkpoint.interval.ms': int('60000', 'How often the log start offsets are written down.', {
    min: 0,
  }),
  'log.initial.task.delay.ms': long('30000', 'How long after the start the upkeep of logs begins.', {
    min: 0,
    internal: true,
  }),
  'log.retention.check.interval.ms': long('300000', 'How often logs are looked at for what may be deleted.', {
    min: 1,
  }),
  'producer.id.expiration.check.interval.ms': int(
    '600000',
    'How often producers that have been silent for too long are looked for.',
    { min: 1, internal: true },
  ),
  ...withoutEffect('one thread does all', {
    'log.cleaner.threads': int('1', 'How many logs are cleaned at one time.', { min: 0, update: 'cluster-wide' }),
  }),
  ...withoutEffect('the map of keys grows as it needs to, up to its size', {
    'log.cleaner.io.buffer.load.factor': double('0.9', 'How full the map of keys may become.', {
      update: 'cluster-wide',
    }),
  }),
  ...withoutEffect('one data directory: nothing moves between disks', {
    'alter.log.dirs.replication.quota.window.num': int('11', 'Samples kept for the quota on moves between disks.', {
      min: 1,
    }),
    'alter.log.dirs.replication.quota.window.size.seconds': int('1', 'Length of each such sample.', { min: 1 }),
    'cordoned.log.dirs': list('', 'Data directories that take no new partitions.', { update: 'per-broker' }),
    'log.dir.failure.timeout.ms': long(
      '30000',
      'How long a broker that cannot report a failed disk goes on before it ends.',
      { min: 1 },
    ),
    'num.recovery.threads.per.data.dir': int('2', 'Threads that load and close the logs of one directory.', {
      min: 1,
      update: 'cluster-wide',
    }),
    'num.replica.alter.log.dirs.threads': int(null, 'Threads that move replicas between disks.'),
  }),
};
