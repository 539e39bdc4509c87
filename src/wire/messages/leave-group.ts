/**
 * LeaveGroup (key 13): members go at once, without waiting for their session timeout. Versions 0-5; since 3 several at a
 * time, also by static name (`members`), before it one (`memberId`). Left out: nothing.
 */
import { api, array, type Infer, type InferInput, int16, int32, message, string } from '../schema.ts';

export const leaveGroupRequest = message('LeaveGroupRequest', {
  versions: '0-5',
  flexible: '4+',
  fields: {
    groupId: string(),
    memberId: string({ versions: '0-2' }),
    members: array(
      {
        /** May be empty where the static name is given. */
        memberId: string(),
        groupInstanceId: string({ nullable: '3+', default: null }),
        /** Why it leaves, for the broker's log. */
        reason: string({ versions: '5+', nullable: '5+', default: null }),
      },
      { versions: '3+' },
    ),
  },
});

export const leaveGroupResponse = message('LeaveGroupResponse', {
  versions: '0-5',
  flexible: '4+',
  fields: {
    throttleTimeMs: int32({ versions: '1+' }),
    errorCode: int16(),
    members: array(
      { memberId: string(), groupInstanceId: string({ nullable: '3+' }), errorCode: int16() },
      { versions: '3+' },
    ),
  },
});

export const leaveGroup = api({
  key: 13,
  name: 'LeaveGroup',
  request: leaveGroupRequest,
  response: leaveGroupResponse,
});

export type LeaveGroupRequest = Infer<typeof leaveGroupRequest>;
export type LeaveGroupRequestInput = InferInput<typeof leaveGroupRequest>;
export type LeaveGroupResponse = Infer<typeof leaveGroupResponse>;
export type LeaveGroupResponseInput = InferInput<typeof leaveGroupResponse>;
