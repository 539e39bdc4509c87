/**
 * WriteTxnMarkers (key 27): a transaction coordinator asks the leaders of partitions to append commit or abort markers.
 * Versions 1-2; 0 was removed in Kafka 4.0; 2 tells the transaction's version. Left out: nothing.
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
  int64,
  message,
  string,
} from '../schema.ts';

export const writeTxnMarkersRequest = message('WriteTxnMarkersRequest', {
  versions: '1-2',
  flexible: '1+',
  fields: {
    markers: array({
      producerId: int64(),
      producerEpoch: int16(),
      /** True commits, false aborts. */
      transactionResult: bool(),
      topics: array({ name: string(), partitionIndexes: array(int32()) }),
      /** The epoch in which the coordinator leads its partition of the transaction log. */
      coordinatorEpoch: int32(),
      /** 2: the marker's epoch is above that of the data. */
      transactionVersion: int8({ versions: '2+' }),
    }),
  },
});

export const writeTxnMarkersResponse = message('WriteTxnMarkersResponse', {
  versions: '1-2',
  flexible: '1+',
  fields: {
    markers: array({
      producerId: int64(),
      topics: array({
        name: string(),
        partitions: array({ partitionIndex: int32(), errorCode: int16() }),
      }),
    }),
  },
});

export const writeTxnMarkers = api({
  key: 27,
  name: 'WriteTxnMarkers',
  request: writeTxnMarkersRequest,
  response: writeTxnMarkersResponse,
});

export type WriteTxnMarkersRequest = Infer<typeof writeTxnMarkersRequest>;
export type WriteTxnMarkersRequestInput = InferInput<typeof writeTxnMarkersRequest>;
export type WriteTxnMarkersResponse = Infer<typeof writeTxnMarkersResponse>;
export type WriteTxnMarkersResponseInput = InferInput<typeof writeTxnMarkersResponse>;
