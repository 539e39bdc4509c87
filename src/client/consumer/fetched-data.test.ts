import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeBatch, encodeControlBatch, setBaseOffset } from '../../records/index.ts';
import type { AbortedTransaction } from './aborted-transactions.ts';
import { FetchedData } from './fetched-data.ts';
import type { ConsumerRecord } from './records.ts';

/** A little log: batches at their offsets, and the aborted transactions as a broker would list them. */
class Log {
  readonly chunks: Uint8Array[] = [];
  readonly aborted: AbortedTransaction[] = [];
  end = 0;
  leaderEpoch = 0;
  private readonly open = new Map<number, number>();

  data(producerId: number, values: readonly string[], transactional = producerId >= 0): this {
    const bytes = encodeBatch({
      records: values.map((value) => ({ timestamp: 1, key: null, value, headers: [] })),
      producerId,
      producerEpoch: producerId >= 0 ? 0 : -1,
      baseSequence: producerId >= 0 ? 0 : -1,
      transactional,
    });
    if (transactional && !this.open.has(producerId)) this.open.set(producerId, this.end);
    return this.add(bytes, values.length);
  }
  marker(producerId: number, kind: 'commit' | 'abort'): this {
    const first = this.open.get(producerId);
    if (kind === 'abort' && first !== undefined) this.aborted.push({ producerId, firstOffset: first });
    this.open.delete(producerId);
    const bytes = encodeControlBatch({ kind, coordinatorEpoch: 0, producerId, producerEpoch: 0, timestamp: 1 });
    return this.add(bytes, 1);
  }
  epoch(leaderEpoch: number): this {
    this.leaderEpoch = leaderEpoch;
    return this;
  }
  private add(bytes: Uint8Array, count: number): this {
    setBaseOffset(bytes, 0, this.end);
    new DataView(bytes.buffer, bytes.byteOffset).setInt32(12, this.leaderEpoch);
    this.chunks.push(bytes);
    this.end += count;
    return this;
  }

  read(options: { from?: number; committed?: boolean; batches?: number; limit?: number } = {}): {
    values: string[];
    data: FetchedData;
  } {
    const { from = 0, committed = true, batches = this.chunks.length, limit = 1000 } = options;
    const data = new FetchedData({
      topic: 't',
      partition: 0,
      fetchOffset: from,
      bytes: Buffer.concat(this.chunks.slice(0, batches)),
      aborted: committed ? this.aborted : undefined,
      checkCrcs: true,
    });
    const records: ConsumerRecord[] = [];
    while (!data.exhausted && data.take(limit, records) > 0);
    return { values: records.map((record) => Buffer.from(record.value!).toString()), data };
  }
}

test('two aborted transactions of one producer in one fetch, with a committed one between them', () => {
  const log = new Log()
    .data(7, ['a1', 'a2'])
    .marker(7, 'abort')
    .data(7, ['c1'])
    .marker(7, 'commit')
    .data(7, ['b1'])
    .marker(7, 'abort')
    .data(7, ['d1'])
    .marker(7, 'commit');
  assert.deepEqual(log.read().values, ['c1', 'd1']);
});

test('the leader epoch before the position is that of the last batch, handed out or left out', () => {
  const log = new Log().epoch(2).data(-1, ['a']).epoch(3).data(7, ['aborted']).epoch(4).marker(7, 'abort').epoch(5);
  const { data } = log.read();
  assert.deepEqual([data.position, data.leaderEpoch], [3, 4]);
  log.data(-1, ['b']);
  const started = log.read({ limit: 1, batches: 1 }).data;
  assert.deepEqual([started.position, started.leaderEpoch], [1, 2]);
});

test('an aborted transaction whose marker lies beyond the fetch stays hidden', () => {
  const log = new Log().data(7, ['a1']).data(8, ['other']).data(7, ['a2']).marker(8, 'commit').marker(7, 'abort');
  assert.deepEqual(log.read({ batches: 3 }).values, ['other']);
});

