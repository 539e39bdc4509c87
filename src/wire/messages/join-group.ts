/**
 * JoinGroup (key 11): the classic protocol's way into a group, and its barrier. Versions 0-9. Since 4 a new dynamic member
 * is first given its id (KIP-394), since 5 members may be static (KIP-345), since 9 a static leader may be told to skip the
 * assignment (KIP-814). Left out: nothing.
 */
import { api, array, bool, bytes, type Infer, type InferInput, int16, int32, message, string } from '../schema.ts';

export const joinGroupRequest = message('JoinGroupRequest', {
  versions: '0-9',
  flexible: '6+',
  fields: {
    groupId: string(),
    /** A member that is silent for so long is out. */
    sessionTimeoutMs: int32(),
    /** How long members have to join again; -1 (version 0): the session timeout. */
    rebalanceTimeoutMs: int32({ versions: '1+', default: -1 }),
    /** Empty for a newcomer. */
    memberId: string(),
    /** A static member's own name. */
    groupInstanceId: string({ versions: '5+', nullable: '5+', default: null }),
    /** `consumer` for consumers. */
    protocolType: string(),
    /** The assignors that the member knows, the preferred one first. */
    protocols: array({
      name: string(),
      /** For consumers a ConsumerProtocolSubscription. */
      metadata: bytes(),
    }),
    /** Why it joins, for the broker's log. */
    reason: string({ versions: '8+', nullable: '8+', default: null }),
  },
});

export const joinGroupResponse = message('JoinGroupResponse', {
  versions: '0-9',
  flexible: '6+',
  fields: {
    throttleTimeMs: int32({ versions: '2+' }),
    errorCode: int16(),
    generationId: int32({ default: -1 }),
    protocolType: string({ versions: '7+', nullable: '7+', default: null }),
    /** The assignor chosen. */
    protocolName: string({ nullable: '7+' }),
    /** The leader's member id. */
    leader: string(),
    skipAssignment: bool({ versions: '9+' }),
    /** The member's own id. */
    memberId: string(),
    /** To the leader only: everybody. */
    members: array({
      memberId: string(),
      groupInstanceId: string({ versions: '5+', nullable: '5+', default: null }),
      metadata: bytes(),
    }),
  },
});

export const joinGroup = api({ key: 11, name: 'JoinGroup', request: joinGroupRequest, response: joinGroupResponse });

export type JoinGroupRequest = Infer<typeof joinGroupRequest>;
export type JoinGroupRequestInput = InferInput<typeof joinGroupRequest>;
export type JoinGroupResponse = Infer<typeof joinGroupResponse>;
export type JoinGroupResponseInput = InferInput<typeof joinGroupResponse>;
