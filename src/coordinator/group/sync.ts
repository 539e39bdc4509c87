/**
 * SyncGroup 0-5. Every member's is parked until the leader's brings the assignments and these are committed: only then
 * is the group stable. Left out: nothing.
 */
import { errorName } from '../../core/index.ts';
import { appendErrorCode } from '../append-errors.ts';
import type { RequestContext } from '../request-context.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { GroupRuntime } from './group-runtime.ts';
import { type Member, NO_BYTES } from './member.ts';
import type { SyncGroupRequest, SyncGroupResponse } from './messages.ts';
import { answerSync, answerSyncs, rebalanceOrCompleteJoin, refuseSyncs, syncArrived, syncError } from './rebalance.ts';

/** The answer, or undefined: it is parked, and goes to `respond` later. */
export function syncGroup(
  runtime: GroupRuntime,
  request: SyncGroupRequest,
  context: RequestContext,
  respond: (response: SyncGroupResponse) => void,
): SyncGroupResponse | undefined {
  const { memberId, protocolType, protocolName } = request;
  if (context.apiVersion >= 5 && (protocolType === null || protocolName === null)) {
    return syncError('INCONSISTENT_GROUP_PROTOCOL');
  }
  const group = runtime.find(request.groupId);
  if (group === undefined) return syncError('UNKNOWN_MEMBER_ID');
  const refusal = group.refusalOf(memberId, request.groupInstanceId);
  if (refusal !== undefined) return syncError(refusal);
  if (request.generationId !== group.generationId) return syncError('ILLEGAL_GENERATION');
  if (
    (protocolType !== null && protocolType !== group.protocolType) ||
    (protocolName !== null && protocolName !== (group.protocolName ?? null))
  ) {
    return syncError('INCONSISTENT_GROUP_PROTOCOL');
  }
  const member = group.members.get(memberId)!;
  switch (group.state) {
    case 'Empty':
    case 'Dead':
      return syncError('UNKNOWN_MEMBER_ID');
    case 'PreparingRebalance':
      return syncError('REBALANCE_IN_PROGRESS');
    case 'Stable':
      syncArrived(runtime, group, memberId);
      return assigned(group, member.assignment);
    case 'CompletingRebalance':
      syncArrived(runtime, group, memberId);
      answerSync(member, syncError('REBALANCE_IN_PROGRESS'));
      member.awaitingSync = respond;
      if (group.leaderId === memberId) assign(runtime, group, request.assignments);
      return undefined;
  }
}

function assign(runtime: GroupRuntime, group: ClassicGroup, given: SyncGroupRequest['assignments']): void {
  const assignments = new Map<string, Uint8Array>();
  for (const memberId of group.members.keys()) assignments.set(memberId, NO_BYTES);
  for (const { memberId, assignment } of given) {
    if (assignments.has(memberId)) assignments.set(memberId, Uint8Array.from(assignment));
  }
  const { generationId } = group;
  // While it was being written another member may have come, and the assignment is void.
  const stillWanted = () => group.state === 'CompletingRebalance' && group.generationId === generationId;
  runtime.persist(group, assignments).then(
    () => {
      if (!stillWanted()) return;
      for (const member of group.members.values()) member.assignment = assignments.get(member.memberId) ?? NO_BYTES;
      group.transitionTo('Stable', runtime.now());
      answerSyncs(runtime, group, (member) => assigned(group, member.assignment));
    },
    (error: unknown) => {
      if (!stillWanted()) return;
      refuseSyncs(runtime, group, errorName(appendErrorCode(error)));
      rebalanceOrCompleteJoin(runtime, group);
    },
  );
}

function assigned(group: ClassicGroup, assignment: Member['assignment']): SyncGroupResponse {
  return {
    errorCode: 0,
    protocolType: group.protocolType ?? null,
    protocolName: group.protocolName ?? null,
    assignment,
  };
}
