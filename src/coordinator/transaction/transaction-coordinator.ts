/**
 * The transaction coordinator: takes each request to the partition of `__transaction_state` that keeps its transactional
 * id, when it is loaded here, and answers every failure with Kafka's code for it. Never rejects.
 * InitProducerId 0-5, AddPartitionsToTxn 0-5, AddOffsetsToTxn 0-4, EndTxn 0-5, DescribeTransactions 0, ListTransactions 0-2.
 * Left out: two-phase commit (KIP-939).
 */
import {
  type Clock,
  ErrorCode,
  type ErrorName,
  errorName,
  type Logger,
  Pattern,
  PatternError,
  silentLogger,
  type Timers,
} from '../../core/index.ts';
import { type RecordLog, Replayed } from '../../replay/index.ts';
import { appendErrorCode } from '../append-errors.ts';
import { getOrMake } from '../get-or-make.ts';
import { partitionFor } from '../partition-for.ts';
import type { RequestContext } from '../request-context.ts';
import { type AddPartitionsDemand, decideAddPartitions, verifyPartitions } from './add-partitions.ts';
import { decideEndTxnV1, decideEndTxnV2, fencedName } from './end-txn.ts';
import { decideInitProducerId, type InitProducerIdDemand } from './init-producer-id.ts';
import type { WriteMarkers } from './markers.ts';
import type {
  AddOffsetsToTxnRequest,
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
  DescribedTransaction,
  EndTxnRequest,
  EndTxnResponse,
  InitProducerIdRequest,
  InitProducerIdResponse,
  ListTransactionsRequest,
  ListTransactionsResponse,
  TopicResults,
} from './messages.ts';
import { type ProducerIdBlock, ProducerIds } from './producer-ids.ts';
import { describeTransaction, listTransactions, undescribed, unknownStates } from './transaction-admin.ts';
import { type TransactionConfig, transactionConfigDefaults } from './transaction-config.ts';
import type { TopicPartition, TransactionMetadata } from './transaction-metadata.ts';
import { type Answer, codeOf, TransactionLogState, TransactionShard } from './transaction-shard.ts';
import type { Verdict } from './verdict.ts';

export interface TransactionCoordinatorOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger?: Logger;
  /** Kafka's names and defaults; see TransactionConfig. */
  readonly config?: Partial<TransactionConfig>;
  /** A partition of `__transaction_state`, while this broker leads it. */
  readonly logFor: (partition: number) => RecordLog | undefined;
  /** `transaction.state.log.num.partitions`, as the topic really has. */
  readonly partitionCount: number;
  /** Largest batch that those partitions take, in bytes. */
  readonly maxBatchBytes?: number;
  /**
   * A loaded partition could not be trusted any more (a commit or the log failed) and is no longer served. `onElection`
   * loads it again.
   */
  readonly onFailure?: (partition: number, error: Error) => void;
  /** A block of producer ids of the controller's; rejects when it cannot be reached. */
  readonly allocateProducerIds: () => Promise<ProducerIdBlock>;
  readonly writeMarkers: WriteMarkers;
  /** The partition of `__consumer_offsets` that keeps a group. */
  readonly groupPartitionFor: (groupId: string) => number;
  /** The finalized `transaction.version`; 2 when absent. */
  readonly transactionVersion?: () => number;
}

export interface AddPartitionsRequest extends AddPartitionsDemand {
  readonly transactionalId: string;
}

type Refusal = { readonly errorCode: number };

const GROUP_TOPIC = '__consumer_offsets';

export class TransactionCoordinator {
  private readonly options: TransactionCoordinatorOptions;
  private readonly config: TransactionConfig;
  private readonly logger: Logger;
  private readonly producerIds: ProducerIds;
  private readonly shards = new Map<number, TransactionShard>();

  constructor(options: TransactionCoordinatorOptions) {
    this.options = options;
    this.config = { ...transactionConfigDefaults, ...options.config };
    this.logger = options.logger ?? silentLogger;
    this.producerIds = new ProducerIds(options.allocateProducerIds);
  }

  /** Which partition of `__transaction_state` keeps a transactional id. */
  partitionFor(transactionalId: string): number {
    return partitionFor(transactionalId, this.options.partitionCount);
  }

