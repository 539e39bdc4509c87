/**
 * DeleteRecords (key 21): everything before an offset goes (KIP-107). Versions 0-2. Left out: nothing.
 */
import { api, array, type Infer, type InferInput, int16, int32, int64, message, string } from '../schema.ts';

export const deleteRecordsRequest = message('DeleteRecordsRequest', {
  versions: '0-2',
  flexible: '2+',
  fields: {
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        /** The first that stays; -1: the high watermark. */
        offset: int64(),
      }),
    }),
    timeoutMs: int32(),
  },
});

export const deleteRecordsResponse = message('DeleteRecordsResponse', {
  versions: '0-2',
  flexible: '2+',
  fields: {
    throttleTimeMs: int32(),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        /** The log start offset from now on; -1 with an error. */
        lowWatermark: int64(),
        errorCode: int16(),
      }),
    }),
  },
});

export const deleteRecords = api({
  key: 21,
  name: 'DeleteRecords',
  request: deleteRecordsRequest,
  response: deleteRecordsResponse,
});

export type DeleteRecordsRequest = Infer<typeof deleteRecordsRequest>;
export type DeleteRecordsRequestInput = InferInput<typeof deleteRecordsRequest>;
export type DeleteRecordsResponse = Infer<typeof deleteRecordsResponse>;
export type DeleteRecordsResponseInput = InferInput<typeof deleteRecordsResponse>;
