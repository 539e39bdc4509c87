/**
 * The content of a file that is kept in memory: grows at the end without copying what is there, costs a few hundred
 * bytes when it is small, and holds no memory for what was never written.
 */
import { assert } from './assert.ts';

const CHUNK_BYTES = 65_536;
const SMALLEST_CHUNK_BYTES = 256;

export class ChunkedBytes {
  /** Each holds up to 64 KiB; what lies beyond the end of a chunk, or in a missing one, is zero. */
  private readonly chunks: (Uint8Array | undefined)[] = [];
  private length = 0;

  get size(): number {
    return this.length;
  }

  /** Fills `target` from `position`; returns how many bytes there were. */
  read(target: Uint8Array, position: number): number {
    assert(Number.isSafeInteger(position) && position >= 0, `read at ${position}`);
    const wanted = Math.min(target.length, Math.max(0, this.length - position));
    let done = 0;
    while (done < wanted) {
      const index = Math.floor((position + done) / CHUNK_BYTES);
      const start = position + done - index * CHUNK_BYTES;
      const count = Math.min(wanted - done, CHUNK_BYTES - start);
      const chunk = this.chunks[index];
      const held = chunk === undefined ? 0 : Math.max(0, Math.min(count, chunk.length - start));
      if (held > 0) target.set(chunk!.subarray(start, start + held), done);
      if (held < count) target.fill(0, done + held, done + count);
      done += count;
    }
    return wanted;
  }

  /** Writes all of `bytes` at `position`; a gap before it reads as zeros. */
  write(bytes: Uint8Array, position: number): void {
    assert(Number.isSafeInteger(position) && position >= 0, `write at ${position}`);
    let done = 0;
    while (done < bytes.length) {
      const index = Math.floor((position + done) / CHUNK_BYTES);
      const start = position + done - index * CHUNK_BYTES;
      const count = Math.min(bytes.length - done, CHUNK_BYTES - start);
      this.chunk(index, start + count).set(bytes.subarray(done, done + count), start);
      done += count;
    }
    if (bytes.length > 0) this.length = Math.max(this.length, position + bytes.length);
  }

  /** Cuts, or lengthens with zeros. */
  truncate(size: number): void {
    assert(Number.isSafeInteger(size) && size >= 0, `truncate to ${size}`);
    if (size < this.length) {
      const kept = Math.ceil(size / CHUNK_BYTES);
      this.chunks.length = Math.min(this.chunks.length, kept);
      const last = this.chunks[kept - 1];
      const end = size - (kept - 1) * CHUNK_BYTES;
      if (last !== undefined && end < last.length) last.fill(0, end);
    }
    this.length = size;
  }

  clone(): ChunkedBytes {
    const copy = new ChunkedBytes();
    this.chunks.forEach((chunk, index) => {
      copy.chunks[index] = chunk?.slice();
    });
    copy.length = this.length;
    return copy;
  }

  /** Bytes of memory in use. */
  get allocatedBytes(): number {
    return this.chunks.reduce((sum, chunk) => sum + (chunk?.length ?? 0), 0);
  }

  /** The first chunk doubles up to the full size, so that small files stay small; the others are full from the start. */
  private chunk(index: number, needed: number): Uint8Array {
    const present = this.chunks[index];
    if (present !== undefined && present.length >= needed) return present;
    let capacity = index === 0 ? SMALLEST_CHUNK_BYTES : CHUNK_BYTES;
    while (capacity < needed) capacity *= 2;
    const made = new Uint8Array(capacity);
    if (present !== undefined) made.set(present);
    this.chunks[index] = made;
    return made;
  }
}
