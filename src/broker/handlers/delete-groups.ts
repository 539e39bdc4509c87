/** DeleteGroups (key 42), versions 0-2. Left out: nothing. */
import { deleteGroups } from '../../wire/index.ts';
import { handler } from './handler.ts';

export const deleteGroupsHandler = handler(deleteGroups, async (request, _call, { groups }) => ({
  results: await groups.deleteGroups(request.groupsNames),
}));
