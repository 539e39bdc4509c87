import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fetch, listOffsets } from '../../../../src/wire/index.ts';
import { Comparison, type Difference } from './compare.ts';
import { Coverage } from './coverage.ts';
import { type Step, Transcript } from './transcript.ts';

type Partition = Record<string, unknown>;

/** A step in which ListOffsets was answered with these partitions. */
function answered(partitions: readonly Partition[], version = 4, as = ''): Step {
  const step = new Transcript('').note(listOffsets, version, as);
  const full = partitions.map((each, partitionIndex) => ({
    ...{ partitionIndex, errorCode: 0, timestamp: -1, offset: 0, leaderEpoch: 0 },
    ...each,
  }));
  step.outcome = { kind: 'answer', body: { throttleTimeMs: 0, topics: [{ name: 't', partitions: full }] } };
  return step;
}

function silent(): Step {
  return new Transcript('').note(listOffsets, 4, '');
}

function compared(list: readonly Difference[], ours: readonly Step[], kafkas: readonly Step[]): string[] {
  return new Comparison(list).scene('a scene', ours, kafkas);
}

describe('the comparison of two brokers', () => {
  test('says where they differ, and how', () => {
    assert.deepEqual(compared([], [answered([{}, { errorCode: 3 }])], [answered([{}, { errorCode: 1 }])]), [
      "1. ListOffsets v4: topics[0].partitions[1].errorCode: ours 3, Kafka's 1",
    ]);
  });

  test('says the same of several versions once', () => {
    const [ours, kafkas] = [{ errorCode: 3 }, { errorCode: 1 }];
    const steps = (one: Partition) => [1, 2, 3, 7].map((version) => answered([one], version, 'a case'));
    assert.deepEqual(compared([], steps(ours), steps(kafkas)), [
      "1. ListOffsets v1-v3, v7 a case: topics[0].partitions[0].errorCode: ours 3, Kafka's 1",
    ]);
  });

  test('sees elements that are missing, answers that do not come, and scenes that part', () => {
    assert.match(compared([], [answered([{}])], [answered([{}, {}])])[0]!, /partitions: ours has 1, Kafka's 2/);
    assert.match(compared([], [silent()], [answered([{}])]).join(' '), /outcome: ours "silence", Kafka's nothing/);
    assert.match(compared([], [answered([{}])], [])[0]!, /ours asks ListOffsets v4, Kafka's no more/);
  });

  test('lets through what the list allows, and that alone', () => {
    const path = 'topics[].partitions[].timestamp';
    const now = 1_800_000_000_000;
    const time: Difference = { path, allow: { kind: 'time' }, why: 'clocks' };
    const at = (timestamp: number) => [answered([{ timestamp }])];
    assert.deepEqual(compared([time], at(now), at(now + 500)), []);
    assert.equal(compared([time], at(now), at(now + 500_000)).length, 1);
    assert.equal(compared([{ ...time, apis: ['Fetch'] }], at(now), at(now + 500)).length, 1);
    assert.equal(compared([{ ...time, where: /another scene/ }], at(now), at(now + 500)).length, 1);
    assert.deepEqual(compared([{ ...time, path: '**.timestamp' }], at(now), at(now + 500)), []);
  });

  test('holds names against each other by the order of their appearance', () => {
    const names: Difference = { path: '**.offset', allow: { kind: 'names', domain: 'ids' }, why: 'chosen by each' };
    const of = (...offsets: number[]) => offsets.map((offset) => answered([{ offset }]));
    assert.deepEqual(compared([names], of(7, 8, 7), of(21, 20, 21)), []);
    assert.equal(compared([names], of(7, 8, 7), of(21, 20, 20)).length, 1);
    assert.equal(compared([names], of(-1), of(21)).length, 1, 'none is no name');
  });

  test('matches elements in another order by their keys', () => {
    const order: Difference = {
      path: '**.partitions',
      allow: { kind: 'order', by: ['partitionIndex'] },
      why: 'hash maps',
    };
    const [a, b] = [
      { partitionIndex: 5, offset: 1 },
      { partitionIndex: 6, offset: 2 },
    ];
    assert.deepEqual(compared([order], [answered([a, b])], [answered([b, a])]), []);
    assert.equal(compared([order], [answered([a, b])], [answered([{ ...b, offset: 9 }, a])]).length, 1);
    assert.equal(compared([order], [answered([a, b])], [answered([a])]).length, 1);
    assert.equal(compared([], [answered([a, b])], [answered([b, a])]).length, 4);
  });

  test('knows the entries of the list that were never needed', () => {
    const time: Difference = { path: '**.timestamp', allow: { kind: 'time' }, why: 'clocks' };
    const comparison = new Comparison([time]);
    comparison.scene('a scene', [answered([{ timestamp: 5 }])], [answered([{ timestamp: 5 }])]);
    assert.deepEqual(comparison.unneeded(), [time]);
    comparison.scene('a scene', [answered([{ timestamp: 5 }])], [answered([{ timestamp: 6 }])]);
    assert.deepEqual(comparison.unneeded(), []);
  });
});

describe('the coverage', () => {
  test('names what was advertised and not asked, and the errors that not both have given', () => {
    const coverage = new Coverage();
    coverage.add([answered([{ errorCode: 3 }])], [answered([{ errorCode: 1 }])]);
    coverage.add([answered([{ errorCode: 74 }], 5)], [answered([{ errorCode: 74 }], 5)]);
    const ranges = new Map([
      [listOffsets.key, { min: 3, max: 6 }],
      [fetch.key, { min: 4, max: 4 }],
    ]);
    assert.deepEqual(coverage.missing(ranges), ['Fetch v4', 'ListOffsets v3', 'ListOffsets v6']);
    assert.deepEqual(coverage.missingErrors([3, 74]), [3]);
  });
});
