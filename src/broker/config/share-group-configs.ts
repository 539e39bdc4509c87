/** Share groups (KIP-932) and the coordinator of their state. Kafka’s broker properties (https://kafka.apache.org/43/configuration/broker-configs/). */
import { int, list, short, string, withoutEffect } from '../../controller/index.ts';

export const shareGroupConfigs = {
  ...withoutEffect('no share groups', {
    'group.share.assignment.interval.ms': int('1000', 'The least time between two assignments of one group.', {
      min: 0,
      update: 'cluster-wide',
    }),
    'group.share.assignors': list('simple', 'The broker’s assignor of share groups.'),
    'group.share.delivery.count.limit': int('5', 'How often a record is handed out before it is given up.', {
      min: 2,
      max: 10,
    }),
    'group.share.heartbeat.interval.ms': int('5000', 'How often a member sends a heartbeat.', { min: 1 }),
    'group.share.initialize.retry.interval.ms': int(
      '30000',
      'How soon a state that could not be set up is tried again.',
      { min: 1, internal: true },
    ),
    'group.share.max.assignment.interval.ms': int('15000', 'The most that a group may ask for.', { min: 0 }),
    'group.share.max.delivery.count.limit': int('10', 'The most that a group may ask for.', { min: 5, max: 25 }),
    'group.share.max.heartbeat.interval.ms': int('15000', 'The most that a group may ask for.', { min: 1 }),
    'group.share.max.partition.max.record.locks': int('4000', 'The most that a group may ask for.', {
      min: 2000,
      max: 10000,
    }),
    'group.share.max.record.lock.duration.ms': int('60000', 'The most that a group may ask for.', {
      min: 30000,
      max: 3600000,
    }),
    'group.share.max.session.timeout.ms': int('60000', 'The most that a group may ask for.', { min: 1 }),
    'group.share.max.share.sessions': int('2000', 'Share sessions kept at one time.', { min: 1 }),
    'group.share.max.size': int('200', 'The most members of a group.', { min: 1, max: 1000 }),
    'group.share.min.assignment.interval.ms': int('0', 'The least that a group may ask for.', { min: 0 }),
    'group.share.min.delivery.count.limit': int('2', 'The least that a group may ask for.', { min: 2, max: 5 }),
    'group.share.min.heartbeat.interval.ms': int('5000', 'The least that a group may ask for.', { min: 1 }),
    'group.share.min.partition.max.record.locks': int('100', 'The least that a group may ask for.', {
      min: 100,
      max: 2000,
    }),
    'group.share.min.record.lock.duration.ms': int('15000', 'The least that a group may ask for.', {
      min: 1000,
      max: 30000,
    }),
    'group.share.min.session.timeout.ms': int('45000', 'The least that a group may ask for.', { min: 1 }),
    'group.share.partition.max.record.locks': int(
      '2000',
      'Records of a partition that may be handed out at one time.',
      { min: 100, max: 10000 },
    ),
    'group.share.persister.class.name': string(
      'org.apache.kafka.server.share.persister.DefaultStatePersister',
      'The class that keeps the state of share groups.',
      { internal: true },
    ),
    'group.share.record.lock.duration.ms': int('30000', 'How long a record belongs to the member it was handed to.', {
      min: 1000,
      max: 3600000,
    }),
    'group.share.session.timeout.ms': int('45000', 'How long a silent member is kept.', { min: 1 }),
    'share.coordinator.append.linger.ms': int(
      '-1',
      'How long records of the state are gathered before they are written.',
      { min: -1 },
    ),
    'share.coordinator.cached.buffer.max.bytes': int('1048588', 'The largest buffer that is kept for writing again.', {
      min: 524288,
      update: 'cluster-wide',
    }),
    'share.coordinator.cold.partition.snapshot.interval.ms': int(
      '300000',
      'How often a partition at rest gets a snapshot.',
      { min: 1, internal: true },
    ),
    'share.coordinator.load.buffer.size': int('5242880', 'Bytes read at a time when the state is loaded.', { min: 1 }),
    'share.coordinator.snapshot.update.records.per.snapshot': int('500', 'Updates between two snapshots.', {
      min: 0,
      max: 500,
    }),
    'share.coordinator.state.topic.compression.codec': int(
      '0',
      'Codec of the records in __share_group_state, by its number.',
    ),
    'share.coordinator.state.topic.min.isr': short('2', 'min.insync.replicas of __share_group_state.', { min: 1 }),
    'share.coordinator.state.topic.num.partitions': int('50', 'Partitions of __share_group_state when it is created.', {
      min: 1,
    }),
    'share.coordinator.state.topic.prune.interval.ms': int(
      '300000',
      'How often __share_group_state is cut at the front.',
      { min: 1, internal: true },
    ),
    'share.coordinator.state.topic.replication.factor': short(
      '3',
      'Replicas of __share_group_state when it is created.',
      { min: 1 },
    ),
    'share.coordinator.state.topic.segment.bytes': int('104857600', 'Segment size of __share_group_state.', { min: 1 }),
    'share.coordinator.threads': int('1', 'Threads of the share coordinator.', { min: 1 }),
    'share.coordinator.write.timeout.ms': int('5000', 'How long a write of the state may take.', { min: 1 }),
    'share.fetch.purgatory.purge.interval.requests': int(
      '1000',
      'How many answered share fetches may pile up before they are forgotten.',
    ),
  }),
};
