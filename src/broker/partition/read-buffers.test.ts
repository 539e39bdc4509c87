import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadBuffers } from './read-buffers.ts';

const MIB = 1024 * 1024;

test('memory that was given back is given out again, once', () => {
  const buffers = new ReadBuffers();
  const first = buffers.take(MIB);
  const second = buffers.take(MIB);
  assert.notEqual(first.buffer, second.buffer);
  buffers.giveBack(first.subarray(100, 200));
  buffers.giveBack(first);
  const third = buffers.take(70_000);
  assert.equal(third.buffer, first.buffer);
  assert.equal(third.length, 70_000);
  assert.notEqual(buffers.take(MIB).buffer, first.buffer);
});

test('short and very long reads, and foreign memory, are left to the garbage collector', () => {
  const buffers = new ReadBuffers();
  for (const length of [10, 100 * MIB]) buffers.giveBack(buffers.take(length));
  buffers.giveBack(Buffer.alloc(MIB));
  assert.equal(buffers.bytes, 0);
});

test('no more is kept than its bound', () => {
  const buffers = new ReadBuffers();
  const taken = Array.from({ length: 100 }, () => buffers.take(MIB));
  for (const buffer of taken) buffers.giveBack(buffer);
  assert.ok(buffers.bytes > 0 && buffers.bytes <= 20 * MIB, `${buffers.bytes}`);
});
