/**
 * Transactions that a partition holds open although no coordinator knows of them (KIP-664): they hold the last stable offset
 * back for ever, and only a marker by hand ends them.
 */
import { type ClientError, PartialFailureError } from '../errors.ts';
import { partitionLabel, type TopicPartition } from '../topic-partition.ts';
import type { AdminCall } from './call.ts';
import {
  type AbortTransactionSpec,
  describeProducersBy,
  listTransactionsBy,
  settleDescriptions,
  type TransactionDescription,
} from './transactions.ts';

/** Ready to be given to `abortTransaction`. */
export interface HangingTransaction extends AbortTransactionSpec {
  /** Where it begins: the last stable offset cannot move past it. */
  readonly startOffset: number;
  /** Of its producer's last record, milliseconds since 1970. */
  readonly lastTimestamp: number;
}

/**
 * @param maxTransactionTimeoutMs one whose last record is younger may still be on its way to its coordinator
 */
export async function findHangingBy(
  call: AdminCall,
  partitions: readonly TopicPartition[],
  maxTransactionTimeoutMs: number,
): Promise<HangingTransaction[]> {
  const before = call.cluster.runtime.clock.now() - maxTransactionTimeoutMs;
  const candidates = (await describeProducersBy(call, partitions)).flatMap(({ topic, partition, activeProducers }) =>
    activeProducers.flatMap((producer): HangingTransaction[] => {
      const { producerId, producerEpoch, coordinatorEpoch, lastTimestamp } = producer;
      const startOffset = producer.currentTransactionStartOffset;
      if (startOffset === undefined || lastTimestamp > before) return [];
      return [{ topic, partition, producerId, producerEpoch, coordinatorEpoch, startOffset, lastTimestamp }];
    }),
  );
  if (candidates.length === 0) return [];
  const producerIds = [...new Set(candidates.map(({ producerId }) => producerId))];
  // A coordinator that does not answer may know the transaction: its silence proves nothing.
  const listed = await listTransactionsBy(call, { producerIds });
  const known = await settleDescriptions(call, [...new Set(listed.map(({ transactionalId }) => transactionalId))]);
  const failures = new Map<string, ClientError>();
  for (const [id, error] of known.failures) if (error.code !== 'TRANSACTIONAL_ID_NOT_FOUND') failures.set(id, error);
  if (failures.size > 0) throw new PartialFailureError('DescribeTransactions', failures, []);
  const descriptions = [...known.results.values()];
  return candidates.filter((candidate) => !descriptions.some((description) => covers(description, candidate)));
}

function covers({ producerId, partitions }: TransactionDescription, candidate: HangingTransaction): boolean {
  if (producerId !== candidate.producerId) return false;
  return partitions.some((partition) => partitionLabel(partition) === partitionLabel(candidate));
}
