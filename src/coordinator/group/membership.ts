/** Heartbeat 0-4 and LeaveGroup 0-5: staying in a classic group, and leaving it. Left out: nothing. */
import { ErrorCode, type ErrorName } from '../../core/index.ts';
import type { RequestContext } from '../request-context.ts';
import type { ClassicGroup } from './classic-group.ts';
import { type GroupRuntime, heartbeatTimer } from './group-runtime.ts';
import type { HeartbeatRequest, HeartbeatResponse, LeaveGroupRequest, LeaveGroupResponse } from './messages.ts';
import { rebalanceAfterDeparture, removeMember, restartSession } from './rebalance.ts';

export function heartbeat(runtime: GroupRuntime, request: HeartbeatRequest): HeartbeatResponse {
  return { errorCode: ErrorCode[answerTo(runtime, request)] };
}

function answerTo(runtime: GroupRuntime, request: HeartbeatRequest): ErrorName {
  const group = runtime.find(request.groupId);
  if (group === undefined) return 'UNKNOWN_MEMBER_ID';
  const refusal = group.refusalOf(request.memberId, request.groupInstanceId);
  if (refusal !== undefined) return refusal;
  if (request.generationId !== group.generationId) return 'ILLEGAL_GENERATION';
  if (group.state === 'Empty' || group.state === 'Dead') return 'UNKNOWN_MEMBER_ID';
  restartSession(runtime, group, group.members.get(request.memberId)!);
  return group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE';
}

export function leaveGroup(
  runtime: GroupRuntime,
  request: LeaveGroupRequest,
  context: RequestContext,
): LeaveGroupResponse {
  const leaving = context.apiVersion >= 3 ? request.members : [{ memberId: request.memberId, groupInstanceId: null }];
  const group = runtime.find(request.groupId);
  const members = leaving.map(({ memberId, groupInstanceId }) => ({
    memberId,
    groupInstanceId,
    errorCode: ErrorCode[group === undefined ? 'UNKNOWN_MEMBER_ID' : leave(runtime, group, memberId, groupInstanceId)],
  }));
  if (group !== undefined && members.some(({ errorCode }) => errorCode === 0)) {
    rebalanceAfterDeparture(runtime, group);
    runtime.forgetIfUnused(group);
  }
  if (context.apiVersion >= 3) return { errorCode: 0, members };
  return { errorCode: members[0]!.errorCode, members: [] };
}

function leave(
  runtime: GroupRuntime,
  group: ClassicGroup,
  memberId: string,
  groupInstanceId: string | null,
): ErrorName {
  if (group.pendingJoins.has(memberId)) {
    group.remove(memberId);
    runtime.cancel(heartbeatTimer(group.groupId, memberId));
    return 'NONE';
  }
  // An administrator removes a static member by its instance id alone (KIP-345).
  const byInstance = memberId === '' && groupInstanceId !== null;
  const id = byInstance ? (group.staticMembers.get(groupInstanceId) ?? '') : memberId;
  const refusal = group.refusalOf(id, groupInstanceId);
  if (refusal !== undefined) return refusal;
  removeMember(runtime, group, group.members.get(id)!);
  return 'NONE';
}
