/**
 * Fetch (key 1): reads record batches, of a consumer or of a follower. Versions 4-18; 0-3 know older formats only and
 * were removed in Kafka 4.0. Since 7 there are fetch sessions (KIP-227), since 10 zstd may be in the records, since 13
 * topics go by id (KIP-516), since 15 the follower's id is tagged (KIP-903). Left out: nothing.
 */
import {
  api,
  array,
  type Infer,
  type InferInput,
  int8,
  int16,
  int32,
  int64,
  message,
  records,
  string,
  struct,
  uuid,
} from '../schema.ts';

export const fetchRequest = message('FetchRequest', {
  versions: '4-18',
  flexible: '12+',
  fields: {
    /** Where the sender knows it: the cluster it means to talk to. */
    clusterId: string({ versions: '12+', nullable: '12+', tag: 0, default: null }),
    /** The follower's broker id; -1 for a consumer. */
    replicaId: int32({ versions: '0-14', default: -1 }),
    replicaState: struct(
      {
        /** The follower's broker id; -1 for a consumer. */
        replicaId: int32({ default: -1 }),
        /** Its broker epoch, or -1. */
        replicaEpoch: int64({ default: -1 }),
      },
      { versions: '15+', tag: 1 },
    ),
    /** How long the broker may wait for `minBytes`. */
    maxWaitMs: int32(),
    minBytes: int32(),
    /** Of the whole response; the first batch comes even if it is larger. */
    maxBytes: int32({ default: 0x7fffffff }),
    /** 0 read_uncommitted, 1 read_committed. */
    isolationLevel: int8(),
    /** 0: none yet, or none wanted. */
    sessionId: int32({ versions: '7+' }),
    /** -1: no session; 0: make one; else the next request of the session. */
    sessionEpoch: int32({ versions: '7+', default: -1 }),
    /** In a session: only what changed. */
    topics: array({
      topic: string({ versions: '0-12' }),
      topicId: uuid({ versions: '13+' }),
      partitions: array({
        partition: int32(),
        /** The leader epoch that the reader knows; -1: do not check. */
        currentLeaderEpoch: int32({ versions: '9+', default: -1 }),
        fetchOffset: int64(),
        /** Epoch of the last record that a follower has (KIP-595); -1 for consumers. */
        lastFetchedEpoch: int32({ versions: '12+', default: -1 }),
        /** A follower's first offset; -1 for consumers. */
        logStartOffset: int64({ versions: '5+', default: -1 }),
        partitionMaxBytes: int32(),
        /** The directory in which the follower keeps it (KIP-853). */
        replicaDirectoryId: uuid({ versions: '17+', tag: 0 }),
        /**
         * The follower's high watermark (KIP-1166). Where it does not say, Kafka's default is 2^63 - 1, which reads here
         * as the largest safe integer.
         */
        highWatermark: int64({ versions: '18+', tag: 1, default: Number.MAX_SAFE_INTEGER }),
      }),
    }),
    /** What leaves the session. */
    forgottenTopicsData: array(
      {
        topic: string({ versions: '0-12' }),
        topicId: uuid({ versions: '13+' }),
        partitions: array(int32()),
      },
      { versions: '7+' },
    ),
    /** The consumer's rack, for reading from a near replica (KIP-392). */
    rackId: string({ versions: '11+' }),
  },
});

export const fetchResponse = message('FetchResponse', {
  versions: '4-18',
  flexible: '12+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16({ versions: '7+' }),
    /** 0: there is no session. */
    sessionId: int32({ versions: '7+' }),
    responses: array({
      topic: string({ versions: '0-12' }),
      topicId: uuid({ versions: '13+' }),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        highWatermark: int64(),
        /** End of what read_committed may see; -1 where it is not known. */
        lastStableOffset: int64({ default: -1 }),
        logStartOffset: int64({ versions: '5+', default: -1 }),
        /** To a follower whose log differs: the largest epoch not beyond its own, and where that ended. */
        divergingEpoch: struct(
          { epoch: int32({ default: -1 }), endOffset: int64({ default: -1 }) },
          { versions: '12+', tag: 0 },
        ),
        /** Who leads, where the sender had it wrong; -1 where that is not known. */
        currentLeader: struct(
          { leaderId: int32({ default: -1 }), leaderEpoch: int32({ default: -1 }) },
          { versions: '12+', tag: 1 },
        ),
        /** The snapshot to take instead, in a metadata log. */
        snapshotId: struct(
          { endOffset: int64({ default: -1 }), epoch: int32({ default: -1 }) },
          { versions: '12+', tag: 2 },
        ),
        /** Ascending by firstOffset; null for read_uncommitted. */
        abortedTransactions: array({ producerId: int64(), firstOffset: int64() }, { nullable: '4+' }),
        /** A nearer replica to read from next, or -1. */
        preferredReadReplica: int32({ versions: '11+', default: -1 }),
        /** Whole record batches. Zero-length where there are none: some readers take null badly. */
        records: records({ nullable: '0+' }),
      }),
    }),
    /** Addresses of the leaders named above (KIP-951). */
    nodeEndpoints: array(
      { nodeId: int32(), host: string(), port: int32(), rack: string({ nullable: '16+', default: null }) },
      { versions: '16+', tag: 0 },
    ),
  },
});

export const fetch = api({ key: 1, name: 'Fetch', request: fetchRequest, response: fetchResponse });

export type FetchRequest = Infer<typeof fetchRequest>;
export type FetchRequestInput = InferInput<typeof fetchRequest>;
export type FetchResponse = Infer<typeof fetchResponse>;
export type FetchResponseInput = InferInput<typeof fetchResponse>;
