/**
 * CreateTopics (key 19). Versions 2-7; 0-1 were removed in Kafka 4.0. Since 4 partitions and replicas may be left to the
 * broker (-1, KIP-464), since 5 the response tells what was made, since 7 with the topic's id. Left out: nothing.
 */
import { api, array, bool, type Infer, type InferInput, int8, int16, int32, message, string, uuid } from '../schema.ts';

export const createTopicsRequest = message('CreateTopicsRequest', {
  versions: '2-7',
  flexible: '5+',
  fields: {
    topics: array({
      name: string(),
      /** -1: the broker's default, or as `assignments` say. */
      numPartitions: int32(),
      /** -1: the broker's default, or as `assignments` say. */
      replicationFactor: int16(),
      /** Which brokers get which partition; empty: the controller decides. */
      assignments: array({ partitionIndex: int32(), brokerIds: array(int32()) }),
      configs: array({ name: string(), value: string({ nullable: '0+' }) }),
    }),
    timeoutMs: int32({ default: 60_000 }),
    /** Only say whether it would succeed. */
    validateOnly: bool(),
  },
});

export const createTopicsResponse = message('CreateTopicsResponse', {
  versions: '2-7',
  flexible: '5+',
  fields: {
    throttleTimeMs: int32(),
    topics: array({
      name: string(),
      topicId: uuid({ versions: '7+' }),
      errorCode: int16(),
      errorMessage: string({ nullable: '0+' }),
      /** Why `configs` is null. */
      topicConfigErrorCode: int16({ versions: '5+', tag: 0 }),
      numPartitions: int32({ versions: '5+', default: -1 }),
      replicationFactor: int16({ versions: '5+', default: -1 }),
      configs: array(
        {
          name: string(),
          value: string({ nullable: '5+' }),
          readOnly: bool(),
          /** As in DescribeConfigs. */
          configSource: int8({ default: -1 }),
          isSensitive: bool(),
        },
        { versions: '5+', nullable: '5+' },
      ),
    }),
  },
});

export const createTopics = api({
  key: 19,
  name: 'CreateTopics',
  request: createTopicsRequest,
  response: createTopicsResponse,
});

export type CreateTopicsRequest = Infer<typeof createTopicsRequest>;
export type CreateTopicsRequestInput = InferInput<typeof createTopicsRequest>;
export type CreateTopicsResponse = Infer<typeof createTopicsResponse>;
export type CreateTopicsResponseInput = InferInput<typeof createTopicsResponse>;
