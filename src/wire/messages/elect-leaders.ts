/**
 * ElectLeaders (key 43): elections that a person asks for (KIP-460). Versions 0-2; since 1 unclean ones too. Left out:
 * nothing.
 */
import { api, array, type Infer, type InferInput, int8, int16, int32, message, string } from '../schema.ts';

export const electLeadersRequest = message('ElectLeadersRequest', {
  versions: '0-2',
  flexible: '2+',
  fields: {
    /** 0 preferred, 1 unclean. */
    electionType: int8({ versions: '1+' }),
    /** Null: all. */
    topicPartitions: array({ topic: string(), partitions: array(int32()) }, { nullable: '0+' }),
    timeoutMs: int32({ default: 60_000 }),
  },
});

export const electLeadersResponse = message('ElectLeadersResponse', {
  versions: '0-2',
  flexible: '2+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16({ versions: '1+' }),
    replicaElectionResults: array({
      topic: string(),
      partitionResult: array({ partitionId: int32(), errorCode: int16(), errorMessage: string({ nullable: '0+' }) }),
    }),
  },
});

export const electLeaders = api({
  key: 43,
  name: 'ElectLeaders',
  request: electLeadersRequest,
  response: electLeadersResponse,
});

export type ElectLeadersRequest = Infer<typeof electLeadersRequest>;
export type ElectLeadersRequestInput = InferInput<typeof electLeadersRequest>;
export type ElectLeadersResponse = Infer<typeof electLeadersResponse>;
export type ElectLeadersResponseInput = InferInput<typeof electLeadersResponse>;
