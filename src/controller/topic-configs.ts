/**
 * Every topic configuration property of Apache Kafka 4.3 (https://kafka.apache.org/documentation/#topicconfigs), with
 * type, default, bounds and the broker property that overrides the default.
 */
import { KafkaError } from '../core/index.ts';
import { type ConfigDefinition, nearestName, parseConfigValue } from './config-definitions.ts';

const LONG_MAX = '9223372036854775807';

export const topicConfigs: Readonly<Record<string, ConfigDefinition>> = {
  'cleanup.policy': {
    type: 'list',
    defaultText: 'delete',
    oneOf: ['compact', 'delete'],
    synonym: 'log.cleanup.policy',
    documentation: 'What becomes of old segments: delete them, compact them by key, or both.',
  },
  'compression.gzip.level': {
    type: 'int',
    defaultText: '-1',
    min: -1,
    max: 9,
    synonym: 'compression.gzip.level',
    documentation: 'Level for gzip where compression.type is gzip.',
  },
  'compression.lz4.level': {
    type: 'int',
    defaultText: '9',
    min: 1,
    max: 17,
    synonym: 'compression.lz4.level',
    documentation: 'Level for lz4 where compression.type is lz4.',
  },
  'compression.type': {
    type: 'string',
    defaultText: 'producer',
    oneOf: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'],
    synonym: 'compression.type',
    documentation: 'The codec batches are kept in; producer keeps what the producer chose.',
  },
  'compression.zstd.level': {
    type: 'int',
    defaultText: '3',
    min: -131072,
    max: 22,
    synonym: 'compression.zstd.level',
    documentation: 'Level for zstd where compression.type is zstd.',
  },
  'delete.retention.ms': {
    type: 'long',
    defaultText: '86400000',
    min: 0,
    synonym: 'log.cleaner.delete.retention.ms',
    documentation: 'How long tombstones stay in a compacted topic.',
  },
  'file.delete.delay.ms': {
    type: 'long',
    defaultText: '60000',
    min: 0,
    synonym: 'log.segment.delete.delay.ms',
    documentation: 'How long a deleted segment stays on disk.',
  },
  'flush.messages': {
    type: 'long',
    defaultText: LONG_MAX,
    min: 1,
    synonym: 'log.flush.interval.messages',
    documentation: 'Records after which the log is forced to disk.',
  },
  'flush.ms': {
    type: 'long',
    defaultText: LONG_MAX,
    min: 0,
    synonym: 'log.flush.interval.ms',
    documentation: 'Milliseconds after which the log is forced to disk.',
  },
  'follower.replication.throttled.replicas': {
    type: 'list',
    defaultText: '',
    documentation: 'Replicas whose following is throttled.',
  },
  'index.interval.bytes': {
    type: 'int',
    defaultText: '4096',
    min: 0,
    synonym: 'log.index.interval.bytes',
    documentation: 'Bytes of log between two index entries.',
  },
  'internal.segment.bytes': {
    type: 'int',
    defaultText: null,
    min: 1,
    documentation: 'Segment size below the minimum of segment.bytes, for tests.',
  },
  'leader.replication.throttled.replicas': {
    type: 'list',
    defaultText: '',
    documentation: 'Replicas whose leading is throttled.',
  },
  'local.retention.bytes': {
    type: 'long',
    defaultText: '-2',
    min: -2,
    synonym: 'log.local.retention.bytes',
    documentation: 'Bytes kept locally with tiered storage; -2 means retention.bytes.',
  },
  'local.retention.ms': {
    type: 'long',
    defaultText: '-2',
    min: -2,
    synonym: 'log.local.retention.ms',
    documentation: 'Milliseconds kept locally with tiered storage; -2 means retention.ms.',
  },
  'max.compaction.lag.ms': {
    type: 'long',
    defaultText: LONG_MAX,
    min: 1,
    synonym: 'log.cleaner.max.compaction.lag.ms',
    documentation: 'The longest a record stays uncompacted.',
  },
  'max.message.bytes': {
    type: 'int',
    defaultText: '1048588',
    min: 0,
    synonym: 'message.max.bytes',
    documentation: 'The largest batch that is accepted, in bytes.',
  },
  'message.timestamp.after.max.ms': {
    type: 'long',
    defaultText: '3600000',
    min: 0,
    synonym: 'log.message.timestamp.after.max.ms',
    documentation: 'How far after the broker’s clock a record’s timestamp may be.',
  },
  'message.timestamp.before.max.ms': {
    type: 'long',
    defaultText: LONG_MAX,
    min: 0,
    synonym: 'log.message.timestamp.before.max.ms',
    documentation: 'How far before the broker’s clock a record’s timestamp may be.',
  },
  'message.timestamp.type': {
    type: 'string',
    defaultText: 'CreateTime',
    oneOf: ['CreateTime', 'LogAppendTime'],
    synonym: 'log.message.timestamp.type',
    documentation: 'Whose timestamp a record carries: the producer’s or the broker’s.',
  },
  'min.cleanable.dirty.ratio': {
    type: 'double',
    defaultText: '0.5',
    min: 0,
    max: 1,
    synonym: 'log.cleaner.min.cleanable.ratio',
    documentation: 'The part of the log that must be uncompacted before compaction.',
  },
  'min.compaction.lag.ms': {
    type: 'long',
    defaultText: '0',
    min: 0,
    synonym: 'log.cleaner.min.compaction.lag.ms',
    documentation: 'The shortest a record stays uncompacted.',
  },
  'min.insync.replicas': {
    type: 'int',
    defaultText: '1',
    min: 1,
    synonym: 'min.insync.replicas',
    documentation: 'Replicas that must have a record before acks=all is answered.',
  },
  preallocate: {
    type: 'boolean',
    defaultText: 'false',
    synonym: 'log.preallocate',
    documentation: 'Whether segment files are made at full size.',
  },
  'remote.log.copy.disable': {
    type: 'boolean',
    defaultText: 'false',
    documentation: 'Whether tiered data becomes read-only.',
  },
  'remote.log.delete.on.disable': {
    type: 'boolean',
    defaultText: 'false',
    documentation: 'Whether tiered data is deleted once tiering is disabled.',
  },
  'remote.storage.enable': {
    type: 'boolean',
    defaultText: 'false',
    documentation: 'Whether the topic uses tiered storage.',
  },
  'retention.bytes': {
    type: 'long',
    defaultText: '-1',
    synonym: 'log.retention.bytes',
    documentation: 'Bytes of a partition that are kept; -1 means no limit.',
  },
  'retention.ms': {
    type: 'long',
    defaultText: '604800000',
    min: -1,
    synonym: 'log.retention.ms',
    documentation: 'Milliseconds for which records are kept; -1 means no limit.',
  },
  'segment.bytes': {
    type: 'int',
    defaultText: '1073741824',
    min: 1048576,
    synonym: 'log.segment.bytes',
    documentation: 'The size of a segment file.',
  },
  'segment.index.bytes': {
    type: 'int',
    defaultText: '10485760',
    min: 4,
    synonym: 'log.index.size.max.bytes',
    documentation: 'The size of a segment’s index.',
  },
  'segment.jitter.ms': {
    type: 'long',
    defaultText: '0',
    min: 0,
    synonym: 'log.roll.jitter.ms',
    documentation: 'The most that is subtracted at random from segment.ms.',
  },
  'segment.ms': {
    type: 'long',
    defaultText: '604800000',
    min: 1,
    synonym: 'log.roll.ms',
    documentation: 'Milliseconds after which a new segment is begun.',
  },
  'unclean.leader.election.enable': {
    type: 'boolean',
    defaultText: 'false',
    synonym: 'unclean.leader.election.enable',
    documentation: 'Whether a replica out of sync may lead, losing data.',
  },
};

/** Checks the properties given for a topic. @throws KafkaError INVALID_CONFIG naming the first bad one */
export function validateTopicConfigs(given: Iterable<{ readonly name: string; readonly value: string | null }>): void {
  const seen = new Set<string>();
  for (const { name, value } of given) {
    const definition = Object.hasOwn(topicConfigs, name) ? topicConfigs[name] : undefined;
    if (definition === undefined) {
      const nearest = nearestName(name, Object.keys(topicConfigs));
      const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
      throw new KafkaError('INVALID_CONFIG', `Unknown topic config name: ${name}${hint}`);
    }
    if (seen.has(name)) throw new KafkaError('INVALID_CONFIG', `Topic config ${name} is given twice`);
    seen.add(name);
    if (value === null) throw new KafkaError('INVALID_CONFIG', `Null value not supported for topic configs: ${name}`);
    parseConfigValue(name, definition, value);
  }
}
