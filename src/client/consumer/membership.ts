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
import { heartbeat, leaveGroup } from '../../wire/index.ts';
import { asClientError, brokerError, ClientError, isRetriableError } from '../errors.ts';
import type { Cluster } from '../metadata/cluster.ts';
import type { ConsumerInstruments } from '../observability/consumer-instruments.ts';
import type { ConsumerConfig } from '../options/consumer.ts';
import { ignore } from '../support/async.ts';
import type { GroupMetadata } from '../topic-partition.ts';
import { type Joined, JoinRound, type MemberIdentity } from './join-round.ts';
import type { Ownership } from './subscription.ts';

export interface MembershipEvents {
  /** The member must join again, or is no longer one: poll should look. */
  changed(): void;
  /** For the next poll to throw. */
  failed(error: ClientError): void;
}

const ROUNDS_AT_ONCE = 5;

export class Membership {
  private readonly cluster: Cluster;
  private readonly config: ConsumerConfig;
  private readonly groupId: string;
  private readonly instruments: ConsumerInstruments;
  private readonly events: MembershipEvents;
  private state: 'out' | 'joining' | 'member' = 'out';
  private readonly identity: MemberIdentity = { memberId: '', generationId: -1 };
  private readonly joinRound: JoinRound;
  /** Counts joins and departures: what began before the last of them is void. */
  private stay = 0;
  private wanted = true;
  private removed = false;
  private heartbeatTimer: Timer | undefined;
  private beating = false;
  private polling = false;
  private lastPoll = 0;

  constructor(cluster: Cluster, config: ConsumerConfig, instruments: ConsumerInstruments, events: MembershipEvents) {
    this.cluster = cluster;
    this.config = config;
    this.groupId = config.groupId!;
    this.instruments = instruments;
    this.events = events;
    this.joinRound = new JoinRound(cluster, config, this.identity);
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

  /** Between these calls the consumer is inside poll(), and cannot be too slow; it counts from the second on. */
  pollBegins(): void {
    this.polling = true;
  }
  pollEnds(): void {
    this.polling = false;
    this.lastPoll = this.cluster.runtime.clock.monotonic();
  }

  /**
   * One or more rounds of JoinGroup and SyncGroup, until there is an assignment. `owned`: what the member has, or had last.
   * @throws ClientError FENCED_INSTANCE_ID, INCONSISTENT_GROUP_PROTOCOL, INVALID_SESSION_TIMEOUT, …; ClosedError
   */
  async join(topics: readonly string[], owned: Ownership): Promise<Joined> {
    this.state = 'joining';
    this.wanted = false;
    this.removed = false;
    this.stopHeartbeats();
    const stay = ++this.stay;
    try {
      for (let failures = 0, rounds = 0; ; ) {
        try {
          const connection = await this.cluster.coordinatorConnection('group', this.groupId);
          const joined = await this.joinRound.run(connection, topics, owned);
          if (stay !== this.stay) return await this.takeBack(joined);
          if (joined !== undefined) {
            this.state = 'member';
            this.scheduleHeartbeat();
            return joined;
          }
          // A member id to be asked for, a rebalance that begins anew: at once, but not for ever.
          failures = 0;
          if (++rounds % ROUNDS_AT_ONCE === 0) await this.cluster.pause(1, { at: Number.POSITIVE_INFINITY });
        } catch (error) {
          if (!this.cluster.signal.aborted && stay === this.stay) this.joinFailed(asClientError(error));
          if (!isRetriableError(error) || this.cluster.signal.aborted || stay !== this.stay) throw error;
          this.cluster.runtime.logger.debug('joining again', { group: this.groupId, cause: (error as Error).message });
          if (!(error instanceof ClientError && error.code === 'COORDINATOR_LOAD_IN_PROGRESS')) {
            this.cluster.forgetCoordinator('group', this.groupId);
          }
          this.instruments.retrying('JoinGroup', ++failures, error as Error);
          await this.cluster.pause(failures, { at: Number.POSITIVE_INFINITY });
        }
      }
    } catch (error) {
      if (stay === this.stay) this.state = 'out';
      throw error;
    } finally {
      this.lastPoll = this.cluster.runtime.clock.monotonic();
    }
  }

  private joinFailed(error: ClientError): void {
    this.instruments.counters['failed-rebalance-total']++;
    this.instruments.events.emit('rebalanceFailed', { group: this.groupId, error });
  }

  /** Whether the group has gone on to a later generation since, with this member in it. */
  hasMovedOnFrom({ memberId, generationId }: GroupMetadata): boolean {
    const isCurrent = memberId === this.identity.memberId && generationId === this.identity.generationId;
    return this.state !== 'out' && !isCurrent;
  }

  /** An answer elsewhere (a commit) said that the member is not one. */
  reportRemoved(): void {
    if (this.state === 'member') this.remove();
  }

  /** Tells the coordinator, so that the others need not wait for the session to time out. */
  async leave(reason: string): Promise<void> {
    const { memberId } = this.identity;
    this.stop();
    this.identity.memberId = '';
    this.identity.generationId = -1;
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
    if (this.joinRound.seenCounts === undefined || this.state !== 'member' || this.wanted) return;
    for (const [topic, count] of this.joinRound.seenCounts) {
      if ((this.cluster.image.topics.get(topic)?.partitions.length ?? 0) === count) continue;
      this.wanted = true;
      this.events.changed();
      return;
    }
  }
  /** Topics that the leader assigned without knowing them. */
  get awaitsTopics(): boolean {
    return this.joinRound.seenCounts !== undefined && [...this.joinRound.seenCounts.values()].includes(0);
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
      this.remove(this.identity.memberId);
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
    const { memberId, generationId } = this.identity;
    const connection = await this.cluster.coordinatorConnection('group', this.groupId);
    const answer = await connection.request(
      heartbeat,
      connection.version(heartbeat),
      { groupId: this.groupId, generationId, memberId, groupInstanceId: this.config.groupInstanceId },
      { timeoutMs: this.config.requestTimeoutMs },
    );
    if (this.state !== 'member' || generationId !== this.identity.generationId) return;
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
    this.identity.memberId = memberId;
    this.identity.generationId = -1;
    this.events.changed();
  }
}
