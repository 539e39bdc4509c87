import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { KafkaError } from '../core/index.ts';
import { encodeBatch, encodeControlBatch, type KafkaRecord } from '../records/index.ts';
import {
  type BatchOrigin,
  type DecidedRecord,
  type MarkerKind,
  MemoryRecordLog,
  Replayed,
  type ReplayedOptions,
  type StateMachine,
} from './index.ts';
import { settle, VirtualTime } from './virtual-time.ts';

/** Sums by key; transactional additions count once committed. */
class Sums implements StateMachine {
  readonly byKey = new Map<string, number>();
  readonly offsets: number[] = [];
  private readonly pending = new Map<number, [string, number][]>();

  replay(record: KafkaRecord, origin: BatchOrigin): void {
    this.offsets.push(record.offset);
    const key = text(record.key);
    const amount = Number(text(record.value));
    if (origin.isTransactional) {
      const pending = this.pending.get(origin.producerId) ?? [];
      pending.push([key, amount]);
      this.pending.set(origin.producerId, pending);
    } else this.add(key, amount);
  }

  replayMarker(producerId: number, _epoch: number, kind: MarkerKind): void {
    const pending = this.pending.get(producerId) ?? [];
    this.pending.delete(producerId);
    if (kind === 'commit') for (const [key, amount] of pending) this.add(key, amount);
  }

  private add(key: string, amount: number): void {
    this.byKey.set(key, (this.byKey.get(key) ?? 0) + amount);
  }
}

const text = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString();
const addition = (key: string, amount: number): DecidedRecord => ({
  key: Buffer.from(key),
  value: Buffer.from(String(amount)),
});

function setting(log = new MemoryRecordLog()) {
  const time = new VirtualTime();
  const failures: Error[] = [];
  const state = new Sums();
  const make = (more: Partial<ReplayedOptions<Sums>> = {}) =>
    new Replayed({
      name: 'sums',
      log,
      state,
      clock: time,
      timers: time,
      onFailure: (error) => failures.push(error),
      ...more,
    });
  return { time, log, state, failures, make };
}

/** Where a promise is: 'waiting', its value, or the code of its error. */
function follow(promise: Promise<unknown>): { now: () => unknown } {
  let outcome: unknown = 'waiting';
  promise.then(
    (value) => {
      outcome = value;
    },
    (error: unknown) => {
      outcome = KafkaError.is(error) ? error.code : error;
    },
  );
  return { now: () => outcome };
}

