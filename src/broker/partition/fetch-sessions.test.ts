import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ZERO_UUID } from '../../core/index.ts';
import { FetchSessions, keyOf, nextEpoch, SessionPartition } from './fetch-sessions.ts';

const wanted = (partition: number) => ({
  topic: 't',
  topicId: ZERO_UUID,
  partition,
  currentLeaderEpoch: -1,
  fetchOffset: 0,
  lastFetchedEpoch: -1,
  partitionMaxBytes: 1,
});
const parts = (count: number) =>
  new Map(
    Array.from({ length: count }, (_, index) => [keyOf(wanted(index)), new SessionPartition(wanted(index))] as const),
  );

function setUp(slots: number) {
  let now = 0;
  let id = 0;
  const sessions = new FetchSessions({
    slots,
    clock: { now: () => 0, monotonic: () => now },
    random: { uint32: () => ++id, bytes: (length) => new Uint8Array(length) },
  });
  return {
    sessions,
    passed: (ms: number) => {
      now += ms;
    },
  };
}

describe('fetch sessions', () => {
  it('are no more than there are slots for', () => {
    const { sessions, passed } = setUp(2);
    assert.ok(sessions.create(parts(1), false));
    assert.ok(sessions.create(parts(5), false));
    assert.equal(sessions.create(parts(9), false), undefined, 'both are young');
    passed(100_000);
    assert.equal(sessions.count, 2);
    assert.equal(sessions.partitionCount, 6);
    assert.equal(setUp(0).sessions.create(parts(1), false), undefined);
  });

  it('make room where they were not used for two minutes', () => {
    const { sessions, passed } = setUp(2);
    const first = sessions.create(parts(9), false)!;
    const second = sessions.create(parts(9), false)!;
    passed(100_000);
    sessions.update(first, [], []);
    passed(30_000);
    assert.ok(sessions.create(parts(1), false));
    assert.equal(sessions.get(second.id), undefined);
    assert.equal(sessions.get(first.id), first);
  });

  it('make room for larger ones once they are two minutes old, and for no others', () => {
    const { sessions, passed } = setUp(2);
    const small = sessions.create(parts(2), false)!;
    const large = sessions.create(parts(8), false)!;
    for (let minute = 0; minute < 3; minute++) {
      passed(60_000);
      for (const session of [small, large]) sessions.update(session, [], []);
    }
    assert.equal(sessions.create(parts(2), false), undefined);
    assert.ok(sessions.create(parts(3), false));
    assert.equal(sessions.get(small.id), undefined);
    assert.equal(sessions.get(large.id), large);
    assert.equal(sessions.partitionCount, 11);
  });

  it('count what is added and forgotten, and end when they are empty', () => {
    const { sessions } = setUp(2);
    const session = sessions.create(parts(2), false)!;
    assert.equal(sessions.update(session, [wanted(5)], [keyOf(wanted(0))]), true);
    assert.equal(sessions.partitionCount, 2);
    assert.equal(session.epoch, 2);
    assert.equal(sessions.update(session, [], [keyOf(wanted(1)), keyOf(wanted(5))]), false);
    assert.equal(sessions.count, 0);
    assert.equal(sessions.partitionCount, 0);
  });

  it('hold half a million partitions together and no more', () => {
    const { sessions } = setUp(1000);
    const half = sessions.create(parts(300_000), false)!;
    assert.equal(sessions.create(parts(300_000), false), undefined);
    const other = sessions.create(parts(100_000), false)!;
    const more = Array.from({ length: 150_000 }, (_, index) => wanted(300_000 + index));
    assert.equal(sessions.update(half, more, []), false, 'the reader is told to begin again');
    assert.equal(sessions.get(half.id), undefined);
    assert.equal(sessions.partitionCount, other.partitions.size);
  });

  it('number their requests from 1 again after the largest number', () => {
    assert.equal(nextEpoch(1), 2);
    assert.equal(nextEpoch(0x7fffffff), 1);
  });
});
