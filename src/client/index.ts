/**
 * The client: producer, consumer and admin for any Kafka cluster, ours or Apache Kafka's.
 *
 *   options/      what may be configured, and what contradicts what
 *   observability/ what is counted, and who is told of what happens
 *   connections/  one connection per broker: negotiation, pipelining, timeouts, backoff
 *   metadata/     brokers, topics, leaders, coordinators, offsets
 *   producer/     batching, sending, idempotence, transactions
 *   consumer/     groups, fetching, positions, read_committed
 *   admin/        topics, configurations, groups, offsets, transactions, the cluster
 */
export { type ErrorName, KafkaError, type Logger, type Ports } from '../core/index.ts';
export * from './admin/index.ts';
export {
  Consumer,
  type ConsumerCallOptions,
  type ConsumerCloseOptions,
  type PartitionLag,
  type PollOptions,
} from './consumer/consumer.ts';
export type { RebalanceListener } from './consumer/group-reader.ts';
export type { LoopOptions } from './consumer/loops.ts';
export type { ConsumerRecord } from './consumer/records.ts';
export type { RunOptions } from './consumer/run.ts';
export * from './errors.ts';
export type { BrokerInfo, PartitionInfo, TopicInfo } from './metadata/cluster-image.ts';
export type { CommittedOffset } from './metadata/committed-offsets.ts';
export type { ListedOffset } from './metadata/offset-lookup.ts';
export type * from './observability/index.ts';
export type { AdminConfig, AdminOptions } from './options/admin.ts';
export type { Surroundings } from './options/common.ts';
export type {
  AssignorName,
  ConsumerConfig,
  ConsumerOptions,
  ConsumerPresetOptions,
  IsolationLevel,
} from './options/consumer.ts';
export type { OffsetReset, ResetPolicy } from './options/offset-reset.ts';
export { type Preset, type PresetName, presetNames, presets } from './options/presets.ts';
export type {
  Acks,
  CompressionType,
  PartitionerClass,
  ProducerConfig,
  ProducerOptions,
  ProducerPresetOptions,
} from './options/producer.ts';
export type { SaslOptions } from './options/sasl.ts';
export type { SecurityProtocol } from './options/security.ts';
export type { SslOptions } from './options/ssl.ts';
export { type ClientOptionList, clientOptions } from './options/tables.ts';
export { type ConsumerUnder, type Guarantee, guarantees, type ProducerUnder } from './process/guarantee.ts';
export type { Output, Outputs, ProcessOptions, TypedOutputs, TypedProcessOptions } from './process/options.ts';
export { process } from './process/process.ts';
export type { ProcessMetrics } from './process/process-instruments.ts';
export type { Processing } from './process/processing.ts';
export type { HandlerCall } from './process/work.ts';
export { murmur2, partitionForKey } from './producer/murmur2.ts';
export { Producer } from './producer/producer.ts';
export type {
  DeliveryCallback,
  DeliveryWaitOptions,
  PartitionChoice,
  PartitionsToChooseFrom,
  ProducerCloseOptions,
  ProducerRecord,
  RecordHeader,
  RecordMetadata,
  WaitOptions,
} from './producer/records.ts';
export type { Transaction } from './producer/transaction.ts';
export type { OAuthBearerProvider, OAuthBearerToken } from './security/oauth-bearer.ts';
export { type ReadRecord, type Serde, serde, Topic, type TypedRecord, topic } from './topic.ts';
export type { GroupMetadata, OffsetSpec, TopicPartition, TopicPartitionOffset } from './topic-partition.ts';
export {
  type TraceCarrier,
  type TraceContext,
  type TraceContextHook,
  traceContextOf,
  withTraceContext,
} from './trace-context.ts';