  /**
   * This broker leads a partition now: its transactions are loaded from the log, and the prepared ones are completed.
   * `leaderEpoch` goes into their markers. Resolves when the partition is served; requests get
   * COORDINATOR_LOAD_IN_PROGRESS until then. A load that fails is logged, and leaves the partition unserved.
   */
  async onElection(partition: number, leaderEpoch: number): Promise<void> {
    this.onResignation(partition);
    const log = this.options.logFor(partition);
    if (log === undefined) return;
    const { clock, timers, maxBatchBytes, writeMarkers, transactionVersion } = this.options;
    const { logger } = this;
    const replayed = new Replayed({
      name: `__transaction_state-${partition}`,
      log,
      state: new TransactionLogState(),
      clock,
      timers,
      logger,
      ...(maxBatchBytes === undefined ? {} : { maxBatchBytes }),
      onFailure: (error) => {
        this.drop(partition, shard);
        this.options.onFailure?.(partition, error);
      },
    });
    const shard = new TransactionShard({
      replayed,
      config: this.config,
      clock,
      timers,
      logger,
      coordinatorEpoch: leaderEpoch,
      writeMarkers,
      transactionVersion: transactionVersion ?? (() => 2),
    });
    this.shards.set(partition, shard);
    try {
      await replayed.load(() => shard.start());
    } catch (error) {
      this.drop(partition, shard);
      logger.warn(`__transaction_state-${partition} was not loaded`, { leaderEpoch, error });
    }
  }

  /** This broker no longer leads a partition: whoever waits for an answer gets NOT_COORDINATOR, and no marker goes out. */
  onResignation(partition: number): void {
    const shard = this.shards.get(partition);
    if (shard !== undefined) this.drop(partition, shard);
  }

  /** Resigns everywhere. */
  close(): void {
    for (const partition of [...this.shards.keys()]) this.onResignation(partition);
  }

  async initProducerId(request: InitProducerIdRequest, context: RequestContext): Promise<InitProducerIdResponse> {
    const refused = (errorCode: number) => ({ errorCode, producerId: -1, producerEpoch: -1 });
    const { transactionalId, producerId, producerEpoch, transactionTimeoutMs } = request;
    if (transactionalId === '') return refused(ErrorCode.INVALID_REQUEST);
    if ((producerId === -1) !== (producerEpoch === -1)) return refused(ErrorCode.INVALID_REQUEST);
    if (transactionalId === null) return this.initIdempotentProducer();
    if (transactionTimeoutMs <= 0 || transactionTimeoutMs > this.config['transaction.max.timeout.ms']) {
      return refused(ErrorCode.INVALID_TRANSACTION_TIMEOUT);
    }
    const expected = producerId === -1 ? undefined : { producerId, producerEpoch };
    const demand: InitProducerIdDemand = { transactionTimeoutMs, expected };
    const answer = await this.decideWithProducerIds(transactionalId, (current, now, take) =>
      decideInitProducerId(current, demand, now, take),
    );
    const error = fencedName(answer.error, context.apiVersion, 4);
    return { errorCode: ErrorCode[error], producerId: answer.producerId, producerEpoch: answer.producerEpoch };
  }

  async addPartitionsToTxn(
    request: AddPartitionsToTxnRequest,
    context: RequestContext,
  ): Promise<AddPartitionsToTxnResponse> {
    const { apiVersion } = context;
    if (apiVersion < 4) {
      const topics = request.v3AndBelowTopics;
      const code = await this.addPartitions({
        transactionalId: request.v3AndBelowTransactionalId,
        producerId: request.v3AndBelowProducerId,
        producerEpoch: request.v3AndBelowProducerEpoch,
        partitions: partitionsIn(topics),
        transactionVersion: 0,
      });
      const shown = ErrorCode[fencedName(errorName(code), apiVersion, 2)];
      return { errorCode: 0, resultsByTransaction: [], resultsByTopicV3AndBelow: topicResults(topics, () => shown) };
    }
    const results = request.transactions.map(async ({ topics, verifyOnly, ...transaction }) => {
      const demand = { ...transaction, partitions: partitionsIn(topics) };
      if (!verifyOnly) {
        const code = await this.addPartitions({ ...demand, transactionVersion: 2 });
        return { transactionalId: transaction.transactionalId, topicResults: topicResults(topics, () => code) };
      }
      const codes = await this.verifyPartitions(demand);
      return { transactionalId: transaction.transactionalId, topicResults: topicResults(topics, (at) => codes[at]!) };
    });
    return { errorCode: 0, resultsByTransaction: await Promise.all(results), resultsByTopicV3AndBelow: [] };
  }

