/**
 * How a classic group moves: a rebalance starts, joins are collected until everybody is in or time is up, the
 * generation starts, and who does not join, sync or send heartbeats in time is removed.
 */
import { ErrorCode, type ErrorName } from '../../core/index.ts';
import type { ClassicGroup } from './classic-group.ts';
import { type GroupRuntime, heartbeatTimer, joinTimer, syncTimer } from './group-runtime.ts';
import { type Member, NO_BYTES } from './member.ts';
import type { JoinGroupResponse, SyncGroupResponse } from './messages.ts';

export function joinError(error: ErrorName, memberId: string): JoinGroupResponse {
  return {
    errorCode: ErrorCode[error],
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    memberId,
    members: [],
  };
}

export function syncError(error: ErrorName): SyncGroupResponse {
  return { errorCode: ErrorCode[error], protocolType: null, protocolName: null, assignment: NO_BYTES };
}

/** The current generation, as a member is told; the leader is told who is in it. */
export function currentGeneration(group: ClassicGroup, memberId: string): JoinGroupResponse {
  return {
    errorCode: 0,
    generationId: group.generationId,
    protocolType: group.protocolType ?? null,
    protocolName: group.protocolName ?? null,
    leader: group.leaderId ?? '',
    skipAssignment: false,
    memberId,
    members: group.leaderId === memberId ? group.roster() : [],
  };
}

export function answerJoin(member: Member, response: JoinGroupResponse): void {
  const answer = member.awaitingJoin;
  member.awaitingJoin = undefined;
  answer?.(response);
}

/** Whether there was a parked SyncGroup to answer. */
export function answerSync(member: Member, response: SyncGroupResponse): boolean {
  const answer = member.awaitingSync;
  member.awaitingSync = undefined;
  answer?.(response);
  return answer !== undefined;
}

/** The member was heard from, or given something to do: it has a session timeout's time from now. */
export function restartSession(runtime: GroupRuntime, group: ClassicGroup, member: Member, timeoutMs?: number): void {
  runtime.schedule(heartbeatTimer(group.groupId, member.memberId), timeoutMs ?? member.sessionTimeoutMs, () =>
    expireSession(runtime, group, member.memberId),
  );
}

/** A member id that was given out, and was not used to join in time. */
export function expirePendingJoin(runtime: GroupRuntime, group: ClassicGroup, memberId: string): void {
  if (!group.pendingJoins.delete(memberId)) return;
  completeJoinIfReady(runtime, group);
  runtime.forgetIfUnused(group);
}

function expireSession(runtime: GroupRuntime, group: ClassicGroup, memberId: string): void {
  const member = group.members.get(memberId);
  if (member === undefined || group.state === 'Dead') return;
  // While the coordinator owes it an answer, a member that has joined before cannot be expected to send heartbeats.
  const owed = member.awaitingJoin !== undefined || member.awaitingSync !== undefined;
  if (owed && !member.isNew) return;
  removeMember(runtime, group, member);
  rebalanceAfterDeparture(runtime, group);
}

/** Removes a member and answers what it waits for. The caller sees to the rebalance. */
export function removeMember(runtime: GroupRuntime, group: ClassicGroup, member: Member): void {
  runtime.cancel(heartbeatTimer(group.groupId, member.memberId));
  group.remove(member.memberId);
  answerJoin(member, joinError('UNKNOWN_MEMBER_ID', ''));
  answerSync(member, syncError('UNKNOWN_MEMBER_ID'));
}

export function rebalanceAfterDeparture(runtime: GroupRuntime, group: ClassicGroup): void {
  if (group.state === 'Stable' || group.state === 'CompletingRebalance') prepareRebalance(runtime, group);
  else completeJoinIfReady(runtime, group);
}

/** Starts a rebalance where that is legal; in one that is under way, sees whether everybody is in. */
export function rebalanceOrCompleteJoin(runtime: GroupRuntime, group: ClassicGroup): void {
  if (group.canRebalance) prepareRebalance(runtime, group);
  else completeJoinIfReady(runtime, group);
}

