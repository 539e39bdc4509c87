/** What a topic's properties really are: those set on it, else the broker's, else Kafka's defaults. */
import {
  ConfigResource,
  canonicalConfigText,
  type MetadataImage,
  parseConfigValue,
  topicConfigs,
} from '../controller/index.ts';
import { defaultLogConfig, type LogConfig } from '../log/index.ts';
import { type BrokerConfiguration, type ConfigLayerValue, ConfigSource } from './config/broker-configuration.ts';
import { type DescribedConfig, described } from './config/described.ts';

/** Every property of a topic on which these are set. Kafka's internal ones are told only where they are set. */
export function describedTopic(
  set: ReadonlyMap<string, string>,
  configuration: BrokerConfiguration,
): DescribedConfig[] {
  const all: DescribedConfig[] = [];
  for (const [name, definition] of Object.entries(topicConfigs)) {
    const own = set.get(name);
    if (definition.internal === true && own === undefined) continue;
    const [synonym] = definition.synonyms ?? [];
    const synonyms: ConfigLayerValue[] = synonym === undefined ? [] : configuration.layers(synonym.name);
    const value = topicConfigText(name, own, configuration);
    if (own !== undefined) synonyms.unshift({ name, value: value!, source: ConfigSource.TOPIC });
    all.push(described(name, definition, value, synonyms));
  }
  return all;
}

/** The text that holds for a topic: its own, else what the broker's properties make of it, else Kafka's default. */
function topicConfigText(name: string, own: string | undefined, configuration: BrokerConfiguration): string | null {
  const definition = topicConfigs[name]!;
  if (own !== undefined) return canonicalConfigText(name, definition, own);
  for (const { name: synonym, times = 1 } of definition.synonyms ?? []) {
    const text = configuration.text(synonym);
    if (text === null) continue;
    if (times === 1) return text;
    const value = BigInt(text) * BigInt(times);
    return value < 0n ? '-1' : value.toString();
  }
  return definition.defaultText;
}

/** Is this one of the topic's `cleanup.policy`? */
export function hasCleanupPolicy(
  image: MetadataImage,
  topic: string,
  configuration: BrokerConfiguration,
  policy: 'compact' | 'delete',
): boolean {
  const own = image.configsOf(ConfigResource.TOPIC, topic).get('cleanup.policy');
  const text = topicConfigText('cleanup.policy', own, configuration) ?? '';
  return (parseConfigValue('cleanup.policy', topicConfigs['cleanup.policy']!, text) as readonly string[]).includes(
    policy,
  );
}

/** What the logs of a topic's partitions go by. */
export function logConfigOf(image: MetadataImage, topic: string, configuration: BrokerConfiguration): LogConfig {
  const set = image.configsOf(ConfigResource.TOPIC, topic);
  const texts = new Map<string, string>();
  for (const name of Object.keys(topicConfigs)) {
    const text = topicConfigText(name, set.get(name), configuration);
    if (text !== null) texts.set(name, text);
  }
  const { values } = configuration;
  const parsed = (name: string) => parseConfigValue(name, topicConfigs[name]!, texts.get(name)!);
  const number = (name: string) => parsed(name) as number;
  const policies = parsed('cleanup.policy') as readonly string[];
  return {
    ...defaultLogConfig,
    segmentBytes: texts.has('internal.segment.bytes') ? number('internal.segment.bytes') : number('segment.bytes'),
    segmentMs: number('segment.ms'),
    segmentIndexBytes: number('segment.index.bytes'),
    indexIntervalBytes: number('index.interval.bytes'),
    maxMessageBytes: number('max.message.bytes'),
    messageTimestampType: parsed('message.timestamp.type') === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
    messageTimestampAfterMaxMs: number('message.timestamp.after.max.ms'),
    messageTimestampBeforeMaxMs: number('message.timestamp.before.max.ms'),
    ...compressionOf(parsed('compression.type') as string, number),
    compacted: policies.includes('compact'),
    deletes: policies.includes('delete'),
    segmentJitterMs: number('segment.jitter.ms'),
    retentionMs: number('retention.ms'),
    retentionBytes: number('retention.bytes'),
    fileDeleteDelayMs: number('file.delete.delay.ms'),
    minCleanableDirtyRatio: number('min.cleanable.dirty.ratio'),
    minCompactionLagMs: number('min.compaction.lag.ms'),
    maxCompactionLagMs: number('max.compaction.lag.ms'),
    deleteRetentionMs: number('delete.retention.ms'),
    flushMessages: number('flush.messages'),
    flushMs: number('flush.ms'),
    producerIdExpirationMs: values['producer.id.expiration.ms'],
    transactionPartitionVerificationEnable: values['transaction.partition.verification.enable'],
  };
}

/** The codecs whose level can be chosen. */
const LEVELS: Readonly<Record<string, string>> = {
  gzip: 'compression.gzip.level',
  zstd: 'compression.zstd.level',
};

function compressionOf(type: string, number: (name: string) => number) {
  const compressionType = type === 'uncompressed' ? 'none' : (type as LogConfig['compressionType']);
  const level = LEVELS[type];
  return { compressionType, compressionLevel: level === undefined ? undefined : number(level) };
}
