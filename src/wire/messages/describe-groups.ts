/**
 * DescribeGroups (key 15): state and members of classic groups. Versions 0-6; since 6 a group that is not there is an error,
 * GROUP_ID_NOT_FOUND, in place of the state `Dead`. Left out: nothing.
 */
import { api, array, bool, bytes, type Infer, type InferInput, int16, int32, message, string } from '../schema.ts';

export const describeGroupsRequest = message('DescribeGroupsRequest', {
  versions: '0-6',
  flexible: '5+',
  fields: {
    /** Group ids. */
    groups: array(string()),
    includeAuthorizedOperations: bool({ versions: '3+' }),
  },
});

export const describeGroupsResponse = message('DescribeGroupsResponse', {
  versions: '0-6',
  flexible: '5+',
  fields: {
    throttleTimeMs: int32({ versions: '1+' }),
    groups: array({
      errorCode: int16(),
      errorMessage: string({ versions: '6+', nullable: '6+', default: null }),
      groupId: string(),
      /** Empty, PreparingRebalance, CompletingRebalance, Stable or Dead; empty where there is an error. */
      groupState: string(),
      protocolType: string(),
      /** The assignor in use. */
      protocolData: string(),
      members: array({
        memberId: string(),
        groupInstanceId: string({ versions: '4+', nullable: '4+', default: null }),
        clientId: string(),
        /** `/` and the member's address. */
        clientHost: string(),
        memberMetadata: bytes(),
        memberAssignment: bytes(),
      }),
      /** A bit for each operation; the smallest int32 where it was not asked for. */
      authorizedOperations: int32({ versions: '3+', default: -0x80000000 }),
    }),
  },
});

export const describeGroups = api({
  key: 15,
  name: 'DescribeGroups',
  request: describeGroupsRequest,
  response: describeGroupsResponse,
});

export type DescribeGroupsRequest = Infer<typeof describeGroupsRequest>;
export type DescribeGroupsRequestInput = InferInput<typeof describeGroupsRequest>;
export type DescribeGroupsResponse = Infer<typeof describeGroupsResponse>;
export type DescribeGroupsResponseInput = InferInput<typeof describeGroupsResponse>;
