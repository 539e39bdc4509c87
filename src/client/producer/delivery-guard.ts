/** What sending asks of idempotence and of transactions; there is one guard for each kind of producer. */
import type { ClientError } from '../errors.ts';
import type { ProducerIdentity } from './partition-queue.ts';
import type { BatchQueue } from './producer-batch.ts';

/** What the sender asks of idempotence and transactions. */
export interface DeliveryGuard {
  /** Whether batches carry a producer id and sequence numbers. */
  readonly numbered: boolean;
  readonly transactional: boolean;
  /** Undefined: not known yet; the guard wakes the sender when it is. */
  identity(): ProducerIdentity | undefined;
  /** What waits must fail with this: the transaction cannot be committed any more. */
  refusal(): ClientError | undefined;
  /** Whether batches of the partition may go out now; a transaction may have to register the partition first. */
  admits(queue: BatchQueue): boolean;
  /** The versions of Produce that fit the transaction protocol in use. */
  versions(): { min?: number; max?: number };
  /** A batch is about to leave. */
  leaving(queue: BatchQueue): void;
  /** Everything about the numbers of a partition must start over under a higher epoch. Undefined: not now. */
  raiseEpoch(queue: BatchQueue): ProducerIdentity | undefined;
  /** The broker does not know this producer id. */
  forgetIdentity(): void;
  /** A batch failed; `unsure`: it may have been written all the same. */
  batchFailed(error: ClientError, queue: BatchQueue, unsure: boolean): void;
}
