/**
 * One direction of a proxied connection: whole frames in, whole frames out, in order. A lane can be held (a delay, an
 * answer being rewritten) and is choked while its sink's buffer is full; both pause the source, so at most one chunk
 * and the frame it belongs to wait in memory.
 */
import type { Socket } from '../../core/index.ts';
import { FrameReader } from '../../wire/index.ts';

export interface LaneOptions {
  readonly maxFrameBytes: number;
  /** Takes one frame (without its length). May call `hold`, `send` and `stop`. */
  readonly take: (frame: Uint8Array) => void;
  /** The source ended and all it sent was taken. */
  readonly drained: () => void;
  /** The source sent something that is no frame. The lane has stopped. */
  readonly broken: (error: Error) => void;
}

export class Lane {
  private readonly options: LaneOptions;
  private readonly reader: FrameReader;
  private source: Socket | undefined;
  private sink: Socket | undefined;
  private holds = 0;
  private choked = false;
  private paused = false;
  private pumping = false;
  private ended = false;
  private stopped = false;

  constructor(options: LaneOptions) {
    this.options = options;
    this.reader = new FrameReader(options.maxFrameBytes);
  }

  setSource(socket: Socket): void {
    this.source = socket;
    this.applyPause();
  }
  setSink(socket: Socket): void {
    this.sink = socket;
  }

  push(chunk: Uint8Array): void {
    if (this.stopped) return;
    try {
      this.reader.push(chunk);
    } catch (error) {
      this.fail(error as Error);
      return;
    }
    this.pump();
  }
  /** The source will send no more. */
  end(): void {
    this.ended = true;
    this.pump();
  }
  /** The sink's buffer has emptied. */
  unchoke(): void {
    this.choked = false;
    this.pump();
  }

  /** Takes nothing more until the returned function is called. */
  hold(): () => void {
    this.holds++;
    this.applyPause();
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.holds--;
      this.pump();
    };
  }
  /** Nothing is taken or sent any more, and what still arrives is thrown away; returns the whole frames that had arrived and were not taken. */
  stop(): Uint8Array[] {
    const left: Uint8Array[] = [];
    if (!this.stopped) {
      try {
        for (let frame = this.reader.next(); frame !== undefined; frame = this.reader.next()) left.push(frame);
      } catch {
        // What follows is no frame, and nobody would get it anyway.
      }
    }
    this.stopped = true;
    if (this.paused) this.source?.resume();
    return left;
  }
  /** The sink is gone: frames are still taken, and nothing is sent. */
  discard(): void {
    this.sink = undefined;
    this.unchoke();
  }

  send(frame: Uint8Array): void {
    if (this.stopped || this.sink === undefined) return;
    if (!this.sink.write(withLength(frame))) this.choked = true;
  }

  private pump(): void {
    if (this.pumping || this.stopped) return;
    this.pumping = true;
    try {
      while (this.holds === 0 && !this.choked && !this.stopped) {
        const frame = this.reader.next();
        if (frame === undefined) break;
        this.options.take(frame);
      }
    } catch (error) {
      this.fail(error as Error);
    } finally {
      this.pumping = false;
    }
    if (this.stopped) return;
    this.applyPause();
    if (this.ended && this.holds === 0 && !this.choked) {
      this.stopped = true;
      this.options.drained();
    }
  }
  private fail(error: Error): void {
    if (this.stopped) return;
    this.stopped = true;
    this.options.broken(error);
  }
  private applyPause(): void {
    const pause = this.holds > 0 || this.choked;
    if (pause === this.paused || this.source === undefined) return;
    this.paused = pause;
    if (pause) this.source.pause();
    else this.source.resume();
  }
}

function withLength(frame: Uint8Array): Uint8Array {
  const whole = Buffer.allocUnsafe(4 + frame.length);
  whole.writeInt32BE(frame.length, 0);
  whole.set(frame, 4);
  return whole;
}
