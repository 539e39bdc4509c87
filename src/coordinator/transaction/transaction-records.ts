/** The records of `__transaction_state`, in Apache Kafka's own format. */
import type { DecidedRecord } from '../../replay/index.ts';
import {
  decodeVersioned,
  encodeVersioned,
  peekVersion,
  transactionLogKey,
  transactionLogValue,
} from '../../wire/index.ts';
import { NO_PARTITIONS, type TransactionMetadata } from './transaction-metadata.ts';
import { stateNumber, stateOfNumber } from './transaction-state.ts';

const KEY_TYPE = 0;

/** `valueVersion` is 0 while `transaction.version` is 0, then 1 (it alone has the previous and next producer ids). */
export function transactionRecord(
  transactionalId: string,
  metadata: TransactionMetadata,
  valueVersion: 0 | 1,
): DecidedRecord {
  const partitions = [...metadata.partitions].map(([topic, partitionIds]) => ({ topic, partitionIds }));
  return {
    key: encodeVersioned(transactionLogKey, KEY_TYPE, { transactionalId }),
    value: encodeVersioned(transactionLogValue, valueVersion, {
      producerId: metadata.producerId,
      previousProducerId: metadata.previousProducerId,
      nextProducerId: metadata.nextProducerId,
      producerEpoch: metadata.producerEpoch,
      transactionTimeoutMs: metadata.transactionTimeoutMs,
      transactionStatus: stateNumber(metadata.state),
      transactionPartitions: metadata.state === 'Empty' ? null : partitions,
      transactionLastUpdateTimestampMs: metadata.lastUpdateTimestamp,
      transactionStartTimestampMs: metadata.startTimestamp,
      clientTransactionVersion: metadata.clientTransactionVersion,
    }),
  };
}

export function transactionTombstone(transactionalId: string): DecidedRecord {
  return { key: encodeVersioned(transactionLogKey, KEY_TYPE, { transactionalId }), value: null };
}

/** undefined for a key of another kind. @throws MalformedBytesError */
export function readTransactionRecord(
  key: Uint8Array | null,
  value: Uint8Array | null,
): { readonly transactionalId: string; readonly metadata: TransactionMetadata | undefined } | undefined {
  if (key === null || peekVersion(key) !== KEY_TYPE) return undefined;
  const { transactionalId } = decodeVersioned(transactionLogKey, key);
  if (value === null) return { transactionalId, metadata: undefined };
  const stored = decodeVersioned(transactionLogValue, value);
  const state = stateOfNumber(stored.transactionStatus);
  const partitions = (stored.transactionPartitions ?? []).map(
    ({ topic, partitionIds }) => [topic, [...partitionIds].sort((a, b) => a - b)] as const,
  );
  return {
    transactionalId,
    metadata: {
      // Its owner had begun to fence and abort: that is done when its time is up.
      state: state === 'PrepareEpochFence' ? 'Ongoing' : state,
      producerId: stored.producerId,
      producerEpoch: stored.producerEpoch,
      previousProducerId: stored.previousProducerId,
      nextProducerId: stored.nextProducerId,
      transactionTimeoutMs: stored.transactionTimeoutMs,
      clientTransactionVersion: stored.clientTransactionVersion,
      partitions: partitions.length === 0 ? NO_PARTITIONS : new Map(partitions),
      startTimestamp: stored.transactionStartTimestampMs,
      lastUpdateTimestamp: stored.transactionLastUpdateTimestampMs,
    },
  };
}
