/**
 * Snapshots of the cluster's metadata (KIP-630): an image as the records that make it, in batches between a header and a
 * footer. Whoever replays them has the image, and needs only the log that follows. Offsets in a snapshot are its own.
 */
import { ByteWriter, MalformedBytesError } from '../core/index.ts';
import { BatchBuilder, batchesOf, damageOf, decodeRecords } from '../records/index.ts';
import { decodeMetadataRecord, type MetadataRecord } from '../wire/index.ts';
import { supportedFeatures } from './features.ts';
import type { MetadataImage } from './image.ts';
import { encodeMetadata, type NewMetadataRecord } from './metadata-records.ts';

/** Where snapshots are kept. */
export interface SnapshotStore {
  /** The newest that is sound and not beyond `logEndOffset`, and the offset that replay goes on from. */
  load(logEndOffset: number): { readonly endOffset: number; readonly bytes: Uint8Array } | undefined;
  /** Keeps a snapshot of everything below `endOffset`, durably, and lets the log drop what it no longer needs. */
  save(endOffset: number, bytes: Uint8Array): void;
}

const BATCH_BYTES = 1024 * 1024;
const HEADER_TYPE = 3;
const FOOTER_TYPE = 4;

/** `timestamp`: of the last record that is in it. */
export function encodeSnapshot(image: MetadataImage, timestamp: number): Uint8Array {
  const batches: Uint8Array[] = [];
  let baseOffset = 0;
  const control = (type: number, value: (writer: ByteWriter) => void) => {
    const key = new ByteWriter(4);
    key.int16(0);
    key.int16(type);
    const bytes = new ByteWriter(16);
    bytes.int16(0);
    value(bytes);
    bytes.uvarint(0);
    const builder = new BatchBuilder({ maxBytes: 256 });
    builder.tryAppend(timestamp, key.result(), bytes.result());
    batches.push(builder.build({ control: true, baseOffset, partitionLeaderEpoch: 0 }));
    baseOffset++;
  };
  control(HEADER_TYPE, (writer) => writer.int64(timestamp));
  const builder = new BatchBuilder({ maxBytes: BATCH_BYTES });
  const flush = () => {
    const { count } = builder;
    if (count > 0) batches.push(builder.build({ baseOffset, partitionLeaderEpoch: 0 }));
    baseOffset += count;
  };
  for (const record of recordsOf(image)) {
    const value = encodeMetadata(record);
    if (builder.tryAppend(timestamp, null, value)) continue;
    flush();
    builder.tryAppend(timestamp, null, value);
  }
  flush();
  control(FOOTER_TYPE, () => {});
  return Buffer.concat(batches);
}

/** The records of a snapshot. @throws MalformedBytesError where it is damaged or has no end */
export function decodeSnapshot(bytes: Uint8Array): MetadataRecord[] {
  const records: MetadataRecord[] = [];
  let at = 0;
  let ended = false;
  for (const { header, bytes: batch } of batchesOf(bytes)) {
    const damage = damageOf(batch);
    if (damage !== undefined) throw new MalformedBytesError(`snapshot: ${damage}`);
    at += header.length;
    for (const { key, value } of decodeRecords(batch)) {
      if (header.isControl) ended = key?.[3] === FOOTER_TYPE;
      else if (value !== null) records.push(decodeMetadataRecord(value));
    }
  }
  if (!ended || at !== bytes.length) throw new MalformedBytesError('snapshot: it has no end');
  return records;
}

/** What an image is made of: replayed into an empty one, it is the same. */
function* recordsOf(image: MetadataImage): Generator<NewMetadataRecord> {
  for (const [name, featureLevel] of image.features)
    yield { type: 'FeatureLevelRecord', value: { name, featureLevel } };
  for (const { id, epoch, incarnationId, endpoints, rack, fenced } of image.brokers.values()) {
    const endPoints = endpoints.map((endpoint) => ({ ...endpoint, securityProtocol: 0 }));
    const features = supportedFeatures.map(({ name, min, max }) => ({
      name,
      minSupportedVersion: min,
      maxSupportedVersion: max,
    }));
    const value = { brokerId: id, incarnationId, brokerEpoch: epoch, endPoints, features, rack, fenced };
    yield { type: 'RegisterBrokerRecord', value };
  }
  for (const { name, id: topicId, partitions } of image.topics.values()) {
    yield { type: 'TopicRecord', value: { name, topicId } };
    for (const { index: partitionId, replicas, isr, leader, leaderEpoch, partitionEpoch } of partitions) {
      const value = { topicId, partitionId, replicas, isr, leader, leaderEpoch, partitionEpoch };
      yield { type: 'PartitionRecord', value };
    }
  }
  for (const value of image.configurations()) yield { type: 'ConfigRecord', value };
  if (image.nextProducerId > 0) {
    yield { type: 'ProducerIdsRecord', value: { brokerId: -1, nextProducerId: image.nextProducerId } };
  }
}
