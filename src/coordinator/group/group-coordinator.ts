/**
 * The group coordinator: takes the group requests to the partition of `__consumer_offsets` that keeps the group, when it
 * is loaded here, and answers every failure with Kafka's code for it. Never rejects.
 */
import { type Clock, ErrorCode, type Logger, type Random, silentLogger, type Timers } from '../../core/index.ts';
import { codecName } from '../../records/index.ts';
import { type MarkerKind, type RecordLog, Replayed, type Verification } from '../../replay/index.ts';
import { appendErrorCode } from '../append-errors.ts';
import { partitionFor } from '../partition-for.ts';
import type { RequestContext } from '../request-context.ts';
import {
  decideDeletion,
  decideExpiry,
  decideTopicsGone,
  describedError,
  describeGroup,
  listGroups,
} from './group-admin.ts';
import { type GroupConfig, groupConfigDefaults } from './group-config.ts';
import { GroupLogState, GroupShard } from './group-shard.ts';
import { joinGroup } from './join.ts';
import { heartbeat, leaveGroup } from './membership.ts';
import type {
  DescribedGroup,
  HeartbeatRequest,
  HeartbeatResponse,
  JoinGroupRequest,
  JoinGroupResponse,
  LeaveGroupRequest,
  LeaveGroupResponse,
  ListedGroup,
  OffsetCommitRequest,
  OffsetCommitResponse,
  OffsetDeleteRequest,
  OffsetDeleteResponse,
  OffsetFetchRequest,
  OffsetFetchResponse,
  SyncGroupRequest,
  SyncGroupResponse,
  TxnOffsetCommitRequest,
  TxnOffsetCommitResponse,
} from './messages.ts';
import { decideOffsetDeletion } from './offset-deletion.ts';
import { commitRefused, decideCommit, decideTransactionalCommit, fetchTopics, nothingCommitted } from './offsets.ts';
import { joinError, syncError } from './rebalance.ts';
import { syncGroup } from './sync.ts';

export interface GroupCoordinatorOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger?: Logger;
  /** Kafka's names and defaults; see GroupConfig. */
  readonly config?: Partial<GroupConfig>;
  /** A partition of `__consumer_offsets`, while this broker leads it. */
  readonly logFor: (partition: number) => RecordLog | undefined;
  /** `offsets.topic.num.partitions`, as the topic really has. */
  readonly partitionCount: number;
  /** Largest batch that those partitions take, in bytes. */
  readonly maxBatchBytes?: number;
  /**
   * A loaded partition could not be trusted any more (a commit or the log failed) and is no longer served. `onElection`
   * loads it again.
   */
  readonly onFailure?: (partition: number, error: Error) => void;
}

type Refusal = { readonly errorCode: number };

export class GroupCoordinator {
  private readonly options: GroupCoordinatorOptions;
  private readonly config: GroupConfig;
  private readonly logger: Logger;
  private readonly shards = new Map<number, GroupShard>();

  constructor(options: GroupCoordinatorOptions) {
    this.options = options;
    this.config = { ...groupConfigDefaults, ...options.config };
    this.logger = options.logger ?? silentLogger;
  }

  /** Which partition of `__consumer_offsets` keeps a group. */
  partitionFor(groupId: string): number {
    return partitionFor(groupId, this.options.partitionCount);
  }

  /**
   * This broker leads a partition now: its groups are loaded from the log. Resolves when they are served; requests get
   * COORDINATOR_LOAD_IN_PROGRESS until then. A load that fails is logged, and leaves the partition unserved.
   */
  async onElection(partition: number, leaderEpoch: number): Promise<void> {
    this.onResignation(partition);
    const log = this.options.logFor(partition);
    if (log === undefined) return;
    const { clock, timers, random, maxBatchBytes } = this.options;
    const replayed = new Replayed({
      name: `__consumer_offsets-${partition}`,
      log,
      state: new GroupLogState(),
      clock,
      timers,
      logger: this.logger,
      compression: codecName(this.config['offsets.topic.compression.codec']),
      ...(maxBatchBytes === undefined ? {} : { maxBatchBytes }),
      onFailure: (error) => {
        this.drop(partition, shard);
        this.options.onFailure?.(partition, error);
      },
    });
    const shard = new GroupShard({ config: this.config, random, clock, replayed });
    this.shards.set(partition, shard);
    try {
      await replayed.load(() => shard.start());
    } catch (error) {
      this.drop(partition, shard);
      this.logger.warn(`__consumer_offsets-${partition} was not loaded`, { leaderEpoch, error });
      return;
    }
    this.scheduleExpiry(shard);
  }

