/**
 * The framing of values in `__cluster_metadata`: frame version (always 1), record type and record version as unsigned
 * varints, then the record (KIP-631). The records' keys are null.
 */
import { ByteReader, MalformedBytesError } from '../core/index.ts';
import { codecOf, readWhole, writeToBuffer } from './codec.ts';
import * as records from './data/metadata-records.ts';
import { type Infer, includes, type Message } from './schema.ts';

const FRAME_VERSION = 1;

/** By Kafka's record type. */
const byType = {
  0: records.registerBrokerRecord,
  1: records.unregisterBrokerRecord,
  2: records.topicRecord,
  3: records.partitionRecord,
  4: records.configRecord,
  5: records.partitionChangeRecord,
  7: records.fenceBrokerRecord,
  8: records.unfenceBrokerRecord,
  9: records.removeTopicRecord,
  12: records.featureLevelRecord,
  15: records.producerIdsRecord,
  17: records.brokerRegistrationChangeRecord,
  20: records.noOpRecord,
  23: records.beginTransactionRecord,
  24: records.endTransactionRecord,
  25: records.abortTransactionRecord,
} as const;

/** Type and table of each record that can be framed. */
export const metadataRecords: ReadonlyMap<number, Message> = new Map(
  Object.entries(byType).map(([type, message]): [number, Message] => [Number(type), message]),
);

const typeOf = new Map<Message, number>([...metadataRecords].map(([type, message]) => [message, type]));

interface Named {
  readonly FeatureLevelRecord: Infer<typeof records.featureLevelRecord>;
  readonly RegisterBrokerRecord: Infer<typeof records.registerBrokerRecord>;
  readonly UnregisterBrokerRecord: Infer<typeof records.unregisterBrokerRecord>;
  readonly TopicRecord: Infer<typeof records.topicRecord>;
  readonly PartitionRecord: Infer<typeof records.partitionRecord>;
  readonly ConfigRecord: Infer<typeof records.configRecord>;
  readonly PartitionChangeRecord: Infer<typeof records.partitionChangeRecord>;
  readonly FenceBrokerRecord: Infer<typeof records.fenceBrokerRecord>;
  readonly UnfenceBrokerRecord: Infer<typeof records.unfenceBrokerRecord>;
  readonly RemoveTopicRecord: Infer<typeof records.removeTopicRecord>;
  readonly ProducerIdsRecord: Infer<typeof records.producerIdsRecord>;
  readonly BrokerRegistrationChangeRecord: Infer<typeof records.brokerRegistrationChangeRecord>;
  readonly NoOpRecord: Infer<typeof records.noOpRecord>;
  readonly BeginTransactionRecord: Infer<typeof records.beginTransactionRecord>;
  readonly EndTransactionRecord: Infer<typeof records.endTransactionRecord>;
  readonly AbortTransactionRecord: Infer<typeof records.abortTransactionRecord>;
}

/** A record by the name of its table, for an exhaustive `switch (record.type)`. */
export type MetadataRecord = {
  readonly [Name in keyof Named]: { readonly type: Name; readonly version: number; readonly value: Named[Name] };
}[keyof Named];

/** @throws TypeError for a value that does not fit its field */
export function encodeMetadataRecord<In>(message: Message<unknown, In>, version: number, value: NoInfer<In>): Buffer {
  const type = typeOf.get(message);
  if (type === undefined) throw new TypeError(`${message.name} is not a metadata record`);
  const { write } = codecOf(message, version);
  return writeToBuffer((writer) => {
    writer.uvarint(FRAME_VERSION);
    writer.uvarint(type);
    writer.uvarint(version);
    write(writer, value);
  });
}

/** @throws MalformedBytesError also for a type or version that there is no table for */
export function decodeMetadataRecord(bytes: Uint8Array): MetadataRecord {
  const reader = new ByteReader(bytes);
  const frameVersion = reader.uvarint();
  if (frameVersion !== FRAME_VERSION) throw new MalformedBytesError(`metadata record in frame version ${frameVersion}`);
  const type = reader.uvarint();
  const version = reader.uvarint();
  const message = metadataRecords.get(type);
  if (!message || !includes({ low: message.minVersion, high: message.maxVersion }, version)) {
    throw new MalformedBytesError(`metadata record of type ${type}, version ${version}`);
  }
  return { type: message.name, version, value: readWhole(message, version, reader) } as MetadataRecord;
}
