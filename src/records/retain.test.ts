import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  compressionTypes,
  damageOf,
  decodeRecords,
  emptyBatchOf,
  encodeBatch,
  readBatchHeader,
  retainRecords,
  setLogAppendTime,
} from './index.ts';

const record = fc.record({
  timestamp: fc.nat(1e13),
  key: fc.option(fc.string({ maxLength: 20 })),
  value: fc.option(fc.string({ maxLength: 200 })),
  headers: fc.array(fc.record({ key: fc.string({ maxLength: 4 }), value: fc.option(fc.string({ maxLength: 4 })) }), {
    maxLength: 2,
  }),
  keep: fc.boolean(),
});

test('what is kept is kept whole: offset, timestamp, key, value and headers; the producer’s numbers stay', () => {
  fc.assert(
    fc.property(
      fc.array(record, { minLength: 1, maxLength: 12 }),
      fc.constantFrom(...compressionTypes),
      fc.option(fc.nat(1e13), { nil: undefined }),
      fc.boolean(),
      (records, compression, horizon, logAppendTime) => {
        const options = {
          producerId: 7,
          producerEpoch: 2,
          baseSequence: 30,
          baseOffset: 1000,
          partitionLeaderEpoch: 4,
        };
        const batch = encodeBatch({ records, compression, ...options });
        if (logAppendTime) setLogAppendTime(batch, 0, 5_000);
        const all = decodeRecords(batch);
        const wanted = all.filter((_, at) => records[at]!.keep);
        const tombstones = wanted.some(({ value }) => value === null);
        const kept = retainRecords(batch, {
          keep: (at) => records[at.offset - 1000]!.keep,
          deleteHorizon: (any) => {
            assert.equal(any, tombstones);
            return any ? horizon : undefined;
          },
        });
        if (wanted.length === 0) return assert.equal(kept, undefined);
        assert.ok(kept !== undefined);
        assert.equal(damageOf(kept), undefined);
        assert.deepEqual(decodeRecords(kept), wanted);
        const before = readBatchHeader(batch);
        const after = readBatchHeader(kept);
        for (const field of [
          'baseOffset',
          'lastOffset',
          'lastSequence',
          'producerEpoch',
          'compression',
          'partitionLeaderEpoch',
        ] as const) {
          assert.equal(after[field], before[field], field);
        }
        assert.equal(after.maxTimestamp, Math.max(...wanted.map(({ timestamp }) => timestamp)));
        const set = tombstones ? horizon : undefined;
        assert.equal(after.deleteHorizonMs, set);
        if (wanted.length === all.length && set === undefined) assert.equal(kept, batch);
        // A horizon that is set stays, and is not asked for again.
        if (set === undefined) return;
        const again = retainRecords(kept, { keep: () => true, deleteHorizon: () => assert.fail('asked again') });
        assert.equal(again, kept);
      },
    ),
    { numRuns: 300 },
  );
});

test('an emptied batch has the offsets and sequence numbers of the whole one', () => {
  const records = Array.from({ length: 5 }, () => ({ timestamp: 17, key: 'k', value: 'v' }));
  const batch = encodeBatch({
    records,
    compression: 'gzip',
    producerId: 7,
    producerEpoch: 2,
    baseSequence: 3,
    baseOffset: 50,
    transactional: true,
  });
  const empty = emptyBatchOf(batch);
  assert.equal(damageOf(empty), undefined);
  assert.deepEqual(decodeRecords(empty), []);
  const header = readBatchHeader(empty);
  assert.deepEqual(
    [header.baseOffset, header.lastOffset, header.lastSequence, header.producerId, header.producerEpoch],
    [50, 54, 7, 7, 2],
  );
  assert.deepEqual(
    [header.isTransactional, header.isControl, header.maxTimestamp, header.compression],
    [true, false, 17, 'none'],
  );
});
