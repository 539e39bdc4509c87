import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assignors, type Subscriber } from './index.ts';

const nothing: Subscriber['owned'] = { generation: -1, partitions: [] };
const member = (memberId: string, ...topics: string[]): Subscriber => ({
  memberId,
  groupInstanceId: null,
  topics,
  owned: nothing,
});
const show = (assignment: ReturnType<(typeof assignors)['range']>): Record<string, string> =>
  Object.fromEntries([...assignment].map(([id, list]) => [id, list.map((p) => `${p.topic}${p.partition}`).join(' ')]));

test('range gives runs per topic, the first members one more', () => {
  const counts = new Map([
    ['a', 3],
    ['b', 3],
  ]);
  assert.deepEqual(show(assignors.range([member('y', 'a', 'b'), member('x', 'a', 'b')], counts)), {
    x: 'a0 a1 b0 b1',
    y: 'a2 b2',
  });
});

test('round robin deals all partitions in turn, skipping who does not want the topic', () => {
  const counts = new Map([
    ['a', 3],
    ['b', 2],
  ]);
  assert.deepEqual(show(assignors.roundrobin([member('x', 'a'), member('y', 'a', 'b')], counts)), {
    x: 'a0 a2',
    y: 'a1 b0 b1',
  });
});

test('static members come first, by their instance id', () => {
  const members: Subscriber[] = [
    { memberId: '1', groupInstanceId: null, topics: ['a'], owned: nothing },
    { memberId: '2', groupInstanceId: 'z', topics: ['a'], owned: nothing },
    { memberId: '3', groupInstanceId: 'b', topics: ['a'], owned: nothing },
  ];
  assert.deepEqual(show(assignors.range(members, new Map([['a', 3]]))), { 3: 'a0', 2: 'a1', 1: 'a2' });
});

test('every partition that somebody wants goes to exactly one member that wants it', () => {
  const topics = ['a', 'b', 'c'];
  fc.assert(
    fc.property(
      fc.constantFrom('range' as const, 'roundrobin' as const),
      fc.array(fc.subarray(topics), { minLength: 1, maxLength: 6 }),
      fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 3, maxLength: 3 }),
      (name, wishes, sizes) => {
        const members = wishes.map((wanted, index) => member(`m${index}`, ...wanted));
        const counts = new Map(topics.map((topic, index) => [topic, sizes[index]!]));
        const given = [...assignors[name](members, counts)].flatMap(([id, list]) =>
          list.map((p) => ({ id, at: `${p.topic}-${p.partition}`, topic: p.topic })),
        );
        for (const { id, topic } of given) assert.ok(wishes[Number(id.slice(1))]!.includes(topic));
        const wanted = topics.filter((topic) => wishes.some((wish) => wish.includes(topic)));
        const expected = wanted.flatMap((topic) =>
          Array.from({ length: counts.get(topic)! }, (_, p) => `${topic}-${p}`),
        );
        assert.deepEqual(given.map(({ at }) => at).sort(), expected.sort());
      },
    ),
  );
});

