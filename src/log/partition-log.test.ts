import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '../core/index.ts';
import { batchesOf, decodeRecords } from '../records/index.ts';
import { appendMarker, appendTransactional, client, data, openLog, refusal } from './fixtures.ts';

function values(bytes: Uint8Array): string[] {
  return [...batchesOf(bytes)].flatMap((batch) => decodeRecords(batch.bytes).map((record) => String(record.value)));
}

test('batches are appended one after another and read back whole', () => {
  const log = openLog();
  assert.deepEqual(log.append(data({ count: 3 }), client), {
    baseOffset: 0,
    lastOffset: 2,
    logAppendTime: -1,
    logStartOffset: 0,
    duplicate: false,
  });
  assert.equal(log.append(data({ count: 2, value: 'second' }), client).baseOffset, 3);
  assert.equal(log.endOffset, 5);
  const all = log.read({ fromOffset: 0, maxBytes: 1 << 20, upTo: 5, minOneBatch: true });
  assert.deepEqual(values(all), ['value-0', 'value-1', 'value-2', 'second', 'second']);
  // The batch that contains the offset comes whole.
  const later = log.read({ fromOffset: 4, maxBytes: 1 << 20, upTo: 5, minOneBatch: true });
  assert.deepEqual(values(later), ['second', 'second']);
  assert.equal(log.read({ fromOffset: 5, maxBytes: 1 << 20, upTo: 5, minOneBatch: true }).length, 0);
});

test('a read stays below its limits, but for one batch where that is asked for', () => {
  const log = openLog();
  for (let at = 0; at < 10; at++) log.append(data({ value: 'x'.repeat(100) }), client);
  const size = log.sizeInBytes / 10;
  const read = (maxBytes: number, upTo = 10, minOneBatch = true, fromOffset = 0) =>
    log.read({ fromOffset, maxBytes, upTo, minOneBatch }).length / size;
  assert.equal(read(size * 3), 3);
  assert.equal(read(size * 3 + size / 2), 3);
  assert.equal(read(1), 1);
  assert.equal(read(0), 1);
  assert.equal(read(1, 10, false), 0);
  assert.equal(read(1 << 20, 4), 4);
  assert.equal(read(1 << 20, 4, true, 4), 0);
  assert.equal(
    refusal(() => read(1, 10, true, 11)),
    'OFFSET_OUT_OF_RANGE',
  );
});

test('a reopened log has its batches, its producers and its open transactions', async () => {
  for (const clean of [true, false]) {
    const disk = new MemoryDisk();
    const log = openLog({ disk });
    for (let at = 0; at < 7; at++) log.append(data({ producerId: 5, sequence: at * 2, count: 2 }), client);
    appendTransactional(log, { producerId: 6, sequence: 0 });
    appendTransactional(log, { producerId: 7, sequence: 0 });
    appendMarker(log, { producerId: 6, kind: 'abort' });
    const before = log.read({ fromOffset: 0, maxBytes: 1 << 20, upTo: 99, minOneBatch: true });
    if (clean) await log.close();
    const again = openLog({ disk, recoveryPoint: clean ? log.recoveryPoint : undefined });
    assert.equal(again.recovery.scannedBatches, clean ? 0 : 10);
    assert.equal(again.endOffset, 17);
    assert.equal(again.flushedOffset, 17);
    again.advanceHighWatermark(17);
    assert.equal(again.lastStableOffset, 15);
    assert.deepEqual(
      Buffer.from(again.read({ fromOffset: 0, maxBytes: 1 << 20, upTo: 99, minOneBatch: true })),
      Buffer.from(before),
    );
    assert.deepEqual(again.abortedTransactions(0, 17), [{ producerId: 6, firstOffset: 14 }]);
    // All five batches are still known.
    for (let at = 2; at < 7; at++) {
      const result = again.append(data({ producerId: 5, sequence: at * 2, count: 2 }), client);
      assert.equal(result.duplicate, true);
      assert.equal(result.baseOffset, at * 2);
    }
    assert.equal(
      refusal(() => again.append(data({ producerId: 5, sequence: 2, count: 2 }), client)),
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
    );
    assert.equal(again.hasOngoingTransaction(7), true);
  }
});
