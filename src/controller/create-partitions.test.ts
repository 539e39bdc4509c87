import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorName } from '../core/index.ts';
import { decideCreatePartitions } from './create-partitions.ts';
import { imageOf, replayInto } from './fixtures.ts';

const replicasOf = (image: ReturnType<typeof imageOf>) =>
  image.topic('orders')!.partitions.map(({ replicas }) => replicas);

test('new partitions have as many replicas as the others, each led by the next broker', () => {
  const image = imageOf([1, 2, 3], [[1, 2]]);
  const { results, records } = decideCreatePartitions(image, [{ name: 'orders', count: 4, assignments: null }]);
  assert.deepEqual(results, [{ name: 'orders', errorCode: 0, errorMessage: null }]);
  replayInto(image, records);
  assert.deepEqual(replicasOf(image), [
    [1, 2],
    [2, 3],
    [3, 1],
    [1, 2],
  ]);
});

test('an assignment must give every new partition as many replicas', () => {
  const image = imageOf([1, 2, 3], [[1, 2]]);
  const grow = (...brokers: number[][]) =>
    decideCreatePartitions(image, [
      { name: 'orders', count: 1 + brokers.length, assignments: brokers.map((brokerIds) => ({ brokerIds })) },
    ]);
  const refused = grow([3, 1], [2]);
  assert.equal(errorName(refused.results[0]!.errorCode), 'INVALID_REPLICA_ASSIGNMENT');
  assert.match(refused.results[0]!.errorMessage!, /1 replica\(s\).* 2 replica\(s\)/);
  assert.deepEqual(refused.records, []);
  replayInto(image, grow([3, 1], [2, 3]).records);
  assert.deepEqual(replicasOf(image), [
    [1, 2],
    [3, 1],
    [2, 3],
  ]);
});

test('one topic that is refused does not keep the others from growing', () => {
  const image = imageOf([1], [[1]]);
  const { results, records } = decideCreatePartitions(image, [
    { name: 'missing', count: 2, assignments: null },
    { name: 'orders', count: 2, assignments: null },
  ]);
  assert.deepEqual(
    results.map(({ errorCode }) => errorName(errorCode)),
    ['UNKNOWN_TOPIC_OR_PARTITION', 'NONE'],
  );
  assert.equal(records.length, 1);
});
