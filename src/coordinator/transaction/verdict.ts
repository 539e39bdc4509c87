/** What the rules of the transaction coordinator come to: an answer, and perhaps a transition to write before it. */
import type { ErrorName } from '../../core/index.ts';
import type { TransactionMetadata } from './transaction-metadata.ts';

export interface Verdict {
  readonly error: ErrorName;
  /** Written first; the answer waits until it is committed. */
  readonly write: TransactionMetadata | undefined;
  /** What the producer goes on with; -1 when it is refused. */
  readonly producerId: number;
  readonly producerEpoch: number;
}

export function refuse(error: ErrorName): Verdict {
  return { error, write: undefined, producerId: -1, producerEpoch: -1 };
}

/** A transition that leads to a refusal: the client comes again when it is over. */
export function refuseAfter(write: TransactionMetadata, error: ErrorName): Verdict {
  return { error, write, producerId: -1, producerEpoch: -1 };
}

/** Nothing to change: it is so already. */
export function confirm(metadata: TransactionMetadata): Verdict {
  const { producerId, producerEpoch } = metadata;
  return { error: 'NONE', write: undefined, producerId, producerEpoch };
}

export function accept(write: TransactionMetadata): Verdict {
  return { error: 'NONE', write, producerId: write.producerId, producerEpoch: write.producerEpoch };
}

/** Kafka's answer while a block of producer ids is being fetched: the client comes again. */
export const NO_PRODUCER_ID_YET: ErrorName = 'COORDINATOR_LOAD_IN_PROGRESS';
