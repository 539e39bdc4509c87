/**
 * Memory for large messages, used again and again: each new megabyte costs page faults and garbage collection, more than
 * what is done with it. What is never given back, because a connection ended or the work was in vain, is garbage.
 */

const KIB = 1024;
/** A little more than the round sizes that batches and reads are limited to. */
const SIZES: readonly number[] = [9 * KIB, 20 * KIB, 36 * KIB, 68 * KIB, 144 * KIB, 288 * KIB, 1040 * KIB];
const SMALLEST = SIZES[0]!;
/** Shorter ones are cut from Node's own slabs. */
const SHORTEST = 4 * KIB;

export class BufferPool {
  private readonly maxFreeBytes: number;
  private readonly free: Buffer[][] = SIZES.map(() => []);
  /** Given out and not yet given back. */
  private readonly lent = new WeakSet<ArrayBufferLike>();
  private kept = 0;

  /** `maxFreeBytes`: kept for later at most. */
  constructor(maxFreeBytes: number) {
    this.maxFreeBytes = maxFreeBytes;
  }

  /** Bytes kept for later. */
  get freeBytes(): number {
    return this.kept;
  }

  /** Memory, its content undefined, that is the caller's and nobody else's before it is given back. */
  take(length: number): Buffer {
    if (length < SHORTEST) return Buffer.allocUnsafe(length);
    const index = SIZES.findIndex((size) => length <= size);
    if (index < 0) return Buffer.allocUnsafeSlow(length);
    let whole = this.free[index]!.pop();
    if (whole === undefined) whole = Buffer.allocUnsafeSlow(SIZES[index]!);
    else this.kept -= whole.length;
    this.lent.add(whole.buffer);
    return whole.subarray(0, length);
  }

  /** `part` of what was taken: all of it may be given out again. Does nothing for other memory, or a second time. */
  giveBack(part: Uint8Array): void {
    const { buffer } = part;
    if (buffer.byteLength < SMALLEST) return;
    if (!this.lent.delete(buffer) || this.kept + buffer.byteLength > this.maxFreeBytes) return;
    const index = SIZES.indexOf(buffer.byteLength);
    this.free[index]!.push(Buffer.from(buffer));
    this.kept += buffer.byteLength;
  }
}
