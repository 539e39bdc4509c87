/**
 * AddOffsetsToTxn (key 25): a group's offsets enter a transaction (TV1; with TV2 TxnOffsetCommit does it). Versions 0-4.
 * Left out: nothing.
 */
import { api, type Infer, type InferInput, int16, int32, int64, message, string } from '../schema.ts';

export const addOffsetsToTxnRequest = message('AddOffsetsToTxnRequest', {
  versions: '0-4',
  flexible: '3+',
  fields: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    groupId: string(),
  },
});

export const addOffsetsToTxnResponse = message('AddOffsetsToTxnResponse', {
  versions: '0-4',
  flexible: '3+',
  fields: { throttleTimeMs: int32(), errorCode: int16() },
});

export const addOffsetsToTxn = api({
  key: 25,
  name: 'AddOffsetsToTxn',
  request: addOffsetsToTxnRequest,
  response: addOffsetsToTxnResponse,
});

export type AddOffsetsToTxnRequest = Infer<typeof addOffsetsToTxnRequest>;
export type AddOffsetsToTxnRequestInput = InferInput<typeof addOffsetsToTxnRequest>;
export type AddOffsetsToTxnResponse = Infer<typeof addOffsetsToTxnResponse>;
export type AddOffsetsToTxnResponseInput = InferInput<typeof addOffsetsToTxnResponse>;