test('a record whose key and value look like a marker is a record', () => {
  const log = new Log();
  const bytes = encodeBatch({
    records: [{ timestamp: 1, key: Buffer.from([0, 0, 0, 0]), value: Buffer.from([0, 0, 0, 0, 0, 1]), headers: [] }],
    producerId: 7,
    producerEpoch: 0,
    baseSequence: 0,
    transactional: true,
  });
  log.chunks.push(bytes);
  log.end = 1;
  log.data(7, ['behind']);
  assert.equal(log.read().values.length, 2);
});

test('the position moves past markers and hidden records, also at the end and between polls', () => {
  const log = new Log()
    .data(-1, ['p1'])
    .data(7, ['a1', 'a2'])
    .marker(7, 'abort')
    .data(-1, ['p2'])
    .data(8, ['a3'])
    .marker(8, 'abort');
  const { data } = log.read();
  assert.equal(data.position, log.end);
  assert.equal(data.exhausted, true);
  const one = log.read({ limit: 1 });
  assert.deepEqual(one.values, ['p1', 'p2']);
  const hiddenOnly = new Log().data(7, ['a']).marker(7, 'abort');
  const read = hiddenOnly.read();
  assert.deepEqual(read.values, []);
  assert.equal(read.data.position, 2);
});

test('reading begins at the offset asked for, inside a batch', () => {
  const log = new Log().data(-1, ['a', 'b', 'c']).data(-1, ['d']);
  assert.deepEqual(log.read({ from: 2 }).values, ['c', 'd']);
});

test('read_uncommitted shows aborted records, and no marker', () => {
  const log = new Log().data(7, ['a']).marker(7, 'abort').data(7, ['b']).marker(7, 'commit');
  assert.deepEqual(log.read({ committed: false }).values, ['a', 'b']);
});

test('a batch cut off at the end is left for the next fetch', () => {
  const log = new Log().data(-1, ['a', 'b']).data(-1, ['c']);
  const bytes = Buffer.concat(log.chunks);
  const data = new FetchedData({
    topic: 't',
    partition: 0,
    fetchOffset: 0,
    bytes: bytes.subarray(0, bytes.length - 3),
    aborted: undefined,
    checkCrcs: true,
  });
  const records: ConsumerRecord[] = [];
  data.take(10, records);
  assert.equal(records.length, 2);
  assert.equal(data.endOffset, 2);
});

test('damage is reported where it is, after the records before it', () => {
  const log = new Log().data(-1, ['a']).data(-1, ['b']);
  log.chunks[1]![log.chunks[1]!.length - 1]! ^= 1;
  const data = new FetchedData({
    topic: 't',
    partition: 3,
    fetchOffset: 0,
    bytes: Buffer.concat(log.chunks),
    aborted: undefined,
    checkCrcs: true,
  });
  const records: ConsumerRecord[] = [];
  assert.equal(data.take(10, records), 1);
  assert.throws(() => data.take(10, records), {
    code: 'CORRUPT_MESSAGE',
    message: /t-3 cannot be read at offset 1.*seek/,
  });
  assert.equal(data.position, 1);
});

test('whatever the interleaving of producers and outcomes, exactly the committed records are read', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('data' as const),
      producer: fc.integer({ min: -1, max: 3 }),
      count: fc.integer({ min: 1, max: 3 }),
    }),
    fc.record({ kind: fc.constantFrom('commit' as const, 'abort' as const), producer: fc.integer({ min: 0, max: 3 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 5 }), (steps, limit) => {
      const log = new Log();
      const pending = new Map<number, string[]>();
      const dropped = new Set<string>();
      const all: string[] = [];
      let next = 0;
      for (const one of steps) {
        if (one.kind === 'data') {
          const values = Array.from({ length: one.count }, () => `v${next++}`);
          log.data(one.producer, values);
          all.push(...values);
          if (one.producer >= 0) pending.set(one.producer, [...(pending.get(one.producer) ?? []), ...values]);
        } else {
          log.marker(one.producer, one.kind);
          if (one.kind === 'abort') for (const value of pending.get(one.producer) ?? []) dropped.add(value);
          pending.delete(one.producer);
        }
      }
      for (const producer of pending.keys()) log.marker(producer, 'commit');
      const { values, data } = log.read({ limit });
      assert.deepEqual(
        values,
        all.filter((value) => !dropped.has(value)),
      );
      assert.equal(data.position, log.end);
    }),
    { numRuns: 200 },
  );
});
