/**
 * What `for await` goes through: batch by batch, or record by record. Both end quietly with their signal and when the
 * consumer is closed. Nothing is kept here: where the consumer stands is always behind what was handed out.
 */
import type { Clock } from '../../core/index.ts';
import { ClosedError } from '../errors.ts';
import type { ConsumerRecord } from './records.ts';

export interface LoopOptions {
  /** Ends the loop: at once while it waits, otherwise after what it handed out last. */
  readonly signal?: AbortSignal;
}

/** The part of a consumer that the loops need. */
export interface LoopedConsumer {
  /** As poll(), with at most so many records. */
  next(limit: number, signal: AbortSignal | undefined): Promise<ConsumerRecord[]>;
  /** The next record, where one is ready and nothing speaks against handing it out without a poll(). */
  ready(): ConsumerRecord | undefined;
  isClosed(): boolean;
}

export async function* batchesOf(
  consumer: LoopedConsumer,
  limit: number,
  { signal }: LoopOptions,
): AsyncGenerator<ConsumerRecord[], void, undefined> {
  for (;;) {
    const batch = await nextOf(consumer, limit, signal);
    if (batch === undefined) return;
    yield batch;
  }
}

/** How long records are handed out before rebalances, automatic commits and fetches are looked after again. */
const LOOK_MS = 100;

/** One record at a time; polls for each that is not ready, and each so many records, or LOOK_MS. */
export class RecordLoop implements AsyncIterableIterator<ConsumerRecord> {
  private readonly consumer: LoopedConsumer;
  private readonly clock: Clock;
  private readonly atOnce: number;
  private readonly signal: AbortSignal | undefined;
  private left = 0;
  private lookAt = 0;
  private over = false;

  /** `atOnce`: the most records between two polls. */
  constructor(consumer: LoopedConsumer, clock: Clock, atOnce: number, { signal }: LoopOptions) {
    this.consumer = consumer;
    this.clock = clock;
    this.atOnce = atOnce;
    this.signal = signal;
  }

  next(): Promise<IteratorResult<ConsumerRecord, undefined>> {
    if (this.over) return Promise.resolve(OVER);
    if (this.left > 0 && this.signal?.aborted !== true && this.clock.monotonic() < this.lookAt) {
      const value = this.consumer.ready();
      if (value !== undefined) {
        this.left--;
        return Promise.resolve({ done: false, value });
      }
    }
    return this.poll();
  }

  return(): Promise<IteratorResult<ConsumerRecord, undefined>> {
    this.over = true;
    return Promise.resolve(OVER);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private async poll(): Promise<IteratorResult<ConsumerRecord, undefined>> {
    const records = await nextOf(this.consumer, 1, this.signal);
    if (records === undefined) {
      this.over = true;
      return OVER;
    }
    this.left = this.atOnce - 1;
    this.lookAt = this.clock.monotonic() + LOOK_MS;
    return { done: false, value: records[0]! };
  }
}

const OVER = { done: true, value: undefined } as const;

/** At least one record; undefined when the loop is over. */
async function nextOf(
  consumer: LoopedConsumer,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<ConsumerRecord[] | undefined> {
  while (signal?.aborted !== true) {
    try {
      const records = await consumer.next(limit, signal);
      if (records.length > 0) return records;
    } catch (error) {
      if (signal?.aborted && error === signal.reason) return undefined;
      if (consumer.isClosed() && error instanceof ClosedError) return undefined;
      throw error;
    }
  }
  return undefined;
}
