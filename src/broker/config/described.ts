/** The properties of a resource as DescribeConfigs tells them: value, source, synonyms, and whether they may be shown. */
import {
  type ConfigDefinition,
  type ConfigType,
  canonicalConfigText,
  clientMetricsConfigs,
  groupConfigs,
} from '../../controller/index.ts';
import { brokerConfigDefinition, brokerConfigs } from './broker-configs.ts';
import { type BrokerConfiguration, type ConfigLayerValue, ConfigSource } from './broker-configuration.ts';

export interface DescribedConfig {
  readonly name: string;
  readonly value: string | null;
  readonly source: number;
  readonly readOnly: boolean;
  readonly sensitive: boolean;
  /** Unknown: a property that Kafka does not know either. */
  readonly type: ConfigType | 'unknown';
  /** Where the value could come from, the strongest first. */
  readonly synonyms: readonly { readonly name: string; readonly value: string | null; readonly source: number }[];
  readonly documentation: string | null;
}

type Texts = ReadonlyMap<string, string>;

/** A property that is known; a secret is not shown, wherever it comes from. */
export function described(
  name: string,
  definition: ConfigDefinition,
  value: string | null,
  layers: readonly ConfigLayerValue[],
  readOnly = false,
): DescribedConfig {
  const sensitive = definition.type === 'password';
  return {
    name,
    value: sensitive ? null : value,
    source: layers[0]?.source ?? ConfigSource.DEFAULT,
    readOnly,
    sensitive,
    type: definition.type,
    synonyms: sensitive ? layers.map((layer) => ({ ...layer, value: null })) : layers,
    documentation: definition.documentation,
  };
}

/** Of this broker: all of Kafka's that are told, and whatever else was set on it. */
export function describedBroker(configuration: BrokerConfiguration): DescribedConfig[] {
  const known = Object.entries<ConfigDefinition>(brokerConfigs)
    .filter(([name, { internal }]) => internal !== true || configuration.isSet(name))
    .map(([name, definition]) =>
      described(
        name,
        definition,
        configuration.text(name),
        configuration.layers(name),
        definition.update === undefined,
      ),
    );
  return [...known, ...configuration.unknownDynamic().map(([name, layers]) => describedUnknown(name, layers))];
}

/** Of all brokers at once: what was set, and nothing else. */
export function describedAllBrokers(set: Texts): DescribedConfig[] {
  return [...set].map(([name, value]) => {
    const layers = [{ name, value, source: ConfigSource.DYNAMIC_DEFAULT_BROKER }];
    const definition = brokerConfigDefinition(name);
    if (definition === undefined) return describedUnknown(name, layers);
    const text = canonicalConfigText(name, definition, value);
    return described(name, definition, text, [{ ...layers[0]!, value: text }], definition.update === undefined);
  });
}

/** Nobody knows what it is, so it may be a secret. */
function describedUnknown(name: string, layers: readonly ConfigLayerValue[]): DescribedConfig {
  return {
    name,
    value: null,
    source: layers[0]!.source,
    readOnly: true,
    sensitive: true,
    type: 'unknown',
    synonyms: layers.map((layer) => ({ ...layer, value: null })),
    documentation: null,
  };
}

export function describedGroup(set: Texts, configuration: BrokerConfiguration): DescribedConfig[] {
  return Object.entries(groupConfigs).map(([name, definition]) => {
    const synonym = definition.synonyms?.[0]?.name;
    const inherited =
      synonym === undefined
        ? [{ name, value: definition.defaultText!, source: ConfigSource.DEFAULT }]
        : configuration.layers(synonym);
    return describedSet(name, definition, set, inherited, ConfigSource.GROUP);
  });
}

export function describedClientMetrics(set: Texts): DescribedConfig[] {
  return Object.entries(clientMetricsConfigs).map(([name, definition]) =>
    describedSet(name, definition, set, [], ConfigSource.CLIENT_METRICS),
  );
}

function describedSet(
  name: string,
  definition: ConfigDefinition,
  set: Texts,
  inherited: readonly ConfigLayerValue[],
  source: number,
): DescribedConfig {
  const own = set.get(name);
  if (own === undefined) return described(name, definition, inherited[0]?.value ?? definition.defaultText, inherited);
  const value = canonicalConfigText(name, definition, own);
  return described(name, definition, value, [{ name, value, source }, ...inherited]);
}
