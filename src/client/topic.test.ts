import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConsumerRecord } from './consumer/records.ts';
import { serde, topic } from './topic.ts';

interface Order {
  readonly id: number;
  readonly what: string;
}

const fetched = (key: string | null, value: string | null): ConsumerRecord => ({
  topic: 'orders',
  partition: 2,
  offset: 7,
  timestamp: 1,
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  headers: [],
  leaderEpoch: -1,
});

test('a record goes out as its serdes write it, and comes back as it was', () => {
  const orders = topic('orders', { key: serde.string, value: serde.json<Order>() });
  const order = { id: 1, what: 'näh' };
  const record = orders.record({ key: 'k', value: order, partition: 2, headers: [{ key: 'h', value: 'v' }] });
  assert.deepEqual(record, {
    topic: 'orders',
    key: 'k',
    value: '{"id":1,"what":"näh"}',
    partition: 2,
    headers: [{ key: 'h', value: 'v' }],
  });
  const read = orders.read(fetched('k', record.value as string));
  assert.deepEqual([read.key, read.value, read.offset], ['k', order, 7]);
});

test('null is a tombstone where the type says so, and an error that names the record where it does not', () => {
  const compacted = topic('orders', { key: serde.string, value: serde.nullable(serde.json<Order>()) });
  assert.equal(compacted.record({ key: 'k', value: null }).value, null);
  assert.equal(compacted.read(fetched('k', null)).value, null);
  const strict = topic('orders', { value: serde.string });
  assert.equal(strict.record({ value: 'v' }).key, null);
  assert.throws(() => strict.read(fetched(null, null)), /the value of orders-2 at offset 7 cannot be read: .*null/);
});

test('what cannot be written or read is an error that names the topic', () => {
  const json = topic('orders', { value: serde.json<unknown>() });
  assert.throws(() => json.record({ value: undefined }), { code: 'INVALID_RECORD', message: /the value for orders/ });
  assert.throws(() => json.read(fetched(null, '{')), { code: 'INVALID_RECORD', message: /orders-2 at offset 7/ });
  const strings = topic('orders', { value: serde.string });
  const broken = { ...fetched(null, ''), value: new Uint8Array([0xff]) };
  assert.throws(() => strings.read(broken), /cannot be read/);
});
