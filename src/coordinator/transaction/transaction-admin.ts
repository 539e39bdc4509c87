/** DescribeTransactions 0 and ListTransactions 0-2 (KIP-664, KIP-994, KIP-1152), over what one partition knows. */
import { ErrorCode, type Pattern } from '../../core/index.ts';
import type { DescribedTransaction, ListedTransaction } from './messages.ts';
import type { TransactionMetadata } from './transaction-metadata.ts';
import { isStateName, type TransactionState } from './transaction-state.ts';

export function describeTransaction(
  transactionalId: string,
  current: TransactionMetadata | undefined,
): DescribedTransaction {
  if (current === undefined) return undescribed(transactionalId, ErrorCode.TRANSACTIONAL_ID_NOT_FOUND);
  return {
    errorCode: ErrorCode.NONE,
    transactionalId,
    transactionState: current.state,
    transactionTimeoutMs: current.transactionTimeoutMs,
    transactionStartTimeMs: current.startTimestamp,
    producerId: current.producerId,
    producerEpoch: current.producerEpoch,
    topics: [...current.partitions].map(([topic, partitions]) => ({ topic, partitions })),
  };
}

export function undescribed(transactionalId: string, errorCode: number): DescribedTransaction {
  return {
    errorCode,
    transactionalId,
    transactionState: '',
    transactionTimeoutMs: 0,
    transactionStartTimeMs: 0,
    producerId: 0,
    producerEpoch: 0,
    topics: [],
  };
}

/** Empty filters let everything through. */
export interface TransactionFilters {
  /** Names of states as the client gave them. */
  readonly stateFilters: readonly string[];
  readonly producerIdFilters: readonly number[];
  /** Milliseconds since the start; negative: no filter. */
  readonly durationFilter: number;
  readonly pattern: Pattern | undefined;
}

/** Those of the names that are none of a state; they are case-sensitive. */
export function unknownStates(names: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => !isStateName(name));
}

/**
 * An id that never began a transaction has no start, which counts as long ago, as in Kafka.
 * @throws PatternError when the pattern does too much work
 */
export function listTransactions(
  transactions: ReadonlyMap<string, TransactionMetadata>,
  filters: TransactionFilters,
  now: number,
): ListedTransaction[] {
  const { durationFilter, pattern } = filters;
  const states = new Set(filters.stateFilters.filter(isStateName)) as ReadonlySet<TransactionState>;
  const producerIds = new Set(filters.producerIdFilters);
  const anyState = filters.stateFilters.length === 0;
  const listed: ListedTransaction[] = [];
  for (const [transactionalId, { state, producerId, startTimestamp }] of transactions) {
    if (!anyState && !states.has(state)) continue;
    if (producerIds.size > 0 && !producerIds.has(producerId)) continue;
    if (durationFilter >= 0 && now - startTimestamp <= durationFilter) continue;
    if (pattern !== undefined && !pattern.matches(transactionalId)) continue;
    listed.push({ transactionalId, producerId, transactionState: state });
  }
  return listed;
}
