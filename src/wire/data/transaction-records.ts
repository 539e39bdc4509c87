/** Key and value of `__transaction_state`. The value is written as version 0 under TV0, else as 1. Left out: nothing. */
import { array, type Infer, type InferInput, int8, int16, int32, int64, message, string } from '../schema.ts';

export const transactionLogKey = message('TransactionLogKey', {
  versions: '0',
  flexible: 'none',
  fields: { transactionalId: string() },
});

export const transactionLogValue = message('TransactionLogValue', {
  versions: '0-1',
  flexible: '1+',
  fields: {
    producerId: int64(),
    /** What the producer had before the last transaction ended (KIP-890); -1 for none. */
    previousProducerId: int64({ versions: '1+', tag: 0, default: -1 }),
    /** What the producer goes on with where its epochs are used up; -1 for none. */
    nextProducerId: int64({ versions: '1+', tag: 1, default: -1 }),
    producerEpoch: int16(),
    nextProducerEpoch: int16({ versions: '1+', tag: 3, default: -1 }),
    transactionTimeoutMs: int32(),
    /**
     * 0 Empty, 1 Ongoing, 2 PrepareCommit, 3 PrepareAbort, 4 CompleteCommit, 5 CompleteAbort, 6 Dead,
     * 7 PrepareEpochFence.
     */
    transactionStatus: int8(),
    /** Null in the states without partitions. */
    transactionPartitions: array({ topic: string(), partitionIds: array(int32()) }, { nullable: '0+' }),
    /** Milliseconds since 1970. */
    transactionLastUpdateTimestampMs: int64(),
    transactionStartTimestampMs: int64(),
    /** The transaction version that the client spoke: 0, 1 or 2. */
    clientTransactionVersion: int16({ versions: '1+', tag: 2 }),
  },
});

export type TransactionLogKey = Infer<typeof transactionLogKey>;
export type TransactionLogKeyInput = InferInput<typeof transactionLogKey>;
export type TransactionLogValue = Infer<typeof transactionLogValue>;
export type TransactionLogValueInput = InferInput<typeof transactionLogValue>;
