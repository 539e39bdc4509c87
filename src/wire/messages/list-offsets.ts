/**
 * ListOffsets (key 2): offsets by timestamp. Versions 1-11; 0 answers with many offsets at once and was removed in Kafka
 * 4.0. Special timestamps: -1 latest, -2 earliest, -3 that of the largest timestamp (7+), -4 earliest local (8+), -5 latest
 * tiered (9+), -6 earliest not yet uploaded (11+). Left out: nothing.
 */
import { api, array, type Infer, type InferInput, int8, int16, int32, int64, message, string } from '../schema.ts';

export const listOffsetsRequest = message('ListOffsetsRequest', {
  versions: '1-11',
  flexible: '6+',
  fields: {
    /** A follower's broker id; -1 for a client. */
    replicaId: int32(),
    /** 0 read_uncommitted, 1 read_committed: then "latest" is the last stable offset. */
    isolationLevel: int8({ versions: '2+' }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        /** The leader epoch that the asker knows; -1: do not check. */
        currentLeaderEpoch: int32({ versions: '4+', default: -1 }),
        /** Milliseconds since 1970, or a special one. */
        timestamp: int64(),
      }),
    }),
    /** How long the broker may look in tiered storage. */
    timeoutMs: int32({ versions: '10+' }),
  },
});

export const listOffsetsResponse = message('ListOffsetsResponse', {
  versions: '1-11',
  flexible: '6+',
  fields: {
    throttleTimeMs: int32({ versions: '2+' }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        /** Of the record found; -1 where a special timestamp was asked for, or nothing was found. */
        timestamp: int64({ default: -1 }),
        /** -1 where nothing was found. */
        offset: int64({ default: -1 }),
        /** Of the record found. */
        leaderEpoch: int32({ versions: '4+', default: -1 }),
      }),
    }),
  },
});

export const listOffsets = api({
  key: 2,
  name: 'ListOffsets',
  request: listOffsetsRequest,
  response: listOffsetsResponse,
});

export type ListOffsetsRequest = Infer<typeof listOffsetsRequest>;
export type ListOffsetsRequestInput = InferInput<typeof listOffsetsRequest>;
export type ListOffsetsResponse = Infer<typeof listOffsetsResponse>;
export type ListOffsetsResponseInput = InferInput<typeof listOffsetsResponse>;
