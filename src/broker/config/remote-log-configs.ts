/** Tiered storage (KIP-405). Kafka’s broker properties (https://kafka.apache.org/43/configuration/broker-configs/). */
import { boolean, double, int, LONG_MAX, long, string, withoutEffect } from '../../controller/index.ts';

export const remoteLogConfigs = {
  ...withoutEffect('no tiered storage', {
    'follower.fetch.last.tiered.offset.enable': boolean(
      'false',
      'Whether a new replica starts behind what is tiered.',
      { update: 'cluster-wide' },
    ),
    'remote.fetch.max.wait.ms': int('500', 'How long a fetch waits for tiered data.', {
      min: 1,
      update: 'cluster-wide',
    }),
    'remote.list.offsets.request.timeout.ms': long('30000', 'How long ListOffsets waits for tiered data.', {
      min: 1,
      update: 'cluster-wide',
    }),
    'remote.log.index.file.cache.total.size.bytes': long('1073741824', 'Disk space for indexes of tiered segments.', {
      min: 1,
      update: 'cluster-wide',
    }),
    'remote.log.index.file.cache.ttl.ms': long('900000', 'How long such an index is kept without use.', {
      min: -1,
      internal: true,
    }),
    'remote.log.manager.copier.thread.pool.size': int('10', 'Threads that copy segments away.', {
      min: 1,
      update: 'cluster-wide',
    }),
    'remote.log.manager.copy.max.bytes.per.second': long(LONG_MAX, 'The most bytes copied away in a second.', {
      min: 1,
      update: 'cluster-wide',
    }),
    'remote.log.manager.copy.quota.window.num': int('11', 'Samples kept for that quota.', { min: 1 }),
    'remote.log.manager.copy.quota.window.size.seconds': int('1', 'Length of each such sample.', { min: 1 }),
    'remote.log.manager.expiration.thread.pool.size': int('10', 'Threads that delete old tiered segments.', {
      min: 1,
      update: 'cluster-wide',
    }),
    'remote.log.manager.fetch.max.bytes.per.second': long(LONG_MAX, 'The most bytes read back in a second.', {
      min: 1,
      update: 'cluster-wide',
    }),
    'remote.log.manager.fetch.quota.window.num': int('11', 'Samples kept for that quota.', { min: 1 }),
    'remote.log.manager.fetch.quota.window.size.seconds': int('1', 'Length of each such sample.', { min: 1 }),
    'remote.log.manager.follower.thread.pool.size': int('2', 'Threads that follow tiering on other brokers.', {
      min: 1,
      update: 'cluster-wide',
    }),
    'remote.log.manager.task.interval.ms': long('30000', 'How often tiering looks for work.', { min: 1 }),
    'remote.log.manager.task.retry.backoff.max.ms': long('30000', 'The longest pause after a failure.', {
      min: 1,
      internal: true,
    }),
    'remote.log.manager.task.retry.backoff.ms': long('500', 'The first pause after a failure.', {
      min: 1,
      internal: true,
    }),
    'remote.log.manager.task.retry.jitter': double('0.2', 'How much chance is in that pause.', {
      min: 0,
      max: 0.5,
      internal: true,
    }),
    'remote.log.manager.thread.pool.size': int('2', 'Threads that look for work.', { min: 1 }),
    'remote.log.metadata.custom.metadata.max.bytes': int(
      '128',
      'The longest note that a plugin may keep with a segment.',
      { min: 0 },
    ),
    'remote.log.metadata.manager.class.name': string(
      'org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager',
      'The class that knows which segments are tiered.',
      { nonEmpty: true },
    ),
    'remote.log.metadata.manager.class.path': string(null, 'Where that class is.'),
    'remote.log.metadata.manager.impl.prefix': string('rlmm.config.', 'The prefix of that class’s own properties.', {
      nonEmpty: true,
    }),
    'remote.log.metadata.manager.listener.name': string(null, 'The listener that class connects to.', {
      nonEmpty: true,
    }),
    'remote.log.reader.max.pending.tasks': int('100', 'Reads of tiered data that may wait.', { min: 1 }),
    'remote.log.reader.threads': int('10', 'Threads that read tiered data.', { min: 1, update: 'cluster-wide' }),
    'remote.log.storage.manager.class.name': string(null, 'The class that stores segments elsewhere.', {
      nonEmpty: true,
    }),
    'remote.log.storage.manager.class.path': string(null, 'Where that class is.'),
    'remote.log.storage.manager.impl.prefix': string('rsm.config.', 'The prefix of that class’s own properties.', {
      nonEmpty: true,
    }),
    'remote.log.storage.system.enable': boolean('false', 'Whether topics may be tiered.'),
  }),
};
