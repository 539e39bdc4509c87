/** The admin client, and the shapes that its methods take and return. */
export { Admin } from './admin.ts';
export type { CallOptions, ValidateOnly } from './call.ts';
export type { BrokerDescription, ClusterDescription } from './cluster.ts';
export type {
  ConfigAlteration,
  ConfigChange,
  ConfigDetails,
  ConfigEntry,
  ConfigResource,
  ConfigResourceType,
  ConfigSource,
  ConfigType,
  DescribedConfig,
} from './configs.ts';
export type { FeatureMetadata, FeatureUpdate } from './features.ts';
export type { GroupDescription, GroupFilter, GroupListing, GroupMember, MemberToRemove } from './groups.ts';
export type { HangingTransaction } from './hanging-transactions.ts';
export type { LogDirDescription, ReplicaInfo } from './log-dirs.ts';
export type { DeletedRecords, RecordsToDelete } from './partition-records.ts';
export type { ElectionType, PartitionReassignment } from './replicas.ts';
export type { CreatedTopic, NewPartitions, NewTopic } from './topics.ts';
export type {
  AbortTransactionSpec,
  FencedProducer,
  PartitionProducers,
  ProducerState,
  TransactionDescription,
  TransactionFilter,
  TransactionListing,
} from './transactions.ts';
