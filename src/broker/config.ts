/**
 * The broker's configuration: Kafka's property names (https://kafka.apache.org/documentation/#brokerconfigs) with types,
 * defaults and bounds, for every property that has an effect here. An unknown one is refused by name. Defaults are
 * Kafka's, except where a lone broker could not work with them: there they are those of the `server.properties` that
 * Kafka ships for one node, and the documentation of the property says so.
 */
import { type ConfigDefinition, nearestName, parseConfigValue, topicConfigs } from '../controller/index.ts';

interface Typed<V> extends ConfigDefinition {
  /** Only for the type. */
  readonly value?: V;
}
type Rules = { readonly min?: number; readonly max?: number; readonly oneOf?: readonly string[] };

const boolean = (defaultValue: boolean, documentation: string): Typed<boolean> => ({
  type: 'boolean',
  defaultText: String(defaultValue),
  documentation,
});
const int = (defaultValue: number, rules: Rules, documentation: string): Typed<number> => ({
  type: 'int',
  defaultText: String(defaultValue),
  documentation,
  ...rules,
});
const long = (defaultText: string, rules: Rules, documentation: string): Typed<number> => ({
  type: 'long',
  defaultText,
  documentation,
  ...rules,
});
const double = (defaultText: string, rules: Rules, documentation: string): Typed<number> => ({
  type: 'double',
  defaultText,
  documentation,
  ...rules,
});
const string = (defaultText: string, oneOf: readonly string[], documentation: string): Typed<string> => ({
  type: 'string',
  defaultText,
  oneOf,
  documentation,
});
const list = (defaultText: string, oneOf: readonly string[], documentation: string): Typed<string> => ({
  type: 'list',
  defaultText,
  oneOf,
  documentation,
});

const LONG_MAX = '9223372036854775807';

export const brokerConfigs = {
  'acks.all.fdatasync': boolean(
    true,
    'Not Kafka’s. Whether a partition with one replica answers acks=all, and its coordinators, only after an fdatasync. ' +
      'false: an acknowledged record survives the death of the process, not that of the machine.',
  ),
  'auto.create.topics.enable': boolean(true, 'Whether Metadata creates a missing topic for a client that allows it.'),
  'compression.gzip.level': int(-1, { min: -1, max: 9 }, 'Level of gzip.'),
  'compression.lz4.level': int(9, { min: 1, max: 17 }, 'Level of lz4.'),
  'compression.type': string(
    'producer',
    ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'],
    'The codec batches are kept in.',
  ),
  'compression.zstd.level': int(3, { min: -131072, max: 22 }, 'Level of zstd.'),
  'connections.max.idle.ms': long('600000', {}, 'A connection without a request for this long is closed; -1: never.'),
  'default.replication.factor': int(1, { min: 1 }, 'Replicas of a topic that asks for the default.'),
  'delete.topic.enable': boolean(true, 'Whether topics can be deleted.'),
  'fetch.max.bytes': int(57671680, { min: 1024 }, 'The most that one Fetch answers, in bytes.'),
  'group.initial.rebalance.delay.ms': int(
    0,
    { min: 0 },
    'How long an empty group waits for more members (0, as in the properties Kafka ships; its default is 3000).',
  ),
  'group.max.session.timeout.ms': int(1800000, { min: 1 }, 'The longest session timeout a member may ask for.'),
  'group.max.size': int(2147483647, { min: 1 }, 'The most members of a group.'),
  'group.min.session.timeout.ms': int(6000, { min: 1 }, 'The shortest session timeout a member may ask for.'),
  'log.cleaner.delete.retention.ms': long('86400000', { min: 0 }, 'How long tombstones stay in a compacted topic.'),
  'log.cleaner.max.compaction.lag.ms': long(LONG_MAX, { min: 1 }, 'The longest a record stays uncompacted.'),
  'log.cleaner.min.cleanable.ratio': double('0.5', { min: 0, max: 1 }, 'Uncompacted part of a log before compaction.'),
  'log.cleaner.min.compaction.lag.ms': long('0', { min: 0 }, 'The shortest a record stays uncompacted.'),
  'log.cleanup.policy': list('delete', ['compact', 'delete'], 'Default of cleanup.policy.'),
  'log.flush.interval.messages': long(LONG_MAX, { min: 1 }, 'Default of flush.messages.'),
  'log.index.interval.bytes': int(4096, { min: 0 }, 'Bytes of log between two index entries.'),
  'log.index.size.max.bytes': int(10485760, { min: 4 }, 'The size of a segment’s index.'),
  'log.local.retention.bytes': long('-2', { min: -2 }, 'Default of local.retention.bytes.'),
  'log.local.retention.ms': long('-2', { min: -2 }, 'Default of local.retention.ms.'),
  'log.message.timestamp.after.max.ms': long('3600000', { min: 0 }, 'How far ahead of the clock a timestamp may be.'),
  'log.message.timestamp.before.max.ms': long(LONG_MAX, { min: 0 }, 'How far behind the clock a timestamp may be.'),
  'log.message.timestamp.type': string(
    'CreateTime',
    ['CreateTime', 'LogAppendTime'],
    'Default of message.timestamp.type.',
  ),
  'log.preallocate': boolean(false, 'Default of preallocate.'),
  'log.retention.bytes': long('-1', {}, 'Default of retention.bytes.'),
  'log.retention.ms': long('604800000', { min: -1 }, 'Default of retention.ms.'),
  'log.roll.jitter.ms': long('0', { min: 0 }, 'Default of segment.jitter.ms.'),
  'log.roll.ms': long('604800000', { min: 1 }, 'Default of segment.ms.'),
  'log.segment.bytes': int(1073741824, { min: 1048576 }, 'Default of segment.bytes.'),
  'log.segment.delete.delay.ms': long('60000', { min: 0 }, 'Default of file.delete.delay.ms.'),
  'max.connections': int(2147483647, { min: 0 }, 'Connections at one time; more are closed at once.'),
  'message.max.bytes': int(1048588, { min: 0 }, 'The largest batch that is accepted, in bytes.'),
  'min.insync.replicas': int(1, { min: 1 }, 'Default of min.insync.replicas.'),
  'num.partitions': int(1, { min: 1 }, 'Partitions of a topic that asks for the default.'),
  'offset.metadata.max.bytes': int(4096, { min: 0 }, 'The longest metadata of a committed offset.'),
  'offsets.retention.minutes': int(10080, { min: 1 }, 'How long the offsets of an empty group are kept.'),
  'offsets.topic.num.partitions': int(50, { min: 1 }, 'Partitions of __consumer_offsets when it is created.'),
  'offsets.topic.replication.factor': int(
    1,
    { min: 1 },
    'Replicas of __consumer_offsets (1, as in the properties Kafka ships for one node; its default is 3).',
  ),
  'offsets.topic.segment.bytes': int(104857600, { min: 1048576 }, 'Segment size of __consumer_offsets.'),
  'producer.id.expiration.ms': int(86400000, { min: 1 }, 'How long the state of a silent producer is kept.'),
  'queued.max.requests': int(500, { min: 1 }, 'Requests of one connection that are handled and not yet answered.'),
  'socket.request.max.bytes': int(104857600, { min: 1 }, 'The largest request, in bytes.'),
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': int(
    10000,
    { min: 1 },
    'How often transactions past their timeout are looked for.',
  ),
  'transaction.max.timeout.ms': int(900000, { min: 1 }, 'The longest transaction timeout a producer may ask for.'),
  'transaction.state.log.num.partitions': int(50, { min: 1 }, 'Partitions of __transaction_state when it is created.'),
  'transaction.state.log.replication.factor': int(
    1,
    { min: 1 },
    'Replicas of __transaction_state (1, as in the properties Kafka ships for one node; its default is 3).',
  ),
  'transaction.state.log.segment.bytes': int(104857600, { min: 1048576 }, 'Segment size of __transaction_state.'),
  'transactional.id.expiration.ms': int(604800000, { min: 1 }, 'How long an idle transactional id is remembered.'),
  'unclean.leader.election.enable': boolean(false, 'Default of unclean.leader.election.enable.'),
} as const satisfies Record<string, ConfigDefinition>;

