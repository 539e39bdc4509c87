/** What a broker asks of the producers that a log knows, and what it must ask of the coordinator before an append. */
import type { LogBody } from './log-body.ts';
import type { ActiveProducer } from './log-options.ts';
import type { ProducerStates } from './producer-state.ts';
import type { VerificationGuard } from './verification.ts';

/** As `PartitionLog.startVerification` says (KIP-890); undefined when nothing has to be asked. */
export function startVerification(
  log: LogBody,
  producerId: number,
  producerEpoch: number,
  firstSequence: number,
  supportsEpochBump: boolean,
): VerificationGuard | undefined {
  const { producers } = log;
  if (!log.config.transactionPartitionVerificationEnable) return undefined;
  const entry = producers.producers.get(producerId);
  if (entry !== undefined && entry.currentTxnFirstOffset >= 0 && entry.producerEpoch === producerEpoch) {
    return undefined;
  }
  const now = log.clock.now();
  return producers.verifications.start(producerId, producerEpoch, firstSequence, supportsEpochBump, now);
}

export function activeProducers(states: ProducerStates): ActiveProducer[] {
  return [...states.producers.values()].map((entry) => ({
    producerId: entry.producerId,
    producerEpoch: entry.producerEpoch,
    lastSequence: entry.batches.at(-1)?.lastSequence ?? -1,
    lastTimestamp: entry.lastTimestamp,
    coordinatorEpoch: entry.coordinatorEpoch,
    currentTxnStartOffset: entry.currentTxnFirstOffset,
  }));
}
