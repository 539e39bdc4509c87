/**
 * JoinGroup 0-9 (https://kafka.apache.org/protocol, KIP-62, KIP-345, KIP-394, KIP-559, KIP-814). The answer is parked until the
 * rebalance that the join belongs to is over. Left out: nothing.
 */
import { errorName, randomUuid, uuidInHex } from '../../core/index.ts';
import { appendErrorCode } from '../append-errors.ts';
import type { RequestContext } from '../request-context.ts';
import { ClassicGroup } from './classic-group.ts';
import { type GroupRuntime, heartbeatTimer, NEW_MEMBER_JOIN_TIMEOUT_MS } from './group-runtime.ts';
import { copyProtocols, type Member, NO_BYTES, sameProtocols } from './member.ts';
import type { JoinGroupRequest, JoinGroupResponse } from './messages.ts';
import {
  answerJoin,
  answerSync,
  completeJoinIfReady,
  currentGeneration,
  expirePendingJoin,
  joinError,
  prepareRebalance,
  rebalanceOrCompleteJoin,
  restartSession,
  syncError,
} from './rebalance.ts';

type Respond = (response: JoinGroupResponse) => void;
/** The answer, or undefined: it is parked, and goes to `respond` later. */
type Answer = JoinGroupResponse | undefined;

export function joinGroup(
  runtime: GroupRuntime,
  request: JoinGroupRequest,
  context: RequestContext,
  respond: Respond,
): Answer {
  const { groupId, memberId, sessionTimeoutMs } = request;
  const { config } = runtime;
  if (
    sessionTimeoutMs < config['group.min.session.timeout.ms'] ||
    sessionTimeoutMs > config['group.max.session.timeout.ms']
  ) {
    return joinError('INVALID_SESSION_TIMEOUT', memberId);
  }
  let group = runtime.find(groupId);
  if (group === undefined) {
    if (memberId !== '') return joinError('UNKNOWN_MEMBER_ID', memberId);
    if (request.protocolType === '' || request.protocols.length === 0) {
      return joinError('INCONSISTENT_GROUP_PROTOCOL', memberId);
    }
    group = new ClassicGroup(groupId, runtime.now());
    runtime.groups.set(groupId, group);
  }
  const answer = joinExisting(runtime, group, request, context, respond);
  runtime.forgetIfUnused(group);
  return answer;
}

function joinExisting(
  runtime: GroupRuntime,
  group: ClassicGroup,
  request: JoinGroupRequest,
  context: RequestContext,
  respond: Respond,
): Answer {
  const { memberId } = request;
  if (!hasRoomFor(runtime, group, memberId)) {
    group.remove(memberId);
    runtime.cancel(heartbeatTimer(group.groupId, memberId));
    return joinError('GROUP_MAX_SIZE_REACHED', '');
  }
  if (!group.supports(request.protocolType, request.protocols)) {
    return joinError('INCONSISTENT_GROUP_PROTOCOL', memberId);
  }
  if (memberId === '') return joinNewMember(runtime, group, request, context, respond);
  return joinKnownMember(runtime, group, request, context, respond);
}

function hasRoomFor(runtime: GroupRuntime, group: ClassicGroup, memberId: string): boolean {
  const limit = runtime.config['group.max.size'];
  if (group.state === 'PreparingRebalance') {
    // Whoever waits already counts; of those that have yet to rejoin only as many as there is room for get in.
    return group.members.get(memberId)?.awaitingJoin !== undefined || group.awaitingJoinCount < limit;
  }
  return group.members.has(memberId) || group.members.size < limit;
}

function joinNewMember(
  runtime: GroupRuntime,
  group: ClassicGroup,
  request: JoinGroupRequest,
  context: RequestContext,
  respond: Respond,
): Answer {
  const { groupInstanceId, sessionTimeoutMs } = request;
  const memberId = `${groupInstanceId ?? context.clientId ?? ''}-${uuidInHex(randomUuid(runtime.random))}`;
  if (groupInstanceId !== null) {
    const replaced = group.staticMembers.get(groupInstanceId);
    if (replaced !== undefined)
      return replaceStaticMember(runtime, group, replaced, memberId, request, context, respond);
    return addMember(runtime, group, memberId, request, context, respond);
  }
  if (context.apiVersion < 4) return addMember(runtime, group, memberId, request, context, respond);
  // KIP-394: the member has to come again with the id, so that a lost answer leaves no ghost in the group.
  group.pendingJoins.add(memberId);
  runtime.schedule(heartbeatTimer(group.groupId, memberId), sessionTimeoutMs, () =>
    expirePendingJoin(runtime, group, memberId),
  );
  return joinError('MEMBER_ID_REQUIRED', memberId);
}

