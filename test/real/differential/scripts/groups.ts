/** Groups of the classic protocol: members join, share, leave and are fenced. */
import {
  deleteGroups,
  describeGroups,
  heartbeat,
  joinGroup,
  leaveGroup,
  listGroups,
  offsetCommit,
  offsetDelete,
  syncGroup,
} from '../../../../src/wire/index.ts';
import { script } from '../harness/script.ts';
import { groupIsReady } from './committed.ts';
import { enter, join, sync } from './group-member.ts';

export const groupsScript = script('groups', {
  'a group of one in every version': async (on) => {
    for (const version of on.versions(joinGroup)) {
      const group = `one-${version}`;
      await groupIsReady(on, group);
      const { generationId, memberId } = await enter(on, group, { version });
      for (const syncing of on.versions(syncGroup)) {
        await sync(on, group, generationId, memberId, [memberId], { version: syncing });
      }
      for (const beating of on.versions(heartbeat)) {
        await on.call(heartbeat, beating, { groupId: group, generationId, memberId });
      }
      for (const describing of on.versions(describeGroups)) {
        const body = { groups: [group, 'one-nobody', ''], includeAuthorizedOperations: true };
        await on.call(describeGroups, describing, body);
        await on.call(describeGroups, describing, { groups: [group] }, { as: 'without operations' });
      }
      await on.call(deleteGroups, 2, { groupsNames: [group] }, { as: 'with a member' });
      await on.call(offsetDelete, 0, { groupId: group, topics: [] }, { as: 'with a member' });
      const again = await join(on, group, { version, memberId, as: 'again' });
      await on.call(
        heartbeat,
        4,
        { groupId: group, generationId: again.generationId, memberId },
        { as: 'before sync' },
      );
      await on.call(describeGroups, 6, { groups: [group] }, { as: 'before sync' });
      await sync(on, group, again.generationId, memberId, [memberId], { as: 'again' });
      for (const leaving of on.versions(leaveGroup)) {
        const { memberId } = await enter(on, `one-${version}-${leaving}`, { version });
        const body = { groupId: `one-${version}-${leaving}`, memberId, members: [{ memberId }] };
        await on.call(leaveGroup, leaving, body);
        await on.call(leaveGroup, leaving, body, { as: 'again' });
        await on.call(describeGroups, 6, { groups: [body.groupId] }, { as: 'empty' });
      }
    }
  },

  'two members share, and one of them leaves': async (on) => {
    for (const version of on.versions(joinGroup, 1)) {
      const group = `two-${version}`;
      await groupIsReady(on, group);
      const [first, second] = [on.client('first'), on.client('second')];
      const leader = await enter(first, group, { version, protocols: ['sticky', 'range'] });
      await sync(first, group, leader.generationId, leader.memberId, [leader.memberId], { protocol: 'sticky' });
      const entering = enter(second, group, { version, protocols: ['range'], as: 'the second' });
      const { memberId, generationId } = leader;
      const beat = { groupId: group, generationId, memberId };
      await on.until(heartbeat, 4, beat, ({ errorCode }) => errorCode !== 0, { as: 'a rebalance has begun' });
      const again = await join(first, group, {
        version,
        memberId,
        protocols: ['sticky', 'range'],
        as: 'the first again',
      });
      const follower = await entering;
      await on.call(describeGroups, 6, { groups: [group] }, { as: 'before the assignment' });
      const waiting = sync(second, group, follower.generationId, follower.memberId, [], { as: 'the follower waits' });
      await on.call(heartbeat, 4, { groupId: group, generationId: again.generationId, memberId }, { as: 'meanwhile' });
      const both = [leader.memberId, follower.memberId];
      await sync(first, group, again.generationId, memberId, both, { as: 'the leader assigns' });
      await waiting;
      await on.call(describeGroups, 6, { groups: [group] }, { as: 'stable' });
      const leaves = { groupId: group, memberId: follower.memberId, members: [{ memberId: follower.memberId }] };
      await second.call(leaveGroup, 5, leaves);
      await on.call(heartbeat, 4, { ...beat, generationId: again.generationId }, { as: 'after the second has left' });
      const alone = await join(first, group, { version, memberId, as: 'alone' });
      await sync(first, group, alone.generationId, memberId, [memberId], { as: 'alone' });
      await on.call(describeGroups, 6, { groups: [group] }, { as: 'alone' });
    }
  },

  'members that join again without need': async (on) => {
    for (const version of on.versions(joinGroup)) {
      const group = `again-${version}`;
      await groupIsReady(on, group);
      const [first, second] = [on.client('first'), on.client('second')];
      const leader = await enter(first, group, { version, protocols: ['a', 'b'] });
      const entering = enter(second, group, { version, protocols: ['b', 'a'], as: 'the second' });
      const beat = { groupId: group, generationId: leader.generationId, memberId: leader.memberId };
      await on.until(heartbeat, 4, beat, ({ errorCode }) => errorCode !== 0, { as: 'a rebalance has begun' });
      const { memberId, generationId } = leader;
      await join(first, group, { version, memberId, protocols: ['a', 'b'], as: 'the first again' });
      const follower = await entering;
      await join(first, group, { version, memberId, protocols: ['a', 'b'], as: 'before the assignment' });
      const protocol = follower.protocolName ?? '';
      const all = [leader.memberId, follower.memberId];
      await sync(first, group, follower.generationId, memberId, all, { protocol, as: 'the leader' });
      await sync(second, group, follower.generationId, follower.memberId, [], { protocol, as: 'the follower' });
      const same = { version, memberId: follower.memberId, protocols: ['b', 'a'] };
      await join(second, group, { ...same, as: 'the follower, with what it has' });
      await sync(second, group, follower.generationId, follower.memberId, [], { protocol, as: 'the follower again' });
      await sync(first, group, generationId, memberId, all, { protocol, as: 'the generation before' });
      await join(second, group, { ...same, protocols: ['c'], as: 'with what nobody knows' });
      const changed = join(second, group, { ...same, protocols: ['b'], as: 'the follower, with less' });
      const now = { groupId: group, generationId: follower.generationId, memberId };
      await on.until(heartbeat, 4, now, ({ errorCode }) => errorCode !== 0, { as: 'a rebalance again' });
      await sync(first, group, follower.generationId, memberId, all, { protocol, as: 'in the middle of it' });
      await join(first, group, { version, memberId, protocols: ['a', 'b'], as: 'the first, once more' });
      await changed;
    }
  },

  'a leader that never assigns': async (on) => {
    const group = 'no-assignment';
    await groupIsReady(on, group);
    const leader = await enter(on, group, { rebalanceTimeoutMs: 300 });
    const empty = ({ groups }: { groups: { groupState: string }[] }) => groups[0]!.groupState === 'Empty';
    await on.until(describeGroups, 6, { groups: [group] }, empty);
    await sync(on, group, leader.generationId, leader.memberId, [leader.memberId], { as: 'too late' });
  },

  'static members': async (on) => {
    for (const version of on.versions(joinGroup, 5)) {
      const group = `static-${version}`;
      await groupIsReady(on, group);
      const first = await enter(on, group, { version, instance: 'a' });
      await sync(on, group, first.generationId, first.memberId, [first.memberId], { instance: 'a' });
      const again = await enter(on, group, { version, instance: 'a', as: 'restarted' });
      await sync(on, group, again.generationId, again.memberId, [again.memberId], { instance: 'a', as: 'restarted' });
      await on.call(describeGroups, 6, { groups: [group] }, { as: 'restarted' });
      await join(on, group, { version, instance: 'a', memberId: first.memberId, as: 'the old member' });
      await sync(on, group, again.generationId, first.memberId, [], { instance: 'a', as: 'the old member' });
      for (const beating of on.versions(heartbeat, 3)) {
        const body = {
          groupId: group,
          generationId: again.generationId,
          memberId: first.memberId,
          groupInstanceId: 'a',
        };
        await on.call(heartbeat, beating, body, { as: 'the old member' });
      }
      const topics = [
        { name: 'static', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] },
      ];
      for (const committing of on.versions(offsetCommit, 7, 9)) {
        const body = { groupId: group, generationIdOrMemberEpoch: 1, memberId: first.memberId, groupInstanceId: 'a' };
        await on.call(offsetCommit, committing, { ...body, topics }, { as: 'the old member' });
      }
      for (const leaving of on.versions(leaveGroup, 3)) {
        const members = [{ memberId: first.memberId, groupInstanceId: 'a' }];
        await on.call(leaveGroup, leaving, { groupId: group, members }, { as: 'the old member' });
      }
      const changed = await join(on, group, {
        version,
        instance: 'a',
        protocols: ['other'],
        as: 'with another protocol',
      });
      await sync(on, group, changed.generationId, changed.memberId, [changed.memberId], {
        instance: 'a',
        protocol: 'other',
      });
      const members = [
        { memberId: '', groupInstanceId: 'a' },
        { memberId: '', groupInstanceId: 'b' },
        { memberId: 'nobody', groupInstanceId: null },
      ];
      await on.call(leaveGroup, 5, { groupId: group, members }, { as: 'by instance, with two that are not there' });
      await on.call(describeGroups, 6, { groups: [group] }, { as: 'after all have left' });
    }
  },

  'a member that is silent for too long': async (on) => {
    const group = 'silent';
    await groupIsReady(on, group);
    const { generationId, memberId } = await enter(on, group, { sessionTimeoutMs: 300 });
    await sync(on, group, generationId, memberId, [memberId]);
    const empty = ({ groups }: { groups: { groupState: string }[] }) => groups[0]!.groupState === 'Empty';
    await on.until(describeGroups, 6, { groups: [group] }, empty);
    await on.call(heartbeat, 4, { groupId: group, generationId, memberId });
    await join(on, group, { memberId, as: 'as if nothing had happened' });
  },

  'a member that does not come back to a rebalance': async (on) => {
    const group = 'absent';
    await groupIsReady(on, group);
    const [first, second] = [on.client('first'), on.client('second')];
    const absent = await enter(first, group, { rebalanceTimeoutMs: 300 });
    await sync(first, group, absent.generationId, absent.memberId, [absent.memberId]);
    const entered = await enter(second, group, { rebalanceTimeoutMs: 300, as: 'the second' });
    await sync(second, group, entered.generationId, entered.memberId, [entered.memberId], { as: 'the second' });
    const beat = { groupId: group, generationId: absent.generationId, memberId: absent.memberId };
    await first.call(heartbeat, 4, beat, { as: 'the absent one' });
    await on.call(describeGroups, 6, { groups: [group] });
  },

  'groups are listed': async (on) => {
    const ours = ['listed-a', 'listed-b'];
    for (const group of ours) {
      await groupIsReady(on, group);
      const { generationId, memberId } = await enter(on, group);
      await sync(on, group, generationId, memberId, [memberId]);
    }
    for (const version of on.versions(listGroups)) {
      await on.call(listGroups, version, {}, { as: 'all' });
      if (version >= 4) {
        for (const state of ['Stable', 'stable', 'Empty', 'Dead', 'Nonsense', 'PreparingRebalance']) {
          await on.call(listGroups, version, { statesFilter: [state] }, { as: state });
        }
      }
      if (version < 5) continue;
      for (const type of ['classic', 'Classic', 'consumer', 'share', 'nonsense', '']) {
        await on.call(listGroups, version, { typesFilter: [type] }, { as: `type ${type}` });
      }
      await on.call(listGroups, version, { typesFilter: ['classic'], statesFilter: ['Stable'] }, { as: 'both' });
    }
  },
});
