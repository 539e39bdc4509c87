/** Groups of the classic protocol, their offsets and their topic. Kafka’s broker properties (https://kafka.apache.org/43/configuration/broker-configs/). */
import { int, list, long, short, withoutEffect } from '../../controller/index.ts';

export const groupConfigs = {
  'group.initial.rebalance.delay.ms': int('3000', 'How long an empty group waits for more members.'),
  'group.max.session.timeout.ms': int('1800000', 'The longest session timeout a member may ask for.'),
  'group.max.size': int('2147483647', 'The most members of a group.', { min: 1 }),
  'group.min.session.timeout.ms': int('6000', 'The shortest session timeout a member may ask for.'),
  'offset.metadata.max.bytes': int('4096', 'The longest metadata of a committed offset.'),
  'offsets.retention.check.interval.ms': long('600000', 'How often offsets that are too old are looked for.', {
    min: 1,
  }),
  'offsets.retention.minutes': int('10080', 'How long the offsets of an empty group are kept.', { min: 1 }),
  'offsets.topic.num.partitions': int('50', 'Partitions of __consumer_offsets when it is created.', { min: 1 }),
  'offsets.topic.replication.factor': short('3', 'Replicas of __consumer_offsets when it is created.', { min: 1 }),
  'offsets.topic.segment.bytes': int('104857600', 'Segment size of __consumer_offsets.', { min: 1 }),
  'offsets.topic.compression.codec': int('0', 'Codec of the records in __consumer_offsets, by its number.'),
  ...withoutEffect('there is no second replica to wait for', {
    'offsets.commit.timeout.ms': int('5000', 'How long a commit may wait for its replicas.', { min: 1 }),
  }),
  ...withoutEffect('256 KiB are read in a turn, so that others have theirs', {
    'offsets.load.buffer.size': int('5242880', 'Bytes read at a time when offsets are loaded.', { min: 1 }),
  }),
  ...withoutEffect('one thread does all, and writes at the end of each turn', {
    'group.coordinator.append.linger.ms': int(
      '-1',
      'How long records of groups are gathered before they are written.',
      { min: -1 },
    ),
    'group.coordinator.background.threads': int('2', 'Threads for regular expressions and assignments.', { min: 1 }),
    'group.coordinator.cached.buffer.max.bytes': int('1048588', 'The largest buffer that is kept for writing again.', {
      min: 524288,
      update: 'cluster-wide',
    }),
    'group.coordinator.threads': int('4', 'Threads of the group coordinator.', { min: 1 }),
  }),
  ...withoutEffect('only classic groups are served', {
    'group.coordinator.rebalance.protocols': list('classic,consumer,streams', 'The kinds of groups that are served.', {
      oneOf: ['consumer', 'classic', 'share', 'streams'],
    }),
  }),
};
