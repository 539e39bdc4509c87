/**
 * Every property of a group in Apache Kafka 4.3 (https://kafka.apache.org/43/configuration/group-configs/). They are kept,
 * checked and told; only the groups of the newer protocols would go by them.
 */
import { boolean, int, string, withoutEffect } from './config-builders.ts';
import type { ConfigDefinition, ConfigSynonym } from './config-definitions.ts';

const ofBroker = (name: string): { readonly synonyms: readonly ConfigSynonym[] } => ({
  synonyms: [{ name: `group.${name}` }],
});
/** An ISO 8601 duration of days and times, as Java reads it. */
const DURATION = String.raw`[+-]?P([+-]?\d+D)?(T([+-]?\d+H)?([+-]?\d+M)?([+-]?\d+([.,]\d{0,9})?S)?)?`;

export const groupConfigs: Readonly<Record<string, ConfigDefinition>> = withoutEffect(
  'only classic groups are served',
  {
    'consumer.assignment.interval.ms': int('1000', 'The least time between two assignments.', {
      min: 0,
      ...ofBroker('consumer.assignment.interval.ms'),
    }),
    'consumer.heartbeat.interval.ms': int('5000', 'How often a member sends a heartbeat.', {
      min: 1,
      ...ofBroker('consumer.heartbeat.interval.ms'),
    }),
    'consumer.session.timeout.ms': int('45000', 'How long a silent member is kept.', {
      min: 1,
      ...ofBroker('consumer.session.timeout.ms'),
    }),
    'share.assignment.interval.ms': int('1000', 'The least time between two assignments.', {
      min: 0,
      ...ofBroker('share.assignment.interval.ms'),
    }),
    'share.auto.offset.reset': string('latest', 'Where a share group begins.', {
      shape: {
        pattern: new RegExp(`^(?:latest|earliest|by_duration:${DURATION})$`, 'i'),
        text: '[latest, earliest, by_duration:PnDTnHnMn.nS]',
      },
    }),
    'share.delivery.count.limit': int('5', 'How often a record is handed out before it is given up.', {
      min: 2,
      ...ofBroker('share.delivery.count.limit'),
    }),
    'share.heartbeat.interval.ms': int('5000', 'How often a member sends a heartbeat.', {
      min: 1,
      ...ofBroker('share.heartbeat.interval.ms'),
    }),
    'share.isolation.level': string(
      'read_uncommitted',
      'Whether records of open and aborted transactions are handed out.',
      {
        oneOf: ['read_committed', 'read_uncommitted'],
      },
    ),
    'share.partition.max.record.locks': int('2000', 'Records of a partition that may be handed out at one time.', {
      min: 100,
      ...ofBroker('share.partition.max.record.locks'),
    }),
    'share.record.lock.duration.ms': int('30000', 'How long a record belongs to the member it was handed to.', {
      min: 1000,
      ...ofBroker('share.record.lock.duration.ms'),
    }),
    'share.renew.acknowledge.enable': boolean('true', 'Whether a member may keep a record for longer.'),
    'share.session.timeout.ms': int('45000', 'How long a silent member is kept.', {
      min: 1,
      ...ofBroker('share.session.timeout.ms'),
    }),
    'streams.assignment.interval.ms': int('1000', 'The least time between two assignments.', {
      min: 0,
      ...ofBroker('streams.assignment.interval.ms'),
    }),
    'streams.heartbeat.interval.ms': int('5000', 'How often a member sends a heartbeat.', {
      min: 1,
      ...ofBroker('streams.heartbeat.interval.ms'),
    }),
    'streams.initial.rebalance.delay.ms': int('3000', 'How long an empty group waits for more members.', {
      min: 0,
      ...ofBroker('streams.initial.rebalance.delay.ms'),
    }),
    'streams.num.standby.replicas': int('0', 'Standby tasks for each active one.', {
      min: 0,
      ...ofBroker('streams.num.standby.replicas'),
    }),
    'streams.session.timeout.ms': int('45000', 'How long a silent member is kept.', {
      min: 1,
      ...ofBroker('streams.session.timeout.ms'),
    }),
  },
);
