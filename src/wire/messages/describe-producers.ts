/** DescribeProducers (key 61): what a partition knows of its producers (KIP-664). Version 0. Left out: nothing. */
import { api, array, type Infer, type InferInput, int16, int32, int64, message, string } from '../schema.ts';

export const describeProducersRequest = message('DescribeProducersRequest', {
  versions: '0',
  flexible: '0+',
  fields: {
    topics: array({ name: string(), partitionIndexes: array(int32()) }),
  },
});

export const describeProducersResponse = message('DescribeProducersResponse', {
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+', default: null }),
        activeProducers: array({
          producerId: int64(),
          producerEpoch: int32(),
          /** -1: none. */
          lastSequence: int32({ default: -1 }),
          lastTimestamp: int64({ default: -1 }),
          /** Of the last marker; -1 before the first. */
          coordinatorEpoch: int32(),
          /** -1: no transaction is open. */
          currentTxnStartOffset: int64({ default: -1 }),
        }),
      }),
    }),
  },
});

export const describeProducers = api({
  key: 61,
  name: 'DescribeProducers',
  request: describeProducersRequest,
  response: describeProducersResponse,
});

export type DescribeProducersRequest = Infer<typeof describeProducersRequest>;
export type DescribeProducersRequestInput = InferInput<typeof describeProducersRequest>;
export type DescribeProducersResponse = Infer<typeof describeProducersResponse>;
export type DescribeProducersResponseInput = InferInput<typeof describeProducersResponse>;
