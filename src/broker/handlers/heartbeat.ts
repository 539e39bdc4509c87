/** Heartbeat (key 12), versions 0-4. Left out: nothing. */
import { heartbeat } from '../../wire/index.ts';
import { handler } from './handler.ts';

export const heartbeatHandler = handler(heartbeat, (request, call, { groups }) => groups.heartbeat(request, call));
