/** Which records were taken since positions were last made final: where each partition goes on, and where it would go back to. */
import type { Consumer } from '../consumer/consumer.ts';
import type { ConsumerRecord } from '../consumer/records.ts';
import { partitionKey, type TopicPartitionOffset } from '../topic-partition.ts';

export class ReadPositions {
  private readonly first = new Map<string, TopicPartitionOffset>();
  private readonly next = new Map<string, TopicPartitionOffset>();

  note(records: readonly ConsumerRecord[]): void {
    for (const { topic, partition, offset, leaderEpoch } of records) {
      const key = partitionKey(topic, partition);
      if (!this.first.has(key)) this.first.set(key, { topic, partition, offset });
      this.next.set(key, { topic, partition, offset: offset + 1, leaderEpoch });
    }
  }

  get isEmpty(): boolean {
    return this.next.size === 0;
  }

  /** Behind the last record taken. */
  toCommit(): TopicPartitionOffset[] {
    return [...this.next.values()];
  }

  /** The records are final, or somebody else's. */
  clear(): void {
    this.first.clear();
    this.next.clear();
  }

  /** Goes back to the first record taken, in partitions that the consumer still has. */
  rewind(consumer: Pick<Consumer, 'assignment' | 'seek'>): void {
    const assigned = new Set(consumer.assignment().map(({ topic, partition }) => partitionKey(topic, partition)));
    for (const [key, position] of this.first) if (assigned.has(key)) consumer.seek(position);
    this.clear();
  }
}
