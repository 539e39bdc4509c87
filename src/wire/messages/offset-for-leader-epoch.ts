/**
 * OffsetForLeaderEpoch (key 23): where a leader's epoch ends in the log (KIP-101, KIP-279, KIP-320). Versions 2-4; 0-1 were
 * removed in Kafka 4.0. Left out: nothing.
 */
import { api, array, type Infer, type InferInput, int16, int32, int64, message, string } from '../schema.ts';

export const offsetForLeaderEpochRequest = message('OffsetForLeaderEpochRequest', {
  versions: '2-4',
  flexible: '4+',
  fields: {
    /** -1 or -2: a consumer. */
    replicaId: int32({ versions: '3+', default: -2 }),
    topics: array({
      topic: string(),
      partitions: array({
        partition: int32(),
        /** What the client takes to be the leader's; -1: not to be checked. */
        currentLeaderEpoch: int32({ default: -1 }),
        /** The one asked about. */
        leaderEpoch: int32(),
      }),
    }),
  },
});

export const offsetForLeaderEpochResponse = message('OffsetForLeaderEpochResponse', {
  versions: '2-4',
  flexible: '4+',
  fields: {
    throttleTimeMs: int32(),
    topics: array({
      topic: string(),
      partitions: array({
        errorCode: int16(),
        partition: int32(),
        /** The largest that is not above the one asked about; -1: unknown. */
        leaderEpoch: int32({ default: -1 }),
        /** One beyond its last record; -1: unknown. */
        endOffset: int64({ default: -1 }),
      }),
    }),
  },
});

export const offsetForLeaderEpoch = api({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  request: offsetForLeaderEpochRequest,
  response: offsetForLeaderEpochResponse,
});

export type OffsetForLeaderEpochRequest = Infer<typeof offsetForLeaderEpochRequest>;
export type OffsetForLeaderEpochRequestInput = InferInput<typeof offsetForLeaderEpochRequest>;
export type OffsetForLeaderEpochResponse = Infer<typeof offsetForLeaderEpochResponse>;
export type OffsetForLeaderEpochResponseInput = InferInput<typeof offsetForLeaderEpochResponse>;
