/** DeleteGroups (key 42): empty groups and their offsets. Versions 0-2 (3 is Kafka 4.4's). Left out: nothing. */
import { api, array, type Infer, type InferInput, int16, int32, message, string } from '../schema.ts';

export const deleteGroupsRequest = message('DeleteGroupsRequest', {
  versions: '0-2',
  flexible: '2+',
  fields: {
    /** Group ids. */
    groupsNames: array(string()),
  },
});

export const deleteGroupsResponse = message('DeleteGroupsResponse', {
  versions: '0-2',
  flexible: '2+',
  fields: {
    throttleTimeMs: int32(),
    results: array({ groupId: string(), errorCode: int16() }),
  },
});

export const deleteGroups = api({
  key: 42,
  name: 'DeleteGroups',
  request: deleteGroupsRequest,
  response: deleteGroupsResponse,
});

export type DeleteGroupsRequest = Infer<typeof deleteGroupsRequest>;
export type DeleteGroupsRequestInput = InferInput<typeof deleteGroupsRequest>;
export type DeleteGroupsResponse = Infer<typeof deleteGroupsResponse>;
export type DeleteGroupsResponseInput = InferInput<typeof deleteGroupsResponse>;
