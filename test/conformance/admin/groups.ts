/** OffsetDelete, DescribeGroups, ListGroups, DeleteGroups. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as wire from '../../../src/wire/index.ts';
import { unique } from '../cluster.ts';
import type { Raw } from './raw.ts';

export function groupScenarios(raw: Raw): void {
  /** Joins as the only member, and syncs. */
  const join = async (groupId: string, protocolType: string, metadata: Uint8Array) => {
    const request = (memberId: string) =>
      raw.call(wire.joinGroup, 5, {
        groupId,
        sessionTimeoutMs: 30_000,
        rebalanceTimeoutMs: 30_000,
        memberId,
        protocolType,
        protocols: [{ name: 'range', metadata }],
      });
    const { memberId } = await request('');
    const { generationId: generation } = await request(memberId);
    await raw.call(wire.syncGroup, 3, {
      groupId,
      generationId: generation,
      memberId,
      assignments: [{ memberId, assignment: Buffer.of(1) }],
    });
    return { generation, memberId };
  };
  const subscription = (...topics: string[]) =>
    wire.encodeVersioned(wire.consumerProtocolSubscription, 1, { topics, userData: null, ownedPartitions: [] });
  const partitionsOf = (...indexes: number[]) => indexes.map((partitionIndex) => ({ partitionIndex }));
  const committed = async (groupId: string) => {
    const { topics } = await raw.call(wire.offsetFetch, 5, { groupId, topics: null });
    return topics.flatMap(({ name, partitions }) => partitions.map((each) => `${name}-${each.partitionIndex}`)).sort();
  };

  test('offsets of a group without members are deleted; partitions that are not there are refused', async () => {
    const topic = await raw.topic('committed', 2);
    const groupId = unique('group');
    await raw.commitOffsets(groupId, topic, [0, 1]);
    const answer = await raw.call(wire.offsetDelete, 0, {
      groupId,
      topics: [
        { name: topic, partitions: partitionsOf(0, 0, 7, -1) },
        { name: 'no-such-topic', partitions: partitionsOf(0) },
        { name: topic, partitions: partitionsOf(0) },
      ],
    });
    const of = (partitionIndex: number, errorCode: number) => ({ partitionIndex, errorCode });
    assert.deepEqual(answer, {
      errorCode: 0,
      throttleTimeMs: 0,
      topics: [
        { name: topic, partitions: [of(7, 3), of(-1, 3), of(0, 0), of(0, 0), of(0, 0)] },
        { name: 'no-such-topic', partitions: [of(0, 3)] },
      ],
    });
    assert.deepEqual(await committed(groupId), [`${topic}-1`]);
    const none = await raw.call(wire.offsetDelete, 0, { groupId, topics: [{ name: topic, partitions: [] }] });
    assert.deepEqual([none.errorCode, none.topics], [0, []]);
  });

  test('a partition that is named twice in a commit is answered twice, under its topic once', async () => {
    const topic = await raw.topic('committed', 2);
    const groupId = unique('group');
    await raw.commitOffsets(groupId, topic, [0]);
    const of = (...offsets: [number, number][]) =>
      offsets.map(([partitionIndex, committedOffset]) => ({ partitionIndex, committedOffset }));
    const { topics } = await raw.call(wire.offsetCommit, 8, {
      groupId,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      topics: [
        { name: topic, partitions: of([0, 5], [7, 1], [0, 6]) },
        { name: 'no-such-topic', partitions: of([0, 1]) },
        { name: topic, partitions: of([1, 9], [9, 1]) },
      ],
    });
    assert.deepEqual(
      topics.map(({ name, partitions }) => [name, ...partitions.map((each) => [each.partitionIndex, each.errorCode])]),
      [
        [topic, [7, 3], [9, 3], [0, 0], [0, 0], [1, 0]],
        ['no-such-topic', [0, 3]],
      ],
    );
    const fetched = await raw.call(wire.offsetFetch, 5, {
      groupId,
      topics: [{ name: topic, partitionIndexes: [0, 1] }],
    });
    assert.deepEqual(
      fetched.topics[0]!.partitions.map(({ committedOffset }) => committedOffset),
      [6, 9],
    );
  });

  test('no group moves when the topic of the coordinators grows', async () => {
    const topic = await raw.topic('committed');
    const groupIds = Array.from({ length: 12 }, (_, index) => unique(`group-${index}`));
    for (const groupId of groupIds) await raw.commitOffsets(groupId, topic, [0]);
    const internal = '__consumer_offsets';
    const before = await raw.call(wire.describeTopicPartitions, 0, { topics: [{ name: internal }] });
    const count = before.topics[0]!.partitions.length + 1;
    const grown = await raw.call(wire.createPartitions, 3, {
      topics: [{ name: internal, count, assignments: null }],
      timeoutMs: 10_000,
    });
    assert.equal(grown.results[0]!.errorCode, 0);
    await raw.hasLeaders(internal, count);
    for (const groupId of groupIds) assert.deepEqual(await committed(groupId), [`${topic}-0`]);
  });

  test('offsets of topics that members subscribe to stay', async () => {
    const [read, left] = [await raw.topic('read'), await raw.topic('left')];
    const groupId = unique('group');
    await raw.commitOffsets(groupId, left, [0]);
    const member = await join(groupId, 'consumer', subscription(read));
    await raw.commitOffsets(groupId, read, [0], member);
    const answer = await raw.call(wire.offsetDelete, 0, {
      groupId,
      topics: [read, left].map((name) => ({ name, partitions: partitionsOf(0) })),
    });
    assert.equal(answer.errorCode, 0);
    assert.deepEqual(
      answer.topics.map(({ name, partitions }) => [name, partitions[0]!.errorCode]),
      [
        [read, 86],
        [left, 0],
      ],
    );
    assert.deepEqual(await committed(groupId), [`${read}-0`]);
  });

  test('a subscription that cannot be read may be to anything; members that are no consumers keep everything', async () => {
    const topic = await raw.topic('read');
    const [opaque, other, missing] = [unique('opaque'), unique('connect'), unique('missing')];
    await raw.commitOffsets(opaque, topic, [0]);
    await join(opaque, 'consumer', Buffer.from('zz'));
    await raw.commitOffsets(other, topic, [0]);
    await join(other, 'connect', Buffer.from('zz'));
    const remove = async (groupId: string) => {
      const answer = await raw.call(wire.offsetDelete, 0, {
        groupId,
        topics: [{ name: topic, partitions: partitionsOf(0) }],
      });
      return [answer.errorCode, ...answer.topics.map(({ partitions }) => partitions[0]!.errorCode)];
    };
    assert.deepEqual(await remove(opaque), [0, 86]);
    assert.deepEqual(await remove(other), [68]);
    assert.deepEqual(await remove(missing), [69]);
    assert.deepEqual(await remove(''), [24]);
  });

  test('groups are described: with members, without, and where there is none', async () => {
    const topic = await raw.topic('described');
    const [full, simple, missing] = [unique('full'), unique('simple'), unique('missing')];
    await raw.commitOffsets(simple, topic, [0]);
    const metadata = subscription(topic);
    const { memberId } = await join(full, 'consumer', metadata);
    const describe = async (version: number, groups: string[], includeAuthorizedOperations: boolean) => {
      const answer = await raw.call(wire.describeGroups, version, { groups, includeAuthorizedOperations });
      return groups.map((groupId) => answer.groups.find((group) => group.groupId === groupId));
    };
    const operations = 3400;
    const noOperations = -0x80000000;
    const member = {
      memberId,
      groupInstanceId: null,
      clientId: 'raw',
      clientHost: '/127.0.0.1',
      memberMetadata: Buffer.from(metadata),
      memberAssignment: Buffer.of(1),
    };
    const common = { errorCode: 0, errorMessage: null, protocolType: '', protocolData: '', members: [] };
    const stable = {
      ...common,
      groupId: full,
      groupState: 'Stable',
      protocolType: 'consumer',
      protocolData: 'range',
      members: [member],
    };
    const empty = { ...common, groupId: simple, groupState: 'Empty' };
    const dead = { ...common, groupId: missing, groupState: 'Dead' };
    const notFound = { ...dead, errorCode: 69, errorMessage: `Group ${missing} not found.` };
    const nameless = { ...common, groupId: '', groupState: 'Dead' };
    const asked = [full, simple, missing, ''];
    const plain = [stable, empty, dead, nameless].map((each) => ({ ...each, authorizedOperations: noOperations }));
    for (const version of [0, 2, 5]) assert.deepEqual(await describe(version, asked, false), plain);
    const allowed = plain.map((each) => ({ ...each, authorizedOperations: operations }));
    assert.deepEqual(await describe(5, asked, true), allowed);
    assert.deepEqual(await describe(6, asked, true), [
      { ...stable, authorizedOperations: operations },
      { ...empty, authorizedOperations: operations },
      { ...notFound, authorizedOperations: noOperations },
      { ...nameless, errorCode: 69, errorMessage: 'Group  not found.', authorizedOperations: noOperations },
    ]);
  });

  test('groups are listed by state and type, whatever the case of the letters', async () => {
    const topic = await raw.topic('listed');
    const [full, simple] = [unique('full'), unique('simple')];
    await raw.commitOffsets(simple, topic, [0]);
    await join(full, 'consumer', subscription(topic));
    const list = async (version: number, filters: wire.ListGroupsRequestInput) => {
      const { errorCode, groups } = await raw.call(wire.listGroups, version, filters);
      assert.equal(errorCode, 0);
      const ours = groups.filter(({ groupId }) => groupId === full || groupId === simple);
      return ours
        .map(({ groupId, protocolType, groupState, groupType }) => [groupId, protocolType, groupState, groupType])
        .sort();
    };
    assert.deepEqual(await list(0, {}), [
      [full, 'consumer', '', ''],
      [simple, '', '', ''],
    ]);
    assert.deepEqual(await list(4, {}), [
      [full, 'consumer', 'Stable', ''],
      [simple, '', 'Empty', ''],
    ]);
    assert.deepEqual(await list(5, {}), [
      [full, 'consumer', 'Stable', 'classic'],
      [simple, '', 'Empty', 'classic'],
    ]);
    const stable = [[full, 'consumer', 'Stable', 'classic']];
    assert.deepEqual(await list(5, { statesFilter: ['STABLE', 'bogus'], typesFilter: ['Classic'] }), stable);
    assert.deepEqual(await list(5, { statesFilter: ['bogus'] }), []);
    assert.deepEqual(await list(5, { typesFilter: ['consumer'] }), []);
    assert.deepEqual(await list(5, { typesFilter: ['bogus'] }), []);
  });

  test('groups without members are deleted, each once', async () => {
    const topic = await raw.topic('committed');
    const [full, simple, missing] = [unique('full'), unique('simple'), unique('missing')];
    await raw.commitOffsets(simple, topic, [0]);
    await join(full, 'consumer', subscription(topic));
    const { results } = await raw.call(wire.deleteGroups, 2, { groupsNames: [full, missing, '', simple, simple] });
    const sorted = results.map(({ groupId, errorCode }) => [groupId, errorCode]).sort();
    assert.deepEqual(sorted, [
      ['', 69],
      [full, 68],
      [missing, 69],
      [simple, 0],
    ]);
    assert.deepEqual(await committed(simple), []);
    assert.deepEqual((await raw.call(wire.deleteGroups, 0, { groupsNames: [] })).results, []);
  });
}
