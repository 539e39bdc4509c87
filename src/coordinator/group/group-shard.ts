/**
 * One partition of `__consumer_offsets`: the groups and offsets that it keeps. What is in the log (offsets, and each
 * group as of its last completed rebalance) changes by replay alone; the rebalances under way live beside it and end
 * with the shard.
 */
import type { KafkaRecord } from '../../records/index.ts';
import type { BatchOrigin, MarkerKind, Replayed, StateMachine } from '../../replay/index.ts';
import { ClassicGroup } from './classic-group.ts';
import type { GroupConfig } from './group-config.ts';
import { groupRecord, readGroupRecord, type StoredGroup } from './group-records.ts';
import type { GroupRuntime } from './group-runtime.ts';
import type { Member } from './member.ts';
import { OffsetStore } from './offset-store.ts';
import { answerJoin, answerSync, joinError, prepareRebalance, restartSession, syncError } from './rebalance.ts';

/** What the log says. */
export class GroupLogState implements StateMachine {
  readonly offsets = new OffsetStore();
  readonly groups = new Map<string, StoredGroup>();

  replay(record: KafkaRecord, origin: BatchOrigin): void {
    const read = readGroupRecord(record.key, record.value);
    if (read === undefined) return;
    if (read.type === 'group') {
      if (read.value === null) this.groups.delete(read.group);
      else this.groups.set(read.group, read.value);
    } else if (read.value === null) {
      this.offsets.replayTombstone(read.group, read.topic, read.partition);
    } else {
      const { offset, leaderEpoch, metadata, commitTimestamp } = read.value;
      const stored = { offset, leaderEpoch, metadata, commitTimestamp, recordOffset: record.offset };
      const producerId = origin.isTransactional ? origin.producerId : -1;
      this.offsets.replayOffset(read.group, read.topic, read.partition, stored, producerId);
    }
  }

  replayMarker(producerId: number, _producerEpoch: number, kind: MarkerKind): void {
    this.offsets.replayMarker(producerId, kind);
  }
}

export class GroupShard implements GroupRuntime {
  readonly groups = new Map<string, ClassicGroup>();
  readonly config: GroupConfig;
  readonly random: GroupRuntime['random'];
  readonly replayed: Replayed<GroupLogState>;
  private readonly clock: { now(): number };

  constructor(options: {
    readonly config: GroupConfig;
    readonly random: GroupRuntime['random'];
    readonly clock: { now(): number };
    readonly replayed: Replayed<GroupLogState>;
  }) {
    this.config = options.config;
    this.random = options.random;
    this.clock = options.clock;
    this.replayed = options.replayed;
  }

  /** After the load: the stored groups live, and each of their members has a session timeout to be heard from. */
  start(): void {
    this.replayed.peek((state) => {
      for (const [groupId, stored] of state.groups) this.groups.set(groupId, restore(groupId, stored));
    });
    for (const group of this.groups.values()) {
      for (const member of group.members.values()) restartSession(this, group, member);
      if (group.members.size > this.config['group.max.size']) prepareRebalance(this, group);
    }
  }

  /** Whoever waits for an answer is sent to look for the coordinator again. */
  stop(): void {
    this.replayed.unload();
    for (const group of this.groups.values()) {
      group.transitionTo('Dead', this.clock.now());
      for (const member of group.members.values()) {
        answerJoin(member, joinError('NOT_COORDINATOR', member.memberId));
        answerSync(member, syncError('NOT_COORDINATOR'));
      }
    }
    this.groups.clear();
  }

  now(): number {
    return this.clock.now();
  }

  schedule(key: string, delayMs: number, run: () => void): void {
    this.replayed.schedule(key, delayMs, () => {
      run();
      return undefined;
    });
  }

  cancel(key: string): void {
    this.replayed.cancel(key);
  }

  persist(group: ClassicGroup, assignments: ReadonlyMap<string, Uint8Array>): Promise<void> {
    return this.replayed.write(() => ({ records: [groupRecord(group, assignments)], response: undefined }));
  }

  find(groupId: string): ClassicGroup | undefined {
    const group = this.groups.get(groupId);
    if (group !== undefined) return group;
    if (!this.replayed.peek((state) => state.offsets.hasGroup(groupId))) return undefined;
    const simple = new ClassicGroup(groupId, this.clock.now());
    this.groups.set(groupId, simple);
    return simple;
  }

  forgetIfUnused(group: ClassicGroup): void {
    if (group.state !== 'Empty' || group.members.size > 0 || group.pendingJoins.size > 0) return;
    const { groupId } = group;
    if (this.groups.get(groupId) !== group) return;
    const kept = this.replayed.peek((state) => state.groups.has(groupId) || state.offsets.hasGroup(groupId));
    if (!kept && group.generationId === 0) this.groups.delete(groupId);
  }
}

/** A group as it was after its last completed rebalance: Stable, or Empty. */
export function restore(groupId: string, stored: StoredGroup): ClassicGroup {
  const group = new ClassicGroup(groupId, stored.currentStateTimestamp);
  group.generationId = stored.generation;
  const protocolName = stored.protocol ?? '';
  for (const kept of stored.members) {
    const member: Member = {
      memberId: kept.memberId,
      groupInstanceId: kept.groupInstanceId,
      clientId: kept.clientId,
      clientHost: kept.clientHost,
      rebalanceTimeoutMs: kept.rebalanceTimeout < 0 ? kept.sessionTimeout : kept.rebalanceTimeout,
      sessionTimeoutMs: kept.sessionTimeout,
      protocolType: stored.protocolType,
      protocols: [{ name: protocolName, metadata: kept.subscription }],
      assignment: kept.assignment,
      awaitingJoin: undefined,
      awaitingSync: undefined,
      isNew: false,
    };
    group.add(member);
  }
  if (stored.protocolType !== '') group.protocolType = stored.protocolType;
  if (group.members.size === 0) return group;
  group.state = 'Stable';
  group.previousState = 'CompletingRebalance';
  group.protocolName = protocolName;
  if (stored.leader !== null && group.members.has(stored.leader)) group.leaderId = stored.leader;
  return group;
}
