/**
 * Takes records in: chooses the partition, encodes into the partition's open batch, and counts the bytes that wait.
 * Records of a topic whose partitions are not known yet wait in order. No promise and no closure per record.
 */
import { BufferPool, type Clock, type Random, type Timers } from '../../core/index.ts';
import { BATCH_OVERHEAD } from '../../records/index.ts';
import { asClientError, ClientError } from '../errors.ts';
import type { TopicInfo } from '../metadata/cluster-image.ts';
import type { ProducerConfig } from '../options/producer.ts';
import { PartitionQueue } from './partition-queue.ts';
import { type Leaders, type PartitionedTopic, Partitioner } from './partitioner.ts';
import { type BatchQueue, ProducerBatch } from './producer-batch.ts';
import { RecordClock } from './record-clock.ts';
import type { DeliveryCallback, ProducerRecord } from './records.ts';

/** Memory of batches that is kept for the next ones. */
const FREE_BUFFERS_MAX = 8 * 1024 * 1024;

/** A record that waits for its topic's partitions. */
interface Parked {
  readonly record: ProducerRecord;
  readonly timestamp: number;
  readonly onDelivery: DeliveryCallback | undefined;
  readonly bytes: number;
}

export interface TopicQueues extends PartitionedTopic {
  /** By partition; empty until the topic is known. */
  readonly queues: BatchQueue[];
  readonly parked: Parked[];
}

/** What the accumulator reports to the producer. */
export interface AccumulatorEvents {
  /** A batch was begun or filled: something may be ready. */
  batchReady(): void;
  /** A topic is wanted whose partitions are unknown. */
  topicWanted(topic: TopicQueues): void;
  /** A record is larger than any request may be. */
  recordTooLarge(error: ClientError, topic: string): void;
  /** A record could not be taken in; a callback was told already. */
  recordFailed(error: ClientError, reported: boolean): void;
}

export class Accumulator {
  readonly topics = new Map<string, TopicQueues>();
  /** Queues with batches that wait, are numbered, or are in the air. */
  readonly active = new Set<BatchQueue>();
  /** Batches not done yet, in the order of their creation. */
  readonly incomplete = new Set<ProducerBatch>();
  /** Bytes that wait, in batches and parked. */
  reserved = 0;
  /** Bytes that were ever taken in. */
  takenBytes = 0;
  parkedCount = 0;
  /** For records without a timestamp. */
  readonly time: RecordClock;

  private readonly config: ProducerConfig;
  private readonly pool: BufferPool;
  private readonly clock: Clock;
  private readonly partitioner: Partitioner;
  private readonly defer: (run: () => void) => void;
  private readonly events: AccumulatorEvents;
  private readonly transactional: boolean;
  private readonly level: number | undefined;

  constructor(
    config: ProducerConfig,
    { clock, random, timers }: { clock: Clock; random: Random; timers: Timers },
    leaders: Leaders,
    events: AccumulatorEvents,
  ) {
    this.config = config;
    this.pool = new BufferPool(Math.min(config.bufferMemory / 4, FREE_BUFFERS_MAX));
    this.clock = clock;
    this.time = new RecordClock(clock);
    this.partitioner = new Partitioner(config, random, leaders);
    this.defer = (run) => timers.defer(run);
    this.events = events;
    this.transactional = config.transactionalId !== null;
    this.level = levelOf(config);
  }

  get full(): boolean {
    return this.reserved >= this.config.bufferMemory;
  }

  /** Takes a record in. Failures go to the callback, or to `recordFailed`. */
  append(record: ProducerRecord, onDelivery: DeliveryCallback | undefined): void {
    const timestamp = record.timestamp ?? this.time.now();
    let topic = this.topics.get(record.topic);
    if (topic === undefined) {
      topic = { name: record.topic, queues: [], parked: [], partitionCount: 0, sticky: -1, stickyBytes: 0, turn: 0 };
      this.topics.set(record.topic, topic);
    }
    if (topic.partitionCount === 0 || topic.parked.length > 0) {
      const bytes = estimate(record);
      topic.parked.push({ record, timestamp, onDelivery, bytes });
      this.reserved += bytes;
      this.takenBytes += bytes;
      this.parkedCount++;
      this.events.topicWanted(topic);
      return;
    }
    this.place(topic, record, timestamp, onDelivery);
  }

