/**
 * Decides on CreatePartitions (KIP-195): which topics grow and by what records, and why the others do not. Pure over the
 * image. The order of the checks and the wording follow Kafka's controller.
 */
import { KafkaError } from '../core/index.ts';
import { checkPartitionCount, splitByName } from './bounded-requests.ts';
import type { MetadataImage } from './image.ts';
import type { NewMetadataRecord } from './metadata-records.ts';
import { checkReplicas, checkReplicationFactor, newPartition, spreadReplicas } from './replica-placement.ts';

/** One topic of a CreatePartitions request. */
export interface MorePartitions {
  readonly name: string;
  /** As many as there are to be in all. */
  readonly count: number;
  /** Of the new ones; null: the controller decides. */
  readonly assignments: readonly { readonly brokerIds: readonly number[] }[] | null;
}

export interface GrownTopic {
  readonly name: string;
  /** 0: it has grown. */
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

/** Topics that are named twice are refused first, each once. */
export function decideCreatePartitions(
  image: MetadataImage,
  topics: readonly MorePartitions[],
): { results: GrownTopic[]; records: NewMetadataRecord[] } {
  const records: NewMetadataRecord[] = [];
  const { single, repeated } = splitByName(topics);
  const refused = (name: string, { code, errorCode, message }: KafkaError) => ({
    name,
    errorCode,
    errorMessage: message === code ? null : message,
  });
  const results: GrownTopic[] = [];
  for (const name of repeated) results.push(refused(name, new KafkaError('INVALID_REQUEST', 'Duplicate topic name.')));
  for (const topic of single) {
    try {
      const grown = grow(topic, image, records.length);
      for (const record of grown) records.push(record);
      results.push({ name: topic.name, errorCode: 0, errorMessage: null });
    } catch (error) {
      if (!KafkaError.is(error)) throw error;
      results.push(refused(topic.name, error));
    }
  }
  return { results, records };
}

function grow({ name, count, assignments }: MorePartitions, image: MetadataImage, before: number): NewMetadataRecord[] {
  const topic = image.topic(name);
  if (topic === undefined) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION');
  const existing = topic.partitions.length;
  if (count === existing) {
    throw new KafkaError('INVALID_PARTITIONS', `Topic already has ${existing} partition(s).`);
  }
  if (count < existing) {
    throw new KafkaError(
      'INVALID_PARTITIONS',
      `The topic ${name} currently has ${existing} partition(s); ${count} would not be an increase.`,
    );
  }
  const additional = count - existing;
  if (assignments !== null && assignments.length !== additional) {
    throw new KafkaError(
      'INVALID_REPLICA_ASSIGNMENT',
      `Attempted to add ${additional} additional partition(s), but only ${assignments.length} assignment(s) were ` +
        'specified.',
    );
  }
  checkPartitionCount([before, additional]);
  const factor = topic.partitions[0]!.replicas.length;
  const placed =
    assignments === null
      ? spreadReplicas(existing, additional, factor, image)
      : assignments.map(({ brokerIds }) => {
          checkReplicas(brokerIds, image);
          checkReplicationFactor(brokerIds, factor);
          return brokerIds;
        });
  return placed.map((replicas, index) => newPartition(topic.id, existing + index, replicas));
}
