/** DescribeGroups (key 15), versions 0-6. Left out: operations of single users; there is no access control. */
import { ErrorCode } from '../../core/index.ts';
import { describeGroups } from '../../wire/index.ts';
import { GROUP_OPERATIONS } from './authorized-operations.ts';
import { handler } from './handler.ts';

export const describeGroupsHandler = handler(describeGroups, async (request, call, { groups }) => {
  const operations = request.includeAuthorizedOperations ? { authorizedOperations: GROUP_OPERATIONS } : {};
  const described = await groups.describeGroups(request.groups, call);
  return {
    groups: described.map((group) => (group.errorCode === ErrorCode.NONE ? { ...group, ...operations } : group)),
  };
});