describe('a state machine kept in a log', () => {
  it('replays in the turn of the decision and answers once committed', async () => {
    const { log, state, make } = setting();
    const replayed = make();
    await replayed.load();
    log.holdCommits();
    const calls: string[] = [];
    const write = follow(
      replayed.write(() => ({
        records: [addition('a', 2), addition('a', 3)],
        response: 'done',
        afterAppend: () => calls.push('appended'),
        afterCommit: () => calls.push('committed'),
      })),
    );
    assert.equal(state.byKey.get('a'), 5);
    assert.deepEqual(state.offsets, [0, 1]);
    assert.deepEqual(calls, ['appended']);
    await settle();
    assert.equal(write.now(), 'waiting');
    log.commit();
    await settle();
    assert.equal(write.now(), 'done');
    assert.deepEqual(calls, ['appended', 'committed']);
  });

  it('parks a read until what it has seen is committed, and not longer', async () => {
    const { log, make } = setting();
    const replayed = make();
    await replayed.load();
    log.holdCommits();
    const first = follow(replayed.write(() => ({ records: [addition('a', 1)], response: 'first' })));
    const read = follow(replayed.read((sums) => sums.byKey.get('a')));
    const seen = log.endOffset;
    const second = follow(replayed.write(() => ({ records: [addition('a', 1)], response: 'second' })));
    await settle();
    assert.equal(read.now(), 'waiting');
    log.commit(seen);
    await settle();
    const later = follow(replayed.read((sums) => sums.byKey.get('a')));
    await settle();
    assert.deepEqual([first.now(), read.now(), second.now(), later.now()], ['first', 1, 'waiting', 'waiting']);
    log.commit();
    await settle();
    assert.deepEqual([second.now(), later.now()], ['second', 2]);
    const idle = follow(replayed.read((sums) => sums.byKey.get('a')));
    await settle();
    assert.equal(idle.now(), 2);
  });

  it('is unloaded by a failed commit, and can be loaded again from what survived', async () => {
    const { log, failures, make, time } = setting();
    const replayed = make();
    await replayed.load();
    await replayed.write(() => ({ records: [addition('a', 1)], response: null }));
    log.holdCommits();
    let after = 0;
    const write = follow(
      replayed.write(() => ({ records: [addition('a', 10)], response: null, afterCommit: () => after++ })),
    );
    const read = follow(replayed.read((sums) => sums.byKey.get('a')));
    log.loseUncommitted();
    await settle();
    assert.deepEqual([write.now(), read.now(), after], ['NOT_COORDINATOR', 'NOT_COORDINATOR', 0]);
    assert.equal(failures.length, 1);
    await assert.rejects(
      replayed.write(() => ({ records: [], response: null })),
      { code: 'NOT_COORDINATOR' },
    );
    await assert.rejects(
      replayed.read(() => null),
      { code: 'NOT_COORDINATOR' },
    );
    const again = await Replayed.load({ name: 'again', log, state: new Sums(), clock: time, timers: time });
    assert.equal(await again.read((sums) => sums.byKey.get('a')), 1);
  });

  it('refuses a write that the log refuses, without changing the state', async () => {
    const { log, state, make } = setting();
    const replayed = make();
    await replayed.load();
    log.refuseWith(new KafkaError('NOT_ENOUGH_REPLICAS'));
    const write = replayed.write(() => ({ records: [addition('a', 1)], response: null }));
    await assert.rejects(write, { code: 'NOT_ENOUGH_REPLICAS' });
    assert.equal(state.byKey.size, 0);
    log.refuseWith(undefined);
    await replayed.write(() => ({ records: [addition('a', 1)], response: null }));
    assert.equal(state.byKey.get('a'), 1);
  });

  it('is unloaded when the log cannot say whether it wrote', async () => {
    const { log, failures, make } = setting();
    const replayed = make();
    await replayed.load();
    log.refuseWith(new Error('EIO'));
    await assert.rejects(
      replayed.write(() => ({ records: [addition('a', 1)], response: null })),
      {
        code: 'NOT_COORDINATOR',
      },
    );
    assert.deepEqual(
      failures.map((error) => error.message),
      ['EIO'],
    );
  });

  it('passes on what a decision throws, and writes nothing', async () => {
    const { log, make } = setting();
    const replayed = make();
    await replayed.load();
    await assert.rejects(
      replayed.write(() => {
        throw new KafkaError('INVALID_TXN_STATE');
      }),
      { code: 'INVALID_TXN_STATE' },
    );
    assert.equal(log.endOffset, 0);
    assert.equal(replayed.active, true);
  });

  it('loads a long log in slices, refusing calls meanwhile', async () => {
    const { log, time, state, make } = setting();
    for (let n = 0; n < 10; n++) log.append(encodeBatch({ records: [{ ...addition('a', 1), timestamp: 0 }] }));
    const replayed = make({ loadSliceBytes: 1 });
    const loaded = follow(replayed.load().then(() => 'loaded'));
    assert.equal(state.byKey.get('a'), 1);
    await assert.rejects(
      replayed.read(() => null),
      { code: 'COORDINATOR_LOAD_IN_PROGRESS' },
    );
    await time.advance(0);
    assert.equal(loaded.now(), 'loaded');
    assert.equal(state.byKey.get('a'), 10);
  });

  it('stops loading when it is unloaded', async () => {
    const { log, time, make } = setting();
    for (let n = 0; n < 3; n++) log.append(encodeBatch({ records: [{ ...addition('a', 1), timestamp: 0 }] }));
    const replayed = make({ loadSliceBytes: 1 });
    const loaded = follow(replayed.load());
    replayed.unload();
    await time.advance(0);
    assert.equal(loaded.now(), 'NOT_COORDINATOR');
  });

  it('waits, once loaded, until what it loaded is committed', async () => {
    const { log, make } = setting();
    log.holdCommits();
    log.append(encodeBatch({ records: [{ ...addition('a', 1), timestamp: 0 }] }));
    const replayed = make();
    await replayed.load();
    const read = follow(replayed.read((sums) => sums.byKey.get('a')));
    await settle();
    assert.equal(read.now(), 'waiting');
    log.commit();
    await settle();
    assert.equal(read.now(), 1);
  });

  it('writes all records of a decision as one batch, and refuses what does not fit', async () => {
    const { log, make } = setting();
    const replayed = make({ maxBatchBytes: 1000 });
    await replayed.load();
    await replayed.write(() => ({ records: [addition('a', 1), addition('b', 1)], response: null }));
    assert.equal([...log.readAll(0)].length, 1);
    const many = Array.from({ length: 100 }, (_, n) => addition(`key ${n}`, 1));
    await assert.rejects(
      replayed.write(() => ({ records: many, response: null })),
      { code: 'RECORD_LIST_TOO_LARGE' },
    );
    assert.equal(log.endOffset, 2);
    await replayed.write(() => ({ records: many, response: null, atomic: false }));
    assert.equal(log.endOffset, 102);
    for (const batch of log.readAll(0)) assert.ok(batch.length <= 1000);
  });

  it('counts transactional records by their marker, live and loaded alike', async () => {
    const { log, state, time, make } = setting();
    const replayed = make();
    await replayed.load();
    const marker = async (producerId: number, kind: MarkerKind) => {
      log.append(encodeControlBatch({ kind, coordinatorEpoch: 0, producerId, producerEpoch: 0, timestamp: 0 }));
      await replayed.marker(producerId, 0, kind);
    };
    for (const [producerId, amount] of [
      [7, 1],
      [8, 10],
      [9, 100],
    ] as const) {
      const transactional = { producerId, producerEpoch: 0 };
      await replayed.write(() => ({ records: [addition('a', amount)], response: null, transactional }));
    }
    assert.equal(state.byKey.get('a'), undefined);
    await marker(7, 'abort');
    await marker(8, 'commit');
    assert.equal(state.byKey.get('a'), 10);
    const again = await Replayed.load({ name: 'again', log, state: new Sums(), clock: time, timers: time });
    assert.equal(await again.read((sums) => sums.byKey.get('a')), 10);
  });

  it('sees a marker once that is appended while it loads', async () => {
    const { log, time, state, make } = setting();
    const transactional = { producerId: 7, producerEpoch: 0, transactional: true };
    for (let n = 0; n < 3; n++) {
      log.append(encodeBatch({ records: [{ ...addition('a', 1), timestamp: 0 }], ...transactional }));
    }
    const replayed = make({ loadSliceBytes: 1 });
    const loaded = replayed.load();
    const markers = { coordinatorEpoch: 0, producerId: 7, producerEpoch: 0, timestamp: 0 };
    log.append(encodeControlBatch({ kind: 'commit', ...markers }));
    await replayed.marker(7, 0, 'commit');
    assert.equal(state.byKey.get('a'), undefined);
    log.append(encodeBatch({ records: [{ ...addition('a', 10), timestamp: 0 }], ...transactional }));
    await time.advance(0);
    await loaded;
    assert.equal(state.byKey.get('a'), 3);
  });

  it('fires a timer once, as a decision; a later one with its key replaces it; cancelled ones stay silent', async () => {
    const { state, time, make } = setting();
    const replayed = make();
    await replayed.load();
    const add = (key: string) => () => ({ records: [addition(key, 1)], response: null });
    replayed.schedule('one', 100, add('replaced'));
    replayed.schedule('one', 200, add('kept'));
    replayed.schedule('two', 100, add('cancelled'));
    replayed.cancel('two');
    await time.advance(199);
    assert.equal(state.byKey.size, 0);
    await time.advance(1000);
    assert.deepEqual([...state.byKey], [['kept', 1]]);
    replayed.schedule('three', 100, add('unloaded'));
    replayed.unload();
    await time.advance(1000);
    assert.equal(state.byKey.has('unloaded'), false);
    assert.equal(time.waiting, 0);
  });

  it('decides a timer again when the log refused its write', async () => {
    const { log, state, time, make } = setting();
    const replayed = make();
    await replayed.load();
    log.refuseWith(new KafkaError('NOT_ENOUGH_REPLICAS'));
    replayed.schedule('one', 100, () => ({ records: [addition('a', 1)], response: null }));
    await time.advance(300);
    log.refuseWith(undefined);
    await time.advance(1000);
    assert.deepEqual([...state.byKey], [['a', 1]]);
  });

  it('has the same state live and loaded, whatever was written and whichever writes were refused', async () => {
    const operation = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      amount: fc.integer({ min: -5, max: 5 }),
      producerId: fc.constantFrom(-1, 1, 2),
      end: fc.constantFrom('none', 'commit', 'abort'),
      refused: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 30 }), async (operations) => {
        const { log, state, time, make } = setting();
        const replayed = make();
        await replayed.load();
        for (const { key, amount, producerId, end, refused } of operations) {
          log.refuseWith(refused ? new KafkaError('NOT_ENOUGH_REPLICAS') : undefined);
          const transactional = producerId < 0 ? {} : { transactional: { producerId, producerEpoch: 0 } };
          const records = [addition(key, amount)];
          await replayed.write(() => ({ records, response: null, ...transactional })).catch(() => undefined);
          if (end === 'none' || producerId < 0 || refused) continue;
          const timestamp = 0;
          log.append(encodeControlBatch({ kind: end, coordinatorEpoch: 0, producerId, producerEpoch: 0, timestamp }));
          await replayed.marker(producerId, 0, end);
        }
        const loaded = new Sums();
        await Replayed.load({ name: 'again', log, state: loaded, clock: time, timers: time });
        assert.deepEqual(loaded, state);
      }),
      { numRuns: 100 },
    );
  });
});
