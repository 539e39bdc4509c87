/** Which records were taken and which of them handled since positions were last made final: where each partition goes on, and where it would go back to. */
import type { Consumer } from '../consumer/consumer.ts';
import type { ConsumerRecord } from '../consumer/records.ts';
import { partitionKey, type TopicPartitionOffset } from '../topic-partition.ts';

export class ReadPositions {
  /** Of the records taken last, so many are handled, in order. */
  handled = 0;
  private batch: readonly ConsumerRecord[] = [];
  /** Of `batch`, so many are final, and so many are in `next`. */
  private final = 0;
  private noted = 0;
  /** Handled and not final, of earlier batches. */
  private carried = 0;
  private readonly first = new Map<string, TopicPartitionOffset>();
  private readonly next = new Map<string, TopicPartitionOffset>();

  /** The next batch; the one before is handled. */
  take(records: readonly ConsumerRecord[]): void {
    this.note();
    this.carried = this.open;
    this.begin(records);
    this.noteFirst();
  }

  /** Records that are handled, and not final. */
  get open(): number {
    return this.carried + this.handled - this.final;
  }

  /** Behind the last record handled. */
  toCommit(): TopicPartitionOffset[] {
    this.note();
    return [...this.next.values()];
  }

  /** What was handled is final. The rest of the batch is not. */
  settle(): void {
    this.first.clear();
    this.next.clear();
    this.carried = 0;
    this.final = this.noted = this.handled;
    if (this.final === this.batch.length) this.begin([]);
    else this.noteFirst();
  }

  /** The records are somebody else's. */
  clear(): void {
    this.first.clear();
    this.next.clear();
    this.carried = 0;
    this.begin([]);
  }

  /** The first record of each partition that was taken and is not final. */
  toRepeat(): TopicPartitionOffset[] {
    return [...this.first.values()];
  }

  /** Goes back to the first record that is not final, in partitions that the consumer still has. */
  rewind(consumer: Pick<Consumer, 'assignment' | 'seek'>): void {
    const assigned = new Set(consumer.assignment().map(({ topic, partition }) => partitionKey(topic, partition)));
    for (const [key, position] of this.first) if (assigned.has(key)) consumer.seek(position);
    this.clear();
  }

  private begin(records: readonly ConsumerRecord[]): void {
    this.batch = records;
    this.handled = this.final = this.noted = 0;
  }

  private noteFirst(): void {
    for (let at = this.final; at < this.batch.length; at++) {
      const { topic, partition, offset } = this.batch[at]!;
      const key = partitionKey(topic, partition);
      if (!this.first.has(key)) this.first.set(key, { topic, partition, offset });
    }
  }

  private note(): void {
    for (; this.noted < this.handled; this.noted++) {
      const { topic, partition, offset, leaderEpoch } = this.batch[this.noted]!;
      this.next.set(partitionKey(topic, partition), { topic, partition, offset: offset + 1, leaderEpoch });
    }
  }
}
