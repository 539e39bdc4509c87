/**
 * Transactions from outside (KIP-664, KIP-1152): listed at every broker, described and fenced at their coordinators; the
 * producers that a partition remembers, and a marker by hand, at the partition's leader.
 */
import {
  describeProducers,
  describeTransactions,
  initProducerId,
  listTransactions,
  writeTxnMarkers,
} from '../../wire/index.ts';
import { byTopic, partitionLabel, type TopicPartition } from '../topic-partition.ts';
import type { AdminCall } from './call.ts';
import { askEach, flatResultsOf, labelled, type Outcome, refusal, type Settled, settle } from './items.ts';
import { allBrokers, newcomerRefusal, toBrokers, toCoordinators, toLeaders } from './routes.ts';

export interface TransactionListing {
  readonly transactionalId: string;
  readonly producerId: number;
  /** `Empty`, `Ongoing`, `PrepareCommit`, `PrepareAbort`, `CompleteCommit`, `CompleteAbort`. */
  readonly state: string;
}

export interface TransactionFilter {
  readonly states?: readonly string[];
  readonly producerIds?: readonly number[];
  /** Only transactions that have been open for longer, milliseconds (KIP-994). */
  readonly durationMs?: number;
  /** For whole ids, in RE2's syntax (KIP-1152). */
  readonly transactionalIdPattern?: string;
}

export interface TransactionDescription {
  readonly transactionalId: string;
  readonly coordinatorId: number;
  readonly state: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  /** transaction.timeout.ms of its producer. */
  readonly transactionTimeoutMs: number;
  /** Milliseconds since 1970; undefined where none was ever begun. */
  readonly transactionStartTimeMs: number | undefined;
  /** What it has written to and has not been ended in yet. */
  readonly partitions: readonly TopicPartition[];
}

export interface ProducerState {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** -1: none since the epoch began. */
  readonly lastSequence: number;
  /** Of its last record, milliseconds since 1970; -1: not known. */
  readonly lastTimestamp: number;
  /** Of the last marker; undefined where there was none. */
  readonly coordinatorEpoch: number | undefined;
  /** Where its open transaction begins in this partition; undefined where none is open. */
  readonly currentTransactionStartOffset: number | undefined;
}

export interface PartitionProducers extends TopicPartition {
  readonly activeProducers: readonly ProducerState[];
}

/** A transaction as a partition knows it; `describeProducers` and `findHangingTransactions` tell the numbers. */
export interface AbortTransactionSpec extends TopicPartition {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** 0 where the partition has never seen a marker of the producer. */
  readonly coordinatorEpoch?: number | undefined;
}

export interface FencedProducer {
  readonly transactionalId: string;
  readonly producerId: number;
  /** The new one: whoever has a lower one is fenced. */
  readonly producerEpoch: number;
}

/** Whoever takes the id next brings its own; any that brokers allow will do. */
const UNUSED_TIMEOUT_MS = 1_000;

const ofTransaction = toCoordinators<string>('transaction', (transactionalId) => transactionalId);

export async function listTransactionsBy(
  call: AdminCall,
  { states, producerIds, durationMs, transactionalIdPattern }: TransactionFilter,
): Promise<TransactionListing[]> {
  const limits = { min: transactionalIdPattern !== undefined ? 2 : durationMs !== undefined ? 1 : 0 };
  const body = {
    stateFilters: [...(states ?? [])],
    producerIdFilters: [...(producerIds ?? [])],
    ...(durationMs === undefined ? {} : { durationFilter: durationMs }),
    ...(transactionalIdPattern === undefined ? {} : { transactionalIdPattern }),
  };
  const perBroker = await settle(
    call,
    'ListTransactions',
    await allBrokers(call),
    toBrokers,
    async (connection, left) => {
      const [label] = left.keys();
      const answer = await call.send(connection, listTransactions, body, limits);
      const what = `transactions of ${label}`;
      if (answer.errorCode !== 0) return new Map([[label!, refusal(answer.errorCode, what)]]);
      const done = answer.transactionStates.map(({ transactionalId, producerId, transactionState: state }) => {
        return { transactionalId, producerId, state };
      });
      return new Map([[label!, { done }]]);
    },
  );
  return flatResultsOf('ListTransactions', perBroker);
}

