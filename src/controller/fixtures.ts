/** For tests: an image of several brokers and a topic, made as every image is, by replay. */
import { ONE_UUID } from '../core/index.ts';
import { decodeMetadataRecord } from '../wire/index.ts';
import { MetadataImage } from './image.ts';
import { encodeMetadata, type NewMetadataRecord } from './metadata-records.ts';
import { newPartition } from './replica-placement.ts';

export function replayInto(image: MetadataImage, records: readonly NewMetadataRecord[]): void {
  for (const record of records) image.replay(decodeMetadataRecord(encodeMetadata(record)), image.offset + 1);
}

/** The brokers are alive; the topic is `orders`, each partition with these replicas, all in sync, the first leading. */
export function imageOf(brokers: readonly number[], partitions: readonly (readonly number[])[]): MetadataImage {
  const image = new MetadataImage();
  replayInto(image, [
    ...brokers.map(
      (brokerId): NewMetadataRecord => ({ type: 'RegisterBrokerRecord', value: { brokerId, fenced: false } }),
    ),
    { type: 'TopicRecord', value: { name: 'orders', topicId: ONE_UUID } },
    ...partitions.map((replicas, index) => newPartition(ONE_UUID, index, replicas)),
  ]);
  return image;
}

export function fence(image: MetadataImage, brokerId: number): void {
  replayInto(image, [{ type: 'BrokerRegistrationChangeRecord', value: { brokerId, fenced: 1 } }]);
}
