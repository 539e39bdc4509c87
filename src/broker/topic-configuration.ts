/** What a topic's properties really are: those set on it, else the broker's, else Kafka's defaults. */
import {
  type ConfigDefinition,
  ConfigResource,
  type MetadataImage,
  parseConfigValue,
  topicConfigs,
} from '../controller/index.ts';
import { defaultLogConfig, type LogConfig } from '../log/index.ts';
import { type BrokerConfig, brokerConfigs } from './config.ts';

/** DescribeConfigs’ codes of where a value comes from. */
export const ConfigSource = { TOPIC: 1, STATIC_BROKER: 4, DEFAULT: 5 } as const;

export interface EffectiveConfig {
  readonly name: string;
  readonly value: string | null;
  readonly source: number;
  readonly definition: ConfigDefinition;
  /** Where the value could come from, the strongest first. */
  readonly synonyms: readonly { readonly name: string; readonly value: string | null; readonly source: number }[];
}

/** Properties that only tests of Kafka know are not listed. */
const HIDDEN: ReadonlySet<string> = new Set(['internal.segment.bytes']);

export function effectiveTopicConfigs(set: ReadonlyMap<string, string>, config: BrokerConfig): EffectiveConfig[] {
  const effective: EffectiveConfig[] = [];
  for (const [name, definition] of Object.entries(topicConfigs)) {
    if (HIDDEN.has(name) && !set.has(name)) continue;
    const synonyms: { name: string; value: string | null; source: number }[] = [];
    const own = set.get(name);
    if (own !== undefined) synonyms.push({ name, value: own, source: ConfigSource.TOPIC });
    const { synonym } = definition;
    const ofBroker = synonym === undefined ? undefined : brokerValue(synonym, config);
    if (ofBroker !== undefined) synonyms.push({ name: synonym!, value: ofBroker, source: ConfigSource.STATIC_BROKER });
    synonyms.push({ name: synonym ?? name, value: definition.defaultText, source: ConfigSource.DEFAULT });
    const [strongest] = synonyms;
    effective.push({ name, value: strongest!.value, source: strongest!.source, definition, synonyms });
  }
  return effective;
}

/** What the logs of a topic's partitions go by. */
export function logConfigOf(image: MetadataImage, topic: string, config: BrokerConfig): LogConfig {
  const texts = new Map<string, string>();
  for (const { name, value } of effectiveTopicConfigs(image.configsOf(ConfigResource.TOPIC, topic), config)) {
    if (value !== null) texts.set(name, value);
  }
  const parsed = (name: string) => parseConfigValue(name, topicConfigs[name]!, texts.get(name)!);
  const number = (name: string) => parsed(name) as number;
  return {
    ...defaultLogConfig,
    segmentBytes: texts.has('internal.segment.bytes') ? number('internal.segment.bytes') : number('segment.bytes'),
    segmentMs: number('segment.ms'),
    segmentIndexBytes: number('segment.index.bytes'),
    indexIntervalBytes: number('index.interval.bytes'),
    maxMessageBytes: number('max.message.bytes'),
    messageTimestampType: parsed('message.timestamp.type') === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
    messageTimestampAfterMaxMs: number('message.timestamp.after.max.ms'),
    compacted: (parsed('cleanup.policy') as readonly string[]).includes('compact'),
    producerIdExpirationMs: config['producer.id.expiration.ms'],
  };
}

/** What was given to the broker in place of the default, or undefined. */
function brokerValue(name: string, config: BrokerConfig): string | undefined {
  if (!Object.hasOwn(brokerConfigs, name)) return undefined;
  const key = name as keyof BrokerConfig;
  const value = config[key];
  const definition: ConfigDefinition = brokerConfigs[key];
  const unlimited = value === Number.POSITIVE_INFINITY;
  if (unlimited || String(value) === definition.defaultText) return undefined;
  return String(value);
}