export function prepareRebalance(runtime: GroupRuntime, group: ClassicGroup): void {
  if (group.state === 'CompletingRebalance') refuseSyncs(runtime, group, 'REBALANCE_IN_PROGRESS');
  runtime.cancel(syncTimer(group.groupId));
  const initial = group.state === 'Empty';
  group.transitionTo('PreparingRebalance', runtime.now());
  if (initial) {
    const delayMs = runtime.config['group.initial.rebalance.delay.ms'];
    group.newMemberAdded = false;
    waitForFirstMembers(runtime, group, delayMs, Math.max(group.rebalanceTimeoutMs - delayMs, 0));
  } else if (group.hasAllMembersJoined) {
    completeJoin(runtime, group);
  } else {
    runtime.schedule(joinTimer(group.groupId), group.rebalanceTimeoutMs, () => completeJoin(runtime, group));
  }
}

/** A group that was empty waits for a while, and again while members keep coming, up to the rebalance timeout. */
function waitForFirstMembers(runtime: GroupRuntime, group: ClassicGroup, delayMs: number, remainingMs: number): void {
  runtime.schedule(joinTimer(group.groupId), delayMs, () => {
    if (group.newMemberAdded && remainingMs > 0) {
      group.newMemberAdded = false;
      const nextMs = Math.min(runtime.config['group.initial.rebalance.delay.ms'], remainingMs);
      waitForFirstMembers(runtime, group, nextMs, Math.max(remainingMs - nextMs, 0));
    } else {
      completeJoin(runtime, group);
    }
  });
}

export function completeJoinIfReady(runtime: GroupRuntime, group: ClassicGroup): void {
  if (group.state !== 'PreparingRebalance' || group.previousState === 'Empty' || !group.hasAllMembersJoined) return;
  completeJoin(runtime, group);
}

/** Joins are in, or their time is up: who did not join is removed, and the next generation starts. */
function completeJoin(runtime: GroupRuntime, group: ClassicGroup): void {
  if (group.state !== 'PreparingRebalance') return;
  runtime.cancel(joinTimer(group.groupId));
  for (const member of [...group.members.values()]) {
    // A static member may come back until its session ends (KIP-345).
    if (member.awaitingJoin === undefined && member.groupInstanceId === null) removeMember(runtime, group, member);
  }
  if (group.members.size > 0 && !group.electJoinedLeader()) {
    // Only static members are left, and none of them has joined: their sessions decide.
    runtime.schedule(joinTimer(group.groupId), group.rebalanceTimeoutMs, () => completeJoin(runtime, group));
    return;
  }
  group.startNextGeneration(runtime.now());
  if (group.members.size === 0) {
    // A refused write is no harm: the log then has the group as it was, and its members' sessions end after a load.
    runtime.persist(group, new Map()).catch(() => undefined);
    return;
  }
  const { generationId } = group;
  runtime.schedule(syncTimer(group.groupId), group.rebalanceTimeoutMs, () => expireSyncs(runtime, group, generationId));
  for (const member of group.members.values()) {
    const joined = member.awaitingJoin !== undefined;
    // A static member that has not joined keeps the time that is left of its session.
    if (joined) restartSession(runtime, group, member);
    member.isNew = false;
    group.pendingSyncs.add(member.memberId);
    answerJoin(member, currentGeneration(group, member.memberId));
  }
}

/** Who has joined but not synced within the rebalance timeout is removed (KIP-559's neighbour KAFKA-9752). */
function expireSyncs(runtime: GroupRuntime, group: ClassicGroup, generationId: number): void {
  if (group.generationId !== generationId || group.pendingSyncs.size === 0) return;
  if (group.state !== 'CompletingRebalance' && group.state !== 'Stable') return;
  for (const memberId of [...group.pendingSyncs]) {
    const member = group.members.get(memberId);
    if (member !== undefined) removeMember(runtime, group, member);
  }
  prepareRebalance(runtime, group);
}

export function syncArrived(runtime: GroupRuntime, group: ClassicGroup, memberId: string): void {
  group.pendingSyncs.delete(memberId);
  if (group.pendingSyncs.size === 0) runtime.cancel(syncTimer(group.groupId));
}

/** Every parked SyncGroup is answered with an error, and the assignments are void. */
export function refuseSyncs(runtime: GroupRuntime, group: ClassicGroup, error: ErrorName): void {
  group.clearAssignments();
  answerSyncs(runtime, group, () => syncError(error));
}

export function answerSyncs(
  runtime: GroupRuntime,
  group: ClassicGroup,
  answer: (member: Member) => SyncGroupResponse,
): void {
  for (const member of group.members.values()) {
    if (answerSync(member, answer(member))) restartSession(runtime, group, member);
  }
}