type Definitions = typeof brokerConfigs;
/** Every property, parsed. Lists are comma-separated text. */
export type BrokerConfig = {
  readonly [K in keyof Definitions]: Definitions[K] extends Typed<infer V> ? V : never;
};

/** What may be given: parsed values, or text as in a properties file. */
export type BrokerConfigInput = { readonly [K in keyof BrokerConfig]?: BrokerConfig[K] | string };

/** @throws Error naming the property, and the cure */
export function resolveBrokerConfig(given: BrokerConfigInput = {}): BrokerConfig {
  const resolved: Record<string, unknown> = {};
  for (const [name, definition] of Object.entries<ConfigDefinition>(brokerConfigs)) {
    resolved[name] = parsed(name, definition, definition.defaultText ?? '');
  }
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const definition = Object.hasOwn(brokerConfigs, name)
      ? (brokerConfigs as Record<string, ConfigDefinition>)[name]
      : undefined;
    if (definition === undefined) throw new Error(unknownProperty(name));
    resolved[name] = parsed(name, definition, String(value));
  }
  return resolved as BrokerConfig;
}

function parsed(name: string, definition: ConfigDefinition, text: string): unknown {
  const value = parseConfigValue(name, definition, text);
  return Array.isArray(value) ? value.join(',') : value;
}

function unknownProperty(name: string): string {
  const nearest = nearestName(name, Object.keys(brokerConfigs));
  if (Object.hasOwn(topicConfigs, name)) {
    const synonym = topicConfigs[name]!.synonym;
    const cure = synonym === undefined ? 'set it on the topic' : `set ${synonym}, or set it on the topic`;
    return `${name} is a property of topics, not of the broker: ${cure}`;
  }
  const cure = nearest === undefined ? 'remove it' : `did you mean ${nearest}? Otherwise remove it`;
  return `unknown broker property ${name}: it would have no effect here. ${cure}`;
}
