/**
 * ConsumerGroupDescribe (key 69): state and members of groups of the consumer protocol (KIP-848). Versions 0-1; since 1 a
 * member's type is told. A classic group is answered with GROUP_ID_NOT_FOUND. Left out: nothing.
 */
import {
  api,
  array,
  bool,
  type Infer,
  type InferInput,
  int8,
  int16,
  int32,
  message,
  string,
  struct,
  uuid,
} from '../schema.ts';

const assignment = () =>
  struct({
    topicPartitions: array({ topicId: uuid(), topicName: string(), partitions: array(int32()) }),
  });

export const consumerGroupDescribeRequest = message('ConsumerGroupDescribeRequest', {
  versions: '0-1',
  flexible: '0+',
  fields: {
    groupIds: array(string()),
    includeAuthorizedOperations: bool(),
  },
});

export const consumerGroupDescribeResponse = message('ConsumerGroupDescribeResponse', {
  versions: '0-1',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    groups: array({
      errorCode: int16(),
      errorMessage: string({ nullable: '0+', default: null }),
      groupId: string(),
      /** Empty, Assigning, Reconciling, Stable or Dead; empty where there is an error. */
      groupState: string(),
      groupEpoch: int32(),
      /** Of the group when the assignment was computed. */
      assignmentEpoch: int32(),
      /** On the side of the broker. */
      assignorName: string(),
      members: array({
        memberId: string(),
        instanceId: string({ nullable: '0+', default: null }),
        rackId: string({ nullable: '0+', default: null }),
        memberEpoch: int32(),
        clientId: string(),
        /** `/` and the member's address. */
        clientHost: string(),
        subscribedTopicNames: array(string()),
        subscribedTopicRegex: string({ nullable: '0+', default: null }),
        /** What it has. */
        assignment: assignment(),
        /** What it is to have. */
        targetAssignment: assignment(),
        /** 0 classic, 1 consumer; -1: not told. */
        memberType: int8({ versions: '1+', default: -1 }),
      }),
      /** A bit for each operation; the smallest int32 where it was not asked for. */
      authorizedOperations: int32({ default: -0x80000000 }),
    }),
  },
});

export const consumerGroupDescribe = api({
  key: 69,
  name: 'ConsumerGroupDescribe',
  request: consumerGroupDescribeRequest,
  response: consumerGroupDescribeResponse,
});

export type ConsumerGroupDescribeRequest = Infer<typeof consumerGroupDescribeRequest>;
export type ConsumerGroupDescribeRequestInput = InferInput<typeof consumerGroupDescribeRequest>;
export type ConsumerGroupDescribeResponse = Infer<typeof consumerGroupDescribeResponse>;
export type ConsumerGroupDescribeResponseInput = InferInput<typeof consumerGroupDescribeResponse>;
