/**
 * Metadata (key 3): brokers, topics, leaders. Versions 0-13. "All topics" is an empty list in version 0, null from 1 on;
 * from 1 on an empty list is none. Topics have ids since 10 and may be asked for by id since 12. Left out: nothing.
 */
import { api, array, bool, type Infer, type InferInput, int16, int32, message, string, uuid } from '../schema.ts';

/** Stands for "not asked for" among the sets of authorized operations. */
const NOT_ASKED = -0x80000000;

export const metadataRequest = message('MetadataRequest', {
  versions: '0-13',
  flexible: '9+',
  fields: {
    topics: array(
      {
        topicId: uuid({ versions: '10+' }),
        /** Null where the topic goes by its id. */
        name: string({ nullable: '10+' }),
      },
      { nullable: '1+' },
    ),
    /** May the broker create a topic that is missing? */
    allowAutoTopicCreation: bool({ versions: '4+', default: true }),
    includeClusterAuthorizedOperations: bool({ versions: '8-10' }),
    includeTopicAuthorizedOperations: bool({ versions: '8+' }),
  },
});

export const metadataResponse = message('MetadataResponse', {
  versions: '0-13',
  flexible: '9+',
  fields: {
    throttleTimeMs: int32({ versions: '3+' }),
    brokers: array({
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: string({ versions: '1+', nullable: '1+', default: null }),
    }),
    clusterId: string({ versions: '2+', nullable: '2+', default: null }),
    /** A live broker to which requests for the controller may go; -1 for none. */
    controllerId: int32({ versions: '1+', default: -1 }),
    topics: array({
      errorCode: int16(),
      /** Null where the topic was asked for by an id that nobody knows. */
      name: string({ nullable: '12+' }),
      topicId: uuid({ versions: '10+' }),
      isInternal: bool({ versions: '1+' }),
      partitions: array({
        errorCode: int16(),
        partitionIndex: int32(),
        /** -1 where there is none. */
        leaderId: int32(),
        leaderEpoch: int32({ versions: '7+', default: -1 }),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        offlineReplicas: array(int32(), { versions: '5+' }),
      }),
      /** A bit for each operation; the smallest int32 where it was not asked for. */
      topicAuthorizedOperations: int32({ versions: '8+', default: NOT_ASKED }),
    }),
    clusterAuthorizedOperations: int32({ versions: '8-10', default: NOT_ASKED }),
    /** Of the whole request: REBOOTSTRAP_REQUIRED (KIP-1102). */
    errorCode: int16({ versions: '13+' }),
  },
});

export const metadata = api({ key: 3, name: 'Metadata', request: metadataRequest, response: metadataResponse });

export type MetadataRequest = Infer<typeof metadataRequest>;
export type MetadataRequestInput = InferInput<typeof metadataRequest>;
export type MetadataResponse = Infer<typeof metadataResponse>;
export type MetadataResponseInput = InferInput<typeof metadataResponse>;
