import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MalformedBytesError } from '../core/index.ts';
import { FrameReader, FrameTooLargeError } from './frame-reader.ts';

function framed(body: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

function drain(reader: FrameReader): Buffer[] {
  const frames: Buffer[] = [];
  for (let frame = reader.next(); frame; frame = reader.next()) frames.push(frame);
  return frames;
}

describe('FrameReader', () => {
  it('gives the same frames however the stream is cut', () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 });
    fc.assert(
      fc.property(bodies, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (frames, cuts) => {
        const stream = Buffer.concat(frames.map(framed));
        const reader = new FrameReader(40);
        const seen: Buffer[] = [];
        for (let at = 0, cut = 0; at < stream.length; cut++) {
          const size = cuts[cut % cuts.length]!;
          reader.push(stream.subarray(at, at + size));
          at += size;
          if (cut % 2 === 0) seen.push(...drain(reader));
        }
        seen.push(...drain(reader));
        assert.deepEqual(
          seen.map((frame) => [...frame]),
          frames.map((frame) => [...frame]),
        );
      }),
    );
  });

  it('copies out of the chunk, which is reused', () => {
    const reader = new FrameReader(100);
    const chunk = framed(Buffer.from('first'));
    reader.push(chunk);
    chunk.fill(0xff);
    assert.equal(reader.next()?.toString(), 'first');
  });

  it('puts a large frame together from many chunks', () => {
    const body = Buffer.alloc(1_000_000, 'abcdefg');
    const stream = framed(body);
    const reader = new FrameReader(body.length);
    for (let at = 0; at < stream.length; at += 33_333) {
      assert.equal(reader.next(), undefined);
      reader.push(stream.subarray(at, at + 33_333));
    }
    assert.ok(reader.next()?.equals(body));
    assert.equal(reader.next(), undefined);
  });

  it('refuses a frame over the limit, after those before it, and for ever', () => {
    const reader = new FrameReader(10);
    reader.push(Buffer.concat([framed(Buffer.from('0123456789')), Buffer.of(0, 0, 0, 11, 1, 2, 3)]));
    assert.equal(reader.next()?.toString(), '0123456789');
    assert.throws(() => reader.next(), FrameTooLargeError);
    reader.push(framed(Buffer.from('late')));
    assert.throws(() => reader.next(), { name: 'FrameTooLargeError', size: 11, sizeMax: 10 });
  });

  it('refuses a negative length', () => {
    const reader = new FrameReader(10);
    reader.push(Buffer.of(0xff, 0xff, 0xff, 0xff));
    assert.throws(() => reader.next(), MalformedBytesError);
  });

  it('allocates for what has come, not for what was announced', () => {
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 20 }, () => new FrameReader(0x7fffffff));
    for (const reader of readers) reader.push(Buffer.of(0x7f, 0xff, 0xff, 0xff, 1, 2, 3));
    const grown = process.memoryUsage().arrayBuffers - before;
    assert.ok(grown < 20 * 128 * 1024, `${grown} bytes for 20 connections`);
    assert.equal(readers[0]!.next(), undefined);
  });
});
