/** For tests: a group coordinator on virtual time over a log in memory, and clients that join it. */
import type { Random } from '../../core/index.ts';
import { encodeControlBatch } from '../../records/index.ts';
import { MemoryRecordLog, Replayed, settle, VirtualTime } from '../../replay/index.ts';
import type { GroupConfig } from './group-config.ts';
import { GroupCoordinator } from './group-coordinator.ts';
import { GroupLogState } from './group-shard.ts';
import type { JoinGroupRequest, JoinGroupResponse, SyncGroupResponse } from './messages.ts';

/** Different each time, the same in each run. */
class CountingRandom implements Random {
  private count = 0;

  uint32(): number {
    this.count += 1;
    return this.count;
  }

  bytes(length: number): Uint8Array {
    this.count += 1;
    const bytes = new Uint8Array(length);
    new DataView(bytes.buffer).setUint32(0, this.count);
    return bytes;
  }
}

export class Scene {
  readonly time = new VirtualTime();
  log = new MemoryRecordLog();
  coordinator: GroupCoordinator;
  private readonly random = new CountingRandom();
  private readonly config: Partial<GroupConfig>;

  constructor(config: Partial<GroupConfig> = {}) {
    this.config = { 'group.initial.rebalance.delay.ms': 0, ...config };
    this.coordinator = this.newCoordinator();
  }

  static async start(config: Partial<GroupConfig> = {}): Promise<Scene> {
    const scene = new Scene(config);
    await scene.coordinator.onElection(0, 0);
    return scene;
  }

  /** Another coordinator takes over what is in the log. */
  async restart(): Promise<void> {
    this.coordinator.close();
    this.log = this.log.copy();
    this.coordinator = this.newCoordinator();
    await this.coordinator.onElection(0, 1);
    await settle();
  }

  private newCoordinator(): GroupCoordinator {
    return new GroupCoordinator({
      clock: this.time,
      timers: this.time,
      random: this.random,
      config: this.config,
      logFor: () => this.log,
      partitionCount: 1,
    });
  }

  /** What a coordinator that loads the log now knows. */
  async loaded(): Promise<GroupLogState> {
    const state = new GroupLogState();
    const { time } = this;
    await Replayed.load({ name: 'loaded', log: this.log.copy(), state, clock: time, timers: time });
    return state;
  }

  async groupState(groupId = 'g'): Promise<string> {
    const [group] = await this.coordinator.describeGroups([groupId], context(5));
    return group!.groupState;
  }

  commit(offset: number, more: { partition?: number; metadata?: string; topic?: string } & Partial<Identity> = {}) {
    const request = {
      groupId: 'g',
      generationIdOrMemberEpoch: more.generationId ?? -1,
      memberId: more.memberId ?? '',
      groupInstanceId: more.groupInstanceId ?? null,
      topics: [committedTopic(offset, more)],
    };
    return this.coordinator.commitOffsets(request, context(8)).then(onlyCode);
  }

  commitInTransaction(
    offset: number,
    more: { partition?: number; producerId?: number; apiVersion?: number } & Partial<Identity> = {},
  ) {
    const request = {
      transactionalId: 'tx',
      groupId: 'g',
      producerId: more.producerId ?? 7,
      producerEpoch: 0,
      generationId: more.generationId ?? -1,
      memberId: more.memberId ?? '',
      groupInstanceId: more.groupInstanceId ?? null,
      topics: [committedTopic(offset, more)],
    };
    return this.coordinator.commitTransactionalOffsets(request, context(more.apiVersion ?? 3)).then(onlyCode);
  }

  /** As the partition does: the marker is appended, and replayed in the same turn. */
  mark(kind: 'commit' | 'abort', producerId = 7): Promise<number> {
    this.log.append(encodeControlBatch({ kind, coordinatorEpoch: 0, producerId, producerEpoch: 0, timestamp: 0 }));
    return this.coordinator.completeTransaction(0, producerId, 0, kind);
  }

  /** The committed offset of `orders-partition`; -1: none; or the name of its error's code as a negative: -88. */
  async fetch(partition = 0, requireStable = false): Promise<number> {
    const request = {
      groupId: '',
      topics: null,
      groups: [{ groupId: 'g', topics: [{ name: 'orders', partitionIndexes: [partition] }] }],
      requireStable,
    };
    const { groups } = await this.coordinator.fetchOffsets(request, context(8));
    const answer = groups[0]!.topics[0]!.partitions[0]!;
    return answer.errorCode === 0 ? answer.committedOffset : -answer.errorCode;
  }
}

