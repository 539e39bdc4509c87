/** ListGroups (key 16), versions 0-5. Left out: nothing. */
import { listGroups } from '../../wire/index.ts';
import { handler } from './handler.ts';

export const listGroupsHandler = handler(listGroups, (request, _call, { groups }) =>
  groups.listGroups(request.statesFilter, request.typesFilter),
);
