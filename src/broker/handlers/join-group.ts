/** JoinGroup (key 11), versions 0-9. Left out: `reason` is not logged. */
import { joinGroup } from '../../wire/index.ts';
import { handler } from './handler.ts';

export const joinGroupHandler = handler(joinGroup, (request, call, { groups }) => groups.joinGroup(request, call));
