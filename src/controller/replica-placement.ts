/**
 * Where the replicas of new partitions go: as a person has assigned them, checked, or spread over the brokers. The wording
 * of the refusals is Kafka's.
 */
import { KafkaError, type Uuid, ZERO_UUID } from '../core/index.ts';
import type { MetadataImage } from './image.ts';
import type { NewMetadataRecord } from './metadata-records.ts';

/** @throws KafkaError INVALID_REPLICA_ASSIGNMENT */
export function checkReplicas(replicas: readonly number[], image: MetadataImage): void {
  if (replicas.length === 0) {
    throw new KafkaError(
      'INVALID_REPLICA_ASSIGNMENT',
      'The manual partition assignment includes an empty replica list.',
    );
  }
  const ascending = [...replicas].sort((a, b) => a - b);
  for (const [at, id] of ascending.entries()) {
    if (!image.brokers.has(id)) {
      throw new KafkaError(
        'INVALID_REPLICA_ASSIGNMENT',
        `The manual partition assignment includes broker ${id}, but no such broker is registered.`,
      );
    }
    if (id === ascending[at - 1]) {
      throw new KafkaError(
        'INVALID_REPLICA_ASSIGNMENT',
        `The manual partition assignment includes the broker ${id} more than once.`,
      );
    }
  }
}

/** All partitions of a topic have the same number of replicas. @throws KafkaError INVALID_REPLICA_ASSIGNMENT */
export function checkReplicationFactor(replicas: readonly number[], factor: number): void {
  if (replicas.length === factor) return;
  throw new KafkaError(
    'INVALID_REPLICA_ASSIGNMENT',
    `The manual partition assignment includes a partition with ${replicas.length} replica(s), but this is not ` +
      `consistent with previous partitions, which have ${factor} replica(s).`,
  );
}

/**
 * The replicas of `count` partitions from the number `first` on, each led by the next broker.
 * @throws KafkaError INVALID_REPLICATION_FACTOR where there are not enough brokers
 */
export function spreadReplicas(first: number, count: number, factor: number, image: MetadataImage): number[][] {
  const brokers = [...image.brokers.keys()].sort((a, b) => a - b);
  if (factor > brokers.length) {
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      `Unable to replicate the partition ${factor} time(s): The target replication factor of ${factor} cannot be ` +
        `reached because only ${brokers.length} broker(s) are registered or some brokers have all their log ` +
        'directories cordoned.',
    );
  }
  return Array.from({ length: count }, (_, partition) =>
    Array.from({ length: factor }, (_, replica) => brokers[(first + partition + replica) % brokers.length]!),
  );
}

export function newPartition(topicId: Uuid, partitionId: number, replicas: readonly number[]): NewMetadataRecord {
  return {
    type: 'PartitionRecord',
    value: {
      partitionId,
      topicId,
      replicas: [...replicas],
      isr: [...replicas],
      leader: replicas[0]!,
      leaderEpoch: 0,
      partitionEpoch: 0,
      directories: replicas.map(() => ZERO_UUID),
    },
  };
}
