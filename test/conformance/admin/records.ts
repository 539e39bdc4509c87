/** DeleteRecords, OffsetForLeaderEpoch, DescribeLogDirs: what lies in the logs of partitions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as wire from '../../../src/wire/index.ts';
import { eventually, unique } from '../cluster.ts';
import { byName, type Raw } from './raw.ts';

export function recordScenarios(raw: Raw): void {
  const deleteRecords = async (version: number, topic: string, offsets: [partition: number, offset: number][]) => {
    const partitions = offsets.map(([partitionIndex, offset]) => ({ partitionIndex, offset }));
    const { topics } = await raw.call(wire.deleteRecords, version, {
      topics: [{ name: topic, partitions }],
      timeoutMs: 10_000,
    });
    return topics.flatMap((each) => each.partitions.map(({ lowWatermark, errorCode }) => [lowWatermark, errorCode]));
  };
  const offsetsOf = async (topic: string, isolationLevel: number) => {
    const at = async (timestamp: number) => {
      const answer = await raw.call(wire.listOffsets, 5, {
        replicaId: -1,
        isolationLevel,
        topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }],
      });
      return answer.topics[0]!.partitions[0]!.offset;
    };
    return [await at(-2), await at(-1)];
  };

  test('records are deleted up to an offset, or up to the high watermark, and never come back', async () => {
    const topic = await raw.topic('deleted');
    await raw.produce(topic, 0, 5);
    await raw.produce(topic, 0, 5);
    for (const version of [0, 1, 2]) assert.deepEqual(await deleteRecords(version, topic, [[0, 3]]), [[3, 0]]);
    assert.deepEqual(await deleteRecords(2, topic, [[0, 1]]), [[3, 0]]);
    assert.deepEqual(await offsetsOf(topic, 0), [3, 10]);
    assert.deepEqual(await deleteRecords(2, topic, [[0, -1]]), [[10, 0]]);
    assert.deepEqual(await offsetsOf(topic, 0), [10, 10]);
    const fetched = await raw.call(wire.fetch, 11, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1_000_000,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [{ topic, partitions: [{ partition: 0, fetchOffset: 9, partitionMaxBytes: 1_000_000 }] }],
    });
    assert.equal(fetched.responses[0]!.partitions[0]!.errorCode, 1);
  });

  test('offsets that are none and partitions that are not there are refused by themselves', async () => {
    const topic = await raw.topic('deleted', 2);
    await raw.produce(topic, 0, 2);
    const asked: [number, number][] = [
      [0, 3],
      [1, -1],
      [7, 0],
      [-1, 0],
    ];
    const answers = await deleteRecords(2, topic, asked);
    assert.deepEqual(answers.sort(), [
      [-1, 1],
      [-1, 3],
      [-1, 3],
      [0, 0],
    ]);
    assert.deepEqual(await deleteRecords(2, topic, [[0, -2]]), [[-1, 1]]);
    assert.deepEqual(await deleteRecords(2, 'no-such-topic', [[0, 0]]), [[-1, 3]]);
    assert.deepEqual(await deleteRecords(2, topic, []), []);
    assert.deepEqual(
      await deleteRecords(2, topic, [
        [0, 2],
        [0, 1],
      ]),
      [[1, 0]],
    );
  });

  test('a topic that is only compacted refuses', async () => {
    const compacted = await raw.topic('compacted', 1, { 'cleanup.policy': 'compact' });
    const both = await raw.topic('compacted', 1, { 'cleanup.policy': 'compact,delete' });
    for (const topic of [compacted, both]) await raw.produce(topic, 0, 2);
    assert.deepEqual(await deleteRecords(2, compacted, [[0, 1]]), [[-1, 44]]);
    assert.deepEqual(await deleteRecords(2, both, [[0, 1]]), [[1, 0]]);
  });

  test('deleting into an open transaction leaves its end, and what comes after it', async () => {
    const topic = await raw.topic('deleted');
    const producer = await raw.producer(unique('deleting'));
    await raw.addPartitions(producer, topic, [0]);
    await raw.produce(topic, 0, 4, producer);
    assert.deepEqual(await offsetsOf(topic, 1), [0, 0]);
    assert.deepEqual(await deleteRecords(2, topic, [[0, 2]]), [[2, 0]]);
    await raw.end(producer, true);
    await raw.produce(topic, 0, 1);
    await eventually('the marker is there', async () => (await offsetsOf(topic, 1))[1] === 6);
    assert.deepEqual(await offsetsOf(topic, 1), [2, 6]);
  });

  test('the end of an epoch is told, and -1 for one that is not known', async () => {
    const topic = await raw.topic('epochs', 2);
    await raw.produce(topic, 0, 4);
    const ask = async (version: number, partition: number, leaderEpoch: number, currentLeaderEpoch = -1) => {
      const { topics } = await raw.call(wire.offsetForLeaderEpoch, version, {
        ...(version >= 3 ? { replicaId: -1 } : {}),
        topics: [{ topic, partitions: [{ partition, leaderEpoch, currentLeaderEpoch }] }],
      });
      const { errorCode, leaderEpoch: epoch, endOffset } = topics[0]!.partitions[0]!;
      return [errorCode, epoch, endOffset];
    };
    for (const version of [2, 3, 4]) assert.deepEqual(await ask(version, 0, 0), [0, 0, 4]);
    assert.deepEqual(await ask(4, 1, 0), [0, 0, 0]);
    assert.deepEqual(await ask(4, 0, 1), [0, -1, -1]);
    assert.deepEqual(await ask(4, 0, -1), [0, -1, -1]);
    assert.deepEqual(await ask(4, 0, 0, 0), [0, 0, 4]);
    assert.deepEqual(await ask(4, 0, 0, 1), [75, -1, -1]);
    assert.deepEqual(await ask(4, 0, 0, -2), [74, -1, -1]);
    assert.deepEqual(await ask(4, 5, 0), [3, -1, -1]);
  });

  test('the log directory shows how much each partition takes, once', async () => {
    const topic = await raw.topic('sizes', 2);
    await raw.produce(topic, 0, 100);
    const describe = (version: number, topics: { topic: string; partitions: number[] }[] | null) =>
      raw.call(wire.describeLogDirs, version, { topics });
    const asked = [
      { topic, partitions: [0, 1, 9, 0] },
      { topic: 'no-such-topic', partitions: [0] },
    ];
    for (const version of [1, 2, 3, 4, 5]) {
      const { errorCode, results } = await describe(version, asked);
      assert.equal(errorCode, 0);
      assert.equal(results.length, 1);
      const { logDir, topics, totalBytes, usableBytes, isCordoned } = results[0]!;
      assert.match(logDir, /^\//);
      assert.deepEqual(
        topics.map(({ name }) => name),
        [topic],
      );
      const sorted = [...topics[0]!.partitions].sort((a, b) => a.partitionIndex - b.partitionIndex);
      assert.deepEqual(
        sorted.map((each) => [each.partitionIndex, each.offsetLag, each.isFutureKey]),
        [
          [0, 0, false],
          [1, 0, false],
        ],
      );
      assert.ok(sorted[0]!.partitionSize > 1000);
      assert.equal(sorted[1]!.partitionSize, 0);
      assert.equal(isCordoned, false);
      if (version >= 4) assert.ok(usableBytes > 0 && totalBytes > usableBytes);
    }
    assert.deepEqual((await describe(5, [])).results[0]!.topics, []);
    const everything = byName((await describe(5, null)).results[0]!.topics);
    assert.ok(everything.some(({ name }) => name === topic));
  });
}
