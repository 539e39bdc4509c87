/**
 * A classic group as data: its members, its leader, whom it waits for, and the vote on the protocol. No clock, no
 * timers, no log: `rebalance.ts` and its neighbours move it.
 */
import { assert, type ErrorName } from '../../core/index.ts';
import { assertMayBecome, type GroupState, mayBecome } from './group-state.ts';
import { type Member, NO_BYTES, type Protocol, protocolMetadata } from './member.ts';
import type { JoinGroupResponse } from './messages.ts';

export class ClassicGroup {
  readonly groupId: string;
  state: GroupState = 'Empty';
  previousState: GroupState = 'Empty';
  /** When the state was entered, milliseconds since the epoch. */
  stateTimestamp: number;
  generationId = 0;
  /** `consumer`, `connect`, …; undefined until a member joined. */
  protocolType: string | undefined;
  /** What the members voted for; undefined while there are none. */
  protocolName: string | undefined;
  leaderId: string | undefined;
  /** In the order in which they joined. */
  readonly members = new Map<string, Member>();
  /** Member id by group.instance.id. */
  readonly staticMembers = new Map<string, string>();
  /** Ids that were given out with MEMBER_ID_REQUIRED and have not joined yet. */
  readonly pendingJoins = new Set<string>();
  /** Members whose SyncGroup of this generation has not come yet. */
  readonly pendingSyncs = new Set<string>();
  /** Somebody joined since the initial delay was last extended. */
  newMemberAdded = false;

  constructor(groupId: string, now: number) {
    this.groupId = groupId;
    this.stateTimestamp = now;
  }

  transitionTo(state: GroupState, now: number): void {
    assertMayBecome(this.groupId, this.state, state);
    this.previousState = this.state;
    this.state = state;
    this.stateTimestamp = now;
  }

  get canRebalance(): boolean {
    return mayBecome(this.state, 'PreparingRebalance');
  }

  add(member: Member): void {
    if (this.members.size === 0) this.protocolType = member.protocolType;
    assert(this.protocolType === member.protocolType, `group ${this.groupId} has another protocol type`);
    this.members.set(member.memberId, member);
    if (member.groupInstanceId !== null) this.staticMembers.set(member.groupInstanceId, member.memberId);
    this.leaderId ??= member.memberId;
    this.pendingJoins.delete(member.memberId);
  }

  /** Forgets a member, or an id that is pending. */
  remove(memberId: string): void {
    this.pendingJoins.delete(memberId);
    this.pendingSyncs.delete(memberId);
    const member = this.members.get(memberId);
    if (member === undefined) return;
    this.members.delete(memberId);
    if (member.groupInstanceId !== null && this.staticMembers.get(member.groupInstanceId) === memberId) {
      this.staticMembers.delete(member.groupInstanceId);
    }
    if (this.leaderId === memberId) this.leaderId = this.members.keys().next().value;
  }

  /** A static member came back under a new id (KIP-345): everything else of it stays, also its place in the order. */
  replaceStaticMember(oldMemberId: string, newMemberId: string): Member {
    const old = this.members.get(oldMemberId);
    assert(old !== undefined && old.groupInstanceId !== null, `${oldMemberId} is not a static member`);
    const replacement: Member = { ...old, memberId: newMemberId, awaitingJoin: undefined, awaitingSync: undefined };
    const entries = [...this.members.values()].map((member) => (member === old ? replacement : member));
    this.members.clear();
    for (const member of entries) this.members.set(member.memberId, member);
    this.staticMembers.set(old.groupInstanceId, newMemberId);
    if (this.leaderId === oldMemberId) this.leaderId = newMemberId;
    if (this.pendingSyncs.delete(oldMemberId)) this.pendingSyncs.add(newMemberId);
    return replacement;
  }

  /** Whether this member may speak for itself: UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, or undefined when it may. */
  refusalOf(memberId: string, groupInstanceId: string | null): ErrorName | undefined {
    if (groupInstanceId !== null) {
      const current = this.staticMembers.get(groupInstanceId);
      if (current === undefined) return 'UNKNOWN_MEMBER_ID';
      if (current !== memberId) return 'FENCED_INSTANCE_ID';
    }
    return this.members.has(memberId) ? undefined : 'UNKNOWN_MEMBER_ID';
  }

  get awaitingJoinCount(): number {
    let count = 0;
    for (const member of this.members.values()) if (member.awaitingJoin !== undefined) count += 1;
    return count;
  }

  get hasAllMembersJoined(): boolean {
    return this.pendingJoins.size === 0 && this.awaitingJoinCount === this.members.size;
  }

  /** The longest that any member asked for, milliseconds. */
  get rebalanceTimeoutMs(): number {
    let longest = 0;
    for (const member of this.members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs);
    return longest;
  }

  /** A joining member must speak the group's protocol type, and a protocol that all the others speak. */
  supports(protocolType: string, protocols: readonly Protocol[]): boolean {
    if (this.members.size === 0) return protocolType !== '' && protocols.length > 0;
    return protocolType === this.protocolType && protocols.some(({ name }) => this.allSupport(name));
  }

  /** Each member votes for the first of its protocols that all support; the most votes win, the earliest vote on a tie. */
  selectProtocol(): string {
    const votes = new Map<string, number>();
    for (const member of this.members.values()) {
      const choice = member.protocols.find(({ name }) => this.allSupport(name));
      assert(choice !== undefined, `the members of group ${this.groupId} have no protocol in common`);
      votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1);
    }
    let winner: string | undefined;
    for (const [name, count] of votes) if (winner === undefined || count > votes.get(winner)!) winner = name;
    assert(winner !== undefined, `group ${this.groupId} has no members to vote`);
    return winner;
  }

  private allSupport(name: string): boolean {
    for (const member of this.members.values()) {
      if (!member.protocols.some((protocol) => protocol.name === name)) return false;
    }
    return true;
  }

  /** The leader stays when it has rejoined, else another that has takes over. False: nobody has rejoined. */
  electJoinedLeader(): boolean {
    const leader = this.leaderId === undefined ? undefined : this.members.get(this.leaderId);
    if (leader === undefined) return false;
    if (leader.awaitingJoin !== undefined) return true;
    for (const member of this.members.values()) {
      if (member.awaitingJoin === undefined) continue;
      this.leaderId = member.memberId;
      return true;
    }
    return false;
  }

  /** Every member that has to join is in: CompletingRebalance, or Empty when there is none. */
  startNextGeneration(now: number): void {
    this.generationId += 1;
    this.pendingSyncs.clear();
    if (this.members.size > 0) {
      this.protocolName = this.selectProtocol();
      this.transitionTo('CompletingRebalance', now);
    } else {
      this.protocolName = undefined;
      this.transitionTo('Empty', now);
    }
  }

  /** Who is in the current generation, as the leader learns it. */
  roster(): JoinGroupResponse['members'] {
    return [...this.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      metadata: protocolMetadata(member, this.protocolName),
    }));
  }

  assignments(): Map<string, Uint8Array> {
    const assignments = new Map<string, Uint8Array>();
    for (const member of this.members.values()) assignments.set(member.memberId, member.assignment);
    return assignments;
  }

  clearAssignments(): void {
    for (const member of this.members.values()) member.assignment = NO_BYTES;
  }
}
