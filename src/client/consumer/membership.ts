/**
 * A member of a classic group: joins, takes part in the assignment, keeps itself alive in the background, leaves.
 *
 *   state      entered from        by
 *   out        any                 the start, leave(), being removed (unknown member, fenced, too slow a poll)
 *   joining    out, member         join(): JoinGroup, then SyncGroup
 *   member     joining             SyncGroup's answer
 *
 * A member that hears of a rebalance stays `member` and wants to rejoin; it does so when the consumer is ready.
 */
import { errorName, type Timer } from '../../core/index.ts';
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
  decodeVersionedLeniently,
  encodeVersioned,
  heartbeat,
  type JoinGroupResponse,
  joinGroup,
  leaveGroup,
  syncGroup,
} from '../../wire/index.ts';
import type { Connection } from '../connections/connection.ts';
import { brokerError, ClientError, isRetriableError, NetworkError } from '../errors.ts';
import type { Cluster } from '../metadata/cluster.ts';
import type { ConsumerConfig } from '../options/consumer.ts';
import { ignore } from '../support/async.ts';
import type { GroupMetadata, TopicPartition } from '../topic-partition.ts';
import { assignors, type Subscriber } from './assignors.ts';

/** What a round of joining gave. */
export interface Joined {
  readonly generationId: number;
  readonly memberId: string;
  readonly partitions: readonly TopicPartition[];
}

export interface MembershipEvents {
  /** The member must join again, or is no longer one: poll should look. */
  changed(): void;
  /** For the next poll to throw. */
  failed(error: ClientError): void;
}

const PROTOCOL_TYPE = 'consumer';
/** Beyond the time for which the coordinator holds a join back. */
const JOIN_GRACE_MS = 5_000;

export class Membership {
  private readonly cluster: Cluster;
  private readonly config: ConsumerConfig;
  private readonly groupId: string;
  private readonly events: MembershipEvents;
  private state: 'out' | 'joining' | 'member' = 'out';
  private memberId = '';
  private generationId = -1;
  /** Counts joins and departures: what began before the last of them is void. */
  private stay = 0;
  private wanted = true;
  private removed = false;
  private heartbeatTimer: Timer | undefined;
  private beating = false;
  private polling = false;
  private lastPoll = 0;
  /** For the leader: partitions of each topic as the assignment saw them. */
  private seenCounts: ReadonlyMap<string, number> | undefined;

  constructor(cluster: Cluster, config: ConsumerConfig, events: MembershipEvents) {
    this.cluster = cluster;
    this.config = config;
    this.groupId = config.groupId!;
    this.events = events;
  }

  /** Whether the consumer should give up its partitions and join. */
  get mustJoin(): boolean {
    return this.state !== 'joining' && (this.wanted || this.state === 'out');
  }
  /** Whether its partitions may be somebody else's already. Cleared by the next join. */
  get lost(): boolean {
    return this.removed;
  }

  requestRejoin(): void {
    this.wanted = true;
  }

  /** Between these calls the consumer is inside poll(), and cannot be too slow. */
  pollBegins(): void {
    this.polling = true;
  }
  pollEnds(): void {
    this.polling = false;
    this.lastPoll = this.cluster.runtime.clock.monotonic();
  }

  /**
   * One or more rounds of JoinGroup and SyncGroup, until there is an assignment.
   * @throws ClientError FENCED_INSTANCE_ID, INCONSISTENT_GROUP_PROTOCOL, INVALID_SESSION_TIMEOUT, …; ClosedError
   */
  async join(topics: readonly string[]): Promise<Joined> {
    this.state = 'joining';
    this.wanted = false;
    this.removed = false;
    this.stopHeartbeats();
    const stay = ++this.stay;
    try {
      for (let failures = 0; ; ) {
        try {
          const connection = await this.cluster.coordinatorConnection('group', this.groupId);
          const joined = await this.round(connection, topics);
          if (stay !== this.stay) return await this.takeBack(joined);
          if (joined !== undefined) {
            this.state = 'member';
            this.scheduleHeartbeat();
            return joined;
          }
          failures = 0;
        } catch (error) {
          if (!isRetriableError(error) || this.cluster.signal.aborted || stay !== this.stay) throw error;
          this.cluster.runtime.logger.debug('joining again', { group: this.groupId, cause: (error as Error).message });
          if (!(error instanceof ClientError && error.code === 'COORDINATOR_LOAD_IN_PROGRESS')) {
            this.cluster.forgetCoordinator('group', this.groupId);
          }
          await this.cluster.pause(++failures, { at: Number.POSITIVE_INFINITY });
        }
      }
    } catch (error) {
      if (stay === this.stay) this.state = 'out';
      throw error;
    } finally {
      this.lastPoll = this.cluster.runtime.clock.monotonic();
    }
  }

