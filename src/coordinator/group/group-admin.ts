/** DescribeGroups 0-6, ListGroups 0-5, DeleteGroups 0-2, and what goes when topics or time go; over one shard. */
import { ErrorCode } from '../../core/index.ts';
import type { DecidedRecord, Decision } from '../../replay/index.ts';
import { groupTombstone, offsetTombstone } from './group-records.ts';
import type { GroupLogState, GroupShard } from './group-shard.ts';
import { NO_BYTES, protocolMetadata } from './member.ts';
import type { DescribedGroup, ListedGroup } from './messages.ts';

export function describedError(groupId: string, errorCode: number, errorMessage: string | null): DescribedGroup {
  return {
    errorCode,
    errorMessage,
    groupId,
    groupState: errorCode === 0 || errorCode === ErrorCode.GROUP_ID_NOT_FOUND ? 'Dead' : '',
    protocolType: '',
    protocolData: '',
    members: [],
  };
}

export function describeGroup(shard: GroupShard, groupId: string, apiVersion: number): DescribedGroup {
  const group = shard.find(groupId);
  if (group === undefined) {
    const missing = apiVersion >= 6;
    const message = missing ? `Group ${groupId} not found.` : null;
    return describedError(groupId, missing ? ErrorCode.GROUP_ID_NOT_FOUND : 0, message);
  }
  // Metadata mean something in a stable group only; an assignment stays until the next one.
  const stable = group.state === 'Stable';
  return {
    errorCode: 0,
    errorMessage: null,
    groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: stable ? (group.protocolName ?? '') : '',
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: stable ? protocolMetadata(member, group.protocolName) : NO_BYTES,
      memberAssignment: member.assignment,
    })),
  };
}

/** Filters are case-insensitive, as Kafka's; empty ones let everything through. */
export function listGroups(
  shard: GroupShard,
  state: GroupLogState,
  statesFilter: readonly string[],
  typesFilter: readonly string[],
): ListedGroup[] {
  for (const groupId of state.offsets.groups()) shard.find(groupId);
  const states = new Set(statesFilter.map((name) => name.toLowerCase()));
  const types = new Set(typesFilter.map((name) => name.toLowerCase()));
  if (types.size > 0 && !types.has('classic')) return [];
  const listed: ListedGroup[] = [];
  for (const group of shard.groups.values()) {
    if (states.size > 0 && !states.has(group.state.toLowerCase())) continue;
    const { groupId, state: groupState } = group;
    listed.push({ groupId, protocolType: group.protocolType ?? '', groupState, groupType: 'classic' });
  }
  return listed;
}

/** Tombstones for a group without members, and for all its offsets, those in open transactions included. */
export function decideDeletion(shard: GroupShard, state: GroupLogState, groupId: string): Decision<number> {
  const group = shard.find(groupId);
  if (group === undefined) return { records: [], response: ErrorCode.GROUP_ID_NOT_FOUND };
  if (group.state !== 'Empty') return { records: [], response: ErrorCode.NON_EMPTY_GROUP };
  const records: DecidedRecord[] = [];
  for (const [topic, partition] of state.offsets.partitionsOf(groupId)) {
    records.push(offsetTombstone(groupId, topic, partition));
  }
  if (state.groups.has(groupId)) records.push(groupTombstone(groupId));
  return { records, response: 0, atomic: false, afterAppend: () => forget(shard, groupId) };
}

/** Offsets of topics that are gone. */
export function decideTopicsGone(state: GroupLogState, topics: ReadonlySet<string>): Decision<void> {
  const records: DecidedRecord[] = [];
  for (const groupId of state.offsets.groups()) {
    for (const [topic, partition] of state.offsets.partitionsOf(groupId)) {
      if (topics.has(topic)) records.push(offsetTombstone(groupId, topic, partition));
    }
  }
  return { records, response: undefined, atomic: false };
}

/**
 * KIP-211: the offsets of a group expire `offsets.retention.minutes` after it lost its last member; those of consumers
 * without a group that long after their commit. An offset that a transaction may still change stays. A group that has
 * neither members nor offsets goes.
 */
export function decideExpiry(shard: GroupShard, state: GroupLogState): Decision<void> {
  const retentionMs = shard.config['offsets.retention.minutes'] * 60_000;
  const now = shard.now();
  const records: DecidedRecord[] = [];
  const gone: string[] = [];
  for (const groupId of new Set([...state.offsets.groups(), ...shard.groups.keys()])) {
    const group = shard.find(groupId);
    if (group === undefined || group.state !== 'Empty' || group.pendingJoins.size > 0) continue;
    const emptySince = state.groups.has(groupId) ? group.stateTimestamp : undefined;
    let left = 0;
    for (const [topic, partition] of state.offsets.partitionsOf(groupId)) {
      const offset = state.offsets.get(groupId, topic, partition);
      const since = Math.max(emptySince ?? 0, offset?.commitTimestamp ?? now);
      const unstable = state.offsets.hasPending(groupId, topic, partition);
      if (unstable || now - since < retentionMs) left += 1;
      else records.push(offsetTombstone(groupId, topic, partition));
    }
    if (left > 0) continue;
    if (state.groups.has(groupId)) records.push(groupTombstone(groupId));
    gone.push(groupId);
  }
  const afterAppend = () => {
    for (const groupId of gone) forget(shard, groupId);
  };
  return { records, response: undefined, atomic: false, afterAppend };
}

function forget(shard: GroupShard, groupId: string): void {
  const group = shard.groups.get(groupId);
  if (group === undefined) return;
  group.transitionTo('Dead', shard.now());
  shard.groups.delete(groupId);
}