/** `settle`, so that who looks for hanging transactions sees which ids are unknown. */
export function settleDescriptions(
  call: AdminCall,
  transactionalIds: readonly string[],
): Promise<Settled<TransactionDescription>> {
  const items = labelled(transactionalIds, (transactionalId) => transactionalId);
  return settle(
    call,
    'DescribeTransactions',
    items,
    ofTransaction,
    async (connection, left, { id: coordinatorId = -1 }) => {
      const answer = await call.send(connection, describeTransactions, { transactionalIds: [...left.keys()] });
      return new Map(
        answer.transactionStates.map((each): [string, Outcome<TransactionDescription>] => {
          const { transactionalId, transactionState: state, producerId, producerEpoch, transactionTimeoutMs } = each;
          if (each.errorCode !== 0)
            return [transactionalId, refusal(each.errorCode, `transaction "${transactionalId}"`)];
          const began = each.transactionStartTimeMs;
          const partitions = each.topics.flatMap(({ topic, partitions }) =>
            partitions.map((partition) => ({ topic, partition })),
          );
          const done = {
            ...{ transactionalId, coordinatorId, state, producerId, producerEpoch, transactionTimeoutMs, partitions },
            transactionStartTimeMs: began < 0 ? undefined : began,
          };
          return [transactionalId, { done }];
        }),
      );
    },
  );
}

export function describeProducersBy(
  call: AdminCall,
  partitions: readonly TopicPartition[],
): Promise<PartitionProducers[]> {
  return askEach(
    call,
    'DescribeProducers',
    labelled(partitions, partitionLabel),
    toLeaders,
    async (connection, left) => {
      const answer = await call.send(connection, describeProducers, {
        topics: [...byTopic(left.values())].map(([name, theirs]) => ({
          name,
          partitionIndexes: theirs.map(({ partition }) => partition),
        })),
      });
      const outcomes = new Map<string, Outcome<PartitionProducers>>();
      for (const { name: topic, partitions: theirs } of answer.topics) {
        for (const { partitionIndex: partition, errorCode, errorMessage, activeProducers } of theirs) {
          const label = partitionLabel({ topic, partition });
          if (errorCode !== 0) {
            outcomes.set(label, newcomerRefusal(call, errorCode, `producers of ${label}`, errorMessage));
            continue;
          }
          const producers = activeProducers.map(({ coordinatorEpoch, currentTxnStartOffset, ...producer }) => ({
            ...producer,
            coordinatorEpoch: coordinatorEpoch < 0 ? undefined : coordinatorEpoch,
            currentTransactionStartOffset: currentTxnStartOffset < 0 ? undefined : currentTxnStartOffset,
          }));
          outcomes.set(label, { done: { topic, partition, activeProducers: producers } });
        }
      }
      return outcomes;
    },
  );
}

export async function abortTransactionBy(call: AdminCall, spec: AbortTransactionSpec): Promise<void> {
  const { topic, partition, producerId, producerEpoch, coordinatorEpoch } = spec;
  const label = partitionLabel(spec);
  const what = `aborting the transaction of producer ${producerId} in ${label}`;
  await askEach(call, 'WriteTxnMarkers', new Map([[label, spec]]), toLeaders, async (connection) => {
    const { markers } = await call.send(connection, writeTxnMarkers, {
      markers: [
        {
          producerId,
          producerEpoch,
          transactionResult: false,
          topics: [{ name: topic, partitionIndexes: [partition] }],
          coordinatorEpoch: coordinatorEpoch ?? 0,
        },
      ],
    });
    const errorCode = markers[0]?.topics[0]?.partitions[0]?.errorCode;
    if (errorCode === undefined) return new Map();
    return new Map([[label, errorCode === 0 ? { done: undefined } : newcomerRefusal(call, errorCode, what)]]);
  });
}

export function fenceProducersBy(call: AdminCall, transactionalIds: readonly string[]): Promise<FencedProducer[]> {
  const items = labelled(transactionalIds, (transactionalId) => transactionalId);
  return askEach(call, 'InitProducerId', items, ofTransaction, async (connection, left) => {
    const outcomes = await Promise.all(
      [...left.keys()].map(async (transactionalId): Promise<[string, Outcome<FencedProducer>]> => {
        const body = { transactionalId, transactionTimeoutMs: UNUSED_TIMEOUT_MS };
        const { errorCode, producerId, producerEpoch } = await call.send(connection, initProducerId, body);
        if (errorCode !== 0) return [transactionalId, refusal(errorCode, `fencing "${transactionalId}"`)];
        return [transactionalId, { done: { transactionalId, producerId, producerEpoch } }];
      }),
    );
    return new Map(outcomes);
  });
}
