/** ListGroups (key 16): the groups that this broker coordinates. Versions 0-5. Left out: nothing. */
import { api, array, type Infer, type InferInput, int16, int32, message, string } from '../schema.ts';

export const listGroupsRequest = message('ListGroupsRequest', {
  versions: '0-5',
  flexible: '3+',
  fields: {
    /** Only groups in these states; empty: in any (KIP-518). */
    statesFilter: array(string(), { versions: '4+' }),
    /** Only groups of these types, such as `classic` and `consumer`; empty: of any (KIP-848). */
    typesFilter: array(string(), { versions: '5+' }),
  },
});

export const listGroupsResponse = message('ListGroupsResponse', {
  versions: '0-5',
  flexible: '3+',
  fields: {
    throttleTimeMs: int32({ versions: '1+' }),
    errorCode: int16(),
    groups: array({
      groupId: string(),
      protocolType: string(),
      groupState: string({ versions: '4+' }),
      groupType: string({ versions: '5+' }),
    }),
  },
});

export const listGroups = api({
  key: 16,
  name: 'ListGroups',
  request: listGroupsRequest,
  response: listGroupsResponse,
});

export type ListGroupsRequest = Infer<typeof listGroupsRequest>;
export type ListGroupsRequestInput = InferInput<typeof listGroupsRequest>;
export type ListGroupsResponse = Infer<typeof listGroupsResponse>;
export type ListGroupsResponseInput = InferInput<typeof listGroupsResponse>;
