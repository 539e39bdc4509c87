/** SyncGroup (key 14), versions 0-5. Left out: nothing. */
import { syncGroup } from '../../wire/index.ts';
import { handler } from './handler.ts';

export const syncGroupHandler = handler(syncGroup, (request, call, { groups }) => groups.syncGroup(request, call));
