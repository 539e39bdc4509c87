/** DescribeTransactions (key 65): the state of transactional ids (KIP-664). Version 0. Left out: nothing. */
import { api, array, type Infer, type InferInput, int16, int32, int64, message, string } from '../schema.ts';

export const describeTransactionsRequest = message('DescribeTransactionsRequest', {
  versions: '0',
  flexible: '0+',
  fields: {
    transactionalIds: array(string()),
  },
});

export const describeTransactionsResponse = message('DescribeTransactionsResponse', {
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    transactionStates: array({
      errorCode: int16(),
      transactionalId: string(),
      transactionState: string(),
      transactionTimeoutMs: int32(),
      /** -1: no transaction is open. */
      transactionStartTimeMs: int64(),
      producerId: int64(),
      producerEpoch: int16(),
      /** The partitions of the open transaction. */
      topics: array({ topic: string(), partitions: array(int32()) }),
    }),
  },
});

export const describeTransactions = api({
  key: 65,
  name: 'DescribeTransactions',
  request: describeTransactionsRequest,
  response: describeTransactionsResponse,
});

export type DescribeTransactionsRequest = Infer<typeof describeTransactionsRequest>;
export type DescribeTransactionsRequestInput = InferInput<typeof describeTransactionsRequest>;
export type DescribeTransactionsResponse = Infer<typeof describeTransactionsResponse>;
export type DescribeTransactionsResponseInput = InferInput<typeof describeTransactionsResponse>;
