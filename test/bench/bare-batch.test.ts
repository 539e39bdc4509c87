/** The bare limit moves the same bytes as everybody else: its batches are Kafka's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchBytes, decodeBatch, encodeBatch } from '../../bench/programs/bare-batch.ts';
import { BatchBuilder, decodeRecords, verifyBatch } from '../../src/records/index.ts';

const values = ['a', 'b'.repeat(100), 'c'.repeat(1024)].map((text) => Buffer.from(text));

test('a batch of the bare limit is one of Kafka’s, with the records that were asked for', () => {
  const buffer = Buffer.alloc(65_536);
  const { count, bytes } = encodeBatch(buffer, values, 1, 100);
  assert.equal(count, 100);
  const batch = buffer.subarray(0, bytes);
  assert.equal(verifyBatch(batch).recordCount, 100);
  const expected = Array.from({ length: 100 }, (_, n) => values[(1 + n) % 3]!.toString());
  assert.deepEqual(
    decodeRecords(batch).map(({ value }) => Buffer.from(value!).toString()),
    expected,
  );
  const read: string[] = [];
  assert.equal(batchBytes(buffer, 0, bytes), bytes);
  decodeBatch(buffer, 0, bytes, ({ value }) => read.push(value.toString()));
  assert.deepEqual(read, expected);
});

test('it is full when a producer’s batch of the same size is', () => {
  const buffer = Buffer.alloc(65_536);
  const { count, bytes } = encodeBatch(buffer, [values[1]!], 0, Number.POSITIVE_INFINITY);
  const builder = new BatchBuilder({ maxBytes: 65_536 });
  let ours = 0;
  while (builder.tryAppend(0, null, values[1]!)) ours++;
  assert.ok(Math.abs(count - ours) <= 1, `${count} and ${ours}`);
  assert.ok(bytes > 65_400);
});

test('a batch that was changed on its way is refused', () => {
  const buffer = Buffer.alloc(4096);
  const { bytes } = encodeBatch(buffer, values, 0, 10);
  buffer[bytes - 1]! ^= 1;
  assert.throws(() => decodeBatch(buffer, 0, bytes, () => {}), /checksum/);
});
