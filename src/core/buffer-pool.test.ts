import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BufferPool } from './buffer-pool.ts';

const MIB = 1024 * 1024;

test('memory that was given back is given out again, once', () => {
  const pool = new BufferPool(16 * MIB);
  const first = pool.take(MIB);
  const second = pool.take(MIB);
  assert.notEqual(first.buffer, second.buffer);
  pool.giveBack(first.subarray(100, 200));
  pool.giveBack(first);
  const third = pool.take(700_000);
  assert.equal(third.buffer, first.buffer);
  assert.equal(third.length, 700_000);
  assert.equal(pool.freeBytes, 0);
  assert.notEqual(pool.take(MIB).buffer, first.buffer);
});

test('each size is as long as was asked for, and only alike sizes share memory', () => {
  const pool = new BufferPool(16 * MIB);
  const sizes = [4096, 9216, 9217, 16_384, 20_480, 20_481, 36_864, 36_865, 65_600, 147_456, 147_457, 300_000, MIB];
  const taken = sizes.map((size) => pool.take(size));
  assert.deepEqual(
    taken.map(({ length }) => length),
    sizes,
  );
  for (const buffer of taken) pool.giveBack(buffer);
  assert.equal(pool.take(65_536).buffer.byteLength, 69_632);
});

test('short and very long ones, and foreign memory, are left to the garbage collector', () => {
  const pool = new BufferPool(16 * MIB);
  for (const length of [10, 4095, 100 * MIB]) pool.giveBack(pool.take(length));
  pool.giveBack(Buffer.alloc(MIB));
  assert.equal(pool.freeBytes, 0);
});

test('no more is kept than its bound', () => {
  const pool = new BufferPool(16 * MIB);
  const taken = Array.from({ length: 100 }, (_, at) => pool.take(at % 2 === 0 ? MIB : 65_536));
  for (const buffer of taken) pool.giveBack(buffer);
  assert.ok(pool.freeBytes > 14 * MIB && pool.freeBytes <= 16 * MIB, `${pool.freeBytes}`);
});
