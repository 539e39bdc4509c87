/**
 * One round of joining a classic group: JoinGroup, the assignment where the member is the leader, SyncGroup. The coordinator
 * holds both answers back until everybody is there.
 */
import { errorName } from '../../core/index.ts';
import {
  consumerProtocolAssignment,
  decodeVersionedLeniently,
  encodeVersioned,
  type JoinGroupResponse,
  joinGroup,
  syncGroup,
} from '../../wire/index.ts';
import type { Connection } from '../connections/connection.ts';
import { brokerError, ClientError, NetworkError } from '../errors.ts';
import type { Cluster } from '../metadata/cluster.ts';
import type { ConsumerConfig } from '../options/consumer.ts';
import type { TopicPartition } from '../topic-partition.ts';
import { assignors, type Subscriber } from './assignors/index.ts';
import { byTopic, decodeSubscription, encodeSubscription, flat, type Ownership } from './subscription.ts';

/** What a round gave. */
export interface Joined {
  readonly generationId: number;
  readonly memberId: string;
  readonly partitions: readonly TopicPartition[];
}

/** Who the member is; the round writes what the coordinator says. */
export interface MemberIdentity {
  /** Empty: none yet. */
  memberId: string;
  /** -1: none. */
  generationId: number;
}

const PROTOCOL_TYPE = 'consumer';
/**
 * Beyond the time for which the coordinator holds a join back. A coordinator that is gone is noticed sooner: by the end of
 * the connection, which TCP's keep-alive brings about where the machine cannot.
 */
const JOIN_GRACE_MS = 5_000;

export class JoinRound {
  /** For the leader: partitions of each topic as the assignment saw them. */
  seenCounts: ReadonlyMap<string, number> | undefined;
  private readonly cluster: Cluster;
  private readonly config: ConsumerConfig;
  private readonly groupId: string;
  private readonly identity: MemberIdentity;

  constructor(cluster: Cluster, config: ConsumerConfig, identity: MemberIdentity) {
    this.cluster = cluster;
    this.config = config;
    this.groupId = config.groupId!;
    this.identity = identity;
  }

  /**
   * Undefined: begin another round.
   * @throws retriable errors: the same, later; ClientError FENCED_INSTANCE_ID, INCONSISTENT_GROUP_PROTOCOL, …
   */
  async run(connection: Connection, topics: readonly string[], owned: Ownership): Promise<Joined | undefined> {
    const { config } = this;
    const answer = await connection.request(
      joinGroup,
      connection.version(joinGroup),
      {
        groupId: this.groupId,
        sessionTimeoutMs: config.sessionTimeoutMs,
        rebalanceTimeoutMs: config.maxPollIntervalMs,
        memberId: this.identity.memberId,
        groupInstanceId: config.groupInstanceId,
        protocolType: PROTOCOL_TYPE,
        protocols: config.partitionAssignmentStrategy.map((name) => ({
          name,
          metadata: encodeSubscription(name, topics, owned),
        })),
      },
      { timeoutMs: Math.max(config.requestTimeoutMs, config.maxPollIntervalMs + JOIN_GRACE_MS) },
    );
    switch (errorName(answer.errorCode)) {
      case 'NONE':
        break;
      case 'MEMBER_ID_REQUIRED':
        this.identity.memberId = answer.memberId;
        return undefined;
      case 'UNKNOWN_MEMBER_ID':
        this.identity.memberId = '';
        return undefined;
      case 'REBALANCE_IN_PROGRESS':
        throw new NetworkError('the group is rebalancing');
      default:
        throw brokerError(answer.errorCode, `joining group "${this.groupId}"`);
    }
    this.identity.memberId = answer.memberId;
    this.identity.generationId = answer.generationId;
    const isLeader = answer.leader === answer.memberId;
    const assignments = isLeader && !answer.skipAssignment ? await this.assign(answer) : [];
    if (!isLeader) this.seenCounts = undefined;
    return this.sync(connection, answer, assignments);
  }

  private async sync(
    connection: Connection,
    joined: JoinGroupResponse,
    assignments: readonly { memberId: string; assignment: Uint8Array }[],
  ): Promise<Joined | undefined> {
    const answer = await connection.request(
      syncGroup,
      connection.version(syncGroup),
      {
        groupId: this.groupId,
        generationId: joined.generationId,
        memberId: joined.memberId,
        groupInstanceId: this.config.groupInstanceId,
        protocolType: PROTOCOL_TYPE,
        protocolName: joined.protocolName,
        assignments,
      },
      { timeoutMs: Math.max(this.config.requestTimeoutMs, this.config.maxPollIntervalMs + JOIN_GRACE_MS) },
    );
    switch (errorName(answer.errorCode)) {
      case 'NONE':
        break;
      case 'REBALANCE_IN_PROGRESS':
      case 'ILLEGAL_GENERATION':
        return undefined;
      case 'UNKNOWN_MEMBER_ID':
        this.identity.memberId = '';
        return undefined;
      default:
        throw brokerError(answer.errorCode, `the assignment of group "${this.groupId}"`);
    }
    const partitions =
      answer.assignment.length === 0
        ? []
        : flat(decodeVersionedLeniently(consumerProtocolAssignment, answer.assignment).assignedPartitions);
    return { generationId: joined.generationId, memberId: joined.memberId, partitions };
  }

  /** The leader shares the partitions of everybody's topics. */
  private async assign(joined: JoinGroupResponse): Promise<{ memberId: string; assignment: Uint8Array }[]> {
    const name = this.config.partitionAssignmentStrategy.find((strategy) => strategy === joined.protocolName);
    if (name === undefined) {
      throw new ClientError('INCONSISTENT_GROUP_PROTOCOL', `the group chose the assignor "${joined.protocolName}"`);
    }
    const subscribers: Subscriber[] = joined.members.map(({ memberId, groupInstanceId, metadata }) => ({
      memberId,
      groupInstanceId,
      ...decodeSubscription(name, metadata),
    }));
    const topics = new Set(subscribers.flatMap((subscriber) => subscriber.topics));
    this.cluster.follow(topics);
    const counts = new Map<string, number>();
    await this.cluster.refresh();
    if ([...topics].some((topic) => !this.cluster.image.topics.has(topic))) {
      // The refresh may have been under way before these topics were asked for, or it is just creating them.
      await this.cluster.pause(1, { at: Number.POSITIVE_INFINITY });
      await this.cluster.refresh();
    }
    for (const topic of topics) counts.set(topic, this.cluster.image.topics.get(topic)?.partitions.length ?? 0);
    this.seenCounts = counts;
    return [...assignors[name](subscribers, counts)].map(([memberId, partitions]) => ({
      memberId,
      assignment: encodeVersioned(consumerProtocolAssignment, 1, { assignedPartitions: byTopic(partitions) }),
    }));
  }
}
