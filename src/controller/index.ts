/** Cluster metadata: the controller that decides, the image that is built by replay, and the rules of topics. */
export {
  type AlteredResource,
  type ConfigChange,
  ConfigOperation,
  checkKeys,
  type ResourceChange,
} from './alter-configs.ts';
export { clientMetricsConfigs } from './client-metrics-configs.ts';
export * from './config-builders.ts';
export {
  type ConfigDefinition,
  type ConfigSynonym,
  type ConfigType,
  type ConfigValue,
  canonicalConfigText,
  nearestName,
  parseConfigValue,
} from './config-definitions.ts';
export { type BrokerRegistration, Controller, type ControllerOptions, PRODUCER_ID_BLOCK } from './controller.ts';
export type { GrownTopic, MorePartitions } from './create-partitions.ts';
export type { CreatedTopic, NewTopic, TopicDefaults } from './create-topics.ts';
export type { DeletedTopic } from './delete-topics.ts';
export type { ElectionResult, ElectionType, PartitionsOfTopic } from './elect-leaders.ts';
export { type FeatureRange, METADATA_VERSION, supportedFeatures, TRANSACTION_VERSION } from './features.ts';
export { groupConfigs } from './group-configs.ts';
export {
  type BrokerEndpoint,
  type BrokerImage,
  ConfigResource,
  type MetadataDelta,
  MetadataImage,
  type PartitionImage,
  type TopicImage,
} from './image.ts';
export type { ResourceRules } from './resource-rules.ts';
export type { SnapshotStore } from './snapshot.ts';
export { topicConfigs } from './topic-configs.ts';
export {
  CLUSTER_METADATA,
  CONSUMER_OFFSETS,
  isInternalTopic,
  TRANSACTION_STATE,
  topicNameProblem,
} from './topic-names.ts';
