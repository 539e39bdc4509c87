/** OffsetCommit, OffsetFetch and OffsetDelete of groups without members, and DeleteGroups. */
import { setTimeout as sleep } from 'node:timers/promises';
import { deleteGroups, findCoordinator, offsetCommit, offsetDelete, offsetFetch } from '../../../../src/wire/index.ts';
import { script } from '../harness/script.ts';
import type { Stage } from '../harness/stage.ts';
import type { Topic } from './requests.ts';

const MISSING_ID = 'AAAAAAAAAAAAAAAAAAAAEA';

/** Waits until the group can be asked for. */
export async function groupIsReady(on: Stage, groupId: string): Promise<void> {
  await on.quietly(findCoordinator, 2, { key: groupId, keyType: 0 });
  for (let attempt = 0; attempt < 500; attempt++) {
    const { errorCode } = await on.quietly(offsetFetch, 5, { groupId, topics: [] });
    if (errorCode === 0) return;
    await sleep(10);
  }
  throw new Error(`the coordinator of ${groupId} is not ready`);
}

interface Committed {
  readonly partition?: number;
  readonly offset?: number;
  readonly epoch?: number;
  readonly metadata?: string | null;
}

export function commitOf(groupId: string, topic: Topic, ...all: Committed[]) {
  const partitions = all.map(({ partition = 0, offset = 1, epoch = -1, metadata = '' }) => ({
    partitionIndex: partition,
    committedOffset: offset,
    committedLeaderEpoch: epoch,
    committedMetadata: metadata,
  }));
  return { groupId, topics: [{ name: topic.name, topicId: topic.id, partitions }] };
}

/** The same question in the shapes of all versions. */
export function fetchOf(groupId: string, topic: Topic | null, partitionIndexes: readonly number[] = [0]) {
  const one = topic === null ? null : [{ name: topic.name, topicId: topic.id, partitionIndexes }];
  return { groupId, topics: one, groups: [{ groupId, topics: one }] };
}

