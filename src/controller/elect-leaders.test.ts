import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorName, ONE_UUID } from '../core/index.ts';
import { decideElectLeaders, type ElectionType } from './elect-leaders.ts';
import { fence, imageOf, replayInto } from './fixtures.ts';
import type { MetadataImage } from './image.ts';

const changed = (image: MetadataImage, value: { leader: number; isr?: number[] }) =>
  replayInto(image, [{ type: 'PartitionChangeRecord', value: { topicId: ONE_UUID, partitionId: 0, ...value } }]);

/** Elects, replays, and answers the error and what the partition has become. */
function elect(image: MetadataImage, type: ElectionType, offline: readonly number[] = []) {
  const asked = [{ topic: 'orders', partitions: [0] }];
  const { results, records } = decideElectLeaders(image, type, asked, (_partition, id) => offline.includes(id));
  replayInto(image, records);
  const { leader, isr } = image.topic('orders')!.partitions[0]!;
  return { error: errorName(results[0]!.partitionResult[0]!.errorCode), leader, isr };
}

test('a preferred election makes the first replica the leader, in a new epoch', () => {
  const image = imageOf([1, 2], [[1, 2]]);
  assert.deepEqual(elect(image, 'preferred'), { error: 'ELECTION_NOT_NEEDED', leader: 1, isr: [1, 2] });
  changed(image, { leader: 2 });
  const { leaderEpoch } = image.topic('orders')!.partitions[0]!;
  assert.deepEqual(elect(image, 'preferred'), { error: 'NONE', leader: 1, isr: [1, 2] });
  assert.equal(image.topic('orders')!.partitions[0]!.leaderEpoch, leaderEpoch + 1);
});

test('a first replica that is out of sync, or away, is not made leader', () => {
  const image = imageOf([1, 2], [[1, 2]]);
  changed(image, { leader: 2, isr: [2] });
  assert.equal(elect(image, 'preferred').error, 'PREFERRED_LEADER_NOT_AVAILABLE');
  changed(image, { leader: 2, isr: [1, 2] });
  fence(image, 1);
  assert.deepEqual(elect(image, 'preferred'), { error: 'PREFERRED_LEADER_NOT_AVAILABLE', leader: 2, isr: [1, 2] });
});

test('an unclean election is for partitions without a leader only, and prefers who is in sync', () => {
  const image = imageOf([1, 2, 3], [[1, 2, 3]]);
  assert.equal(elect(image, 'unclean').error, 'ELECTION_NOT_NEEDED');
  changed(image, { leader: -1, isr: [3] });
  assert.deepEqual(elect(image, 'unclean'), { error: 'NONE', leader: 3, isr: [3] });
  changed(image, { leader: -1, isr: [3] });
  fence(image, 3);
  assert.deepEqual(elect(image, 'unclean'), { error: 'NONE', leader: 1, isr: [1] });
  changed(image, { leader: -1, isr: [1] });
  fence(image, 1);
  fence(image, 2);
  assert.equal(elect(image, 'unclean').error, 'ELIGIBLE_LEADERS_NOT_AVAILABLE');
});

test('a replica whose log is offline is no leader, and is not elected', () => {
  const image = imageOf([1, 2], [[1, 2]]);
  assert.equal(elect(image, 'preferred', [1]).error, 'PREFERRED_LEADER_NOT_AVAILABLE');
  assert.equal(elect(image, 'unclean', [1, 2]).error, 'ELIGIBLE_LEADERS_NOT_AVAILABLE');
  assert.deepEqual(elect(image, 'unclean', [1]), { error: 'NONE', leader: 2, isr: [1, 2] });
  assert.deepEqual(elect(image, 'preferred', []), { error: 'NONE', leader: 1, isr: [1, 2] });
});

test('without a list, only partitions that needed an election are told of; twice the same is elected once', () => {
  const image = imageOf(
    [1, 2],
    [
      [1, 2],
      [2, 1],
    ],
  );
  changed(image, { leader: 2 });
  const everywhere = decideElectLeaders(image, 'preferred', null);
  assert.deepEqual(everywhere.results, [
    { topic: 'orders', partitionResult: [{ partitionId: 0, errorCode: 0, errorMessage: null }] },
  ]);
  const twice = decideElectLeaders(image, 'preferred', [{ topic: 'orders', partitions: [0, 0] }]);
  assert.equal(twice.records.length, 1);
  assert.deepEqual(
    twice.results[0]!.partitionResult.map(({ errorCode }) => errorName(errorCode)),
    ['NONE', 'ELECTION_NOT_NEEDED'],
  );
});
