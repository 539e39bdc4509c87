/**
 * The life of a producer's transactions (KIP-98, KIP-360, KIP-447, KIP-890): what is in one, when it may end, what breaks
 * it. One request to a coordinator at a time.
 *
 * TV1: AddPartitionsToTxn before the first batch of a partition, AddOffsetsToTxn before TxnOffsetCommit, EndTxn <= 4.
 * TV2 (finalized transaction.version >= 2): the brokers add partitions and groups themselves, EndTxn 5 returns the
 * producer id and epoch to go on with. Which of the two is fixed when a transaction begins.
 */
import type { Logger } from '../../core/index.ts';
import { asClientError, ClientError, TimeoutError } from '../errors.ts';
import type { Cluster, Deadline } from '../metadata/cluster.ts';
import { whileWanted } from '../metadata/coordinator-calls.ts';
import type { ProducerInstruments } from '../observability/producer-instruments.ts';
import type { ProducerConfig } from '../options/producer.ts';
import { ignore, isReasonOf, Serial, within } from '../support/async.ts';
import type { GroupMetadata, TopicPartitionOffset } from '../topic-partition.ts';
import type { DeliveryGuard } from './delivery-guard.ts';
import { type ProducerIdentity, same } from './partition-queue.ts';
import type { BatchQueue } from './producer-batch.ts';
import { TransactionCalls } from './transaction-calls.ts';
import { abortableCopy, classify, fatalCopy, type TransactionNames } from './transaction-errors.ts';
import { TransactionState } from './transaction-state.ts';
import { TransactionWatch } from './transaction-watch.ts';

/** What the transaction needs of the producer around it. */
export interface TransactionHost {
  wake(): void;
  /** Resolves when all batches that exist now are delivered or failed. */
  drain(): Promise<void>;
  /** Fails everything that is not in the air; resolves when nothing is. */
  dropAndSettle(error: ClientError): Promise<void>;
}

type Outcome = 'commit' | 'abort';

export class Transactions implements DeliveryGuard {
  readonly numbered = true;
  readonly transactional = true;
  readonly state = new TransactionState();
  /** Counts transactions, so that a handle of an old one is known as such. */
  current = 0;

  private readonly cluster: Cluster;
  private readonly names: TransactionNames;
  private readonly calls: TransactionCalls;
  private readonly host: TransactionHost;
  private readonly watch: TransactionWatch;
  private readonly logger: Logger;
  private readonly serial = new Serial();
  private producer: ProducerIdentity | undefined;
  private tv2 = false;
  /** Partitions that are in the transaction (TV1: registered; TV2: sent to). */
  private readonly registered = new Set<BatchQueue>();
  private readonly toRegister = new Set<BatchQueue>();
  private registering = false;
  /** Something of this transaction reached, or may have reached, the coordinator. */
  private started = false;
  private readonly groups = new Set<string>();
  /** TV1: numbers of this transaction are uncertain; the epoch must rise before the next one. */
  private raiseNeeded = false;
  /** Offsets that were not accepted yet are not wanted any more. */
  private aborted = new AbortController();
  private ending: { readonly outcome: Outcome; readonly done: Promise<void> } | undefined;

  constructor(cluster: Cluster, config: ProducerConfig, instruments: ProducerInstruments, host: TransactionHost) {
    this.cluster = cluster;
    const { transactionTimeoutMs } = config;
    this.names = { transactionalId: config.transactionalId!, transactionTimeoutMs };
    this.calls = new TransactionCalls(cluster, config, this.names);
    this.host = host;
    this.watch = new TransactionWatch(this.names.transactionalId, cluster.runtime.clock, instruments);
    this.logger = cluster.runtime.logger;
  }

  /** Takes the transactional id over: fences whoever had it, ends what it left open. */
  async initialize(deadline: Deadline): Promise<void> {
    this.state.require('initTransactions()', 'uninitialized');
    this.state.enter('initializing');
    try {
      this.producer = await this.watch.timed('txn-init-time', () =>
        whileWanted(
          this.cluster,
          deadline,
          'initTransactions()',
          this.serial.run(() => this.calls.initProducerId(undefined, deadline)),
        ),
      );
      this.state.enter('ready');
    } catch (error) {
      const isUnwanted = isReasonOf(deadline.signal, error);
      const failure = asClientError(error);
      if (failure.fatal && !isUnwanted && !this.cluster.signal.aborted) this.die(failure);
      else if (this.state.is('initializing')) this.state.enter('uninitialized');
      throw isUnwanted ? error : failure;
    }
  }

