/**
 * Exactly-once: outputs and positions in one transaction, for all that is handled between two commits. Whatever goes wrong
 * aborts it, and its records are read again. A member that was replaced is refused by its generation (KIP-447), so
 * instances need no transactional.id that outlives them; a producer that was fenced, because its transaction took too
 * long, is replaced by a new one.
 */
import type { Runtime } from '../connections/runtime.ts';
import type { Consumer } from '../consumer/consumer.ts';
import type { ConsumerRecord } from '../consumer/records.ts';
import { ClientError } from '../errors.ts';
import type { Producer } from '../producer/producer.ts';
import type { Transaction } from '../producer/transaction.ts';
import { partitionKey } from '../topic-partition.ts';
import { isReplaced } from './may-pass.ts';
import { ReadPositions } from './read-positions.ts';
import type { Send, Work } from './work.ts';

export class ExactlyOnce implements Work {
  readonly positions = new ReadPositions();
  readonly countsBegun = false;
  readonly send: Send = (record, onDelivery) => this.transaction!.send(record, onDelivery);
  private readonly consumer: Consumer;
  private readonly makeProducer: () => Producer;
  private readonly runtime: Runtime;
  private beganAt = 0;
  private producer: Producer | undefined;
  private transaction: Transaction | undefined;

  /** `makeProducer`: a transactional one, not initialized yet. */
  constructor(consumer: Consumer, makeProducer: () => Producer, runtime: Runtime) {
    this.consumer = consumer;
    this.makeProducer = makeProducer;
    this.runtime = runtime;
  }

  async take(records: readonly ConsumerRecord[]): Promise<void> {
    this.positions.take(records);
    await this.resume();
  }

  async resume(): Promise<void> {
    if (this.transaction !== undefined) return;
    this.transaction = await this.begin();
    this.beganAt = this.runtime.clock.monotonic();
  }

  async finish(): Promise<void> {
    const { transaction } = this;
    if (transaction === undefined) return;
    await transaction.sendOffsets(this.positions.toCommit(), this.consumer.groupMetadata());
    await transaction.commit();
    this.transaction = undefined;
    this.positions.settle();
  }

  async putBack(): Promise<void> {
    this.positions.rewind(this.consumer);
  }

  explained(error: Error): Error {
    const timeoutMs = this.producer?.config.transactionTimeoutMs;
    if (timeoutMs === undefined || this.transaction === undefined || !isReplaced(error)) return error;
    const openMs = Math.round(this.runtime.clock.monotonic() - this.beganAt);
    if (openMs < timeoutMs) return error;
    return new ClientError(
      error.code,
      `a transaction was open for ${openMs} ms, longer than transaction.timeout.ms=${timeoutMs}, and the coordinator has ` +
        'aborted it. It is committed between two calls of the handler, so one call took too long: make it faster, or raise ' +
        'it with producer: { transactionTimeoutMs }',
      { fatal: true, cause: error },
    );
  }

  async undo(): Promise<void> {
    if (await this.abort()) this.positions.rewind(this.consumer);
    else await this.findOut();
  }

  async revoked(): Promise<boolean> {
    try {
      await this.finish();
      return true;
    } catch (error) {
      this.runtime.logger.debug(`a transaction is aborted, its partitions are given up: ${String(error)}`);
      await this.undo();
      return false;
    }
  }

  async lost(): Promise<void> {
    await this.abort();
    this.positions.clear();
  }

  async close(): Promise<void> {
    await this.abort();
    await this.producer?.close();
  }

  private async begin(): Promise<Transaction> {
    return (await this.ready()).begin();
  }

  private async ready(): Promise<Producer> {
    if (this.producer === undefined) {
      const producer = this.makeProducer();
      this.producer = producer;
      try {
        await producer.initTransactions();
      } catch (error) {
        await this.discard();
        throw error;
      }
    }
    return this.producer;
  }

  /**
   * True: nothing of the transaction is or will be there. False: that is not known, because a commit was not answered or
   * the producer was fenced; it is closed then.
   */
  private async abort(): Promise<boolean> {
    const { transaction, producer } = this;
    if (transaction === undefined || producer === undefined) return true;
    this.transaction = undefined;
    const mayAbort = producer.transactionState === 'in transaction' || producer.transactionState === 'abortable error';
    try {
      if (mayAbort) {
        await transaction.abort();
        return true;
      }
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      this.runtime.logger.warn(`the transaction could not be aborted, its producer is replaced: ${error.message}`);
    }
    await this.discard();
    return false;
  }

  private async discard(): Promise<void> {
    const { producer } = this;
    this.producer = undefined;
    await producer?.close({ timeoutMs: 0 });
  }

  /**
   * A new producer with the same transactional.id ends what the old one left open, and then the group's offsets tell
   * whether the transaction was committed.
   */
  private async findOut(): Promise<void> {
    await this.ready();
    const committed = await this.consumer.committed();
    this.positions.rewind(this.consumer);
    const assigned = new Set(this.consumer.assignment().map(({ topic, partition }) => partitionKey(topic, partition)));
    for (const position of committed) {
      if (assigned.has(partitionKey(position.topic, position.partition))) this.consumer.seek(position);
    }
  }
}
