/**
 * DescribeTopicPartitions (key 75): topics and their partitions, page by page (KIP-966). Version 0. Left out: nothing.
 */
import {
  api,
  array,
  bool,
  type Infer,
  type InferInput,
  int16,
  int32,
  message,
  string,
  struct,
  uuid,
} from '../schema.ts';

export const describeTopicPartitionsRequest = message('DescribeTopicPartitionsRequest', {
  versions: '0',
  flexible: '0+',
  fields: {
    /** Empty: all. */
    topics: array({ name: string() }),
    /** Partitions that the answer may hold. */
    responsePartitionLimit: int32({ default: 2000 }),
    /** The first topic and partition to answer; null: from the start. */
    cursor: struct({ topicName: string(), partitionIndex: int32() }, { nullable: '0+', default: null }),
  },
});

export const describeTopicPartitionsResponse = message('DescribeTopicPartitionsResponse', {
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    topics: array({
      errorCode: int16(),
      name: string({ nullable: '0+' }),
      topicId: uuid(),
      isInternal: bool(),
      partitions: array({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32({ default: -1 }),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        /** Null: the cluster keeps none. */
        eligibleLeaderReplicas: array(int32(), { nullable: '0+', default: null }),
        lastKnownElr: array(int32(), { nullable: '0+', default: null }),
        offlineReplicas: array(int32()),
      }),
      /** A bit for each operation; the smallest int32 where they were not asked for. */
      topicAuthorizedOperations: int32({ default: -0x80000000 }),
    }),
    /** Where the next page starts; null: this was the last. */
    nextCursor: struct({ topicName: string(), partitionIndex: int32() }, { nullable: '0+', default: null }),
  },
});

export const describeTopicPartitions = api({
  key: 75,
  name: 'DescribeTopicPartitions',
  request: describeTopicPartitionsRequest,
  response: describeTopicPartitionsResponse,
});

export type DescribeTopicPartitionsRequest = Infer<typeof describeTopicPartitionsRequest>;
export type DescribeTopicPartitionsRequestInput = InferInput<typeof describeTopicPartitionsRequest>;
export type DescribeTopicPartitionsResponse = Infer<typeof describeTopicPartitionsResponse>;
export type DescribeTopicPartitionsResponseInput = InferInput<typeof describeTopicPartitionsResponse>;
