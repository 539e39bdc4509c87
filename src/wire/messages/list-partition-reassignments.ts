/** ListPartitionReassignments (key 46): which replicas are on the move (KIP-455). Version 0. Left out: nothing. */
import { api, array, type Infer, type InferInput, int16, int32, message, string } from '../schema.ts';

export const listPartitionReassignmentsRequest = message('ListPartitionReassignmentsRequest', {
  versions: '0',
  flexible: '0+',
  fields: {
    timeoutMs: int32({ default: 60_000 }),
    /** Null: all. */
    topics: array({ name: string(), partitionIndexes: array(int32()) }, { nullable: '0+', default: null }),
  },
});

export const listPartitionReassignmentsResponse = message('ListPartitionReassignmentsResponse', {
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        replicas: array(int32()),
        addingReplicas: array(int32()),
        removingReplicas: array(int32()),
      }),
    }),
  },
});

export const listPartitionReassignments = api({
  key: 46,
  name: 'ListPartitionReassignments',
  request: listPartitionReassignmentsRequest,
  response: listPartitionReassignmentsResponse,
});

export type ListPartitionReassignmentsRequest = Infer<typeof listPartitionReassignmentsRequest>;
export type ListPartitionReassignmentsRequestInput = InferInput<typeof listPartitionReassignmentsRequest>;
export type ListPartitionReassignmentsResponse = Infer<typeof listPartitionReassignmentsResponse>;
export type ListPartitionReassignmentsResponseInput = InferInput<typeof listPartitionReassignmentsResponse>;
