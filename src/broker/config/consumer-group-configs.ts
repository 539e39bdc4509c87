/** Groups of the consumer protocol (KIP-848) and of Kafka Streams (KIP-1071). Kafka’s broker properties (https://kafka.apache.org/43/configuration/broker-configs/). */
import { int, list, string, withoutEffect } from '../../controller/index.ts';

export const consumerGroupConfigs = {
  ...withoutEffect('only classic groups are served', {
    'group.consumer.assignment.interval.ms': int('1000', 'The least time between two assignments of one group.', {
      min: 0,
      update: 'cluster-wide',
    }),
    'group.consumer.assignors': list('uniform,range', 'The broker’s assignors, the first for those who choose none.'),
    'group.consumer.heartbeat.interval.ms': int('5000', 'How often a member sends a heartbeat.', { min: 1 }),
    'group.consumer.max.assignment.interval.ms': int('15000', 'The most that a group may ask for.', { min: 0 }),
    'group.consumer.max.heartbeat.interval.ms': int('15000', 'The most that a group may ask for.', { min: 1 }),
    'group.consumer.max.session.timeout.ms': int('60000', 'The most that a group may ask for.', { min: 1 }),
    'group.consumer.max.size': int('2147483647', 'The most members of a group.', { min: 1 }),
    'group.consumer.migration.policy': string(
      'bidirectional',
      'Whether groups may change between the classic and the consumer protocol.',
      { oneOf: ['DISABLED', 'DOWNGRADE', 'UPGRADE', 'BIDIRECTIONAL'], ignoreCase: true },
    ),
    'group.consumer.min.assignment.interval.ms': int('0', 'The least that a group may ask for.', { min: 0 }),
    'group.consumer.min.heartbeat.interval.ms': int('5000', 'The least that a group may ask for.', { min: 1 }),
    'group.consumer.min.session.timeout.ms': int('45000', 'The least that a group may ask for.', { min: 1 }),
    'group.consumer.regex.refresh.interval.ms': int(
      '600000',
      'How often subscribed patterns are matched against the topics again.',
      { min: 10000, internal: true },
    ),
    'group.consumer.session.timeout.ms': int('45000', 'How long a silent member is kept.', { min: 1 }),
    'group.streams.assignment.interval.ms': int('1000', 'The least time between two assignments of one group.', {
      min: 0,
      update: 'cluster-wide',
    }),
    'group.streams.heartbeat.interval.ms': int('5000', 'How often a member sends a heartbeat.', { min: 1 }),
    'group.streams.initial.rebalance.delay.ms': int('3000', 'How long an empty group waits for more members.', {
      min: 0,
    }),
    'group.streams.max.assignment.interval.ms': int('15000', 'The most that a group may ask for.', { min: 0 }),
    'group.streams.max.heartbeat.interval.ms': int('15000', 'The most that a group may ask for.', { min: 1 }),
    'group.streams.max.session.timeout.ms': int('60000', 'The most that a group may ask for.', { min: 1 }),
    'group.streams.max.size': int('2147483647', 'The most members of a group.', { min: 1 }),
    'group.streams.max.standby.replicas': int('2', 'The most standby tasks that a group may ask for.', { min: 0 }),
    'group.streams.min.assignment.interval.ms': int('0', 'The least that a group may ask for.', { min: 0 }),
    'group.streams.min.heartbeat.interval.ms': int('5000', 'The least that a group may ask for.', { min: 1 }),
    'group.streams.min.session.timeout.ms': int('45000', 'The least that a group may ask for.', { min: 1 }),
    'group.streams.num.standby.replicas': int('0', 'Standby tasks for each active one.', { min: 0 }),
    'group.streams.session.timeout.ms': int('45000', 'How long a silent member is kept.', { min: 1 }),
  }),
};
