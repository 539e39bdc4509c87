/**
 * SyncGroup (key 14): the leader of a classic group hands in the assignment, everybody takes home a part. Versions 0-5;
 * since 5 the protocol is named again and checked (KIP-559). Left out: nothing.
 */
import { api, array, bytes, type Infer, type InferInput, int16, int32, message, string } from '../schema.ts';

export const syncGroupRequest = message('SyncGroupRequest', {
  versions: '0-5',
  flexible: '4+',
  fields: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    /** A static member's own name (KIP-345). */
    groupInstanceId: string({ versions: '3+', nullable: '3+', default: null }),
    protocolType: string({ versions: '5+', nullable: '5+', default: null }),
    protocolName: string({ versions: '5+', nullable: '5+', default: null }),
    /** Empty, except from the leader. */
    assignments: array({
      memberId: string(),
      /** For consumers a ConsumerProtocolAssignment. */
      assignment: bytes(),
    }),
  },
});

export const syncGroupResponse = message('SyncGroupResponse', {
  versions: '0-5',
  flexible: '4+',
  fields: {
    throttleTimeMs: int32({ versions: '1+' }),
    errorCode: int16(),
    protocolType: string({ versions: '5+', nullable: '5+', default: null }),
    protocolName: string({ versions: '5+', nullable: '5+', default: null }),
    assignment: bytes(),
  },
});

export const syncGroup = api({ key: 14, name: 'SyncGroup', request: syncGroupRequest, response: syncGroupResponse });

export type SyncGroupRequest = Infer<typeof syncGroupRequest>;
export type SyncGroupRequestInput = InferInput<typeof syncGroupRequest>;
export type SyncGroupResponse = Infer<typeof syncGroupResponse>;
export type SyncGroupResponseInput = InferInput<typeof syncGroupResponse>;