  /** The topic's partitions became known, or more: what is parked gets its place. */
  topicKnown(info: TopicInfo): void {
    const topic = this.topics.get(info.name);
    if (topic === undefined || info.partitions.length === 0) return;
    topic.partitionCount = info.partitions.length;
    for (let partition = topic.queues.length; partition < topic.partitionCount; partition++) {
      topic.queues.push(new PartitionQueue<ProducerBatch>(topic.name, partition));
    }
    const parked = topic.parked.splice(0);
    for (const { record, timestamp, onDelivery, bytes } of parked) {
      this.reserved -= bytes;
      this.takenBytes -= bytes; // They count again in a batch.
      this.parkedCount--;
      this.place(topic, record, timestamp, onDelivery);
    }
  }

  /** What is parked for a topic, or for all, fails. */
  failParked(error: ClientError, only?: TopicQueues): void {
    for (const topic of only ? [only] : this.topics.values()) {
      for (const { onDelivery, bytes } of topic.parked.splice(0)) {
        this.reserved -= bytes;
        this.parkedCount--;
        this.report(error, onDelivery);
      }
    }
  }

  /** The batch's memory is free again. */
  release(batch: ProducerBatch): void {
    this.reserved -= batch.reserved;
    batch.reserved = 0;
    this.incomplete.delete(batch);
  }

  private place(
    topic: TopicQueues,
    record: ProducerRecord,
    timestamp: number,
    onDelivery: DeliveryCallback | undefined,
  ): void {
    let key = record.key ?? null;
    const value = record.value ?? null;
    let partition = record.partition;
    let sticky = false;
    if (partition === undefined) {
      if (typeof key === 'string') key = Buffer.from(key);
      sticky = this.partitioner.isSticky(key);
      try {
        partition = this.partitioner.choose(topic, record, key);
      } catch (error) {
        this.report(asClientError(error), onDelivery);
        return;
      }
    } else if (partition < 0 || partition >= topic.partitionCount || !Number.isInteger(partition)) {
      this.report(
        new ClientError(
          'UNKNOWN_TOPIC_OR_PARTITION',
          `topic ${topic.name} has partitions 0 to ${topic.partitionCount - 1}, not ${partition}`,
        ),
        onDelivery,
      );
      return;
    }
    const queue = topic.queues[partition]!;
    let batch = queue.open;
    if (batch !== undefined) {
      const bytes = batch.append(timestamp, key, value, record.headers, onDelivery);
      if (bytes > 0) {
        this.count(topic, batch, bytes, sticky);
        return;
      }
      batch.closed = true;
      this.events.batchReady();
    }
    batch = this.newBatch(queue);
    batch.append(timestamp, key, value, record.headers, onDelivery);
    if (batch.sizeInBytes > this.config.maxRequestSize) {
      const error = new ClientError(
        'MESSAGE_TOO_LARGE',
        `the record for ${topic.name} is larger than max.request.size (${this.config.maxRequestSize} bytes)`,
      );
      this.events.recordTooLarge(error, topic.name);
      this.report(error, onDelivery);
      return;
    }
    if (batch.sizeInBytes >= this.config.batchSize) batch.closed = true;
    queue.waiting.push(batch);
    this.active.add(queue);
    this.incomplete.add(batch);
    this.count(topic, batch, batch.sizeInBytes, sticky);
    this.events.batchReady();
  }

  private newBatch(queue: BatchQueue): ProducerBatch {
    return new ProducerBatch(queue, queue.takeOrder(), this.clock.monotonic(), {
      compression: this.config.compressionType,
      level: this.level,
      maxBytes: Math.max(this.config.batchSize, BATCH_OVERHEAD + 1),
      // A quarter more, for a buffer that has to grow is copied.
      expectedBytes: (queue.lastBatchBytes * 5) >> 2,
      pool: this.pool,
      transactional: this.transactional,
      defer: this.defer,
    });
  }

  private count(topic: TopicQueues, batch: ProducerBatch, bytes: number, sticky: boolean): void {
    batch.reserved += bytes;
    this.reserved += bytes;
    this.takenBytes += bytes;
    if (sticky) topic.stickyBytes += bytes;
  }

  private report(error: ClientError, onDelivery: DeliveryCallback | undefined): void {
    onDelivery?.(error, undefined);
    this.events.recordFailed(error, onDelivery !== undefined);
  }
}

const RECORD_OVERHEAD = 32;

function estimate(record: ProducerRecord): number {
  return (record.key?.length ?? 0) + (record.value?.length ?? 0) + (record.headers?.length ?? 0) * 32 + RECORD_OVERHEAD;
}

/** Of the codec in use; undefined: it has none. */
function levelOf(config: ProducerConfig): number | undefined {
  switch (config.compressionType) {
    case 'gzip':
      return config.compressionGzipLevel;
    case 'zstd':
      return config.compressionZstdLevel;
    default:
      return undefined;
  }
}