  /** This broker no longer leads a partition: whoever waits for an answer gets NOT_COORDINATOR. */
  onResignation(partition: number): void {
    const shard = this.shards.get(partition);
    if (shard !== undefined) this.drop(partition, shard);
  }

  /** Resigns everywhere. */
  close(): void {
    for (const partition of [...this.shards.keys()]) this.onResignation(partition);
  }

  joinGroup(request: JoinGroupRequest, context: RequestContext): Promise<JoinGroupResponse> {
    const shard = this.find(request.groupId, false);
    const refused = (errorCode: number) => ({ ...joinError('NONE', request.memberId), errorCode });
    const answer =
      'errorCode' in shard
        ? Promise.resolve(refused(shard.errorCode))
        : parked<JoinGroupResponse>((respond) => joinGroup(shard, request, context, respond));
    // Before version 7 the name cannot be null.
    return answer.then((response) =>
      context.apiVersion < 7 && response.protocolName === null ? { ...response, protocolName: '' } : response,
    );
  }

  syncGroup(request: SyncGroupRequest, context: RequestContext): Promise<SyncGroupResponse> {
    const shard = this.find(request.groupId, false);
    if ('errorCode' in shard) return Promise.resolve({ ...syncError('NONE'), errorCode: shard.errorCode });
    return parked<SyncGroupResponse>((respond) => syncGroup(shard, request, context, respond));
  }

  heartbeat(request: HeartbeatRequest, _context: RequestContext): HeartbeatResponse {
    const shard = this.find(request.groupId, false);
    if ('errorCode' in shard) {
      // While loading, a heartbeat is believed: the members' sessions start when the load is over.
      const loading = shard.errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
      return { errorCode: loading ? 0 : shard.errorCode };
    }
    return heartbeat(shard, request);
  }

  leaveGroup(request: LeaveGroupRequest, context: RequestContext): LeaveGroupResponse {
    const shard = this.find(request.groupId, false);
    if ('errorCode' in shard) return { errorCode: shard.errorCode, members: [] };
    return leaveGroup(shard, request, context);
  }

  async commitOffsets(request: OffsetCommitRequest, context: RequestContext): Promise<OffsetCommitResponse> {
    const shard = this.find(request.groupId, true);
    if ('errorCode' in shard) return commitRefused(request.topics, shard.errorCode);
    try {
      return await shard.replayed.write(() => decideCommit(shard, request, context));
    } catch (error) {
      return commitRefused(request.topics, appendErrorCode(error, 'INVALID_COMMIT_OFFSET_SIZE'));
    }
  }

  /**
   * The offsets stay pending until the transaction ends. `verification` is handed to the log's append: it proves that
   * the transaction coordinator knows of this group.
   */
  async commitTransactionalOffsets(
    request: TxnOffsetCommitRequest,
    context: RequestContext,
    verification?: Verification,
  ): Promise<TxnOffsetCommitResponse> {
    const shard = this.find(request.groupId, true);
    if ('errorCode' in shard) return commitRefused(request.topics, shard.errorCode);
    try {
      return await shard.replayed.write(() => decideTransactionalCommit(shard, request, context, verification));
    } catch (error) {
      return commitRefused(request.topics, appendErrorCode(error, 'INVALID_COMMIT_OFFSET_SIZE'));
    }
  }

  /**
   * A marker was appended to a partition of `__consumer_offsets`: to be called in the same turn. Resolves with an error
   * code once the marker is committed; only then may it be acknowledged, for only then are the offsets settled.
   */
  async completeTransaction(
    partition: number,
    producerId: number,
    producerEpoch: number,
    kind: MarkerKind,
  ): Promise<number> {
    const shard = this.shards.get(partition);
    if (shard === undefined) return ErrorCode.NOT_COORDINATOR;
    try {
      await shard.replayed.marker(producerId, producerEpoch, kind);
      return 0;
    } catch (error) {
      return appendErrorCode(error);
    }
  }

