import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AssertionFailure } from './assert.ts';
import { ONE_UUID, randomUuid, uuidFromBytes, uuidInHex, uuidToBytes, ZERO_UUID } from './uuid.ts';

describe('ids', () => {
  it('are 16 bytes in 22 characters, both ways', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const uuid = uuidFromBytes(bytes);
        assert.match(uuid, /^[A-Za-z0-9_-]{22}$/);
        assert.deepEqual([...uuidToBytes(uuid)], [...bytes]);
      }),
    );
    assert.equal(
      uuidToBytes(ZERO_UUID).every((byte) => byte === 0),
      true,
    );
    assert.equal(Buffer.from(uuidToBytes(ONE_UUID)).toString('hex'), `${'00'.repeat(15)}01`);
  });

  it('are written as Java writes them where others read them', () => {
    const bytes = Buffer.from('0123456789abcdef0123456789abcdef', 'hex');
    assert.equal(uuidInHex(uuidFromBytes(bytes)), '01234567-89ab-cdef-0123-456789abcdef');
  });

  it('of another length are refused', () => {
    assert.throws(() => uuidFromBytes(Buffer.alloc(15)), AssertionFailure);
    assert.throws(() => uuidToBytes('short'), AssertionFailure);
  });

  it('at random are of version 4 and never start with a dash', () => {
    // The first two draws begin with the six bits that base64url writes as a dash.
    const draws = [0xf8, 0xfb, 0x10];
    const random = { uint32: () => 0, bytes: (length: number) => new Uint8Array(length).fill(draws.shift() ?? 0x20) };
    const first = randomUuid(random);
    assert.equal(first.startsWith('-'), false);
    assert.equal(uuidToBytes(first)[6]! >> 4, 4);
    assert.equal(uuidToBytes(first)[0], 0x10);
    assert.deepEqual(draws, []);
  });
});
