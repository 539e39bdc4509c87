/** LeaveGroup (key 13), versions 0-5. Left out: `reason` is not logged. */
import { leaveGroup } from '../../wire/index.ts';
import { handler } from './handler.ts';

export const leaveGroupHandler = handler(leaveGroup, (request, call, { groups }) => groups.leaveGroup(request, call));
