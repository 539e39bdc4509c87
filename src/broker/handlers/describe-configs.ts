/**
 * DescribeConfigs (key 32), versions 1-4: every property of topics, brokers, groups and client metrics, and the levels of
 * loggers, with their sources, synonyms, types and meaning. There is one logger, `root`. Left out: nothing.
 */
import { ConfigResource, type ConfigType, topicNameProblem } from '../../controller/index.ts';
import { KafkaError } from '../../core/index.ts';
import { type DescribeConfigsResponseInput, describeConfigs } from '../../wire/index.ts';
import { ConfigSource } from '../config/broker-configuration.ts';
import {
  type DescribedConfig,
  describedAllBrokers,
  describedBroker,
  describedClientMetrics,
  describedGroup,
} from '../config/described.ts';
import { ROOT_LOGGER } from '../log-levels.ts';
import type { BrokerServices } from '../services.ts';
import { describedTopic } from '../topic-configuration.ts';
import { handler } from './handler.ts';

type Result = NonNullable<DescribeConfigsResponseInput['results']>[number];

const TYPE_CODES: Readonly<Record<ConfigType | 'unknown', number>> = {
  unknown: 0,
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
};

export const describeConfigsHandler = handler(describeConfigs, (request, _call, broker) => ({
  results: request.resources.map(({ resourceType, resourceName, configurationKeys }): Result => {
    let found: readonly DescribedConfig[];
    try {
      found = describedResource(resourceType, resourceName, broker);
    } catch (error) {
      if (!KafkaError.is(error)) throw error;
      return { errorCode: error.errorCode, errorMessage: error.message, resourceType, resourceName };
    }
    // As in Kafka, no names mean all of them.
    const wanted =
      configurationKeys === null || configurationKeys.length === 0 ? undefined : new Set(configurationKeys);
    return {
      errorMessage: '',
      resourceType,
      resourceName,
      configs: found
        .filter(({ name }) => wanted === undefined || wanted.has(name))
        .map(({ name, value, source, readOnly, sensitive, type, synonyms, documentation }) => ({
          name,
          value,
          configSource: source,
          readOnly,
          isSensitive: sensitive,
          synonyms: request.includeSynonyms ? synonyms : [],
          configType: TYPE_CODES[type],
          documentation: request.includeDocumentation ? documentation : null,
        })),
    };
  }),
}));

/** @throws KafkaError where there is no such resource */
function describedResource(resourceType: number, name: string, broker: BrokerServices): readonly DescribedConfig[] {
  const { image, configuration } = broker;
  switch (resourceType) {
    case ConfigResource.TOPIC: {
      const problem = topicNameProblem(name);
      if (problem !== undefined) throw new KafkaError('INVALID_TOPIC_EXCEPTION', problem);
      if (image.topic(name) === undefined) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', '');
      return describedTopic(image.configsOf(ConfigResource.TOPIC, name), configuration);
    }
    case ConfigResource.BROKER:
      if (name === '') return describedAllBrokers(image.configsOf(ConfigResource.BROKER, ''));
      checkBrokerId(name, broker.nodeId, ' or empty string,');
      return describedBroker(configuration);
    case ConfigResource.BROKER_LOGGER:
      if (name === '') throw new KafkaError('INVALID_REQUEST', 'Broker id must not be empty');
      checkBrokerId(name, broker.nodeId, '');
      return [loggerLevel(ROOT_LOGGER, broker.logLevels.level)];
    case ConfigResource.CLIENT_METRICS:
      if (name === '') throw new KafkaError('INVALID_REQUEST', 'Client metrics subscription name must not be empty');
      return describedClientMetrics(image.configsOf(ConfigResource.CLIENT_METRICS, name));
    case ConfigResource.GROUP:
      if (name === '') throw new KafkaError('INVALID_REQUEST', 'Group name must not be empty');
      return describedGroup(image.configsOf(ConfigResource.GROUP, name), configuration);
    default:
      throw new KafkaError('INVALID_REQUEST', `Resource type ${resourceType} has no configuration`);
  }
}

function checkBrokerId(name: string, nodeId: number, or: string): void {
  if (!/^[+-]?\d{1,10}$/.test(name)) {
    throw new KafkaError('INVALID_REQUEST', `Broker id must be an integer, but it is: ${name}`);
  }
  if (Number(name) === nodeId) return;
  throw new KafkaError('INVALID_REQUEST', `Unexpected broker id, expected ${nodeId}${or} but received ${name}`);
}

function loggerLevel(name: string, level: string): DescribedConfig {
  const source = ConfigSource.DYNAMIC_BROKER_LOGGER;
  const nothingElse = { readOnly: false, sensitive: false, synonyms: [], documentation: null } as const;
  return { name, value: level, source, type: 'unknown', ...nothingElse };
}
