import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BufferPool } from '../../core/index.ts';
import { readBatchHeader } from '../../records/index.ts';
import { PartitionQueue } from './partition-queue.ts';
import { ProducerBatch } from './producer-batch.ts';

function batchOf(bytes: number, pool = new BufferPool(1 << 20)): ProducerBatch {
  const batch = new ProducerBatch(new PartitionQueue<ProducerBatch>('t', 0), 0, 0, {
    compression: 'none',
    level: undefined,
    maxBytes: 1 << 20,
    expectedBytes: bytes,
    pool,
    transactional: false,
    defer: (run) => run(),
  });
  batch.append(0, null, Buffer.alloc(bytes, 1), undefined, undefined);
  batch.renumber({ producerId: 7, epoch: 0 }, 0);
  return batch;
}

for (const bytes of [10, 100_000]) {
  test(`the bytes that were sent stay as they were when the batch gets another number (${bytes} bytes)`, () => {
    const batch = batchOf(bytes);
    const sent = batch.encoded();
    const before = Buffer.from(sent);
    batch.renumber({ producerId: 7, epoch: 1 }, 5);
    assert.ok(before.equals(sent));
    const { producerEpoch, baseSequence } = readBatchHeader(batch.encoded());
    assert.deepEqual([producerEpoch, baseSequence], [1, 5]);
  });
}

test('the memory of a batch that has arrived is another’s; that of one with another number is not', () => {
  const pool = new BufferPool(1 << 20);
  const arrived = batchOf(100_000, pool);
  const { buffer } = arrived.encoded();
  arrived.recycle();
  arrived.recycle();
  assert.equal(pool.take(100_000).buffer, buffer);
  const numberedAgain = batchOf(100_000, pool);
  const sent = numberedAgain.encoded();
  numberedAgain.renumber({ producerId: 7, epoch: 1 }, 5);
  numberedAgain.encoded();
  numberedAgain.recycle();
  assert.notEqual(pool.take(100_000).buffer, sent.buffer);
});
