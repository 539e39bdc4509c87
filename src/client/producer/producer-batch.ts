/**
 * Records of one partition that travel together: encoded as they come, built once when first sent, then the same bytes
 * however often they are sent again. Its buffer belongs to it alone.
 */
import type { BufferPool } from '../../core/index.ts';
import { BatchBuilder, incrementSequence, setProducerState } from '../../records/index.ts';
import type { ClientError } from '../errors.ts';
import type { CompressionType } from '../options/producer.ts';
import type { PartitionQueue, ProducerIdentity, QueuedBatch } from './partition-queue.ts';
import type { DeliveryCallback, ProducerRecord, RecordMetadata } from './records.ts';

const NO_HEADERS: NonNullable<ProducerRecord['headers']> = [];

/** The way of one partition's batches. */
export type BatchQueue = PartitionQueue<ProducerBatch>;

export class ProducerBatch implements QueuedBatch {
  readonly queue: BatchQueue;
  /** Monotonic time of the first record. */
  readonly createdAt: number;
  /** Place among all batches of its queue. */
  readonly order: number;
  /** Of the records, in bytes, as counted against buffer.memory. */
  reserved = 0;
  count = 0;
  /** Takes no more records. */
  closed = false;
  attempts = 0;
  /** Monotonic: not sent again before. */
  retryAt = 0;
  /** A request with it is unanswered. */
  airborne = false;
  /** Its records were reported as delivered or failed. */
  done = false;
  /** Of the first record; -1 until the batch is numbered. */
  sequence = -1;
  identity: ProducerIdentity | undefined;
  lastError: ClientError | undefined;
  /** Of its records and header before the compression; 0 until it is built. */
  rawBytes = 0;
  readonly transactional: boolean;

  private readonly pool: BufferPool;
  private readonly defer: (run: () => void) => void;
  private builder: BatchBuilder | undefined;
  private bytes: Uint8Array | undefined;
  private callbacks: DeliveryCallback[] | undefined;
  private callbackCount = 0;
  private callbackTimestamps: number[] | undefined;
  private callbackIndexes: number[] | undefined;
  private waiters: (() => void)[] | undefined;

  constructor(
    queue: BatchQueue,
    order: number,
    createdAt: number,
    options: {
      compression: CompressionType;
      level: number | undefined;
      maxBytes: number;
      expectedBytes: number;
      pool: BufferPool;
      transactional: boolean;
      defer: (run: () => void) => void;
    },
  ) {
    this.queue = queue;
    this.order = order;
    this.createdAt = createdAt;
    this.transactional = options.transactional;
    this.defer = options.defer;
    this.pool = options.pool;
    this.builder = new BatchBuilder(options);
  }

  /** Returns how many bytes it added; 0, and nothing is changed, when the record does not fit. */
  append(
    timestamp: number,
    key: string | Uint8Array | null,
    value: string | Uint8Array | null,
    headers: ProducerRecord['headers'],
    onDelivery: DeliveryCallback | undefined,
  ): number {
    const { builder } = this;
    if (this.closed || builder === undefined) return 0;
    const before = builder.sizeInBytes;
    if (!builder.tryAppend(timestamp, key, value, headers ?? NO_HEADERS)) return 0;
    if (onDelivery !== undefined) {
      this.callbacks ??= [];
      this.callbackTimestamps ??= [];
      this.callbackIndexes ??= [];
      this.callbacks.push(onDelivery);
      this.callbackCount++;
      this.callbackTimestamps.push(timestamp);
      this.callbackIndexes.push(this.count);
    }
    this.count++;
    return builder.sizeInBytes - before;
  }

  get sizeInBytes(): number {
    return this.bytes?.length ?? this.builder?.sizeInBytes ?? 0;
  }
  get lastSequence(): number {
    return incrementSequence(this.sequence, this.count - 1);
  }
  get numbered(): boolean {
    return this.sequence >= 0;
  }
  /** Records that nobody gave a callback for. */
  get silentCount(): number {
    return this.count - this.callbackCount;
  }

  /** The batch as it goes on the wire, numbered where `sequence` was set before. */
  encoded(): Uint8Array {
    if (this.bytes === undefined) {
      this.closed = true;
      this.rawBytes = this.builder!.sizeInBytes;
      this.queue.lastBatchBytes = this.rawBytes;
      this.bytes = this.builder!.build({
        producerId: this.identity?.producerId ?? -1,
        producerEpoch: this.identity?.epoch ?? -1,
        baseSequence: this.sequence,
        transactional: this.transactional,
      });
      this.builder = undefined;
    }
    return this.bytes;
  }

  /** Its bytes have arrived, or have left and nobody will answer: their memory is another batch's. */
  recycle(): void {
    if (this.bytes !== undefined) this.pool.giveBack(this.bytes);
    this.bytes = undefined;
  }

  /** Gives it a number, again where it has one: only when no request with the old number is unanswered. */
  renumber(identity: ProducerIdentity, sequence: number): void {
    this.identity = identity;
    this.sequence = sequence;
    if (this.bytes !== undefined) {
      // The old bytes may still be on their way through a connection that is over.
      this.bytes = Uint8Array.from(this.bytes);
      setProducerState(this.bytes, 0, identity.producerId, identity.epoch, sequence);
    }
  }

  /** Calls `run` once the batch is delivered or failed. */
  whenDone(run: () => void): void {
    if (this.done) {
      run();
      return;
    }
    this.waiters ??= [];
    this.waiters.push(run);
  }

  /** Reports every record as delivered. `logAppendTime` -1: records keep their own time. */
  succeed(baseOffset: number, logAppendTime: number): void {
    if (this.done) return;
    this.finish();
    const { callbacks, callbackIndexes, callbackTimestamps, queue } = this;
    if (callbacks !== undefined) {
      for (let i = 0; i < callbacks.length; i++) {
        const metadata: RecordMetadata = {
          topic: queue.topic,
          partition: queue.partition,
          offset: baseOffset < 0 ? -1 : baseOffset + callbackIndexes![i]!,
          timestamp: logAppendTime >= 0 ? logAppendTime : callbackTimestamps![i]!,
        };
        this.tell(callbacks[i]!, undefined, metadata);
      }
    }
    this.release();
  }

  /** Reports every record as failed. */
  fail(error: ClientError): void {
    if (this.done) return;
    this.finish();
    for (const callback of this.callbacks ?? []) this.tell(callback, error, undefined);
    this.release();
  }

  /** What a callback throws is its owner's: it surfaces, and does not touch the other records. */
  private tell(callback: DeliveryCallback, error: ClientError | undefined, metadata: RecordMetadata | undefined): void {
    try {
      callback(error, metadata);
    } catch (thrown) {
      this.defer(() => {
        throw thrown;
      });
    }
  }
  private finish(): void {
    this.done = true;
    this.closed = true;
    this.builder = undefined;
  }
  private release(): void {
    const { waiters } = this;
    this.callbacks = undefined;
    this.waiters = undefined;
    for (const waiter of waiters ?? []) waiter();
  }
}