  begin(): void {
    this.state.require('begin()', 'ready');
    this.state.enter('in transaction');
    this.watch.began();
    this.current++;
    this.tv2 = (this.cluster.features.levels.get('transaction.version') ?? 0) >= 2;
    this.registered.clear();
    this.toRegister.clear();
    this.groups.clear();
    this.started = false;
    this.aborted = new AbortController();
    this.ending = undefined;
  }

  /** Positions become part of the transaction: committed with it, or not at all. */
  async sendOffsets(offsets: readonly TopicPartitionOffset[], group: GroupMetadata, deadline: Deadline): Promise<void> {
    this.state.require('sendOffsets()', 'in transaction');
    if (offsets.length === 0) return;
    // The caller may stop waiting, at the deadline or before; commit and abort wait for the request that may be on its way.
    const { signal } = this.aborted;
    const sent = this.serial.run(() => this.addOffsets(offsets, group, { at: deadline.at, signal }));
    const late = (): Error => new TimeoutError(`the offsets of group "${group.groupId}" were not accepted in time`);
    try {
      await this.watch.timed('txn-send-offsets-time', () =>
        within(this.cluster.runtime.timers, this.cluster.left(deadline), sent, late, deadline.signal),
      );
    } catch (error) {
      if (isReasonOf(deadline.signal, error)) throw error;
      const failure = classify(asClientError(error), this.names);
      if (this.state.is('in transaction')) this.offsetsFailed(failure);
      throw failure;
    }
  }

  private async addOffsets(
    offsets: readonly TopicPartitionOffset[],
    group: GroupMetadata,
    deadline: Deadline,
  ): Promise<void> {
    try {
      this.state.require('sendOffsets()', 'in transaction', 'committing');
      this.started = true;
      if (!this.tv2 && !this.groups.has(group.groupId)) {
        await this.calls.addOffsets(this.producer!, group.groupId, deadline);
        this.groups.add(group.groupId);
      }
      await this.calls.commitOffsets(this.producer!, offsets, group, this.tv2, deadline);
    } catch (error) {
      const failure = classify(asClientError(error), this.names);
      if (this.state.is('in transaction', 'committing') && !this.cluster.signal.aborted) this.offsetsFailed(failure);
      throw failure;
    }
  }

  private offsetsFailed(failure: ClientError): void {
    if (failure.fatal) this.die(failure);
    else this.abortable(failure);
  }

  /**
   * Ends the transaction. A commit that timed out goes on in the background; calling again waits for it again.
   * @throws TimeoutError; the abortable or fatal error that decided otherwise
   */
  async end(outcome: Outcome, deadline: Deadline): Promise<void> {
    const call = `${outcome}()`;
    if (this.ending === undefined || this.ending.outcome !== outcome || this.state.is('abortable error')) {
      if (outcome === 'commit') {
        this.state.require(call, 'in transaction');
        this.state.enter('committing');
      } else {
        this.state.require(call, 'in transaction', 'abortable error');
        this.state.enter('aborting');
      }
      const done =
        outcome === 'commit'
          ? this.watch.timed('txn-commit-time', () => this.commit())
          : this.watch.timed('txn-abort-time', () => this.abort());
      done.catch(ignore);
      this.ending = { outcome, done };
    } else if (this.state.is('fatal')) {
      throw this.state.error!;
    }
    await within(
      this.cluster.runtime.timers,
      this.cluster.left(deadline),
      this.ending.done,
      () =>
        new TimeoutError(
          outcome === 'commit'
            ? 'the commit is not decided yet: call commit() again to wait for it, or close the producer'
            : 'the abort is not confirmed yet: call abort() again to wait for it, or close the producer',
        ),
      deadline.signal,
    );
  }

  /** Resolves when the commit or abort under way is over, however it went. */
  settled(): Promise<void> {
    return this.ending === undefined ? Promise.resolve() : this.ending.done.catch(ignore);
  }

  private async commit(): Promise<void> {
    try {
      await this.host.drain();
      // Whatever failed on the way has turned the state.
      if (this.state.error !== undefined) throw this.state.error;
      await this.serial.run(async () => {
        // Offsets whose sender did not wait for them may have failed just now.
        if (this.state.error !== undefined) throw this.state.error;
        await this.endTxn(true);
      });
      this.state.enter('ready');
      this.watch.ended('committed');
    } catch (error) {
      const failure = classify(asClientError(error), this.names);
      if (failure.fatal) this.die(failure);
      else if (this.state.is('committing')) this.abortable(failure);
      throw this.state.error ?? failure;
    }
  }

