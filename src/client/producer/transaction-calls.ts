/**
 * The requests of a transactional producer to its coordinator and to a group's, each repeated until it is decided (KIP-98,
 * KIP-360, KIP-447, KIP-890). Knows versions and codes; the state of the transaction is not its business.
 */
import { ErrorCode, errorName } from '../../core/index.ts';
import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  endTxn,
  initProducerId,
  type TxnOffsetCommitRequestInput,
  txnOffsetCommit,
} from '../../wire/index.ts';
import type { Connection } from '../connections/connection.ts';
import { brokerError, CommitFailedError } from '../errors.ts';
import type { Cluster, Deadline } from '../metadata/cluster.ts';
import { askCoordinator, type Verdict } from '../metadata/coordinator-calls.ts';
import type { ProducerConfig } from '../options/producer.ts';
import type { GroupMetadata, TopicPartition, TopicPartitionOffset } from '../topic-partition.ts';
import type { ProducerIdentity } from './partition-queue.ts';
import { classify, type TransactionNames, worst } from './transaction-errors.ts';

export class TransactionCalls {
  private readonly cluster: Cluster;
  private readonly names: TransactionNames;
  private readonly transactionalId: string;
  private readonly timing: { readonly timeoutMs: number };

  constructor(cluster: Cluster, config: ProducerConfig, names: TransactionNames) {
    this.cluster = cluster;
    this.names = names;
    this.transactionalId = names.transactionalId;
    this.timing = { timeoutMs: config.requestTimeoutMs };
  }

  /** Without `known` it fences everybody else; with it, it raises the epoch of the id that it has. */
  initProducerId(known: ProducerIdentity | undefined, deadline: Deadline): Promise<ProducerIdentity> {
    return this.ask('InitProducerId', deadline, async (connection) => {
      // To go on from an id and epoch takes version 3 (KIP-360).
      const version = connection.version(initProducerId, known === undefined ? {} : { min: 3 });
      const body = {
        transactionalId: this.transactionalId,
        transactionTimeoutMs: this.names.transactionTimeoutMs,
        producerId: known?.producerId ?? -1,
        producerEpoch: known?.epoch ?? -1,
      };
      const { errorCode, producerId, producerEpoch } = await connection.request(
        initProducerId,
        version,
        body,
        this.timing,
      );
      // Whoever takes an id over that it may not use has broken nothing, and may be allowed to later.
      if (errorCode === ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED && known === undefined) {
        return { refused: brokerError(errorCode, 'InitProducerId') };
      }
      return this.verdict(errorCode, 'InitProducerId', () => ({ producerId, epoch: producerEpoch }));
    });
  }

  /** TV1. `wanted` is asked before each attempt: nothing is sent once it is false. */
  addPartitions(
    producer: ProducerIdentity,
    partitions: readonly TopicPartition[],
    deadline: Deadline,
    wanted: () => boolean,
  ): Promise<void> {
    const topics = new Map<string, number[]>();
    for (const { topic, partition } of partitions) {
      const numbers = topics.get(topic);
      if (numbers) numbers.push(partition);
      else topics.set(topic, [partition]);
    }
    const body = {
      v3AndBelowTransactionalId: this.transactionalId,
      v3AndBelowProducerId: producer.producerId,
      v3AndBelowProducerEpoch: producer.epoch,
      v3AndBelowTopics: [...topics].map(([name, numbers]) => ({ name, partitions: numbers })),
    };
    return this.ask<void>('AddPartitionsToTxn', deadline, async (connection) => {
      if (!wanted()) return { done: undefined };
      // Versions from 4 on are for brokers.
      const version = connection.version(addPartitionsToTxn, { max: 3 });
      const answer = await connection.request(addPartitionsToTxn, version, body, this.timing);
      const codes = answer.resultsByTopicV3AndBelow.flatMap((topic) =>
        topic.resultsByPartition.map((result) => result.partitionErrorCode),
      );
      return this.verdict(worst(codes), 'AddPartitionsToTxn', () => undefined);
    });
  }

  /** TV1. */
  addOffsets(producer: ProducerIdentity, groupId: string, deadline: Deadline): Promise<void> {
    const body = {
      transactionalId: this.transactionalId,
      producerId: producer.producerId,
      producerEpoch: producer.epoch,
      groupId,
    };
    return this.ask<void>('AddOffsetsToTxn', deadline, async (connection) => {
      const version = connection.version(addOffsetsToTxn, { max: 4 });
      const answer = await connection.request(addOffsetsToTxn, version, body, this.timing);
      return this.verdict(answer.errorCode, 'AddOffsetsToTxn', () => undefined);
    });
  }

  /** @throws CommitFailedError when the group's member was replaced */
  commitOffsets(
    producer: ProducerIdentity,
    offsets: readonly TopicPartitionOffset[],
    group: GroupMetadata,
    tv2: boolean,
    deadline: Deadline,
  ): Promise<void> {
    const what = `TxnOffsetCommit of group "${group.groupId}"`;
    const body: TxnOffsetCommitRequestInput = {
      transactionalId: this.transactionalId,
      groupId: group.groupId,
      producerId: producer.producerId,
      producerEpoch: producer.epoch,
      generationId: group.generationId,
      memberId: group.memberId,
      groupInstanceId: group.groupInstanceId,
      topics: byTopic(offsets),
    };
    return askCoordinator<void>(this.cluster, 'group', group.groupId, deadline, what, async (connection) => {
      const version = connection.version(txnOffsetCommit, tv2 ? { min: 5 } : { max: 4 });
      const answer = await connection.request(txnOffsetCommit, version, body, this.timing);
      const code = worst(answer.topics.flatMap((topic) => topic.partitions.map((partition) => partition.errorCode)));
      const name = errorName(code);
      if (name === 'ILLEGAL_GENERATION' || name === 'UNKNOWN_MEMBER_ID' || name === 'FENCED_INSTANCE_ID') {
        return { refused: new CommitFailedError(group.groupId, name) };
      }
      return this.verdict(code, what, () => undefined);
    });
  }

  /** Returns the id and epoch to go on with: with TV2 the coordinator's, with TV1 the same. */
  endTxn(producer: ProducerIdentity, committed: boolean, tv2: boolean, deadline: Deadline): Promise<ProducerIdentity> {
    const what = committed ? 'EndTxn (commit)' : 'EndTxn (abort)';
    const body = {
      transactionalId: this.transactionalId,
      producerId: producer.producerId,
      producerEpoch: producer.epoch,
      committed,
    };
    return this.ask(what, deadline, async (connection) => {
      const version = connection.version(endTxn, tv2 ? { min: 5 } : { max: 4 });
      const { errorCode, producerId, producerEpoch } = await connection.request(endTxn, version, body, this.timing);
      return this.verdict(errorCode, what, () =>
        tv2 && producerId >= 0 ? { producerId, epoch: producerEpoch } : producer,
      );
    });
  }

  private ask<T>(
    what: string,
    deadline: Deadline,
    attempt: (connection: Connection) => Promise<Verdict<T>>,
  ): Promise<T> {
    return askCoordinator(this.cluster, 'transaction', this.transactionalId, deadline, what, attempt);
  }

  private verdict<T>(code: number, what: string, done: () => T): Verdict<T> {
    if (code === 0) return { done: done() };
    const error = classify(brokerError(code, what), this.names);
    return error.retriable ? { retry: code } : { refused: error };
  }
}

function byTopic(offsets: readonly TopicPartitionOffset[]): NonNullable<TxnOffsetCommitRequestInput['topics']> {
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
  return [...topics].map(([name, partitions]) => ({ name, partitions }));
}
