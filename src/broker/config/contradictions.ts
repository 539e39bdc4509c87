/** Properties that are right one by one and wrong together. Each is told by the names of both, and the cure. */
import { compressionTypes } from '../../records/index.ts';
import type { BrokerConfig, BrokerConfigName } from './broker-configs.ts';
import { groupBounds, outOfBounds } from './group-bounds.ts';

/** Topics cannot have smaller segments, so neither can those of the coordinators. */
const SEGMENT_BYTES_MIN = 1024 * 1024;

const ordered: readonly (readonly [lower: BrokerConfigName, upper: BrokerConfigName])[] = [
  ['group.min.session.timeout.ms', 'group.max.session.timeout.ms'],
  ['log.cleaner.min.compaction.lag.ms', 'log.cleaner.max.compaction.lag.ms'],
  ['transaction.state.log.min.isr', 'transaction.state.log.replication.factor'],
  ['share.coordinator.state.topic.min.isr', 'share.coordinator.state.topic.replication.factor'],
  ['group.consumer.min.heartbeat.interval.ms', 'group.consumer.max.heartbeat.interval.ms'],
  ['group.consumer.min.session.timeout.ms', 'group.consumer.max.session.timeout.ms'],
  ['group.consumer.min.assignment.interval.ms', 'group.consumer.max.assignment.interval.ms'],
  ['group.consumer.heartbeat.interval.ms', 'group.consumer.session.timeout.ms'],
  ['group.share.min.heartbeat.interval.ms', 'group.share.max.heartbeat.interval.ms'],
  ['group.share.min.session.timeout.ms', 'group.share.max.session.timeout.ms'],
  ['group.share.min.record.lock.duration.ms', 'group.share.max.record.lock.duration.ms'],
  ['group.share.min.assignment.interval.ms', 'group.share.max.assignment.interval.ms'],
  ['group.share.heartbeat.interval.ms', 'group.share.session.timeout.ms'],
  ['group.streams.min.heartbeat.interval.ms', 'group.streams.max.heartbeat.interval.ms'],
  ['group.streams.min.session.timeout.ms', 'group.streams.max.session.timeout.ms'],
  ['group.streams.min.assignment.interval.ms', 'group.streams.max.assignment.interval.ms'],
  ['group.streams.heartbeat.interval.ms', 'group.streams.session.timeout.ms'],
];

const replicaCounts: readonly BrokerConfigName[] = [
  'default.replication.factor',
  'offsets.topic.replication.factor',
  'transaction.state.log.replication.factor',
];

/** All that contradict each other, each naming the properties, and the cure. */
export function contradictionsOf(config: BrokerConfig): string[] {
  const found: string[] = [];
  const number = (name: BrokerConfigName) => config[name] as number;
  for (const name of ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'] as const) {
    if (config[name] === 0) found.push(`${name} must be unlimited (-1) or, greater than or equal to 1`);
  }
  for (const name of ['log.roll.ms', 'log.roll.hours'] as const) {
    if (config[name] !== null && config[name] < 1) found.push(`${name} must be greater than or equal to 1`);
  }
  if (config['authorizer.class.name'] !== '') {
    found.push(
      `authorizer.class.name=${config['authorizer.class.name']}: this broker has no access control, everybody may do ` +
        'everything. Leave authorizer.class.name out, and let only trusted hosts reach the listener',
    );
  }
  for (const name of replicaCounts) {
    if (number(name) > 1) found.push(`${name}=${number(name)}: this broker is alone. Set ${name}=1`);
  }
  for (const name of ['offsets.topic.segment.bytes', 'transaction.state.log.segment.bytes'] as const) {
    if (number(name) >= SEGMENT_BYTES_MIN) continue;
    found.push(`${name}=${number(name)} is less than segment.bytes may be: set it to ${SEGMENT_BYTES_MIN} or more`);
  }
  for (const entry of (config['max.connections.per.ip.overrides'] ?? '').split(',')) {
    if (entry.trim() === '' || /^\s*\S+:\d+\s*$/.test(entry)) continue;
    found.push(
      `max.connections.per.ip.overrides: ${entry.trim()} is not an address and a count: write 10.0.0.7:100, several with commas`,
    );
  }
  const codec = config['offsets.topic.compression.codec'];
  if (codec < 0 || codec >= compressionTypes.length) {
    found.push(
      `offsets.topic.compression.codec=${codec} is none: set it to 0 (none), 1 (gzip), 2 (snappy), 3 (lz4) or 4 (zstd)`,
    );
  }
  if (config['inter.broker.listener.name'] !== null && config['security.inter.broker.protocol'] !== 'PLAINTEXT') {
    found.push('inter.broker.listener.name and security.inter.broker.protocol say the same: leave one of them out');
  }
  for (const [lower, upper] of ordered) {
    if (number(lower) <= number(upper)) continue;
    found.push(`${lower}=${number(lower)} is more than ${upper}=${number(upper)}: lower ${lower}, or raise ${upper}`);
  }
  for (const bounds of groupBounds) {
    const problem = outOfBounds(bounds.byDefault, number(bounds.byDefault), bounds, config);
    if (problem !== undefined) found.push(problem);
  }
  return found;
}
