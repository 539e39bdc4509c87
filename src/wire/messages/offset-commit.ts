/**
 * OffsetCommit (key 8): a group's positions, outside transactions. Versions 2-10; 0-1 (ZooKeeper, and a timestamp for each
 * partition) were removed in Kafka 4.0. Since 9 the consumer protocol (KIP-848), since 10 topic ids. Left out: nothing.
 */
import { api, array, type Infer, type InferInput, int16, int32, int64, message, string, uuid } from '../schema.ts';

export const offsetCommitRequest = message('OffsetCommitRequest', {
  versions: '2-10',
  flexible: '8+',
  fields: {
    groupId: string(),
    /** -1, with an empty member id: a commit from outside the group. */
    generationIdOrMemberEpoch: int32({ default: -1 }),
    memberId: string(),
    /** A static member's own name (KIP-345). */
    groupInstanceId: string({ versions: '7+', nullable: '7+', default: null }),
    /** How long to keep the offsets; -1: as the broker is configured. */
    retentionTimeMs: int64({ versions: '2-4', default: -1 }),
    topics: array({
      name: string({ versions: '0-9' }),
      topicId: uuid({ versions: '10+' }),
      partitions: array({
        partitionIndex: int32(),
        /** Of the next record to read. */
        committedOffset: int64(),
        /** Of the last record read, or -1. */
        committedLeaderEpoch: int32({ versions: '6+', default: -1 }),
        /** Whatever the application wants to keep beside the offset. */
        committedMetadata: string({ nullable: '0+' }),
      }),
    }),
  },
});

export const offsetCommitResponse = message('OffsetCommitResponse', {
  versions: '2-10',
  flexible: '8+',
  fields: {
    throttleTimeMs: int32({ versions: '3+' }),
    topics: array({
      name: string({ versions: '0-9' }),
      topicId: uuid({ versions: '10+' }),
      partitions: array({ partitionIndex: int32(), errorCode: int16() }),
    }),
  },
});

export const offsetCommit = api({
  key: 8,
  name: 'OffsetCommit',
  request: offsetCommitRequest,
  response: offsetCommitResponse,
});

export type OffsetCommitRequest = Infer<typeof offsetCommitRequest>;
export type OffsetCommitRequestInput = InferInput<typeof offsetCommitRequest>;
export type OffsetCommitResponse = Infer<typeof offsetCommitResponse>;
export type OffsetCommitResponseInput = InferInput<typeof offsetCommitResponse>;
