/** The metadata records that this controller writes, and in which versions (those of metadata.version 4.3-IV0). */
import {
  brokerRegistrationChangeRecord,
  configRecord,
  encodeMetadataRecord,
  featureLevelRecord,
  type InferInput,
  partitionChangeRecord,
  partitionRecord,
  producerIdsRecord,
  registerBrokerRecord,
  removeTopicRecord,
  topicRecord,
} from '../wire/index.ts';

const tables = {
  FeatureLevelRecord: { message: featureLevelRecord, version: 0 },
  RegisterBrokerRecord: { message: registerBrokerRecord, version: 3 },
  BrokerRegistrationChangeRecord: { message: brokerRegistrationChangeRecord, version: 2 },
  TopicRecord: { message: topicRecord, version: 0 },
  PartitionRecord: { message: partitionRecord, version: 1 },
  PartitionChangeRecord: { message: partitionChangeRecord, version: 1 },
  RemoveTopicRecord: { message: removeTopicRecord, version: 0 },
  ConfigRecord: { message: configRecord, version: 0 },
  ProducerIdsRecord: { message: producerIdsRecord, version: 0 },
} as const;

type Tables = typeof tables;

/** A record to write; fields left out take their defaults. */
export type NewMetadataRecord = {
  readonly [Name in keyof Tables]: {
    readonly type: Name;
    readonly value: InferInput<Tables[Name]['message']>;
  };
}[keyof Tables];

export function encodeMetadata(record: NewMetadataRecord): Uint8Array {
  const { message, version } = tables[record.type];
  return encodeMetadataRecord<unknown>(message, version, record.value);
}
