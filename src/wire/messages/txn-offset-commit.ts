/**
 * TxnOffsetCommit (key 28): a group's positions inside a transaction. Versions 0-5 (6, by topic id, is Kafka 4.4's). Since 3
 * the member is named, so that a zombie is refused (KIP-447); with 5 (TV2) the group enters the transaction by itself. Left
 * out: nothing.
 */
import { api, array, type Infer, type InferInput, int16, int32, int64, message, string } from '../schema.ts';

export const txnOffsetCommitRequest = message('TxnOffsetCommitRequest', {
  versions: '0-5',
  flexible: '3+',
  fields: {
    transactionalId: string(),
    groupId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    /** -1, with an empty member id and no static name: do not check the member. */
    generationId: int32({ versions: '3+', default: -1 }),
    memberId: string({ versions: '3+' }),
    groupInstanceId: string({ versions: '3+', nullable: '3+', default: null }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        /** Of the next record to read. */
        committedOffset: int64(),
        committedLeaderEpoch: int32({ versions: '2+', default: -1 }),
        committedMetadata: string({ nullable: '0+' }),
      }),
    }),
  },
});

export const txnOffsetCommitResponse = message('TxnOffsetCommitResponse', {
  versions: '0-5',
  flexible: '3+',
  fields: {
    throttleTimeMs: int32(),
    topics: array({
      name: string(),
      partitions: array({ partitionIndex: int32(), errorCode: int16() }),
    }),
  },
});

export const txnOffsetCommit = api({
  key: 28,
  name: 'TxnOffsetCommit',
  request: txnOffsetCommitRequest,
  response: txnOffsetCommitResponse,
});

export type TxnOffsetCommitRequest = Infer<typeof txnOffsetCommitRequest>;
export type TxnOffsetCommitRequestInput = InferInput<typeof txnOffsetCommitRequest>;
export type TxnOffsetCommitResponse = Infer<typeof txnOffsetCommitResponse>;
export type TxnOffsetCommitResponseInput = InferInput<typeof txnOffsetCommitResponse>;
