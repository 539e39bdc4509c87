/**
 * Asks the transaction coordinator about batches that may be the first of their transaction in a partition (KIP-890). Under
 * TV1 the client must have added the partition, and the coordinator confirms it; under TV2 the coordinator adds it now.
 * The guard of each attempt, made before the question and shown to the append after the answer, keeps an answer that
 * comes late from opening a later transaction. Refusals come back in the words of the request that brought the batch.
 */

import type { TransactionCoordinator } from '../coordinator/index.ts';
import { ErrorCode, type ErrorName, errorName, type Timers } from '../core/index.ts';
import type { VerificationGuard } from '../log/index.ts';
import type { BrokerConfig } from './config/broker-configs.ts';
import type { Partition } from './partition/partition.ts';

/** Which request asks: it decides what the client understands. */
export interface TransactionProtocol {
  /** TV2: the broker adds partitions by itself, and an epoch lasts for one transaction. */
  readonly addsPartitions: boolean;
  /** The client knows TRANSACTION_ABORTABLE. */
  readonly knowsAbortable: boolean;
}

export const produceProtocol = (apiVersion: number): TransactionProtocol => ({
  addsPartitions: apiVersion >= 12,
  knowsAbortable: apiVersion >= 11,
});
export const txnOffsetCommitProtocol = (apiVersion: number): TransactionProtocol => ({
  addsPartitions: apiVersion >= 5,
  knowsAbortable: apiVersion >= 4,
});

/** Partitions of one producer that have to be vouched for. */
export interface ToVerify {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly partitions: readonly Partition[];
}

/** A guard to hand to the append where the coordinator has to be asked first; undefined where it has not. */
export function guardFor(
  partition: Partition,
  producer: { readonly producerId: number; readonly producerEpoch: number; readonly firstSequence: number },
  { addsPartitions }: TransactionProtocol,
): VerificationGuard | undefined {
  const { producerId, producerEpoch, firstSequence } = producer;
  return partition.log.startVerification(producerId, producerEpoch, firstSequence, addsPartitions);
}

/** A completion is usually under way for a few milliseconds only: the producer is spared a round trip. */
type RetryConfig = Pick<
  BrokerConfig,
  'add.partitions.to.txn.retry.backoff.ms' | 'add.partitions.to.txn.retry.backoff.max.ms'
>;

export class TransactionVerification {
  private readonly transactions: TransactionCoordinator;
  private readonly timers: Timers;
  private readonly config: RetryConfig;

  constructor(transactions: TransactionCoordinator, timers: Timers, config: RetryConfig) {
    this.transactions = transactions;
    this.timers = timers;
    this.config = config;
  }

  /** The refusal of each partition, in their order; NONE where the append may go on. */
  async verify(wanted: ToVerify, protocol: TransactionProtocol): Promise<ErrorName[]> {
    const { transactionalId, producerId, producerEpoch } = wanted;
    const partitions = wanted.partitions.map(({ topic, index }) => ({ topic, partition: index }));
    const demand = { transactionalId, producerId, producerEpoch, partitions };
    if (!protocol.addsPartitions) {
      const codes = await this.transactions.verifyPartitions(demand);
      return codes.map((code) => shown(errorName(code), protocol));
    }
    let code = await this.transactions.addPartitions({ ...demand, transactionVersion: 2 });
    const backoffMs = this.config['add.partitions.to.txn.retry.backoff.ms'];
    const mostMs = this.config['add.partitions.to.txn.retry.backoff.max.ms'];
    for (let spent = 0; code === ErrorCode.CONCURRENT_TRANSACTIONS && spent < mostMs; spent += backoffMs) {
      await this.completion(transactionalId, backoffMs);
      code = await this.transactions.addPartitions({ ...demand, transactionVersion: 2 });
    }
    const refusal = shown(errorName(code), protocol);
    return partitions.map(() => refusal);
  }

  /** Until the transaction before has ended, which takes a few syncs of the disk, but no longer than `mostMs`. */
  private completion(transactionalId: string, mostMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.timers.after(mostMs, resolve);
      void this.transactions.completion(transactionalId)?.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}

/** The coordinator's word in the producer's language: what it may repeat is NOT_ENOUGH_REPLICAS, which it retries. */
function shown(error: ErrorName, { addsPartitions, knowsAbortable }: TransactionProtocol): ErrorName {
  switch (error) {
    case 'PRODUCER_FENCED':
      return 'INVALID_PRODUCER_EPOCH';
    case 'TRANSACTION_ABORTABLE':
      return knowsAbortable ? error : 'INVALID_TXN_STATE';
    case 'CONCURRENT_TRANSACTIONS':
      return addsPartitions ? error : 'NOT_ENOUGH_REPLICAS';
    case 'NETWORK_EXCEPTION':
    case 'COORDINATOR_LOAD_IN_PROGRESS':
    case 'COORDINATOR_NOT_AVAILABLE':
    case 'NOT_COORDINATOR':
      return 'NOT_ENOUGH_REPLICAS';
    default:
      return error;
  }
}
