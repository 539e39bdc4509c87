/**
 * What becomes of a batch: delivered, sent again, or failed, and what that means for the numbers of its partition. Called
 * with what was answered, or that nothing was; sends nothing itself.
 */
import { type Clock, errorName, type Random } from '../../core/index.ts';
import { backoffMs } from '../connections/runtime.ts';
import { brokerError, type ClientError, TimeoutError } from '../errors.ts';
import type { ProducerInstruments } from '../observability/producer-instruments.ts';
import type { ProducerConfig } from '../options/producer.ts';
import type { DeliveryGuard } from './delivery-guard.ts';
import { same } from './partition-queue.ts';
import type { BatchQueue, ProducerBatch } from './producer-batch.ts';

export class BatchOutcomes {
  private readonly config: ProducerConfig;
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly guard: DeliveryGuard;
  private readonly instruments: ProducerInstruments;
  private readonly done: (batch: ProducerBatch, error: ClientError | undefined) => void;

  /** `done` is called once per batch, after its records were told. */
  constructor(
    config: ProducerConfig,
    { clock, random }: { clock: Clock; random: Random },
    guard: DeliveryGuard,
    instruments: ProducerInstruments,
    done: (batch: ProducerBatch, error: ClientError | undefined) => void,
  ) {
    this.config = config;
    this.clock = clock;
    this.random = random;
    this.guard = guard;
    this.instruments = instruments;
    this.done = done;
  }

  /** Fails batches older than delivery.timeout.ms; returns when the next one will be. */
  expire(queue: BatchQueue, now: number): number {
    const limit = this.config.deliveryTimeoutMs;
    // Both lists are in the order of creation.
    for (let head = queue.waiting[0]; head !== undefined && now - head.createdAt >= limit; head = queue.waiting[0]) {
      queue.waiting.shift();
      this.giveUp(head);
    }
    let next = queue.waiting[0]?.createdAt ?? Number.POSITIVE_INFINITY;
    for (const batch of queue.numbered.filter((numbered) => numbered.airborne)) {
      if (now - batch.createdAt >= limit) this.giveUp(batch);
      else next = Math.min(next, batch.createdAt);
    }
    return next + limit;
  }

  private giveUp(batch: ProducerBatch): void {
    const { queue } = batch;
    const last = batch.lastError ? ` (last: ${batch.lastError.message})` : '';
    const error = new TimeoutError(
      `${batch.count} records for ${queue.topic}-${queue.partition} were not acknowledged within delivery.timeout.ms ` +
        `(${this.config.deliveryTimeoutMs} ms)${last}`,
      { cause: batch.lastError },
    );
    this.failBatch(batch, error, batch.attempts > 0);
  }

  /** Starts numbers over where a gap is certain, or finds out what became of a batch given up. */
  settleNumbers(queue: BatchQueue): void {
    if (!this.guard.numbered || queue.airborne > 0) return;
    if (queue.unresolved && queue.numbered.length === 0) {
      if (queue.complete) queue.unresolved = false;
      else queue.resetRequested = true;
    }
    if (!queue.resetRequested) return;
    const identity = this.guard.raiseEpoch(queue);
    if (identity !== undefined) queue.startOver(identity);
  }

  /** The request that carried the batch is over. */
  landed(batch: ProducerBatch): void {
    batch.airborne = false;
    batch.queue.airborne--;
  }

  succeed(batch: ProducerBatch, baseOffset: number, logAppendTime: number): void {
    batch.queue.acknowledged(batch);
    if (batch.done) return;
    batch.succeed(baseOffset, logAppendTime);
    this.done(batch, undefined);
  }

  /** The broker refused the batch. */
  refused(batch: ProducerBatch, code: number, detail: string | null): void {
    if (batch.done) return;
    const { queue } = batch;
    const { guard } = this;
    const error = brokerError(code, `${batch.count} records for ${queue.topic}-${queue.partition}`, detail);
    if (guard.numbered) {
      const name = errorName(code);
      if (name === 'OUT_OF_ORDER_SEQUENCE_NUMBER') {
        this.outOfOrder(batch, error);
        return;
      }
      if (!guard.transactional) {
        // The broker lost or never had the state of this producer: start over under an epoch, or an id, of its own.
        if (
          name === 'UNKNOWN_PRODUCER_ID' ||
          name === 'INVALID_PRODUCER_EPOCH' ||
          name === 'INVALID_PRODUCER_ID_MAPPING'
        ) {
          if (name === 'INVALID_PRODUCER_ID_MAPPING' && same(queue.identity, guard.identity())) guard.forgetIdentity();
          queue.resetRequested = true;
          this.retryOrFail(batch, error, true);
          return;
        }
      }
    }
    if (error.retriable) this.retryOrFail(batch, error);
    else this.failBatch(batch, error, false);
  }

  /**
   * 45. A batch after the one that the broker should expect: one before it failed for now, and it will be accepted after
   * that one. The very batch, or one before it: no number of it can be accepted any more, and it is not in the log. Only a
   * new epoch helps (a transaction is aborted instead).
   */
  private outOfOrder(batch: ProducerBatch, error: ClientError): void {
    const { queue } = batch;
    const early = !queue.unresolved && !queue.isNext(batch) && !queue.isBehind(batch);
    if (!early && this.guard.transactional) {
      this.failBatch(batch, error, true);
      return;
    }
    if (!early && (!queue.unresolved || queue.numbered[0] === batch)) queue.resetRequested = true;
    this.retryOrFail(batch, error, true);
  }

  retryOrFail(batch: ProducerBatch, error: ClientError, again = error.retriable): void {
    if (batch.done) return;
    batch.lastError = error;
    if (!again || batch.attempts > this.config.retries) {
      this.failBatch(batch, error, true);
      return;
    }
    const { retryBackoffMs, retryBackoffMaxMs } = this.config;
    const pause = backoffMs(this.random, retryBackoffMs, retryBackoffMaxMs, batch.attempts);
    batch.retryAt = this.clock.monotonic() + pause;
    batch.queue.putBack(batch);
    const { queue, count, attempts } = batch;
    this.instruments.batchRetried(queue.topic, queue.partition, count, attempts, error);
  }

  /** `unsure`: the broker may have it. Otherwise its numbers are a gap that the broker will not accept records behind. */
  failBatch(batch: ProducerBatch, error: ClientError, unsure: boolean): void {
    if (batch.done) return;
    const { queue } = batch;
    queue.forget(batch);
    if (this.guard.numbered) {
      if (batch.numbered && same(queue.identity, batch.identity)) {
        if (unsure) queue.unresolved = true;
        else queue.resetRequested = true;
      }
      this.guard.batchFailed(error, queue, unsure);
    }
    this.finish(batch, error);
  }

  finish(batch: ProducerBatch, error: ClientError): void {
    batch.fail(error);
    this.instruments.batchFailed(batch.queue.topic, batch.queue.partition, batch.count, error);
    this.done(batch, error);
  }
}
