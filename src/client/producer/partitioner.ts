/**
 * Which partition a record goes to that names none, as Kafka's own producer chooses:
 *
 *   with a key      by its hash, the same in every client (murmur2), unless `partitioner.ignore.keys`
 *   without         one partition for about `batch.size` bytes, then another at random: the fewer batches wait for it, the
 *                   likelier; never one whose leader could take nothing for `partitioner.availability.timeout.ms` (KIP-794)
 *   roundrobin      one after the other, whatever the key
 *   a function      as it says
 *
 * Partitions without a leader are passed over where there are others, but never for a key.
 */
import type { Random } from '../../core/index.ts';
import { ClientError } from '../errors.ts';
import type { ProducerConfig } from '../options/producer.ts';
import { partitionForKey } from './murmur2.ts';
import type { PartitionChoice, ProducerRecord } from './records.ts';

/** A topic as the choice sees it, and where the choice stands. */
export interface PartitionedTopic {
  readonly name: string;
  partitionCount: number;
  /** By partition. */
  readonly queues: readonly {
    readonly waiting: readonly unknown[];
    /** Takes more records. */
    readonly open: unknown;
  }[];
  /** Where records without a key go; -1: not chosen yet. */
  sticky: number;
  /** That went there since it was chosen. */
  stickyBytes: number;
  /** Of `roundrobin`. */
  turn: number;
}

/** What is known of the brokers at the moment. */
export interface Leaders {
  /** Undefined: none. */
  brokerOf(topic: string, partition: number): number | undefined;
  /** Batches have waited for it longer than partitioner.availability.timeout.ms. */
  isSlow(broker: number): boolean;
}

export class Partitioner {
  private readonly random: Random;
  private readonly leaders: Leaders;
  private readonly batchSize: number;
  private readonly adaptive: boolean;
  private readonly byKey: boolean;
  private readonly given: ProducerConfig['partitionerClass'];

  constructor(config: ProducerConfig, random: Random, leaders: Leaders) {
    this.random = random;
    this.leaders = leaders;
    this.batchSize = config.batchSize;
    this.adaptive = config.partitionerAdaptivePartitioningEnable;
    this.byKey = !config.partitionerIgnoreKeys;
    this.given = config.partitionerClass;
  }

  /** `key`: the record's, in bytes. @throws ClientError INVALID_REQUEST where a function's choice is no good */
  choose(topic: PartitionedTopic, record: ProducerRecord, key: Uint8Array | null): number {
    if (this.given === 'roundrobin') return this.nextInTurn(topic);
    if (typeof this.given === 'function') return this.chosenBy(this.given, topic, record);
    return this.isSticky(key) ? this.stickyPartition(topic) : partitionForKey(key!, topic.partitionCount);
  }

  /** Whether such a record goes where the one before it went, for a while: then its bytes count in `stickyBytes`. */
  isSticky(key: Uint8Array | null): boolean {
    return this.given === null && (key === null || !this.byKey);
  }

  /**
   * Stays until a batch's worth is there, and then until the open batch is full, lest half a batch is left behind; but not
   * beyond twice as much.
   */
  private stickyPartition(topic: PartitionedTopic): number {
    if (topic.partitionCount === 1) return 0;
    const { sticky, stickyBytes } = topic;
    if (sticky >= 0 && stickyBytes < this.batchSize) return sticky;
    if (sticky >= 0 && stickyBytes < 2 * this.batchSize && topic.queues[sticky]!.open !== undefined) return sticky;
    topic.sticky = this.draw(topic);
    topic.stickyBytes = 0;
    return topic.sticky;
  }

  private draw(topic: PartitionedTopic): number {
    const available = this.available(topic);
    const swift = this.adaptive
      ? available.filter((partition) => !this.leaders.isSlow(this.leaders.brokerOf(topic.name, partition) ?? -1))
      : available;
    // Where all are slow, they are alike.
    if (!this.adaptive || swift.length === 0) return available[this.random.uint32() % available.length]!;
    const waiting = swift.map((partition) => topic.queues[partition]!.waiting.length);
    const most = Math.max(...waiting) + 1;
    const total = waiting.reduce((sum, count) => sum + most - count, 0);
    let left = this.random.uint32() % total;
    for (const [at, count] of waiting.entries()) {
      left -= most - count;
      if (left < 0) return swift[at]!;
    }
    return swift[swift.length - 1]!;
  }

  private nextInTurn(topic: PartitionedTopic): number {
    const { name, partitionCount } = topic;
    for (let passedOver = 0; passedOver < partitionCount; passedOver++) {
      const partition = topic.turn++ % partitionCount;
      if (this.leaders.brokerOf(name, partition) !== undefined) return partition;
    }
    return topic.turn++ % partitionCount;
  }

  /** Those with a leader; all where none has one. */
  private available({ name, partitionCount }: PartitionedTopic): number[] {
    const all = Array.from({ length: partitionCount }, (_, partition) => partition);
    const led = all.filter((partition) => this.leaders.brokerOf(name, partition) !== undefined);
    return led.length > 0 ? led : all;
  }

  private chosenBy(choose: PartitionChoice, topic: PartitionedTopic, record: ProducerRecord): number {
    const { name, partitionCount } = topic;
    let chosen: unknown;
    try {
      chosen = choose(record, { partitionCount, available: () => this.available(topic) });
    } catch (cause) {
      throw new ClientError(
        'INVALID_REQUEST',
        `partitioner.class failed for a record of topic ${name}: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
    if (typeof chosen === 'number' && Number.isInteger(chosen) && chosen >= 0 && chosen < partitionCount) return chosen;
    throw new ClientError(
      'INVALID_REQUEST',
      `partitioner.class chose ${String(chosen)} for a record of topic ${name}: return a whole number from 0 to ${partitionCount - 1}`,
    );
  }
}
