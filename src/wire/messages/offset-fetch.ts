/**
 * OffsetFetch (key 9): the committed offsets of a group, since 8 of several at once (`groups`; before it `groupId` and
 * `topics`). Versions 1-10; 0 read from ZooKeeper and was removed in Kafka 4.0. Since 10 topics go by id. Left out: nothing.
 */
import {
  api,
  array,
  bool,
  type Infer,
  type InferInput,
  int16,
  int32,
  int64,
  message,
  string,
  uuid,
} from '../schema.ts';

export const offsetFetchRequest = message('OffsetFetchRequest', {
  versions: '1-10',
  flexible: '6+',
  fields: {
    groupId: string({ versions: '0-7' }),
    /** Null: all that the group has committed. */
    topics: array({ name: string(), partitionIndexes: array(int32()) }, { versions: '0-7', nullable: '2-7' }),
    groups: array(
      {
        groupId: string(),
        /** Of a member of the consumer protocol (KIP-848); null and -1 for others. */
        memberId: string({ versions: '9+', nullable: '9+', default: null }),
        memberEpoch: int32({ versions: '9+', default: -1 }),
        /** Null: all that the group has committed. */
        topics: array(
          {
            name: string({ versions: '8-9' }),
            topicId: uuid({ versions: '10+' }),
            partitionIndexes: array(int32()),
          },
          { nullable: '8+' },
        ),
      },
      { versions: '8+' },
    ),
    /** Offsets in an open transaction are answered by UNSTABLE_OFFSET_COMMIT (KIP-447). */
    requireStable: bool({ versions: '7+' }),
  },
});

export const offsetFetchResponse = message('OffsetFetchResponse', {
  versions: '1-10',
  flexible: '6+',
  fields: {
    throttleTimeMs: int32({ versions: '3+' }),
    topics: array(
      {
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          /** -1 where nothing was committed. */
          committedOffset: int64(),
          committedLeaderEpoch: int32({ versions: '5-7', default: -1 }),
          metadata: string({ nullable: '0-7' }),
          errorCode: int16(),
        }),
      },
      { versions: '0-7' },
    ),
    errorCode: int16({ versions: '2-7' }),
    groups: array(
      {
        groupId: string(),
        topics: array({
          name: string({ versions: '8-9' }),
          topicId: uuid({ versions: '10+' }),
          partitions: array({
            partitionIndex: int32(),
            /** -1 where nothing was committed. */
            committedOffset: int64(),
            committedLeaderEpoch: int32({ default: -1 }),
            metadata: string({ nullable: '8+' }),
            errorCode: int16(),
          }),
        }),
        errorCode: int16(),
      },
      { versions: '8+' },
    ),
  },
});

export const offsetFetch = api({
  key: 9,
  name: 'OffsetFetch',
  request: offsetFetchRequest,
  response: offsetFetchResponse,
});

export type OffsetFetchRequest = Infer<typeof offsetFetchRequest>;
export type OffsetFetchRequestInput = InferInput<typeof offsetFetchRequest>;
export type OffsetFetchResponse = Infer<typeof offsetFetchResponse>;
export type OffsetFetchResponseInput = InferInput<typeof offsetFetchResponse>;
