/** What groups refuse: joins, and requests of members that are none. */
import {
  heartbeat,
  joinGroup,
  leaveGroup,
  offsetCommit,
  offsetDelete,
  syncGroup,
  txnOffsetCommit,
} from '../../../../src/wire/index.ts';
import { script } from '../harness/script.ts';
import { groupIsReady } from './committed.ts';
import { enter, join, sync } from './group-member.ts';

export const groupRefusalsScript = script('what groups refuse', {
  'joins that are refused': async (on) => {
    const group = 'refused-joins';
    await groupIsReady(on, group);
    const { generationId, memberId } = await enter(on, group);
    await sync(on, group, generationId, memberId, [memberId]);
    for (const version of on.versions(joinGroup)) {
      await join(on, '', { version, as: 'no group' });
      await join(on, group, { version, memberId: 'nobody', as: 'a member that is not known' });
      await join(on, 'refused-new', { version, memberId: 'nobody', as: 'a member of a group that is not there' });
      await join(on, group, { version, protocols: ['other'], as: 'a protocol that nobody has' });
      await join(on, group, { version, type: 'connect', as: 'another type' });
      await join(on, group, { version, protocols: [], as: 'no protocols' });
      await join(on, group, { version, type: '', as: 'no type' });
      await join(on, group, { version, sessionTimeoutMs: 50, as: 'too short a session' });
      await join(on, group, { version, sessionTimeoutMs: 1_800_001, as: 'too long a session' });
      if (version >= 5) {
        await join(on, group, { version, instance: 'i', memberId: 'nobody', as: 'an instance that is not known' });
      }
    }
  },

  'requests of members that are not': async (on) => {
    const group = 'refused-members';
    await groupIsReady(on, group);
    const { generationId, memberId } = await enter(on, group);
    await sync(on, group, generationId, memberId, [memberId]);
    for (const version of on.versions(syncGroup)) {
      await sync(on, group, generationId, 'nobody', [], { version, as: 'not a member' });
      await sync(on, group, generationId + 1, memberId, [], { version, as: 'a later generation' });
      await sync(on, group, generationId - 1, memberId, [], { version, as: 'an earlier generation' });
      await sync(on, 'refused-nobody', 1, memberId, [], { version, as: 'no such group' });
      await sync(on, '', 1, memberId, [], { version, as: 'no group' });
      if (version >= 3)
        await sync(on, group, generationId, memberId, [], { version, instance: 'i', as: 'an instance' });
      if (version >= 5) {
        await sync(on, group, generationId, memberId, [], { version, type: 'connect', as: 'another type' });
        await sync(on, group, generationId, memberId, [], { version, protocol: 'other', as: 'another protocol' });
        await sync(on, group, generationId, memberId, [], { version, type: null, protocol: null, as: 'no protocol' });
      }
    }
    for (const version of on.versions(heartbeat)) {
      const beat = (as: string, change: object) =>
        on.call(heartbeat, version, { groupId: group, generationId, memberId, ...change }, { as });
      await beat('not a member', { memberId: 'nobody' });
      await beat('an empty member', { memberId: '' });
      await beat('a later generation', { generationId: generationId + 1 });
      await beat('no such group', { groupId: 'refused-nobody' });
      await beat('no group', { groupId: '' });
      if (version >= 3) await beat('an instance', { groupInstanceId: 'i' });
    }
    for (const version of on.versions(leaveGroup)) {
      const leave = (as: string, groupId: string, member: string, groupInstanceId: string | null = null) => {
        const members = [{ memberId: member, groupInstanceId }];
        return on.call(leaveGroup, version, { groupId, memberId: member, members }, { as });
      };
      await leave('not a member', group, 'nobody');
      await leave('no such group', 'refused-nobody', memberId);
      await leave('no group', '', memberId);
      if (version >= 3) {
        await leave('an instance', group, '', 'i');
        await leave('a member with an instance', group, memberId, 'i');
        await on.call(leaveGroup, version, { groupId: group, members: [] }, { as: 'nobody' });
      }
    }
    const topic = { name: 'refused-members', id: await on.topic('refused-members') };
    for (const version of on.versions(offsetCommit)) {
      const commit = (as: string, change: object) => {
        const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }];
        const topics = [{ name: topic.name, topicId: topic.id, partitions }];
        const body = { groupId: group, generationIdOrMemberEpoch: generationId, memberId, topics, ...change };
        return on.call(offsetCommit, version, body, { as });
      };
      await commit('a member', {});
      await commit('not a member', { memberId: 'nobody' });
      await commit('a later generation', { generationIdOrMemberEpoch: generationId + 1 });
      await commit('from outside', { generationIdOrMemberEpoch: -1, memberId: '' });
      if (version >= 7) await commit('an instance', { groupInstanceId: 'i' });
    }
    for (const version of on.versions(txnOffsetCommit, 3)) {
      const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }];
      const body = { transactionalId: 'x', producerId: 1, producerEpoch: 0, groupId: group, generationId, memberId };
      await on.call(txnOffsetCommit, version, { ...body, topics: [{ name: topic.name, partitions }] });
    }
    const topics = [{ name: topic.name, partitions: [{ partitionIndex: 0 }] }];
    await on.call(offsetDelete, 0, { groupId: group, topics }, { as: 'of a topic that nobody reads' });
    await on.topic('a-topic');
    const read = [{ name: 'a-topic', partitions: [{ partitionIndex: 0 }, { partitionIndex: 7 }] }];
    await on.call(offsetDelete, 0, { groupId: group, topics: read }, { as: 'of a topic that is read' });
  },
});
