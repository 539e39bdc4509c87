/** Heartbeat (key 12): a classic member is alive, and learns of a rebalance. Versions 0-4. Left out: nothing. */
import { api, type Infer, type InferInput, int16, int32, message, string } from '../schema.ts';

export const heartbeatRequest = message('HeartbeatRequest', {
  versions: '0-4',
  flexible: '4+',
  fields: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    /** A static member's own name (KIP-345). */
    groupInstanceId: string({ versions: '3+', nullable: '3+', default: null }),
  },
});

export const heartbeatResponse = message('HeartbeatResponse', {
  versions: '0-4',
  flexible: '4+',
  fields: {
    throttleTimeMs: int32({ versions: '1+' }),
    /** REBALANCE_IN_PROGRESS asks the member to join again. */
    errorCode: int16(),
  },
});

export const heartbeat = api({ key: 12, name: 'Heartbeat', request: heartbeatRequest, response: heartbeatResponse });

export type HeartbeatRequest = Infer<typeof heartbeatRequest>;
export type HeartbeatRequestInput = InferInput<typeof heartbeatRequest>;
export type HeartbeatResponse = Infer<typeof heartbeatResponse>;
export type HeartbeatResponseInput = InferInput<typeof heartbeatResponse>;
