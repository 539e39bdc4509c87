/** What is known of one transactional id: exactly what its record says, so that live and loaded state cannot differ. */
import { assertMayBecome, type TransactionState } from './transaction-state.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface TransactionMetadata {
  readonly state: TransactionState;
  readonly producerId: number;
  readonly producerEpoch: number;
  /**
   * Says which earlier epoch still stands for the same producer, one that has missed an answer of ours and asks again:
   * the producer id itself: the epoch before this one; another id: that id, with its last epoch; -1: none, any other
   * epoch is a zombie's.
   */
  readonly previousProducerId: number;
  /** In Prepare*, when the epochs of the producer id are used up: the id that it goes on with. -1 otherwise. */
  readonly nextProducerId: number;
  readonly transactionTimeoutMs: number;
  /** 2 when the client bumps its epoch with each transaction (TV2), 0 when it does not. */
  readonly clientTransactionVersion: number;
  /** Sorted partition numbers by topic. */
  readonly partitions: ReadonlyMap<string, readonly number[]>;
  /** Milliseconds since the epoch; -1 outside a transaction. */
  readonly startTimestamp: number;
  readonly lastUpdateTimestamp: number;
}

export const NO_PARTITIONS: TransactionMetadata['partitions'] = new Map();

/** The last epoch that a producer may hold. The one after it is for the markers that end its transaction. */
export const LAST_USABLE_EPOCH = 32_766;

export function isEpochExhausted(epoch: number): boolean {
  return epoch >= LAST_USABLE_EPOCH;
}

/** A changed copy. @throws AssertionFailure where the state table has no such transition */
export function transition(
  from: TransactionMetadata,
  to: Partial<TransactionMetadata> & { readonly state: TransactionState; readonly lastUpdateTimestamp: number },
): TransactionMetadata {
  assertMayBecome(from.state, to.state);
  return { ...from, ...to };
}

/** Whether this is the producer as it was before the coordinator last gave it a new epoch: a retry of that request. */
export function isPrevious(metadata: TransactionMetadata, producerId: number, producerEpoch: number): boolean {
  const { previousProducerId } = metadata;
  if (previousProducerId < 0 || producerId !== previousProducerId) return false;
  return previousProducerId === metadata.producerId
    ? producerEpoch === metadata.producerEpoch - 1
    : producerEpoch === LAST_USABLE_EPOCH && metadata.producerEpoch === 0;
}

export function isCurrent(metadata: TransactionMetadata, producerId: number, producerEpoch: number): boolean {
  return producerId === metadata.producerId && producerEpoch === metadata.producerEpoch;
}

export function hasPartition(metadata: TransactionMetadata, { topic, partition }: TopicPartition): boolean {
  return metadata.partitions.get(topic)?.includes(partition) ?? false;
}

export function withPartitions(
  partitions: TransactionMetadata['partitions'],
  added: readonly TopicPartition[],
): TransactionMetadata['partitions'] {
  const byTopic = new Map<string, readonly number[]>(partitions);
  for (const { topic, partition } of added) {
    const existing = byTopic.get(topic) ?? [];
    if (!existing.includes(partition))
      byTopic.set(
        topic,
        [...existing, partition].sort((a, b) => a - b),
      );
  }
  return byTopic;
}

export function partitionsOf(metadata: TransactionMetadata): TopicPartition[] {
  const list: TopicPartition[] = [];
  for (const [topic, partitions] of metadata.partitions) {
    for (const partition of partitions) list.push({ topic, partition });
  }
  return list;
}