  async fetchOffsets(request: OffsetFetchRequest, context: RequestContext): Promise<OffsetFetchResponse> {
    const { requireStable } = request;
    if (context.apiVersion >= 8) {
      const groups = request.groups.map(async ({ groupId, topics }) => {
        const fetched = await this.fetchGroup(groupId, topics, requireStable);
        return { groupId, ...fetched };
      });
      return { topics: [], errorCode: 0, groups: await Promise.all(groups) };
    }
    const { topics, errorCode } = await this.fetchGroup(request.groupId, request.topics, requireStable);
    if (errorCode === 0 || context.apiVersion >= 2) return { topics, errorCode, groups: [] };
    // Version 1 has the error in each partition.
    const refused = (request.topics ?? []).map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => nothingCommitted(partitionIndex, errorCode)),
    }));
    return { topics: refused, errorCode: 0, groups: [] };
  }

  async describeGroups(groupIds: readonly string[], context: RequestContext): Promise<DescribedGroup[]> {
    return Promise.all(
      groupIds.map(async (groupId) => {
        const shard = this.find(groupId, true);
        if ('errorCode' in shard) return describedError(groupId, shard.errorCode, null);
        try {
          return await shard.replayed.read(() => describeGroup(shard, groupId, context.apiVersion));
        } catch (error) {
          return describedError(groupId, appendErrorCode(error), null);
        }
      }),
    );
  }

  /** Of every partition that is loaded here; COORDINATOR_LOAD_IN_PROGRESS when one is not yet. */
  async listGroups(
    statesFilter: readonly string[] = [],
    typesFilter: readonly string[] = [],
  ): Promise<{ errorCode: number; groups: ListedGroup[] }> {
    try {
      const lists = [...this.shards.values()].map((shard) =>
        shard.replayed.read((state) => listGroups(shard, state, statesFilter, typesFilter)),
      );
      return { errorCode: 0, groups: (await Promise.all(lists)).flat() };
    } catch (error) {
      return { errorCode: appendErrorCode(error), groups: [] };
    }
  }

  /** A group that is named twice is answered once. */
  async deleteGroups(groupIds: readonly string[]): Promise<{ groupId: string; errorCode: number }[]> {
    return Promise.all(
      [...new Set(groupIds)].map(async (groupId) => {
        const shard = this.find(groupId, true);
        if ('errorCode' in shard) return { groupId, errorCode: shard.errorCode };
        try {
          const errorCode = await shard.replayed.write((state) => decideDeletion(shard, state, groupId));
          return { groupId, errorCode };
        } catch (error) {
          return { groupId, errorCode: appendErrorCode(error) };
        }
      }),
    );
  }

  async deleteOffsets(request: OffsetDeleteRequest): Promise<OffsetDeleteResponse> {
    const shard = this.find(request.groupId, false);
    if ('errorCode' in shard) return { errorCode: shard.errorCode, topics: [] };
    try {
      return await shard.replayed.write((state) => decideOffsetDeletion(shard, state, request));
    } catch (error) {
      return { errorCode: appendErrorCode(error), topics: [] };
    }
  }

  /** Topics were deleted: their offsets go. Resolves when every loaded partition has written it; failures are logged. */
  async onTopicsDeleted(topics: readonly string[]): Promise<void> {
    const gone = new Set(topics);
    const writes = [...this.shards.values()].map(async (shard) => {
      if (!shard.replayed.active) return;
      try {
        await shard.replayed.write((state) => decideTopicsGone(state, gone));
      } catch (error) {
        this.logger.warn(`${shard.replayed.name} still has offsets of deleted topics`, { topics, error });
      }
    });
    await Promise.all(writes);
  }

  private async fetchGroup(groupId: string, topics: OffsetFetchRequest['topics'], requireStable: boolean) {
    const shard = this.find(groupId, true);
    if ('errorCode' in shard) return { topics: [], errorCode: shard.errorCode };
    try {
      const fetched = await shard.replayed.read(({ offsets }) => fetchTopics(offsets, groupId, topics, requireStable));
      return { topics: fetched, errorCode: 0 };
    } catch (error) {
      return { topics: [], errorCode: appendErrorCode(error) };
    }
  }

  /** Offsets may be kept under an empty group id (old simple consumers); membership needs a name. */
  private find(groupId: string, emptyIdAllowed: boolean): GroupShard | Refusal {
    if (groupId === '' && !emptyIdAllowed) return { errorCode: ErrorCode.INVALID_GROUP_ID };
    const shard = this.shards.get(this.partitionFor(groupId));
    if (shard === undefined) return { errorCode: ErrorCode.NOT_COORDINATOR };
    if (!shard.replayed.active) return { errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS };
    return shard;
  }

  private drop(partition: number, shard: GroupShard): void {
    if (this.shards.get(partition) === shard) this.shards.delete(partition);
    shard.stop();
  }

  private scheduleExpiry(shard: GroupShard): void {
    const again = () => {
      shard.replayed.schedule('expire offsets', this.config['offsets.retention.check.interval.ms'], (state) => {
        again();
        return decideExpiry(shard, state);
      });
    };
    again();
  }
}

/** Runs a handler that answers now, or later through `respond`. */
function parked<T>(handle: (respond: (response: T) => void) => T | undefined): Promise<T> {
  return new Promise((resolve) => {
    const answer = handle(resolve);
    if (answer !== undefined) resolve(answer);
  });
}
