import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AssertionFailure } from './assert.ts';
import { ByteReader, ByteWriter, MAX_ELEMENTS, MalformedBytesError, uvarintSize } from './bytes.ts';

function written(write: (writer: ByteWriter) => void): Buffer {
  const writer = new ByteWriter(1);
  write(writer);
  return Buffer.from(writer.result());
}

const reader = (hex: string) => new ByteReader(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

describe('integers', () => {
  const widths = [
    ['int8', fc.integer({ min: -128, max: 127 })],
    ['int16', fc.integer({ min: -32768, max: 32767 })],
    ['uint16', fc.nat(65535)],
    ['int32', fc.integer()],
    ['uint32', fc.nat(0xffffffff)],
    ['int64', fc.maxSafeInteger()],
    ['float64', fc.double()],
    ['uvarint', fc.nat(0xffffffff)],
    ['varint', fc.integer()],
    ['varlong', fc.integer({ min: -(2 ** 52) + 1, max: 2 ** 52 - 1 })],
  ] as const;

  for (const [type, values] of widths) {
    it(`${type}: reads what it wrote, and no prefix of it`, () => {
      fc.assert(
        fc.property(values, (value) => {
          const bytes = written((writer) => writer[type](value));
          const whole = new ByteReader(bytes);
          assert.equal(whole[type](), value);
          assert.equal(whole.remaining, 0);
          for (let length = 0; length < bytes.length; length++) {
            assert.throws(() => new ByteReader(bytes, 0, length)[type](), MalformedBytesError);
          }
        }),
      );
    });
  }

  it('64 bits are written as two halves of a big-endian integer', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const bytes = written((writer) => writer.int64(value));
        assert.equal(bytes.readBigInt64BE(), BigInt(value));
      }),
    );
  });

  it('64 bits beyond the safe range are refused both ways', () => {
    assert.equal(reader('001fffffffffffff').int64(), Number.MAX_SAFE_INTEGER);
    assert.throws(() => reader('0020000000000000').int64(), MalformedBytesError);
    assert.throws(() => reader('7fffffffffffffff').int64(), MalformedBytesError);
    assert.equal(reader('ffe0000000000001').int64(), Number.MIN_SAFE_INTEGER);
    assert.throws(() => reader('8000000000000000').int64(), MalformedBytesError);
    assert.throws(() => new ByteWriter().int64(2 ** 53), AssertionFailure);
  });

  it('varints have zigzag and seven bits a byte', () => {
    for (const [value, hex] of [
      [0, '00'],
      [-1, '01'],
      [1, '02'],
      [-64, '7f'],
      [64, '8001'],
      [-65, '8101'],
      [2147483647, 'feffffff0f'],
      [-2147483648, 'ffffffff0f'],
    ] as const) {
      assert.equal(written((writer) => writer.varint(value)).toString('hex'), hex);
      assert.equal(written((writer) => writer.varlong(value)).toString('hex'), hex);
      assert.equal(reader(hex).varint(), value);
      assert.equal(reader(hex).varlong(), value);
    }
  });

  it('varints that do not end, or are too wide, are refused', () => {
    assert.throws(() => reader('ffffffff10').uvarint(), MalformedBytesError);
    assert.throws(() => reader('ffffffffff01').uvarint(), MalformedBytesError);
    assert.throws(() => reader('ffffffffffffffffff01').varlong(), MalformedBytesError);
    assert.throws(() => reader('ffffffffffffffffffffff').varlong(), MalformedBytesError);
  });

  it('uvarintSize says how many bytes uvarint writes', () => {
    for (const value of [0, 1, 127, 128, 16383, 16384, 2097151, 2097152, 268435455, 268435456, 0xffffffff]) {
      assert.equal(uvarintSize(value), written((writer) => writer.uvarint(value)).length, String(value));
    }
  });
});

describe('a reader', () => {
  it('never goes beyond its end, though the buffer does', () => {
    const bounded = new ByteReader(Buffer.from('00010203', 'hex'), 1, 3);
    assert.equal(bounded.int16(), 0x0102);
    assert.throws(() => bounded.int8(), MalformedBytesError);
    assert.throws(() => bounded.slice(-1), MalformedBytesError);
    assert.throws(() => bounded.utf8(0x7fffffff), MalformedBytesError);
    assert.equal(bounded.offset, 3);
  });

  it('reads a view that does not start where its memory does', () => {
    const bytes = Uint8Array.of(255, 255, 0, 1, 2, 3, 4).subarray(3);
    const view = new ByteReader(bytes);
    assert.equal(view.int16(), 0x0102);
    assert.deepEqual([...view.slice(2)], [3, 4]);
  });

  it('lets a count stand only where its elements can', () => {
    assert.equal(reader('00000000').count(2, 2), 2);
    assert.throws(() => reader('00000000').count(3, 2), MalformedBytesError);
    assert.throws(() => reader('00000000').count(-1, 2), MalformedBytesError);
    const large = new ByteReader(Buffer.alloc(MAX_ELEMENTS + 2));
    assert.equal(large.count(MAX_ELEMENTS, 1), MAX_ELEMENTS);
    assert.throws(() => large.count(1, 1), /array elements/);
  });
});

describe('a writer', () => {
  it('keeps what was written through every growth', () => {
    const sizes = fc.array(fc.oneof(fc.nat(40), fc.integer({ min: 1000, max: 70_000 })), { maxLength: 12 });
    fc.assert(
      fc.property(sizes, (lengths) => {
        const parts = lengths.map((length, index) => Buffer.alloc(length, index + 1));
        const bytes = written((writer) => {
          for (const part of parts) writer.raw(part);
        });
        assert.ok(bytes.equals(Buffer.concat(parts)));
      }),
      { numRuns: 40 },
    );
  });

  it('writes text as UTF-8 and says how many bytes that took', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const bytes = written((writer) => assert.equal(writer.utf8(text), Buffer.byteLength(text)));
        assert.equal(bytes.toString(), text);
        assert.equal(new ByteReader(bytes).utf8(bytes.length), text);
      }),
    );
  });

  it('puts a size before what it measures', () => {
    for (const length of [0, 1, 127, 128, 20_000]) {
      const body = Buffer.alloc(length, 7);
      const bytes = written((writer) => {
        writer.int8(1);
        const start = writer.length;
        writer.raw(body);
        writer.insertUvarint(start, length);
        writer.int8(2);
      });
      const back = new ByteReader(bytes);
      assert.equal(back.int8(), 1);
      assert.ok(back.slice(back.uvarint()).equals(body));
      assert.equal(back.int8(), 2);
      assert.equal(back.remaining, 0);
    }
  });

  it('overwrites what was left open', () => {
    const bytes = written((writer) => {
      writer.int32(0);
      writer.int16(0);
      writer.patchInt32(0, -2);
      writer.patchInt16(4, 300);
    });
    assert.equal(bytes.toString('hex'), 'fffffffe012c');
  });
});
