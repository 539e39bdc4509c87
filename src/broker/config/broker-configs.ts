/** All broker properties, by subject: those of Apache Kafka 4.3, and ours. test/golden/kafka-configs.json is the judge. */
import type { ConfigDefinition, Typed } from '../../controller/index.ts';
import { clusterConfigs } from './cluster-configs.ts';
import { consumerGroupConfigs } from './consumer-group-configs.ts';
import { groupConfigs } from './group-configs.ts';
import { logConfigs } from './log-configs.ts';
import { logUpkeepConfigs } from './log-upkeep-configs.ts';
import { metricsConfigs } from './metrics-configs.ts';
import { networkConfigs } from './network-configs.ts';
import { ownConfigs, throttleConfigs } from './own-configs.ts';
import { remoteLogConfigs } from './remote-log-configs.ts';
import { replicationConfigs } from './replication-configs.ts';
import { saslConfigs } from './sasl-configs.ts';
import { securityConfigs } from './security-configs.ts';
import { shareGroupConfigs } from './share-group-configs.ts';
import { topicsConfigs } from './topics-configs.ts';
import { transactionConfigs } from './transaction-configs.ts';

export const brokerConfigs = {
  ...clusterConfigs,
  ...consumerGroupConfigs,
  ...groupConfigs,
  ...logUpkeepConfigs,
  ...logConfigs,
  ...metricsConfigs,
  ...networkConfigs,
  ...remoteLogConfigs,
  ...replicationConfigs,
  ...saslConfigs,
  ...securityConfigs,
  ...shareGroupConfigs,
  ...topicsConfigs,
  ...transactionConfigs,
  ...ownConfigs,
  ...throttleConfigs,
} satisfies Record<string, ConfigDefinition>;

type Definitions = typeof brokerConfigs;
export type BrokerConfigName = keyof Definitions;
/** Every property, parsed. Lists are comma-separated text. */
export type BrokerConfig = {
  readonly [K in BrokerConfigName]: Definitions[K] extends Typed<infer V> ? V : never;
};

/** What may be given: parsed values, or text as in a properties file. */
export type BrokerConfigInput = { readonly [K in BrokerConfigName]?: BrokerConfig[K] | string };

/** The definition of a property, or undefined where there is none of that name. */
export function brokerConfigDefinition(name: string): ConfigDefinition | undefined {
  return Object.hasOwn(brokerConfigs, name) ? brokerConfigs[name as BrokerConfigName] : undefined;
}