  /** An answer elsewhere (a commit) said that the member is not one. */
  reportRemoved(): void {
    if (this.state === 'member') this.remove();
  }

  /** Tells the coordinator, so that the others need not wait for the session to time out. */
  async leave(reason: string): Promise<void> {
    const { memberId } = this;
    this.stop();
    this.memberId = '';
    this.generationId = -1;
    if (memberId !== '') await this.sendLeave(memberId, reason);
  }

  private async sendLeave(memberId: string, reason: string): Promise<void> {
    // Not on the connection on which a join may be held back.
    const coordinator = await this.cluster.coordinator('group', this.groupId);
    const connection = await this.cluster.pool.connect('main', coordinator);
    const version = connection.version(leaveGroup);
    const member = { memberId, groupInstanceId: this.config.groupInstanceId, reason };
    await connection.request(
      leaveGroup,
      version,
      version >= 3 ? { groupId: this.groupId, members: [member] } : { groupId: this.groupId, memberId },
      { timeoutMs: this.config.requestTimeoutMs },
    );
  }
  /** Falls silent without a word; a join under way comes to nothing. */
  stop(): void {
    this.stopHeartbeats();
    this.stay++;
    this.state = 'out';
  }

  /** It left while it joined: the group must not wait for it. */
  private async takeBack(joined: Joined | undefined): Promise<never> {
    if (joined !== undefined) await this.sendLeave(joined.memberId, 'it left while it joined').catch(ignore);
    throw new ClientError('UNKNOWN_MEMBER_ID', `the member left group "${this.groupId}" while it joined`);
  }

  metadata(joined: Joined | undefined): GroupMetadata {
    return {
      groupId: this.groupId,
      generationId: joined?.generationId ?? -1,
      memberId: joined?.memberId ?? '',
      groupInstanceId: this.config.groupInstanceId,
    };
  }

  /** The metadata changed: does the leader have to assign again? */
  metadataChanged(): void {
    if (this.seenCounts === undefined || this.state !== 'member' || this.wanted) return;
    for (const [topic, count] of this.seenCounts) {
      if ((this.cluster.image.topics.get(topic)?.partitions.length ?? 0) === count) continue;
      this.wanted = true;
      this.events.changed();
      return;
    }
  }
  /** Topics that the leader assigned without knowing them. */
  get awaitsTopics(): boolean {
    return this.seenCounts !== undefined && [...this.seenCounts.values()].includes(0);
  }