export const committedScript = script('committed offsets', {
  'every version commits and fetches': async (on) => {
    const topic = { name: 'committed-versions', id: await on.topic('committed-versions', { partitions: 3 }) };
    for (const version of on.versions(offsetCommit)) {
      const groupId = `committed-by-v${version}`;
      await groupIsReady(on, groupId);
      const commit = commitOf(
        groupId,
        topic,
        { offset: 5, epoch: 0, metadata: 'here' },
        { partition: 1, offset: 0, metadata: null },
        { partition: 2, offset: 7, epoch: 3, metadata: 'x'.repeat(4096) },
      );
      await on.call(offsetCommit, version, commit);
      for (const reading of on.versions(offsetFetch)) {
        const as = `after OffsetCommit v${version}`;
        await on.call(offsetFetch, reading, fetchOf(groupId, topic, [0, 1, 2]), { as });
        if (reading >= 2) await on.call(offsetFetch, reading, fetchOf(groupId, null), { as: `all ${as}` });
      }
    }
  },

  'commits that are refused': async (on) => {
    const topic = { name: 'committed-refused', id: await on.topic('committed-refused') };
    const missing = { name: 'committed-no-such-topic', id: MISSING_ID };
    await groupIsReady(on, 'committed-refused');
    for (const version of on.versions(offsetCommit)) {
      const ask = (as: string, body: ReturnType<typeof commitOf>, more: object = {}) =>
        on.call(offsetCommit, version, { ...body, ...more }, { as });
      const group = 'committed-refused';
      await ask('no group', commitOf('', topic, {}));
      await ask('no topic', commitOf(group, missing, {}));
      await ask('no partition', commitOf(group, topic, { partition: 3 }));
      await ask('a negative partition', commitOf(group, topic, { partition: -1 }));
      await ask('a negative offset', commitOf(group, topic, { offset: -1 }));
      await ask('metadata too long', commitOf(group, topic, { metadata: 'x'.repeat(4097) }));
      await ask('a generation', commitOf('committed-nobody', topic, {}), { generationIdOrMemberEpoch: 3 });
      await ask('a member', commitOf('committed-nobody', topic, {}), { memberId: 'nobody' });
      const member = { generationIdOrMemberEpoch: 3, memberId: 'nobody' };
      await ask('a member of a generation', commitOf('committed-nobody', topic, {}), member);
      await ask('nothing', { groupId: group, topics: [] });
      const both = {
        groupId: group,
        topics: [...commitOf(group, missing, {}).topics, ...commitOf(group, topic, {}).topics],
      };
      await ask('one of two', both);
      if (version >= 7) await ask('an instance', commitOf(group, topic, {}), { groupInstanceId: 'i' });
    }
  },

  'fetches of what is not there': async (on) => {
    const topic = { name: 'committed-none', id: await on.topic('committed-none') };
    const missing = { name: 'committed-no-such-topic', id: MISSING_ID };
    await groupIsReady(on, 'committed-none');
    for (const version of on.versions(offsetFetch)) {
      const ask = (as: string, body: ReturnType<typeof fetchOf>) => on.call(offsetFetch, version, body, { as });
      await ask('no such group', fetchOf('committed-nobody', topic));
      await ask('no group', fetchOf('', topic));
      await ask('no topic', fetchOf('committed-none', missing));
      await ask('no partition', fetchOf('committed-none', topic, [7]));
      await ask('no partitions', fetchOf('committed-none', topic, []));
      if (version >= 2) await ask('all of no group', fetchOf('committed-nobody', null));
      if (version >= 8) {
        const groups = ['committed-by-v8', 'committed-nobody'].map((groupId) => ({ groupId, topics: null }));
        await on.call(offsetFetch, version, { groups }, { as: 'two groups' });
        await on.call(offsetFetch, version, { groups: [] }, { as: 'no groups' });
        const same = [0, 1].map(() => ({ groupId: 'committed-by-v8', topics: null }));
        await on.call(offsetFetch, version, { groups: same }, { as: 'a group twice' });
      }
      if (version >= 9) {
        const member = { groupId: 'committed-by-v8', memberId: 'nobody', memberEpoch: 3, topics: null };
        await on.call(offsetFetch, version, { groups: [member] }, { as: 'a member' });
      }
      if (version >= 7)
        await on.call(
          offsetFetch,
          version,
          { ...fetchOf('committed-by-v8', null), requireStable: true },
          { as: 'stable' },
        );
    }
  },

  'offsets are deleted, and groups': async (on) => {
    const topic = { name: 'committed-deleted', id: await on.topic('committed-deleted', { partitions: 3 }) };
    const groupId = 'committed-deleted';
    await groupIsReady(on, groupId);
    const three = [{ partition: 0 }, { partition: 1 }, { partition: 2 }];
    await on.call(offsetCommit, 8, commitOf(groupId, topic, ...three));
    const ask = (as: string, groupId: string, name: string, ...indexes: number[]) =>
      on.call(
        offsetDelete,
        0,
        { groupId, topics: [{ name, partitions: indexes.map((partitionIndex) => ({ partitionIndex })) }] },
        { as },
      );
    await ask('one', groupId, topic.name, 1);
    await ask('the same again', groupId, topic.name, 1);
    await ask('no partition', groupId, topic.name, 7);
    await ask('no topic', groupId, 'committed-no-such-topic', 0);
    await ask('no group', 'committed-nobody', topic.name, 0);
    await ask('an empty name', '', topic.name, 0);
    await on.call(offsetDelete, 0, { groupId, topics: [] }, { as: 'nothing' });
    await on.call(offsetFetch, 7, fetchOf(groupId, null), { as: 'what is left' });
    await ask('the others', groupId, topic.name, 0, 2);
    await on.call(offsetFetch, 7, fetchOf(groupId, null), { as: 'nothing is left' });
    for (const version of on.versions(deleteGroups)) {
      const name = `committed-group-${version}`;
      await groupIsReady(on, name);
      await on.call(offsetCommit, 8, commitOf(name, topic, {}));
      await on.call(deleteGroups, version, { groupsNames: [name, 'committed-nobody', ''] }, { as: 'three' });
      await on.call(deleteGroups, version, { groupsNames: [name] }, { as: 'again' });
      await on.call(deleteGroups, version, { groupsNames: [name, name] }, { as: 'twice' });
      await on.call(deleteGroups, version, { groupsNames: [] }, { as: 'none' });
      await on.call(offsetFetch, 7, fetchOf(name, null), { as: 'what is left' });
    }
  },

  'the offsets of a topic that was deleted': async (on) => {
    const topic = { name: 'committed-gone', id: await on.topic('committed-gone') };
    const groupId = 'committed-gone';
    await groupIsReady(on, groupId);
    await on.call(offsetCommit, 8, commitOf(groupId, topic, { offset: 3 }));
    await on.removeTopic(topic.name);
    await on.until(offsetFetch, 7, fetchOf(groupId, null), ({ topics }) => topics.length === 0);
    for (const version of on.versions(offsetFetch)) await on.call(offsetFetch, version, fetchOf(groupId, topic));
    for (const version of on.versions(offsetCommit)) await on.call(offsetCommit, version, commitOf(groupId, topic, {}));
  },
});
