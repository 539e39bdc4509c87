import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assignors, type Subscriber } from './assignors.ts';

const member = (memberId: string, ...topics: string[]): Subscriber => ({ memberId, groupInstanceId: null, topics });
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
    { memberId: '1', groupInstanceId: null, topics: ['a'] },
    { memberId: '2', groupInstanceId: 'z', topics: ['a'] },
    { memberId: '3', groupInstanceId: 'b', topics: ['a'] },
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
