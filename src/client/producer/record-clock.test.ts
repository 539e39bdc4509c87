import assert from 'node:assert/strict';
import test from 'node:test';
import { RecordClock } from './record-clock.ts';

function counted() {
  let reads = 0;
  const clock = new RecordClock({ now: () => ++reads, monotonic: () => 0 });
  return { clock, times: (count: number) => Array.from({ length: count }, () => clock.now()) };
}

test('each record has a reading of its own while nobody tells when the turn is over', () => {
  const { times } = counted();
  assert.deepEqual(times(4), [1, 2, 3, 4]);
});

test('eight records of a turn share a reading', () => {
  const { clock, times } = counted();
  clock.watchTurn();
  assert.deepEqual(times(18), [...Array(8).fill(1), ...Array(8).fill(2), 3, 3]);
});

test('a reading does not outlive its turn, and the next turn shares none until it is watched', () => {
  const { clock, times } = counted();
  clock.watchTurn();
  assert.deepEqual(times(3), [1, 1, 1]);
  clock.turnOver();
  assert.deepEqual(times(3), [2, 3, 4]);
  clock.watchTurn();
  assert.deepEqual(times(2), [5, 5]);
});
