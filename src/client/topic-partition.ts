/** Small shapes that producer, consumer and admin share. */

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A position: the offset of the next record to read. */
export interface TopicPartitionOffset extends TopicPartition {
  readonly offset: number;
  /** Epoch of the last record read, where it is known (KIP-320). */
  readonly leaderEpoch?: number | undefined;
  /** Whatever the application wants to keep beside it. */
  readonly metadata?: string | undefined;
}

/** Who a member is in its group: lets the coordinator refuse the offsets of a member that was replaced (KIP-447). */
export interface GroupMetadata {
  readonly groupId: string;
  /** -1: not a member. */
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

/** A place in a partition: its ends, the record with the largest timestamp, or the first record not older than a time. */
export type OffsetSpec = 'earliest' | 'latest' | 'maxTimestamp' | { readonly timestamp: number };

/** A map's key for a partition. A topic's name has no space. */
export function partitionKey(topic: string, partition: number): string {
  return `${topic} ${partition}`;
}

/** As people and error messages name it. */
export function partitionLabel({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

/** Requests name each topic once, with its partitions below it. */
export function byTopic<T extends TopicPartition>(partitions: Iterable<T>): Map<string, T[]> {
  const topics = new Map<string, T[]>();
  for (const each of partitions) {
    const known = topics.get(each.topic);
    if (known) known.push(each);
    else topics.set(each.topic, [each]);
  }
  return topics;
}