  private async abort(): Promise<void> {
    this.aborted.abort(new ClientError('TRANSACTION_ABORTABLE', 'the transaction was aborted before that'));
    try {
      await this.host.dropAndSettle(
        new ClientError('TRANSACTION_ABORTABLE', 'the transaction was aborted before the record was delivered'),
      );
      await this.serial.run(async () => {
        await this.endTxn(false);
        if (this.raiseNeeded && !this.tv2) {
          this.state.enter('initializing');
          this.producer = await this.calls.initProducerId(this.producer, FOREVER);
        }
        this.raiseNeeded = false;
      });
      this.state.enter('ready');
      this.watch.ended('aborted');
    } catch (error) {
      const failure = classify(asClientError(error), this.names);
      // An abort that is answered with "abort it" has nowhere to go.
      this.die(failure.fatal ? failure : fatalCopy(failure));
      throw this.state.error!;
    }
  }

  // DeliveryGuard

  identity(): ProducerIdentity | undefined {
    return this.producer;
  }

  refusal(): ClientError | undefined {
    return this.state.error;
  }

  admits(queue: BatchQueue): boolean {
    if (!this.state.is('in transaction', 'committing')) return false;
    if (this.tv2 || this.registered.has(queue)) return true;
    this.toRegister.add(queue);
    this.register();
    return false;
  }

  versions(): { min?: number; max?: number } {
    return this.tv2 ? { min: 12 } : { max: 11 };
  }

  leaving(queue: BatchQueue): void {
    this.started = true;
    this.registered.add(queue);
  }

  raiseEpoch(queue: BatchQueue): ProducerIdentity | undefined {
    if (this.producer !== undefined && !same(queue.identity, this.producer)) return this.producer;
    this.raiseNeeded = true;
    if (this.state.is('in transaction', 'committing')) {
      this.abortable(
        new ClientError(
          'TRANSACTION_ABORTABLE',
          `what became of records for ${queue.topic}-${queue.partition} is not known, and they cannot be sent again`,
          { abortable: true },
        ),
      );
    }
    return undefined;
  }

  forgetIdentity(): void {
    this.raiseNeeded = true;
  }

  batchFailed(error: ClientError, _queue: BatchQueue, unsure: boolean): void {
    if (unsure) this.raiseNeeded = true;
    if (this.cluster.signal.aborted || !this.state.is('in transaction', 'committing')) return;
    const failure = classify(error, this.names, true);
    if (failure.fatal) this.die(failure);
    else this.abortable(failure);
  }

  /** A record could not even be batched. */
  recordFailed(error: ClientError): void {
    if (this.state.is('in transaction', 'committing')) this.abortable(error);
  }

  /** TV1: registers what waits for it, then lets it go. */
  private register(): void {
    if (this.registering) return;
    this.registering = true;
    const transaction = this.current;
    // In a later turn, so that one request takes all partitions of this pass.
    this.serial
      .run(async () => {
        const queues = [...this.toRegister];
        this.toRegister.clear();
        if (queues.length === 0 || transaction !== this.current) return;
        if (!this.state.is('in transaction', 'committing')) return;
        this.started = true;
        const wanted = (): boolean => this.state.is('in transaction', 'committing');
        await this.calls.addPartitions(this.producer!, queues, FOREVER, wanted);
        for (const queue of queues) this.registered.add(queue);
      })
      .catch((error) => {
        if (this.cluster.signal.aborted) return;
        const failure = classify(asClientError(error), this.names);
        if (failure.fatal) this.die(failure);
        else if (this.state.is('in transaction', 'committing')) this.abortable(failure);
      })
      .finally(() => {
        this.registering = false;
        this.host.wake();
      });
  }

  /** Skipped where the coordinator cannot know of the transaction. */
  private async endTxn(committed: boolean): Promise<void> {
    if (!this.started) return;
    this.producer = await this.calls.endTxn(this.producer!, committed, this.tv2, FOREVER);
  }

  private abortable(error: ClientError): void {
    if (!this.state.allows('abortable error')) return;
    this.logger.warn('the transaction must be aborted', {
      transactionalId: this.names.transactionalId,
      cause: error.message,
    });
    this.state.enter('abortable error', error.abortable ? error : abortableCopy(error));
    this.watch.broke(error);
    this.host.wake();
  }

  private die(error: ClientError): void {
    if (this.state.is('fatal')) return;
    this.logger.error('the producer is of no more use', {
      transactionalId: this.names.transactionalId,
      cause: error.message,
    });
    this.watch.died(error, this.state.is('in transaction', 'committing', 'aborting'));
    this.state.enter('fatal', error);
    this.host.wake();
  }
}

/** What decides a transaction goes on until it is decided, or the producer closes. */
const FOREVER: Deadline = { at: Number.POSITIVE_INFINITY };