  /** Undefined: begin another round. */
  private async round(connection: Connection, topics: readonly string[]): Promise<Joined | undefined> {
    const { config } = this;
    const subscription = encodeVersioned(consumerProtocolSubscription, 1, { topics: [...topics].sort() });
    const answer = await connection.request(
      joinGroup,
      connection.version(joinGroup),
      {
        groupId: this.groupId,
        sessionTimeoutMs: config.sessionTimeoutMs,
        rebalanceTimeoutMs: config.maxPollIntervalMs,
        memberId: this.memberId,
        groupInstanceId: config.groupInstanceId,
        protocolType: PROTOCOL_TYPE,
        protocols: config.partitionAssignmentStrategy.map((name) => ({ name, metadata: subscription })),
      },
      { timeoutMs: Math.max(config.requestTimeoutMs, config.maxPollIntervalMs + JOIN_GRACE_MS) },
    );
    switch (errorName(answer.errorCode)) {
      case 'NONE':
        break;
      case 'MEMBER_ID_REQUIRED':
        this.memberId = answer.memberId;
        return undefined;
      case 'UNKNOWN_MEMBER_ID':
        this.memberId = '';
        return undefined;
      case 'REBALANCE_IN_PROGRESS':
        throw new NetworkError('the group is rebalancing');
      default:
        throw brokerError(answer.errorCode, `joining group "${this.groupId}"`);
    }
    this.memberId = answer.memberId;
    this.generationId = answer.generationId;
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
        this.memberId = '';
        return undefined;
      default:
        throw brokerError(answer.errorCode, `the assignment of group "${this.groupId}"`);
    }
    const partitions: TopicPartition[] = [];
    if (answer.assignment.length > 0) {
      const { assignedPartitions } = decodeVersionedLeniently(consumerProtocolAssignment, answer.assignment);
      for (const { topic, partitions: numbers } of assignedPartitions) {
        for (const partition of numbers) partitions.push({ topic, partition });
      }
    }
    return { generationId: joined.generationId, memberId: joined.memberId, partitions };
  }

  /** The leader shares the partitions of everybody's topics. */
  private async assign(joined: JoinGroupResponse): Promise<{ memberId: string; assignment: Uint8Array }[]> {
    const subscribers: Subscriber[] = joined.members.map(({ memberId, groupInstanceId, metadata }) => ({
      memberId,
      groupInstanceId,
      topics: decodeVersionedLeniently(consumerProtocolSubscription, metadata).topics,
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
    const name = this.config.partitionAssignmentStrategy.find((strategy) => strategy === joined.protocolName);
    if (name === undefined) {
      throw new ClientError('INCONSISTENT_GROUP_PROTOCOL', `the group chose the assignor "${joined.protocolName}"`);
    }
    this.seenCounts = counts;
    return [...assignors[name](subscribers, counts)].map(([memberId, partitions]) => {
      const byTopic = new Map<string, number[]>();
      for (const { topic, partition } of partitions) {
        const numbers = byTopic.get(topic);
        if (numbers) numbers.push(partition);
        else byTopic.set(topic, [partition]);
      }
      const assignedPartitions = [...byTopic].map(([topic, numbers]) => ({ topic, partitions: numbers }));
      return { memberId, assignment: encodeVersioned(consumerProtocolAssignment, 1, { assignedPartitions }) };
    });
  }

  private scheduleHeartbeat(): void {
    this.stopHeartbeats();
    this.heartbeatTimer = this.cluster.runtime.timers.after(this.config.heartbeatIntervalMs, () => this.beat());
  }
  private stopHeartbeats(): void {
    this.heartbeatTimer?.cancel();
    this.heartbeatTimer = undefined;
  }

  private beat(): void {
    if (this.state !== 'member') return;
    const idle = this.cluster.runtime.clock.monotonic() - this.lastPoll;
    if (!this.polling && idle > this.config.maxPollIntervalMs) {
      this.cluster.runtime.logger.warn('poll() was not called within max.poll.interval.ms: leaving the group', {
        group: this.groupId,
        maxPollIntervalMs: this.config.maxPollIntervalMs,
      });
      this.remove(this.memberId);
      if (this.config.groupInstanceId === null) this.leave('max.poll.interval.ms exceeded').catch(ignore);
      return;
    }
    this.scheduleHeartbeat();
    if (this.beating) return;
    this.beating = true;
    this.sendHeartbeat()
      .catch((error) => {
        if (isRetriableError(error)) this.cluster.forgetCoordinator('group', this.groupId);
      })
      .finally(() => {
        this.beating = false;
      });
  }

  private async sendHeartbeat(): Promise<void> {
    const { memberId, generationId } = this;
    const connection = await this.cluster.coordinatorConnection('group', this.groupId);
    const answer = await connection.request(
      heartbeat,
      connection.version(heartbeat),
      { groupId: this.groupId, generationId, memberId, groupInstanceId: this.config.groupInstanceId },
      { timeoutMs: this.config.requestTimeoutMs },
    );
    if (this.state !== 'member' || generationId !== this.generationId) return;
    switch (errorName(answer.errorCode)) {
      case 'NONE':
        return;
      case 'REBALANCE_IN_PROGRESS':
        this.wanted = true;
        this.events.changed();
        return;
      case 'ILLEGAL_GENERATION':
        // Known still, but the group went on without it.
        this.remove(memberId);
        return;
      case 'UNKNOWN_MEMBER_ID':
        this.remove();
        return;
      case 'FENCED_INSTANCE_ID':
        // Joining again would fence the other one in turn.
        this.remove();
        this.events.failed(
          new ClientError(
            'FENCED_INSTANCE_ID',
            `another member with group.instance.id "${this.config.groupInstanceId}" took over; close this consumer`,
            { fatal: true },
          ),
        );
        return;
      default:
        throw brokerError(answer.errorCode, `heartbeat of group "${this.groupId}"`);
    }
  }

  private remove(memberId = ''): void {
    this.stopHeartbeats();
    this.state = 'out';
    this.removed = true;
    this.memberId = memberId;
    this.generationId = -1;
    this.events.changed();
  }
}
