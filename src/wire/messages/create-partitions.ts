/** CreatePartitions (key 37): more partitions for topics (KIP-195). Versions 0-3. Left out: nothing. */
import { api, array, bool, type Infer, type InferInput, int16, int32, message, string } from '../schema.ts';

export const createPartitionsRequest = message('CreatePartitionsRequest', {
  versions: '0-3',
  flexible: '2+',
  fields: {
    topics: array({
      name: string(),
      /** As many as there are to be in all. */
      count: int32(),
      /** Of the new ones; null: the controller decides. */
      assignments: array({ brokerIds: array(int32()) }, { nullable: '0+' }),
    }),
    timeoutMs: int32(),
    /** Only say whether it would succeed. */
    validateOnly: bool(),
  },
});

export const createPartitionsResponse = message('CreatePartitionsResponse', {
  versions: '0-3',
  flexible: '2+',
  fields: {
    throttleTimeMs: int32(),
    results: array({
      name: string(),
      errorCode: int16(),
      errorMessage: string({ nullable: '0+', default: null }),
    }),
  },
});

export const createPartitions = api({
  key: 37,
  name: 'CreatePartitions',
  request: createPartitionsRequest,
  response: createPartitionsResponse,
});

export type CreatePartitionsRequest = Infer<typeof createPartitionsRequest>;
export type CreatePartitionsRequestInput = InferInput<typeof createPartitionsRequest>;
export type CreatePartitionsResponse = Infer<typeof createPartitionsResponse>;
export type CreatePartitionsResponseInput = InferInput<typeof createPartitionsResponse>;
