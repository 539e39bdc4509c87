/** A group of one member, coordinated as far as the consumer's unit tests need it. */
import { ErrorCode } from '../../core/index.ts';
import {
  heartbeat,
  joinGroup,
  leaveGroup,
  type OffsetCommitRequest,
  offsetCommit,
  offsetFetch,
  syncGroup,
} from '../../wire/index.ts';
import type { FakeBroker } from './fake-broker.ts';

export class FakeGroup {
  generation = 0;
  memberId = '';
  /** Asks the member to join again. */
  rebalancing = false;
  readonly committed = new Map<string, { offset: number; leaderEpoch: number }>();
  private members = 0;

  constructor(broker: FakeBroker) {
    broker.on(joinGroup, ({ memberId, protocols }) => {
      if (memberId === '') {
        this.members++;
        this.memberId = `member-${this.members}`;
        return { errorCode: ErrorCode.MEMBER_ID_REQUIRED, memberId: this.memberId, protocolName: '' };
      }
      if (memberId !== this.memberId) return { errorCode: ErrorCode.UNKNOWN_MEMBER_ID, protocolName: '' };
      this.generation++;
      this.rebalancing = false;
      const { name, metadata } = protocols[0]!;
      return {
        generationId: this.generation,
        protocolType: 'consumer',
        protocolName: name,
        leader: memberId,
        memberId,
        members: [{ memberId, metadata }],
      };
    });
    broker.on(syncGroup, ({ assignments, generationId, memberId }) => ({
      errorCode: this.refusal(memberId, generationId),
      assignment: assignments[0]?.assignment ?? Buffer.alloc(0),
    }));
    broker.on(heartbeat, ({ memberId, generationId }) => ({
      errorCode: this.rebalancing ? ErrorCode.REBALANCE_IN_PROGRESS : this.refusal(memberId, generationId),
    }));
    broker.on(leaveGroup, ({ members }) => ({ members: members.map(({ memberId }) => ({ memberId })) }));
    broker.on(offsetCommit, (body) => this.commit(body));
    broker.on(offsetFetch, ({ groups }) => ({
      groups: groups.map(({ groupId, topics }) => ({
        groupId,
        topics: (topics ?? []).map(({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.map((partitionIndex) => {
            const found = this.committed.get(`${name}-${partitionIndex}`);
            return {
              partitionIndex,
              committedOffset: found?.offset ?? -1,
              committedLeaderEpoch: found?.leaderEpoch ?? -1,
            };
          }),
        })),
      })),
    }));
  }

  /** Forgets the member, as after a session timeout. */
  evict(): void {
    this.memberId = 'nobody';
  }

  private commit({ memberId, generationIdOrMemberEpoch, topics }: OffsetCommitRequest): {
    topics: { name: string; partitions: { partitionIndex: number; errorCode: number }[] }[];
  } {
    const errorCode = memberId === '' ? 0 : this.refusal(memberId, generationIdOrMemberEpoch);
    return {
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, committedOffset, committedLeaderEpoch }) => {
          if (errorCode === 0) {
            const committed = { offset: committedOffset, leaderEpoch: committedLeaderEpoch };
            this.committed.set(`${name}-${partitionIndex}`, committed);
          }
          return { partitionIndex, errorCode };
        }),
      })),
    };
  }
  private refusal(memberId: string, generation: number): number {
    if (memberId !== this.memberId) return ErrorCode.UNKNOWN_MEMBER_ID;
    return generation === this.generation ? 0 : ErrorCode.ILLEGAL_GENERATION;
  }
}
