/**
 * What a lone broker needs other than Kafka's defaults: the lines of the `server.properties` that Kafka ships for one node.
 * They count as given at the start, so DescribeConfigs shows them as the broker's own, beside Kafka's default.
 */
import type { BrokerConfigName } from './broker-configs.ts';

export const loneBrokerConfigs: { readonly [K in BrokerConfigName]?: string } = {
  'group.initial.rebalance.delay.ms': '0',
  'offsets.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.replication.factor': '1',
};
