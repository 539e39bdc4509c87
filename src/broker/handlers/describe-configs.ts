/**
 * DescribeConfigs (key 32), versions 1-4: every property of topics and of this broker, with its source, synonyms, type and
 * meaning. A group has no properties of its own here and is answered with none. Left out: broker loggers, client metrics.
 */
import { type ConfigDefinition, ConfigResource } from '../../controller/index.ts';
import { ErrorCode } from '../../core/index.ts';
import { type DescribeConfigsResponseInput, describeConfigs } from '../../wire/index.ts';
import { brokerConfigs } from '../config/broker-configs.ts';
import { type ConfigLayerValue, ConfigSource } from '../config/broker-configuration.ts';
import type { BrokerServices } from '../services.ts';
import { type EffectiveConfig, effectiveTopicConfigs } from '../topic-configuration.ts';
import { handler } from './handler.ts';

type Result = NonNullable<DescribeConfigsResponseInput['results']>[number];

const GROUP = 32;
const TYPE_CODES = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
} as const;

export const describeConfigsHandler = handler(describeConfigs, (request, _call, broker) => ({
  results: request.resources.map(({ resourceType, resourceName, configurationKeys }): Result => {
    const found = configsOf(resourceType, resourceName, broker);
    if (typeof found === 'string') {
      const errorCode =
        resourceType === ConfigResource.TOPIC ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_REQUEST;
      return { errorCode, errorMessage: found, resourceType, resourceName };
    }
    return {
      errorMessage: null,
      resourceType,
      resourceName,
      configs: found
        .filter(({ name }) => configurationKeys === null || configurationKeys.includes(name))
        .map(({ name, value, source, definition, synonyms }) => ({
          name,
          value: definition.type === 'password' ? null : value,
          configSource: source,
          readOnly: resourceType === ConfigResource.BROKER && definition.update === undefined,
          isSensitive: definition.type === 'password',
          synonyms: request.includeSynonyms ? synonyms.map(shown(definition)) : [],
          configType: TYPE_CODES[definition.type],
          documentation: request.includeDocumentation ? definition.documentation : null,
        })),
    };
  }),
}));

/** The properties of a resource, or why there are none. */
function configsOf(resourceType: number, name: string, broker: BrokerServices): readonly EffectiveConfig[] | string {
  const { image, configuration, nodeId } = broker;
  switch (resourceType) {
    case ConfigResource.TOPIC:
      if (image.topic(name) === undefined) return 'This server does not host this topic-partition.';
      return effectiveTopicConfigs(image.configsOf(ConfigResource.TOPIC, name), configuration);
    case ConfigResource.BROKER:
      if (name !== '' && name !== String(nodeId)) {
        return `Unexpected broker id, expected ${nodeId}, but received ${name}`;
      }
      return name === '' ? [] : ownConfigs(broker);
    case GROUP:
      return [];
    default:
      return `Unsupported resource type: ${resourceType}`;
  }
}

function ownConfigs({ configuration }: BrokerServices): EffectiveConfig[] {
  return Object.entries<ConfigDefinition>(brokerConfigs)
    .filter(([, { internal }]) => internal !== true)
    .map(([name, definition]) => {
      const synonyms = configuration.layers(name);
      const source = synonyms[0]?.source ?? ConfigSource.DEFAULT;
      return { name, value: configuration.text(name), source, definition, synonyms };
    });
}

/** A secret is not shown, wherever it comes from. */
function shown({ type }: ConfigDefinition): (layer: ConfigLayerValue) => ConfigLayerValue | NoValue {
  return (layer) => (type === 'password' ? { ...layer, value: null } : layer);
}
type NoValue = Omit<ConfigLayerValue, 'value'> & { readonly value: null };