function joinKnownMember(
  runtime: GroupRuntime,
  group: ClassicGroup,
  request: JoinGroupRequest,
  context: RequestContext,
  respond: Respond,
): Answer {
  const { memberId } = request;
  if (group.pendingJoins.has(memberId)) {
    if (request.groupInstanceId !== null) return joinError('UNKNOWN_MEMBER_ID', memberId);
    return addMember(runtime, group, memberId, request, context, respond);
  }
  const refusal = group.refusalOf(memberId, request.groupInstanceId);
  if (refusal !== undefined) return joinError(refusal, memberId);
  const member = group.members.get(memberId)!;
  const unchanged = sameProtocols(member, request.protocols);
  // The same join again, of a member that missed the answer, starts no rebalance; but the leader's may be the sign of
  // something that its metadata does not show, such as new partitions.
  const missedTheAnswer =
    (group.state === 'CompletingRebalance' && unchanged) ||
    (group.state === 'Stable' && unchanged && group.leaderId !== memberId);
  if (missedTheAnswer) return currentGeneration(group, memberId);
  if (group.state === 'Empty' || group.state === 'Dead') {
    return joinError('UNKNOWN_MEMBER_ID', memberId);
  }
  updateMember(member, request, respond);
  rebalanceOrCompleteJoin(runtime, group);
  return undefined;
}

function addMember(
  runtime: GroupRuntime,
  group: ClassicGroup,
  memberId: string,
  request: JoinGroupRequest,
  context: RequestContext,
  respond: Respond,
): Answer {
  const member: Member = {
    memberId,
    groupInstanceId: request.groupInstanceId,
    clientId: context.clientId ?? '',
    clientHost: context.clientHost,
    rebalanceTimeoutMs: rebalanceTimeoutOf(request),
    sessionTimeoutMs: request.sessionTimeoutMs,
    protocolType: request.protocolType,
    protocols: copyProtocols(request.protocols),
    assignment: NO_BYTES,
    awaitingJoin: respond,
    awaitingSync: undefined,
    isNew: true,
  };
  if (group.state === 'PreparingRebalance' && group.previousState === 'Empty') group.newMemberAdded = true;
  group.add(member);
  // It cannot send heartbeats yet, and its connection is silent while the join is parked: bounded all the same.
  restartSession(runtime, group, member, NEW_MEMBER_JOIN_TIMEOUT_MS);
  rebalanceOrCompleteJoin(runtime, group);
  return undefined;
}

function updateMember(member: Member, request: JoinGroupRequest, respond: Respond): void {
  member.protocols = copyProtocols(request.protocols);
  member.rebalanceTimeoutMs = rebalanceTimeoutOf(request);
  member.sessionTimeoutMs = request.sessionTimeoutMs;
  // An earlier join of the same member came over a connection that it has given up.
  answerJoin(member, joinError('REBALANCE_IN_PROGRESS', member.memberId));
  member.awaitingJoin = respond;
}

/**
 * A static member is back without its id (KIP-345): the old id is fenced. In a stable group whose protocol stays the
 * same nothing else changes for the others, so there is no rebalance; the new id is written before the answer.
 */
function replaceStaticMember(
  runtime: GroupRuntime,
  group: ClassicGroup,
  oldMemberId: string,
  newMemberId: string,
  request: JoinGroupRequest,
  context: RequestContext,
  respond: Respond,
): Answer {
  const oldLeader = group.leaderId ?? '';
  const old = group.members.get(oldMemberId)!;
  const previous = { ...old };
  answerJoin(old, joinError('FENCED_INSTANCE_ID', oldMemberId));
  answerSync(old, syncError('FENCED_INSTANCE_ID'));
  runtime.cancel(heartbeatTimer(group.groupId, oldMemberId));
  const member = group.replaceStaticMember(oldMemberId, newMemberId);
  updateMember(member, request, respond);
  restartSession(runtime, group, member);
  if (group.state === 'Stable' && group.selectProtocol() === group.protocolName) {
    keepGeneration(runtime, group, member, previous, oldLeader, context);
  } else if (group.state === 'PreparingRebalance') {
    completeJoinIfReady(runtime, group);
  } else {
    prepareRebalance(runtime, group);
  }
  return undefined;
}

function keepGeneration(
  runtime: GroupRuntime,
  group: ClassicGroup,
  member: Member,
  previous: Member,
  oldLeader: string,
  context: RequestContext,
): void {
  const newMemberId = member.memberId;
  const oldMemberId = previous.memberId;
  runtime.persist(group, group.assignments()).then(
    () => {
      const response = currentGeneration(group, newMemberId);
      const leads = group.leaderId === newMemberId;
      if (context.apiVersion >= 9) {
        // KIP-814: it leads, and may look at who is in the group, but the assignment stands.
        answerJoin(member, { ...response, skipAssignment: leads });
      } else {
        // Naming the old leader keeps a client that cannot skip from assigning anew.
        answerJoin(member, { ...response, members: [], leader: oldLeader });
      }
    },
    (error: unknown) => {
      if (group.members.get(newMemberId) !== member || member.awaitingJoin === undefined) return;
      const reverted = group.replaceStaticMember(newMemberId, oldMemberId);
      reverted.protocols = previous.protocols;
      reverted.rebalanceTimeoutMs = previous.rebalanceTimeoutMs;
      reverted.sessionTimeoutMs = previous.sessionTimeoutMs;
      runtime.cancel(heartbeatTimer(group.groupId, newMemberId));
      restartSession(runtime, group, reverted);
      answerJoin(member, joinError(errorName(appendErrorCode(error)), ''));
    },
  );
}

/** Version 0 has none: the session timeout stands for it. */
function rebalanceTimeoutOf(request: JoinGroupRequest): number {
  return request.rebalanceTimeoutMs < 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs;
}