  /**
   * The same without the envelope, for brokers that add partitions on a producer's behalf (TV2): the error code, under its
   * newest name (90 where old clients would be told 47).
   */
  async addPartitions(request: AddPartitionsRequest): Promise<number> {
    if (request.transactionalId === '') return ErrorCode.INVALID_REQUEST;
    return codeOf(
      await this.decide(request.transactionalId, (current, now) => decideAddPartitions(current, request, now)),
    );
  }

  /** Resolves when the end of a transaction that is under way here is complete; undefined: none is. */
  completion(transactionalId: string): Promise<void> | undefined {
    const shard = this.find(transactionalId);
    return 'errorCode' in shard ? undefined : shard.completion(transactionalId);
  }

  /** Whether partitions are in the producer's transaction: an error code for each, 120 where one is not. */
  async verifyPartitions(request: Omit<AddPartitionsRequest, 'transactionVersion'>): Promise<number[]> {
    const { transactionalId, partitions } = request;
    const shard = this.find(transactionalId);
    if ('errorCode' in shard) return partitions.map(() => shard.errorCode);
    try {
      const errors = await shard.ask(transactionalId, (current) => verifyPartitions(current, request));
      return errors.map((error) => ErrorCode[error]);
    } catch (error) {
      return partitions.map(() => appendErrorCode(error));
    }
  }

  async addOffsetsToTxn(request: AddOffsetsToTxnRequest, context: RequestContext): Promise<{ errorCode: number }> {
    const { groupId, ...producer } = request;
    const partition = this.options.groupPartitionFor(groupId);
    const partitions = [{ topic: GROUP_TOPIC, partition }];
    const code = await this.addPartitions({ ...producer, partitions, transactionVersion: 0 });
    return { errorCode: ErrorCode[fencedName(errorName(code), context.apiVersion, 2)] };
  }

  async endTxn(request: EndTxnRequest, context: RequestContext): Promise<EndTxnResponse> {
    const { transactionalId, producerId, producerEpoch, committed } = request;
    if (transactionalId === '') return { errorCode: ErrorCode.INVALID_REQUEST, producerId: -1, producerEpoch: -1 };
    const demand = { producerId, producerEpoch, kind: committed ? 'commit' : 'abort' } as const;
    const answer = await this.decideWithProducerIds(transactionalId, (current, now, take) =>
      context.apiVersion >= 5 ? decideEndTxnV2(current, demand, now, take) : decideEndTxnV1(current, demand, now),
    );
    const error = fencedName(answer.error, context.apiVersion, 2);
    return { errorCode: ErrorCode[error], producerId: answer.producerId, producerEpoch: answer.producerEpoch };
  }

  /** What is known of a transactional id; for descriptions and tests. Undefined: nothing, or not here. */
  async describe(transactionalId: string): Promise<TransactionMetadata | undefined> {
    const shard = this.find(transactionalId);
    if ('errorCode' in shard) return undefined;
    return shard.ask(transactionalId, (current) => current).catch(() => undefined);
  }

  describeTransactions(transactionalIds: readonly string[]): Promise<DescribedTransaction[]> {
    return Promise.all(
      transactionalIds.map(async (transactionalId) => {
        if (transactionalId === '') return undescribed(transactionalId, ErrorCode.INVALID_REQUEST);
        const shard = this.find(transactionalId);
        if ('errorCode' in shard) return undescribed(transactionalId, shard.errorCode);
        try {
          return await shard.ask(transactionalId, (current) => describeTransaction(transactionalId, current));
        } catch (error) {
          return undescribed(transactionalId, appendErrorCode(error));
        }
      }),
    );
  }

