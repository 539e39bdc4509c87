/** OffsetDelete (key 47): forgets a group's committed offsets (KIP-496). Version 0. Left out: nothing. */
import { api, array, type Infer, type InferInput, int16, int32, message, string } from '../schema.ts';

export const offsetDeleteRequest = message('OffsetDeleteRequest', {
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string(),
    topics: array({ name: string(), partitions: array({ partitionIndex: int32() }) }),
  },
});

export const offsetDeleteResponse = message('OffsetDeleteResponse', {
  versions: '0',
  flexible: 'none',
  fields: {
    /** Of the whole group. */
    errorCode: int16(),
    throttleTimeMs: int32(),
    topics: array({ name: string(), partitions: array({ partitionIndex: int32(), errorCode: int16() }) }),
  },
});

export const offsetDelete = api({
  key: 47,
  name: 'OffsetDelete',
  request: offsetDeleteRequest,
  response: offsetDeleteResponse,
});

export type OffsetDeleteRequest = Infer<typeof offsetDeleteRequest>;
export type OffsetDeleteRequestInput = InferInput<typeof offsetDeleteRequest>;
export type OffsetDeleteResponse = Infer<typeof offsetDeleteResponse>;
export type OffsetDeleteResponseInput = InferInput<typeof offsetDeleteResponse>;
