import assert from 'node:assert/strict';
import { test } from 'node:test';
import { murmur2, partitionForKey } from './murmur2.ts';

test('murmur2 gives the values that other Kafka clients give', () => {
  const hash = (text: string): string => murmur2(Buffer.from(text)).toString(16).padStart(8, '0');
  assert.equal(hash('kafka'), 'd067cf64');
  assert.equal(hash('giberish123456789'), '8f552b0c');
  assert.equal(hash('1234'), '9fc97b14');
  assert.equal(hash(''), '106e08d9');
});

test('the sign bit is masked, not negated', () => {
  assert.equal(partitionForKey(Buffer.from('kafka'), 1000), (0xd067cf64 & 0x7fffffff) % 1000);
});