  /** Of every partition that is loaded here; COORDINATOR_LOAD_IN_PROGRESS when one is not yet. */
  async listTransactions(request: ListTransactionsRequest): Promise<ListTransactionsResponse> {
    const refused = (errorCode: number) => ({ errorCode, unknownStateFilters: [], transactionStates: [] });
    const { transactionalIdPattern: text, stateFilters } = request;
    try {
      const filters = { ...request, pattern: text === null || text === '' ? undefined : new Pattern(text) };
      const now = this.options.clock.now();
      const lists = [...this.shards.values()].map(({ replayed }) =>
        replayed.read(({ transactions }) => listTransactions(transactions, filters, now)),
      );
      const transactionStates = (await Promise.all(lists)).flat();
      return { errorCode: 0, unknownStateFilters: unknownStates(stateFilters), transactionStates };
    } catch (error) {
      return refused(error instanceof PatternError ? ErrorCode.INVALID_REGULAR_EXPRESSION : appendErrorCode(error));
    }
  }

  private async initIdempotentProducer(): Promise<InitProducerIdResponse> {
    try {
      for (;;) {
        await this.producerIds.ready();
        const producerId = this.producerIds.take();
        if (producerId !== undefined) return { errorCode: 0, producerId, producerEpoch: 0 };
      }
    } catch (error) {
      this.logger.warn('no producer ids can be had from the controller', { error });
      return { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, producerId: -1, producerEpoch: -1 };
    }
  }

  /** For decisions that may need a producer id: when there is none at hand, a block is fetched first. */
  private async decideWithProducerIds(
    transactionalId: string,
    judge: (current: TransactionMetadata | undefined, now: number, take: () => number | undefined) => Verdict,
  ): Promise<Answer> {
    let isMissing = false;
    const take = () => {
      const producerId = this.producerIds.take();
      isMissing = producerId === undefined;
      return producerId;
    };
    const answer = await this.decide(transactionalId, (current, now) => judge(current, now, take));
    if (!isMissing) return answer;
    try {
      await this.producerIds.ready();
    } catch (error) {
      this.logger.warn('no producer ids can be had from the controller', { error });
      return refusal('COORDINATOR_NOT_AVAILABLE');
    }
    return this.decide(transactionalId, (current, now) => judge(current, now, take));
  }

  private async decide(
    transactionalId: string,
    judge: (current: TransactionMetadata | undefined, now: number) => Verdict,
  ): Promise<Answer> {
    const shard = this.find(transactionalId);
    if ('errorCode' in shard) return refusal(errorName(shard.errorCode));
    try {
      return await shard.decide(transactionalId, judge);
    } catch (error) {
      return refusal(errorName(appendErrorCode(error)));
    }
  }

  private find(transactionalId: string): TransactionShard | Refusal {
    const shard = this.shards.get(this.partitionFor(transactionalId));
    if (shard === undefined) return { errorCode: ErrorCode.NOT_COORDINATOR };
    if (!shard.replayed.active) return { errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS };
    return shard;
  }

  private drop(partition: number, shard: TransactionShard): void {
    if (this.shards.get(partition) === shard) this.shards.delete(partition);
    shard.stop();
  }
}

function refusal(error: ErrorName): Answer {
  return { error, producerId: -1, producerEpoch: -1 };
}

type Topics = AddPartitionsToTxnRequest['v3AndBelowTopics'];

function partitionsIn(topics: Topics): TopicPartition[] {
  return topics.flatMap(({ name, partitions }) => partitions.map((partition) => ({ topic: name, partition })));
}

/** `codeAt` is given the place of each partition in the request. */
function topicResults(topics: Topics, codeAt: (at: number) => number): TopicResults[] {
  const byTopic = new Map<string, TopicResults>();
  let at = 0;
  for (const { name, partitions } of topics) {
    const results = getOrMake(byTopic, name, () => ({ name, resultsByPartition: [] })).resultsByPartition;
    for (const partitionIndex of partitions) results.push({ partitionIndex, partitionErrorCode: codeAt(at++) });
  }
  return [...byTopic.values()];
}