const topicNames = ['a', 'b', 'c'] as const;
/** Groups of members that want some topics and say, perhaps wrongly, that they have some partitions. */
const groups = fc
  .record({
    counts: fc.tuple(fc.nat(6), fc.nat(6), fc.nat(6)),
    members: fc.array(
      fc.record({
        topics: fc.subarray([...topicNames], { minLength: 1 }),
        generation: fc.integer({ min: -1, max: 3 }),
        owned: fc.array(fc.record({ topic: fc.constantFrom(...topicNames), partition: fc.nat(6) }), { maxLength: 6 }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  })
  .map(({ counts, members }) => ({
    counts: new Map(topicNames.map((topic, at) => [topic as string, counts[at]!])),
    subscribers: members.map(
      ({ topics, generation, owned }, at): Subscriber => ({
        memberId: `m${at}`,
        groupInstanceId: null,
        topics,
        owned: { generation, partitions: owned },
      }),
    ),
  }));

test('sticky gives each partition to one member that wants it, and nobody has two more than another could take', () => {
  fc.assert(
    fc.property(groups, ({ counts, subscribers }) => {
      const assignment = assignors.sticky(subscribers, counts);
      const given = [...assignment.values()].flat().map(({ topic, partition }) => `${topic}${partition}`);
      const wanted = topicNames.filter((topic) => subscribers.some(({ topics }) => topics.includes(topic)));
      const all = wanted.flatMap((topic) => Array.from({ length: counts.get(topic)! }, (_, at) => `${topic}${at}`));
      assert.deepEqual(given.sort(), all.sort());
      for (const [giver, partitions] of assignment) {
        for (const { topic } of partitions) {
          assert.ok(subscribers.find(({ memberId }) => memberId === giver)!.topics.includes(topic));
          for (const { memberId, topics } of subscribers) {
            if (topics.includes(topic)) assert.ok(assignment.get(memberId)!.length + 1 >= partitions.length);
          }
        }
      }
    }),
  );
});

test('sticky moves nothing while the group stays, and only what is needed when it changes', () => {
  const counts = new Map([
    ['a', 6],
    ['b', 6],
  ]);
  const joined = (ids: readonly string[], before: ReturnType<(typeof assignors)['sticky']>): Subscriber[] =>
    ids.map((memberId) => ({
      memberId,
      groupInstanceId: null,
      topics: ['a', 'b'],
      owned: { generation: 1, partitions: before.get(memberId) ?? [] },
    }));
  const kept = (before: ReturnType<(typeof assignors)['sticky']>, after: typeof before): number =>
    [...after].reduce((sum, [id, list]) => {
      const had = new Set((before.get(id) ?? []).map(({ topic, partition }) => `${topic}${partition}`));
      return sum + list.filter(({ topic, partition }) => had.has(`${topic}${partition}`)).length;
    }, 0);
  const three = assignors.sticky(joined(['x', 'y', 'z'], new Map()), counts);
  assert.deepEqual(assignors.sticky(joined(['x', 'y', 'z'], three), counts), three);
  const four = assignors.sticky(joined(['w', 'x', 'y', 'z'], three), counts);
  assert.deepEqual(
    [...four.values()].map((list) => list.length),
    [3, 3, 3, 3],
  );
  assert.equal(kept(three, four), 9, 'the new one gets three, and nothing else moves');
  const two = assignors.sticky(joined(['x', 'y'], three), counts);
  assert.equal(kept(three, two), 8, 'those of the one that left are shared out, and nothing else moves');
});

test('of two members that claim a partition the newer generation has it, and in one generation neither', () => {
  const claims = (x: number, y: number) =>
    assignors.sticky(
      (['x', 'y'] as const).map((memberId, at) => ({
        memberId,
        groupInstanceId: null,
        topics: ['a'],
        owned: { generation: [x, y][at]!, partitions: [{ topic: 'a', partition: 1 }] },
      })),
      new Map([['a', 2]]),
    );
  assert.deepEqual(show(claims(1, 2)), { x: 'a0', y: 'a1' });
  assert.deepEqual(show(claims(2, 1)), { x: 'a1', y: 'a0' });
  assert.deepEqual(show(claims(2, 2)), { x: 'a0', y: 'a1' });
});

test('cooperative-sticky gives nobody what another still claims, and ends as sticky does', () => {
  fc.assert(
    fc.property(groups, ({ counts, subscribers }) => {
      let members = subscribers;
      for (let round = 0; round < 3; round++) {
        const assignment = assignors['cooperative-sticky'](members, counts);
        for (const [id, partitions] of assignment) {
          for (const { topic, partition } of partitions) {
            const claimant = members.find(
              ({ memberId, owned }) =>
                memberId !== id && owned.partitions.some((p) => p.topic === topic && p.partition === partition),
            );
            assert.equal(claimant, undefined);
          }
        }
        members = members.map((each) => ({
          ...each,
          owned: { generation: 10 + round, partitions: assignment.get(each.memberId)! },
        }));
      }
      const settled = assignors['cooperative-sticky'](members, counts);
      assert.deepEqual(settled, assignors.sticky(members, counts));
      assert.deepEqual(
        settled,
        new Map([...settled].map(([id]) => [id, members.find((m) => m.memberId === id)!.owned.partitions])),
      );
    }),
  );
});
