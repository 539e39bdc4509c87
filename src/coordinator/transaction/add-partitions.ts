/**
 * AddPartitionsToTxn, and AddOffsetsToTxn, which adds the group's partition of `__consumer_offsets`: from here on these
 * partitions get a marker when the transaction ends. With TV2 the brokers ask for it on a producer's behalf.
 *
 * | State                     | Answer                                                        |
 * |---------------------------|---------------------------------------------------------------|
 * | Prepare*                  | CONCURRENT_TRANSACTIONS                                       |
 * | Ongoing                   | written; OK at once when all of them are in the transaction   |
 * | Empty, Complete*          | written: the transaction begins                               |
 *
 * before that: another producer id: INVALID_PRODUCER_ID_MAPPING; another epoch: PRODUCER_FENCED.
 */
import type { ErrorName } from '../../core/index.ts';
import { isNext } from './end-txn.ts';
import {
  hasPartition,
  type TopicPartition,
  type TransactionMetadata,
  transition,
  withPartitions,
} from './transaction-metadata.ts';
import { isPrepared } from './transaction-state.ts';
import { accept, confirm, refuse, type Verdict } from './verdict.ts';

export interface AddPartitionsDemand {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly partitions: readonly TopicPartition[];
  /** 2: the client bumps its epoch with each transaction; 0: it does not. */
  readonly transactionVersion: number;
}

export function decideAddPartitions(
  current: TransactionMetadata | undefined,
  demand: AddPartitionsDemand,
  now: number,
): Verdict {
  const refusal = refusalOf(current, demand);
  if (current === undefined || refusal !== undefined) return refuse(refusal ?? 'INVALID_PRODUCER_ID_MAPPING');
  const isOngoing = current.state === 'Ongoing';
  if (isOngoing && demand.partitions.every((partition) => hasPartition(current, partition))) return confirm(current);
  return accept(
    transition(current, {
      state: 'Ongoing',
      // A transaction of its own: what came before can no longer be a retry.
      previousProducerId: -1,
      partitions: withPartitions(current.partitions, demand.partitions),
      startTimestamp: isOngoing ? current.startTimestamp : now,
      clientTransactionVersion: demand.transactionVersion,
      lastUpdateTimestamp: now,
    }),
  );
}

/**
 * Whether these partitions are in the transaction (KIP-890): an error for each, in their order. TRANSACTION_ABORTABLE where
 * one is not.
 */
export function verifyPartitions(
  current: TransactionMetadata | undefined,
  demand: Omit<AddPartitionsDemand, 'transactionVersion'>,
): ErrorName[] {
  const refusal = refusalOf(current, demand);
  return demand.partitions.map((partition) => {
    if (current === undefined || refusal !== undefined) return refusal ?? 'INVALID_PRODUCER_ID_MAPPING';
    return hasPartition(current, partition) ? 'NONE' : 'TRANSACTION_ABORTABLE';
  });
}

function refusalOf(
  current: TransactionMetadata | undefined,
  { producerId, producerEpoch }: { readonly producerId: number; readonly producerEpoch: number },
): ErrorName | undefined {
  if (current === undefined) return 'INVALID_PRODUCER_ID_MAPPING';
  if (isNext(current, producerId, producerEpoch)) return 'CONCURRENT_TRANSACTIONS';
  if (current.producerId !== producerId) return 'INVALID_PRODUCER_ID_MAPPING';
  if (current.producerEpoch !== producerEpoch) return 'PRODUCER_FENCED';
  return isPrepared(current.state) ? 'CONCURRENT_TRANSACTIONS' : undefined;
}
