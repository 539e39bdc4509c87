/**
 * Memory for reading the log, used again once an answer is sent: each new megabyte costs page faults and garbage collection,
 * more than the reading itself. What is never given back, because a connection ended or the read was in vain, is garbage.
 */

/** A read of one answer, with what a read takes beyond it. */
const BUFFER_BYTES = 1024 * 1024 + 16 * 1024;
/** Shorter reads get memory of their own. */
const SHORTEST = 64 * 1024;
/** Kept for later; more is let go. */
const FREE_MAX = 16;

export class ReadBuffers {
  private readonly free: Buffer[] = [];
  /** Given out and not yet given back. */
  private readonly lent = new WeakSet<ArrayBufferLike>();

  /** Bytes kept for later. */
  get bytes(): number {
    return this.free.length * BUFFER_BYTES;
  }

  /** Memory that is the caller's, and nobody else's before it is given back. */
  readonly take = (length: number): Buffer => {
    if (length < SHORTEST || length > BUFFER_BYTES) return Buffer.allocUnsafeSlow(length);
    const whole = this.free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
    this.lent.add(whole.buffer);
    return whole.subarray(0, length);
  };

  /** `part` of what was taken: all of it may be given out again. Does nothing for other memory, or a second time. */
  giveBack(part: Uint8Array): void {
    if (!this.lent.delete(part.buffer)) return;
    if (this.free.length < FREE_MAX) this.free.push(Buffer.from(part.buffer));
  }
}