function committedTopic(committedOffset: number, more: { partition?: number; metadata?: string; topic?: string }) {
  const { partition = 0, metadata = '', topic = 'orders' } = more;
  const partitions = [
    { partitionIndex: partition, committedOffset, committedLeaderEpoch: 4, committedMetadata: metadata },
  ];
  return { name: topic, partitions };
}

function onlyCode(response: { topics: { partitions: { errorCode: number }[] }[] }): number {
  return response.topics[0]!.partitions[0]!.errorCode;
}

interface Identity {
  readonly memberId: string;
  readonly generationId: number;
  readonly groupInstanceId: string | null;
}

export function context(apiVersion: number, clientId = 'client') {
  return { clientId, clientHost: '/127.0.0.1', apiVersion };
}

export const bytes = (text: string): Uint8Array => Buffer.from(text);
export const text = (value: Uint8Array): string => Buffer.from(value).toString();

/** A promise and its value so far. */
export class Follow<T> {
  now: T | undefined;

  constructor(promise: Promise<T>) {
    promise.then((value) => {
      this.now = value;
    });
  }

  get waiting(): boolean {
    return this.now === undefined;
  }
}

/** A consumer as the coordinator sees it. */
export class Client {
  memberId = '';
  generationId = -1;
  readonly groupInstanceId: string | null;
  protocols: { name: string; metadata: Uint8Array }[];
  sessionTimeoutMs = 10_000;
  rebalanceTimeoutMs = 60_000;
  joinVersion = 9;
  joined: JoinGroupResponse | undefined;
  private readonly scene: Scene;

  constructor(scene: Scene, options: { instance?: string; protocols?: Record<string, string> } = {}) {
    this.scene = scene;
    this.groupInstanceId = options.instance ?? null;
    const protocols = options.protocols ?? { range: 'topics' };
    this.protocols = Object.entries(protocols).map(([name, metadata]) => ({ name, metadata: bytes(metadata) }));
  }

  get identity(): Identity {
    const { memberId, generationId, groupInstanceId } = this;
    return { memberId, generationId, groupInstanceId };
  }

  /** One JoinGroup. */
  async join(more: Partial<JoinGroupRequest> = {}): Promise<JoinGroupResponse> {
    const { memberId, groupInstanceId, protocols, sessionTimeoutMs, rebalanceTimeoutMs } = this;
    const request = {
      groupId: 'g',
      protocolType: 'consumer',
      memberId,
      groupInstanceId,
      protocols,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      ...more,
    };
    const response = await this.scene.coordinator.joinGroup(request, context(this.joinVersion));
    if (response.errorCode === 0 || response.errorCode === 79) this.memberId = response.memberId;
    if (response.errorCode === 0) this.generationId = response.generationId;
    this.joined = response;
    return response;
  }

  /** As clients do: once more with the member id that is asked for. */
  async enter(): Promise<JoinGroupResponse> {
    const response = await this.join();
    return response.errorCode === 79 ? this.join() : response;
  }

  sync(assignments: Record<string, string> = {}, more: object = {}): Promise<SyncGroupResponse> {
    const { memberId, generationId, groupInstanceId } = this;
    const request = {
      groupId: 'g',
      generationId,
      memberId,
      groupInstanceId,
      protocolType: 'consumer',
      protocolName: this.joined?.protocolName ?? 'range',
      assignments: Object.entries(assignments).map(([member, assignment]) => ({
        memberId: member,
        assignment: bytes(assignment),
      })),
      ...more,
    };
    return this.scene.coordinator.syncGroup(request, context(5));
  }

  heartbeat(): number {
    const { memberId, generationId, groupInstanceId } = this;
    const request = { groupId: 'g', memberId, generationId, groupInstanceId };
    return this.scene.coordinator.heartbeat(request, context(4)).errorCode;
  }

  leave(): number {
    const { memberId, groupInstanceId } = this;
    const request = { groupId: 'g', memberId: '', members: [{ memberId, groupInstanceId }] };
    const { errorCode, members } = this.scene.coordinator.leaveGroup(request, context(5));
    return errorCode === 0 ? members[0]!.errorCode : errorCode;
  }
}

/** All join, the leader gives each its index as assignment, all sync: a stable group. */
export async function stabilize(scene: Scene, clients: readonly Client[]): Promise<SyncGroupResponse[]> {
  const joins: Promise<JoinGroupResponse>[] = [];
  for (const client of clients) {
    joins.push(client.enter());
    await settle();
  }
  await scene.time.advance(0);
  await Promise.all(joins);
  const assignments = Object.fromEntries(clients.map((client, at) => [client.memberId, `share ${at}`]));
  const syncs = clients.map((client) => client.sync(client.joined!.leader === client.memberId ? assignments : {}));
  await settle();
  return Promise.all(syncs);
}
