/**
 * DescribeQuorum (key 55): the quorum that keeps the metadata log (KIP-595). Versions 0-2; since 1 with times (KIP-836), since
 * 2 with directories and listeners (KIP-853). Left out: nothing.
 */
import {
  api,
  array,
  type Infer,
  type InferInput,
  int16,
  int32,
  int64,
  message,
  string,
  uint16,
  uuid,
} from '../schema.ts';

const replicaState = {
  replicaId: int32(),
  replicaDirectoryId: uuid({ versions: '2+' }),
  /** -1: unknown. */
  logEndOffset: int64(),
  /** Of the last fetch, by the leader's clock; -1: unknown. */
  lastFetchTimestamp: int64({ versions: '1+', default: -1 }),
  /** When it last had everything that the leader had; -1: unknown. */
  lastCaughtUpTimestamp: int64({ versions: '1+', default: -1 }),
};

export const describeQuorumRequest = message('DescribeQuorumRequest', {
  versions: '0-2',
  flexible: '0+',
  fields: {
    topics: array({ topicName: string(), partitions: array({ partitionIndex: int32() }) }),
  },
});

export const describeQuorumResponse = message('DescribeQuorumResponse', {
  versions: '0-2',
  flexible: '0+',
  fields: {
    errorCode: int16(),
    errorMessage: string({ versions: '2+', nullable: '2+' }),
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string({ versions: '2+', nullable: '2+' }),
        /** -1: unknown. */
        leaderId: int32(),
        leaderEpoch: int32(),
        highWatermark: int64(),
        currentVoters: array(replicaState),
        observers: array(replicaState),
      }),
    }),
    nodes: array(
      { nodeId: int32(), listeners: array({ name: string(), host: string(), port: uint16() }) },
      { versions: '2+' },
    ),
  },
});

export const describeQuorum = api({
  key: 55,
  name: 'DescribeQuorum',
  request: describeQuorumRequest,
  response: describeQuorumResponse,
});

export type DescribeQuorumRequest = Infer<typeof describeQuorumRequest>;
export type DescribeQuorumRequestInput = InferInput<typeof describeQuorumRequest>;
export type DescribeQuorumResponse = Infer<typeof describeQuorumResponse>;
export type DescribeQuorumResponseInput = InferInput<typeof describeQuorumResponse>;
