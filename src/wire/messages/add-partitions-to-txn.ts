/**
 * AddPartitionsToTxn (key 24): partitions enter a transaction (TV1), or are checked to be in it (KIP-890). Versions 0-5. Up to
 * 3 a client asks for one transaction (the `v3AndBelow` fields); since 4 several go in one request, meant for brokers, though
 * some clients use it as well. Left out: nothing.
 */
import { api, array, bool, type Infer, type InferInput, int16, int32, int64, message, string } from '../schema.ts';

const topics = { name: string(), partitions: array(int32()) };

const topicResults = {
  name: string(),
  resultsByPartition: array({ partitionIndex: int32(), partitionErrorCode: int16() }),
};

export const addPartitionsToTxnRequest = message('AddPartitionsToTxnRequest', {
  versions: '0-5',
  flexible: '3+',
  fields: {
    transactions: array(
      {
        transactionalId: string(),
        producerId: int64(),
        producerEpoch: int16(),
        /** Only say whether the partitions are in the transaction. */
        verifyOnly: bool(),
        topics: array(topics),
      },
      { versions: '4+' },
    ),
    v3AndBelowTransactionalId: string({ versions: '0-3' }),
    v3AndBelowProducerId: int64({ versions: '0-3' }),
    v3AndBelowProducerEpoch: int16({ versions: '0-3' }),
    v3AndBelowTopics: array(topics, { versions: '0-3' }),
  },
});

export const addPartitionsToTxnResponse = message('AddPartitionsToTxnResponse', {
  versions: '0-5',
  flexible: '3+',
  fields: {
    throttleTimeMs: int32(),
    /** Of the whole request. */
    errorCode: int16({ versions: '4+' }),
    resultsByTransaction: array({ transactionalId: string(), topicResults: array(topicResults) }, { versions: '4+' }),
    resultsByTopicV3AndBelow: array(topicResults, { versions: '0-3' }),
  },
});

export const addPartitionsToTxn = api({
  key: 24,
  name: 'AddPartitionsToTxn',
  request: addPartitionsToTxnRequest,
  response: addPartitionsToTxnResponse,
});

export type AddPartitionsToTxnRequest = Infer<typeof addPartitionsToTxnRequest>;
export type AddPartitionsToTxnRequestInput = InferInput<typeof addPartitionsToTxnRequest>;
export type AddPartitionsToTxnResponse = Infer<typeof addPartitionsToTxnResponse>;
export type AddPartitionsToTxnResponseInput = InferInput<typeof addPartitionsToTxnResponse>;
