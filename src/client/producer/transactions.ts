/**
 * The transactional producer's talk with its coordinator (KIP-98, KIP-360, KIP-447, KIP-890). One request at a time.
 *
 * TV1: AddPartitionsToTxn before the first batch of a partition, AddOffsetsToTxn before TxnOffsetCommit, EndTxn <= 4.
 * TV2 (finalized transaction.version >= 2): the brokers add partitions and groups themselves, EndTxn 5 returns the
 * producer id and epoch to go on with. Which of the two is fixed when a transaction begins.
 */
import { ErrorCode, errorName, type Logger } from '../../core/index.ts';
import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  endTxn,
  initProducerId,
  type TxnOffsetCommitRequestInput,
  txnOffsetCommit,
} from '../../wire/index.ts';
import {
  asClientError,
  brokerError,
  ClientError,
  CommitFailedError,
  ProducerFencedError,
  TimeoutError,
} from '../errors.ts';
import type { Cluster, Deadline } from '../metadata/cluster.ts';
import { askCoordinator, type Verdict } from '../metadata/coordinator-calls.ts';
import type { ProducerConfig } from '../options/producer.ts';
import { ignore, Serial, within } from '../support/async.ts';
import type { GroupMetadata, TopicPartitionOffset } from '../topic-partition.ts';
import type { DeliveryGuard } from './delivery-guard.ts';
import { type ProducerIdentity, same } from './partition-queue.ts';
import type { BatchQueue } from './producer-batch.ts';
import { TransactionState } from './transaction-state.ts';

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
  private readonly config: ProducerConfig;
  private readonly transactionalId: string;
  private readonly host: TransactionHost;
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
  private ending: { readonly outcome: Outcome; readonly done: Promise<void> } | undefined;

  constructor(cluster: Cluster, config: ProducerConfig, host: TransactionHost) {
    this.cluster = cluster;
    this.config = config;
    this.transactionalId = config.transactionalId!;
    this.host = host;
    this.logger = cluster.runtime.logger;
  }

  /** Takes the transactional id over: fences whoever had it, ends what it left open. */
  async initialize(deadline: Deadline): Promise<void> {
    this.state.require('initTransactions()', 'uninitialized');
    this.state.enter('initializing');
    try {
      this.producer = await this.serial.run(() => this.initProducerId(undefined, deadline));
      this.state.enter('ready');
    } catch (error) {
      const failure = this.classify(asClientError(error));
      const hopeless = failure.fatal && failure.code !== 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED';
      if (hopeless && !this.cluster.signal.aborted) this.die(failure);
      else if (this.state.is('initializing')) this.state.enter('uninitialized');
      throw failure;
    }
  }

  begin(): void {
    this.state.require('begin()', 'ready');
    this.state.enter('in transaction');
    this.current++;
    this.tv2 = (this.cluster.features.levels.get('transaction.version') ?? 0) >= 2;
    this.registered.clear();
    this.toRegister.clear();
    this.groups.clear();
    this.started = false;
    this.ending = undefined;
  }

  /** Positions become part of the transaction: committed with it, or not at all. */
  async sendOffsets(offsets: readonly TopicPartitionOffset[], group: GroupMetadata, deadline: Deadline): Promise<void> {
    this.state.require('sendOffsets()', 'in transaction');
    if (offsets.length === 0) return;
    try {
      // The caller stops waiting at the deadline; an abort waits for the request that may still be on its way.
      const sent = this.serial.run(async () => {
        this.state.require('sendOffsets()', 'in transaction');
        if (!this.tv2 && !this.groups.has(group.groupId)) await this.addOffsets(group.groupId, deadline);
        this.started = true;
        await this.commitOffsets(offsets, group, deadline);
      });
      const late = (): Error => new TimeoutError(`the offsets of group "${group.groupId}" were not accepted in time`);
      await within(this.cluster.runtime.timers, this.cluster.left(deadline), sent, late, deadline.signal);
    } catch (error) {
      const failure = this.classify(asClientError(error));
      if (this.state.is('in transaction')) {
        if (failure.fatal) this.die(failure);
        else if (!deadline.signal?.aborted) this.abortable(failure);
      }
      throw failure;
    }
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
      const done = outcome === 'commit' ? this.commit() : this.abort();
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
      await this.serial.run(() => this.endTxn(true));
      this.state.enter('ready');
    } catch (error) {
      const failure = this.classify(asClientError(error));
      if (failure.fatal) this.die(failure);
      else if (this.state.is('committing')) this.abortable(failure);
      throw this.state.error ?? failure;
    }
  }

  private async abort(): Promise<void> {
    try {
      await this.host.dropAndSettle(
        new ClientError('TRANSACTION_ABORTABLE', 'the transaction was aborted before the record was delivered'),
      );
      await this.serial.run(async () => {
        await this.endTxn(false);
        if (this.raiseNeeded && !this.tv2) {
          this.state.enter('initializing');
          this.producer = await this.initProducerId(this.producer, this.forever());
        }
        this.raiseNeeded = false;
      });
      this.state.enter('ready');
    } catch (error) {
      const failure = this.classify(asClientError(error));
      // An abort that is answered with "abort it" has nowhere to go.
      this.die(
        failure.fatal ? failure : new ClientError(failure.code, failure.message, { fatal: true, cause: failure }),
      );
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
    const failure = this.classify(error, true);
    if (failure.fatal) this.die(failure);
    else this.abortable(failure);
  }

  /** A record could not even be batched. */
  recordFailed(error: ClientError): void {
    if (this.state.is('in transaction', 'committing')) this.abortable(error);
  }

  // Requests

  private initProducerId(known: ProducerIdentity | undefined, deadline: Deadline): Promise<ProducerIdentity> {
    const { config } = this;
    return this.ask('InitProducerId', deadline, async (connection) => {
      // To go on from an id and epoch takes version 3 (KIP-360).
      const version = connection.version(initProducerId, known === undefined ? {} : { min: 3 });
      const answer = await connection.request(
        initProducerId,
        version,
        {
          transactionalId: this.transactionalId,
          transactionTimeoutMs: config.transactionTimeoutMs,
          producerId: known?.producerId ?? -1,
          producerEpoch: known?.epoch ?? -1,
        },
        { timeoutMs: config.requestTimeoutMs },
      );
      return this.verdict(answer.errorCode, 'InitProducerId', () => ({
        producerId: answer.producerId,
        epoch: answer.producerEpoch,
      }));
    });
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
        await this.addPartitions(queues);
        for (const queue of queues) this.registered.add(queue);
      })
      .catch((error) => {
        if (this.cluster.signal.aborted) return;
        const failure = this.classify(asClientError(error));
        if (failure.fatal) this.die(failure);
        else if (this.state.is('in transaction', 'committing')) this.abortable(failure);
      })
      .finally(() => {
        this.registering = false;
        this.host.wake();
      });
  }

  private addPartitions(queues: readonly BatchQueue[]): Promise<void> {
    const topics = new Map<string, number[]>();
    for (const { topic, partition } of queues) {
      const partitions = topics.get(topic);
      if (partitions) partitions.push(partition);
      else topics.set(topic, [partition]);
    }
    return this.ask<void>('AddPartitionsToTxn', this.forever(), async (connection) => {
      // The transaction may have been given up while this waited for its coordinator.
      if (!this.state.is('in transaction', 'committing')) return { done: undefined };
      const answer = await connection.request(
        addPartitionsToTxn,
        connection.version(addPartitionsToTxn, { max: 3 }),
        {
          v3AndBelowTransactionalId: this.transactionalId,
          v3AndBelowProducerId: this.producer!.producerId,
          v3AndBelowProducerEpoch: this.producer!.epoch,
          v3AndBelowTopics: [...topics].map(([name, partitions]) => ({ name, partitions })),
        },
        { timeoutMs: this.config.requestTimeoutMs },
      );
      const codes = answer.resultsByTopicV3AndBelow.flatMap((topic) =>
        topic.resultsByPartition.map((result) => result.partitionErrorCode),
      );
      return this.verdict(worst(codes), 'AddPartitionsToTxn', () => undefined);
    });
  }

  private async addOffsets(groupId: string, deadline: Deadline): Promise<void> {
    this.started = true;
    await this.ask('AddOffsetsToTxn', deadline, async (connection) => {
      const answer = await connection.request(
        addOffsetsToTxn,
        connection.version(addOffsetsToTxn, { max: 4 }),
        {
          transactionalId: this.transactionalId,
          producerId: this.producer!.producerId,
          producerEpoch: this.producer!.epoch,
          groupId,
        },
        { timeoutMs: this.config.requestTimeoutMs },
      );
      return this.verdict(answer.errorCode, 'AddOffsetsToTxn', () => undefined);
    });
    this.groups.add(groupId);
  }

  private async commitOffsets(
    offsets: readonly TopicPartitionOffset[],
    group: GroupMetadata,
    deadline: Deadline,
  ): Promise<void> {
    const what = `TxnOffsetCommit of group "${group.groupId}"`;
    const topics = new Map<
      string,
      { partitionIndex: number; committedOffset: number; committedLeaderEpoch: number; committedMetadata: string }[]
    >();
    for (const { topic, partition, offset, leaderEpoch, metadata } of offsets) {
      const list = topics.get(topic) ?? [];
      topics.set(topic, list);
      list.push({
        partitionIndex: partition,
        committedOffset: offset,
        committedLeaderEpoch: leaderEpoch ?? -1,
        committedMetadata: metadata ?? '',
      });
    }
    const body: TxnOffsetCommitRequestInput = {
      transactionalId: this.transactionalId,
      groupId: group.groupId,
      producerId: this.producer!.producerId,
      producerEpoch: this.producer!.epoch,
      generationId: group.generationId,
      memberId: group.memberId,
      groupInstanceId: group.groupInstanceId,
      topics: [...topics].map(([name, partitions]) => ({ name, partitions })),
    };
    await askCoordinator(this.cluster, 'group', group.groupId, deadline, what, async (connection) => {
      const version = connection.version(txnOffsetCommit, this.tv2 ? { min: 5 } : { max: 4 });
      const answer = await connection.request(txnOffsetCommit, version, body, {
        timeoutMs: this.config.requestTimeoutMs,
      });
      const codes = answer.topics.flatMap((topic) => topic.partitions.map((partition) => partition.errorCode));
      const code = worst(codes);
      const name = errorName(code);
      if (name === 'ILLEGAL_GENERATION' || name === 'UNKNOWN_MEMBER_ID' || name === 'FENCED_INSTANCE_ID') {
        return { refused: new CommitFailedError(group.groupId, name) };
      }
      return this.verdict(code, what, () => undefined);
    });
  }

  /** Skipped where the coordinator cannot know of the transaction. */
  private async endTxn(committed: boolean): Promise<void> {
    if (!this.started) return;
    const { tv2 } = this;
    const what = committed ? 'EndTxn (commit)' : 'EndTxn (abort)';
    const next = await this.ask(what, this.forever(), async (connection) => {
      const version = connection.version(endTxn, tv2 ? { min: 5 } : { max: 4 });
      const answer = await connection.request(
        endTxn,
        version,
        {
          transactionalId: this.transactionalId,
          producerId: this.producer!.producerId,
          producerEpoch: this.producer!.epoch,
          committed,
        },
        { timeoutMs: this.config.requestTimeoutMs },
      );
      return this.verdict(answer.errorCode, what, () => answer);
    });
    if (tv2 && next.producerId >= 0) this.producer = { producerId: next.producerId, epoch: next.producerEpoch };
  }

  private ask<T>(what: string, deadline: Deadline, attempt: Parameters<typeof askCoordinator<T>>[5]): Promise<T> {
    return askCoordinator(this.cluster, 'transaction', this.transactionalId, deadline, what, attempt);
  }

  private verdict<T>(code: number, what: string, done: () => T): Verdict<T> {
    if (code === 0) return { done: done() };
    const error = this.classify(brokerError(code, what));
    return error.retriable ? { retry: code } : { refused: error };
  }

  /** Says of an error whether the transaction, or the producer, can go on after it. */
  private classify(error: ClientError, fromProduce = false): ClientError {
    if (error.fatal || error.abortable) return error;
    switch (error.code) {
      case 'PRODUCER_FENCED':
        return new ProducerFencedError(this.transactionalId, error.code, { cause: error });
      case 'INVALID_PRODUCER_EPOCH':
        return fromProduce
          ? abortableCopy(error)
          : new ProducerFencedError(this.transactionalId, error.code, { cause: error });
      case 'INVALID_TXN_STATE':
        return fromProduce ? abortableCopy(error) : fatalCopy(error);
      case 'INVALID_PRODUCER_ID_MAPPING':
      case 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED':
      case 'CLUSTER_AUTHORIZATION_FAILED':
      case 'UNSUPPORTED_VERSION':
      case 'UNKNOWN_PRODUCER_ID':
        return fromProduce && error.code === 'UNKNOWN_PRODUCER_ID' ? abortableCopy(error) : fatalCopy(error);
      case 'INVALID_TRANSACTION_TIMEOUT':
        return new ClientError(
          error.code,
          `transaction.timeout.ms=${this.config.transactionTimeoutMs} is more than the broker's transaction.max.timeout.ms allows: lower it`,
          { cause: error },
        );
      default:
        return error.retriable && !fromProduce ? error : abortableCopy(error);
    }
  }

  private abortable(error: ClientError): void {
    if (!this.state.allows('abortable error')) return;
    this.logger.warn('the transaction must be aborted', {
      transactionalId: this.transactionalId,
      cause: error.message,
    });
    this.state.enter('abortable error', error.abortable ? error : abortableCopy(error));
    this.host.wake();
  }

  private die(error: ClientError): void {
    if (this.state.is('fatal')) return;
    this.logger.error('the producer is of no more use', {
      transactionalId: this.transactionalId,
      cause: error.message,
    });
    this.state.enter('fatal', error);
    this.host.wake();
  }

  private forever(): Deadline {
    return { at: Number.POSITIVE_INFINITY };
  }
}

/** Of the codes of one answer, the one to act on: a refusal before what may be retried. */
function worst(codes: readonly number[]): number {
  let found = 0;
  for (const code of codes) {
    if (code === 0 || code === ErrorCode.OPERATION_NOT_ATTEMPTED) {
      if (found === 0) found = code === 0 ? 0 : found;
      continue;
    }
    if (found === 0 || brokerError(found, '').retriable) found = code;
  }
  return found;
}

function abortableCopy(error: ClientError): ClientError {
  return new ClientError(error.retriable ? 'TRANSACTION_ABORTABLE' : error.code, error.message, {
    abortable: true,
    cause: error,
  });
}
function fatalCopy(error: ClientError): ClientError {
  return new ClientError(error.code, error.message, { fatal: true, cause: error });
}
