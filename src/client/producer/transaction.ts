/** One transaction, as its user holds it. Left without commit it is aborted (`await using`). */
import { IllegalStateError } from '../errors.ts';
import type { Cluster } from '../metadata/cluster.ts';
import type { GroupMetadata, TopicPartitionOffset } from '../topic-partition.ts';
import type { DeliveryCallback, DeliveryWaitOptions, ProducerRecord, RecordMetadata, WaitOptions } from './records.ts';
import { sendAndWait } from './send-and-wait.ts';
import type { Transactions } from './transactions.ts';

/**
 * ```ts
 * await using tx = await producer.begin();
 * tx.send({ topic: 'payments', key, value });
 * await tx.sendOffsets([{ topic: 'orders', partition: 0, offset: 42 }], consumer.groupMetadata());
 * await tx.commit();
 * ```
 */
export class Transaction {
  private readonly transactions: Transactions;
  private readonly cluster: Cluster;
  private readonly maxBlockMs: number;
  private readonly accept: (record: ProducerRecord, onDelivery?: DeliveryCallback) => undefined | Promise<void>;
  private readonly number: number;

  constructor(
    transactions: Transactions,
    cluster: Cluster,
    maxBlockMs: number,
    accept: (record: ProducerRecord, onDelivery?: DeliveryCallback) => undefined | Promise<void>,
  ) {
    this.transactions = transactions;
    this.cluster = cluster;
    this.maxBlockMs = maxBlockMs;
    this.accept = accept;
    this.number = transactions.current;
  }

  /**
   * Like `Producer.send`; a record that fails breaks the transaction, and `commit` says so.
   * @throws the error that broke the transaction; IllegalStateError once it is over
   */
  send(record: ProducerRecord, onDelivery?: DeliveryCallback): undefined | Promise<void> {
    this.require('send()');
    this.transactions.state.require('send()', 'in transaction');
    return this.accept(record, onDelivery);
  }

  /**
   * Sends one record and waits until it is written (not: committed).
   * @throws what `send` throws, and the record's error; TimeoutError and the signal's reason, after which it is still part
   *   of the transaction
   */
  sendAndWait(record: ProducerRecord, options: DeliveryWaitOptions = {}): Promise<RecordMetadata> {
    return sendAndWait((one, onDelivery) => this.send(one, onDelivery), record, this.cluster.runtime.timers, options);
  }

  /**
   * Commits a consumer's positions with the transaction (KIP-447). `offsets`: of the next records to read.
   * @throws CommitFailedError when the member was replaced: abort; TimeoutError, then abort as well; the signal's reason,
   *   after which `commit` waits for them, and fails where they do
   */
  async sendOffsets(
    offsets: readonly TopicPartitionOffset[],
    group: GroupMetadata,
    options: WaitOptions = {},
  ): Promise<void> {
    this.require('sendOffsets()');
    await this.transactions.sendOffsets(offsets, group, this.deadline(options));
  }

  /**
   * Commits: waits for every record, then decides. After a TimeoutError the outcome is open: call it again, or close.
   * @throws the error of a record that failed, after which the transaction must be aborted; ProducerFencedError
   */
  async commit(options: WaitOptions = {}): Promise<void> {
    this.require('commit()');
    await this.transactions.end('commit', this.deadline(options));
  }

  /** Aborts: none of its records will be seen by read_committed consumers. */
  async abort(options: WaitOptions = {}): Promise<void> {
    this.require('abort()');
    await this.transactions.end('abort', this.deadline(options));
  }

  /** Aborts what was neither committed nor aborted. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.number !== this.transactions.current) return;
    if (this.transactions.state.is('in transaction', 'abortable error')) await this.abort();
  }

  private require(call: string): void {
    if (this.number !== this.transactions.current) {
      throw new IllegalStateError(`${call} on a transaction that is over: begin a new one`);
    }
  }
  private deadline({ timeoutMs, signal }: WaitOptions): ReturnType<Cluster['deadline']> {
    return this.cluster.deadline(timeoutMs ?? this.maxBlockMs, signal);
  }
}
