/** Cuts a byte stream into frames: four bytes of length, then that many bytes. Frames may arrive in any pieces. */
import { type BufferPool, MalformedBytesError } from '../core/index.ts';

/** A frame announces more bytes than allowed. Nothing was allocated for it; the connection should be closed. */
export class FrameTooLargeError extends Error {
  override readonly name = 'FrameTooLargeError';
  readonly size: number;
  readonly sizeMax: number;
  constructor(size: number, sizeMax: number) {
    super(`a frame of ${size} bytes, but at most ${sizeMax} are allowed`);
    this.size = size;
    this.sizeMax = sizeMax;
  }
}

const LENGTH_BYTES = 4;
/** A frame's buffer grows with what has arrived, at most to four times of it: an announced length alone costs little. */
const FIRST_BUFFER = 64 * 1024;
/** Small ones share Node's own pool. */
const POOLED_BY_NODE = 4096;
const NOTHING = Buffer.alloc(0);

export interface FrameReaderOptions {
  /** Gives the memory of large frames; whoever takes them may give it back. */
  readonly pool?: BufferPool;
  /** An announced length up to this is believed: memory is taken for all of it at once. @default 65536 */
  readonly trustedBytes?: number;
}

export class FrameReader {
  private readonly maxFrameBytes: number;
  private readonly pool: BufferPool | undefined;
  private readonly firstBuffer: number;
  /** Whole frames, not yet taken. */
  private readonly ready: Buffer[] = [];
  private taken = 0;
  private failure: Error | undefined;
  /** The length's bytes that have arrived, when not all have. */
  private lengthSoFar = 0;
  private lengthBytes = 0;
  /** The frame under way: its size, or -1 between frames. */
  private size = -1;
  private filled = 0;
  private count = 0;
  private buffer: Buffer = NOTHING;

  constructor(maxFrameBytes: number, options: FrameReaderOptions = {}) {
    this.maxFrameBytes = maxFrameBytes;
    this.pool = options.pool;
    this.firstBuffer = options.trustedBytes ?? FIRST_BUFFER;
  }

  /** Bytes that the frame under way still lacks; 0 between frames. */
  get missing(): number {
    return this.size === -1 ? 0 : this.size - this.filled;
  }
  /** Frames begun so far. */
  get begun(): number {
    return this.count;
  }

  /** Takes the next bytes of the stream. `chunk` is copied, and may be reused after the call. */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !this.failure) {
      if (this.size === -1) at = this.readLength(chunk, at);
      else at = this.readBody(chunk, at);
    }
  }

  /**
   * The next whole frame, without its length, in a buffer of its own; undefined until more has arrived.
   * @throws FrameTooLargeError once the frames before it are taken, and for ever
   * @throws MalformedBytesError the same, for a negative length
   */
  next(): Buffer | undefined {
    const frame = this.ready[this.taken];
    if (!frame) {
      if (this.failure) throw this.failure;
      return undefined;
    }
    this.taken += 1;
    if (this.taken === this.ready.length) {
      this.ready.length = 0;
      this.taken = 0;
    }
    return frame;
  }

  private readLength(chunk: Uint8Array, start: number): number {
    let at = start;
    while (this.lengthBytes < LENGTH_BYTES && at < chunk.length) {
      this.lengthSoFar = (this.lengthSoFar << 8) | chunk[at]!;
      this.lengthBytes += 1;
      at += 1;
    }
    if (this.lengthBytes < LENGTH_BYTES) return at;
    const size = this.lengthSoFar;
    this.lengthBytes = 0;
    this.lengthSoFar = 0;
    if (size < 0) this.failure = new MalformedBytesError(`a frame of ${size} bytes`);
    else if (size > this.maxFrameBytes) this.failure = new FrameTooLargeError(size, this.maxFrameBytes);
    else this.start(size);
    return at;
  }

  private start(size: number): void {
    this.size = size;
    this.count += 1;
    this.filled = 0;
    if (size === 0) this.finish();
  }

  private readBody(chunk: Uint8Array, at: number): number {
    const length = Math.min(chunk.length - at, this.size - this.filled);
    const needed = this.filled + length;
    if (needed > this.buffer.length) {
      const larger = this.allocate(Math.min(this.size, Math.max(needed * 2, this.firstBuffer)));
      larger.set(this.buffer.subarray(0, this.filled));
      this.buffer = larger;
    }
    this.buffer.set(at === 0 && length === chunk.length ? chunk : chunk.subarray(at, at + length), this.filled);
    this.filled = needed;
    if (this.filled === this.size) this.finish();
    return at + length;
  }

  private allocate(length: number): Buffer {
    if (length <= POOLED_BY_NODE) return Buffer.allocUnsafe(length);
    // What will grow is not worth the pool's memory.
    return length === this.size && this.pool !== undefined ? this.pool.take(length) : Buffer.allocUnsafeSlow(length);
  }

  private finish(): void {
    this.ready.push(this.buffer);
    this.size = -1;
    this.buffer = NOTHING;
  }
}
