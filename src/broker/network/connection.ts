/**
 * One client's connection: cuts the stream into frames, has them handled in order and answers them in order. A request
 * starts when the one before it lets it (`RequestContext.proceed`, or its answer), so a pipelining producer shares one
 * fdatasync among its batches while no later request overtakes an earlier one's effects. Reading stops while too much
 * is in flight here or in all connections, or the peer does not take its answers. Whatever a peer sends, the worst is that
 * its connection closes.
 */
import type { BufferPool, Logger, Socket, SocketHandler, Timer, Timers } from '../../core/index.ts';
import { FrameReader } from '../../wire/index.ts';
import type { AnswerHolder, AnswerMemory } from './answer-memory.ts';
import type { RequestHolder, RequestMemory } from './request-memory.ts';

/** What the handling of one request may ask of its connection. */
export interface RequestContext {
  /** `host:port` of the client. */
  readonly remoteAddress: string;
  /** The connection is gone: nobody waits for the answer. */
  readonly closed: boolean;
  /** Lets the next request start before this one is answered: all effects that order matters for have happened. */
  proceed(): void;
  /** Calls `run` if the connection closes before the answer is given. */
  onClose(run: () => void): void;
  /** Calls `run` when the answer's bytes were handed on and nobody needs them any more; never, where the connection ends first. */
  onSent(run: () => void): void;
}

/** The pieces of a response frame; undefined for none (acks=0). */
export type Answer = readonly Uint8Array[] | undefined;

/** Handles one request frame. A throw or a rejection closes the connection. */
export type Dispatch = (frame: Buffer, context: RequestContext) => Answer | Promise<Answer>;

/** Closes the connection: the request is refused in the only way the protocol has. Not our fault, so not an error. */
export class ConnectionRefusal extends Error {
  override readonly name = 'ConnectionRefusal';
}

export interface ConnectionOptions {
  readonly dispatch: Dispatch;
  readonly timers: Timers;
  readonly logger: Logger;
  /** Bytes: `socket.request.max.bytes`. */
  readonly maxFrameBytes: number;
  /** `queued.max.requests`. */
  readonly maxInFlight: number;
  /** `connections.max.idle.ms`; negative: no limit. */
  readonly idleMs: number;
  readonly requests: RequestMemory;
  readonly answers: AnswerMemory;
  /** For frames; whoever handles one may give it back. */
  readonly buffers: BufferPool;
  readonly onClosed: (connection: Connection) => void;
}

/** Bytes received and not yet handled beyond which reading stops while a request is under way. */
const BUFFERED_MAX = 1024 * 1024;
/** Bytes of one connection's requests that are started and not answered, beyond which the next one waits. */
const IN_FLIGHT_BYTES_MAX = 16 * 1024 * 1024;
/** A frame that lacks no more than this is read without asking, unless memory is full. */
const SMALL_FRAME = 256 * 1024;
const LENGTH_BYTES = 4;
/** Bytes of requests handled in one turn before other connections get theirs. */
const TURN_BYTES = 1024 * 1024;
/** Small answers that are ready together are sent in one write, up to this size. */
const COALESCE_MAX = 64 * 1024;
/** How long a refused peer has to take the answers that were ready, milliseconds. */
const LINGER_MS = 2000;

class Slot implements RequestContext {
  readonly connection: Connection;
  /** Bytes of the request, its length included. */
  readonly bytes: number;
  answer: Answer;
  done = false;
  released = false;
  /** To call once the answer is sent. */
  sentRuns: (() => void)[] | undefined;
  private onCloseRuns: (() => void)[] | undefined;

  constructor(connection: Connection, bytes: number) {
    this.connection = connection;
    this.bytes = bytes;
  }
  get remoteAddress(): string {
    return this.connection.remoteAddress;
  }
  get closed(): boolean {
    return this.connection.closed;
  }
  proceed(): void {
    this.connection.release(this);
  }
  onClose(run: () => void): void {
    this.onCloseRuns ??= [];
    this.onCloseRuns.push(run);
  }
  onSent(run: () => void): void {
    this.sentRuns ??= [];
    this.sentRuns.push(run);
  }
  connectionClosed(): void {
    for (const run of this.onCloseRuns ?? []) run();
    this.onCloseRuns = undefined;
  }
}

export class Connection implements SocketHandler, RequestHolder, AnswerHolder {
  readonly remoteAddress: string;
  private readonly socket: Socket;
  private readonly options: ConnectionOptions;
  private readonly frames: FrameReader;
  /** Requests that are started and not answered, in order. */
  private readonly slots: Slot[] = [];
  /** The request that holds back the next one. */
  private holder: Slot | undefined;
  private outbox: Uint8Array[] = [];
  private outboxSent: (() => void)[] = [];
  private outboxBytes = 0;
  private bufferedBytes = 0;
  private inFlightBytes = 0;
  /** The frame that may be read to its end, by its number; and whether one waits for that. */
  private grantedFrame = -1;
  private waitsForMemory = false;
  /** It is not its turn yet: nothing is read before `serve`. */
  private held = false;
  private paused = false;
  private writeFull = false;
  private pumping = false;
  private pumpDeferred = false;
  private draining = false;
  private isClosed = false;
  private timer: Timer | undefined;
  private active = true;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.socket = socket;
    this.options = options;
    this.remoteAddress = socket.remoteAddress;
    this.frames = new FrameReader(options.maxFrameBytes, { pool: options.buffers });
    this.watchIdle();
  }

  get closed(): boolean {
    return this.isClosed;
  }
  /** Requests under way. */
  get inFlight(): number {
    return this.slots.length;
  }

  /** Nothing is read before `serve`. */
  hold(): void {
    this.held = true;
    this.regulate();
  }
  readonly serve = (): void => {
    this.held = false;
    this.regulate();
  };

  data(chunk: Uint8Array): void {
    if (this.isClosed || this.draining) return;
    this.active = true;
    this.bufferedBytes += chunk.length;
    this.options.requests.received(chunk.length);
    this.frames.push(chunk);
    this.askForMemory();
    this.pump();
  }

  drain(): void {
    this.writeFull = false;
    this.active = true;
    this.options.answers.taken(this);
    this.pump();
  }

  mayRead(): void {
    this.waitsForMemory = false;
    this.grantedFrame = this.frames.begun;
    this.regulate();
  }

  cutOff(why: string): void {
    if (this.isClosed) return;
    this.options.logger.warn(`closing the connection of ${this.remoteAddress}: ${why}`);
    this.destroy();
  }

  /** The socket is gone. */
  close(error?: Error): void {
    if (error !== undefined && !this.isClosed) {
      this.options.logger.debug(`connection of ${this.remoteAddress} broke: ${error.message}`);
    }
    this.abandon();
    this.timer?.cancel();
    this.options.onClosed(this);
  }

  /** Takes no more requests; ends the connection once those under way are answered. */
  finish(): void {
    if (this.isClosed || this.draining) return;
    this.draining = true;
    if (this.slots.length === 0) this.socket.end();
  }

  destroy(): void {
    this.abandon();
    this.socket.destroy();
  }

  /** The request of this slot no longer holds back the next one. */
  release(slot: Slot): void {
    if (slot.released) return;
    slot.released = true;
    if (this.holder !== slot) return;
    this.holder = undefined;
    this.pump();
  }

  private pump(): void {
    if (this.pumping || this.isClosed) return;
    this.pumping = true;
    let handled = 0;
    for (;;) {
      // Small answers go out together; large ones show whether the peer takes them before there are more.
      if (this.outboxBytes >= COALESCE_MAX) this.flush();
      if (this.isClosed || this.draining || !this.mayStart()) break;
      if (handled >= TURN_BYTES) {
        this.deferPump();
        break;
      }
      const frame = this.nextFrame();
      if (frame === undefined) break;
      handled += frame.length;
      this.start(frame);
    }
    this.pumping = false;
    if (this.isClosed) return;
    this.flush();
    this.regulate();
  }

  private mayStart(): boolean {
    return (
      this.holder === undefined &&
      !this.writeFull &&
      !this.pumpDeferred &&
      this.slots.length < this.options.maxInFlight &&
      this.inFlightBytes < IN_FLIGHT_BYTES_MAX
    );
  }

  /** A large frame, or any while memory is full, is read to its end only when there is room for it. */
  private askForMemory(): void {
    const { requests } = this.options;
    const { missing, begun } = this.frames;
    if (this.grantedFrame !== -1) {
      if (begun === this.grantedFrame && missing > 0) {
        requests.progressed(this, missing);
        return;
      }
      this.grantedFrame = -1;
      requests.finished(this);
    }
    if (this.waitsForMemory || missing === 0 || (missing <= SMALL_FRAME && !requests.full)) return;
    if (requests.ask(this, missing)) this.grantedFrame = begun;
    else this.waitsForMemory = true;
  }

  private deferPump(): void {
    this.pumpDeferred = true;
    this.options.timers.defer(() => {
      this.pumpDeferred = false;
      this.pump();
    });
  }

  private nextFrame(): Buffer | undefined {
    try {
      const frame = this.frames.next();
      if (frame !== undefined) this.bufferedBytes -= frame.length + LENGTH_BYTES;
      return frame;
    } catch (error) {
      this.refuse(error);
      return undefined;
    }
  }

  private start(frame: Buffer): void {
    const slot = new Slot(this, frame.length + LENGTH_BYTES);
    this.slots.push(slot);
    this.inFlightBytes += slot.bytes;
    this.holder = slot;
    let answer: Answer | Promise<Answer>;
    try {
      answer = this.options.dispatch(frame, slot);
    } catch (error) {
      this.refuse(error);
      return;
    }
    if (answer instanceof Promise) {
      answer.then(
        (bytes) => this.answered(slot, bytes),
        (error: unknown) => this.refuse(error),
      );
    } else {
      this.answered(slot, answer);
    }
  }

  private answered(slot: Slot, answer: Answer): void {
    if (this.isClosed) return;
    slot.answer = answer;
    slot.done = true;
    while (this.slots[0]?.done) {
      const first = this.slots.shift()!;
      this.inFlightBytes -= first.bytes;
      this.options.requests.released(first.bytes);
      if (first.answer === undefined) continue;
      for (const piece of first.answer) {
        this.outbox.push(piece);
        this.outboxBytes += piece.length;
      }
      if (first.sentRuns !== undefined) this.outboxSent.push(...first.sentRuns);
    }
    slot.released = true;
    if (this.holder === slot) this.holder = undefined;
    // What the next requests answer at once goes out in the same write.
    this.pump();
  }

  /** Sends what is ready. */
  private flush(): void {
    const ready = this.outbox;
    if (ready.length > 0) {
      const total = this.outboxBytes;
      const sent = this.outboxSent;
      this.outbox = [];
      this.outboxBytes = 0;
      if (sent.length > 0) this.outboxSent = [];
      this.active = true;
      const pieces = ready.length > 1 && total <= COALESCE_MAX ? [Buffer.concat(ready, total)] : ready;
      const last = pieces.pop()!;
      for (const bytes of pieces) this.write(bytes);
      this.write(last, sent);
    }
    if (this.draining && this.slots.length === 0) this.socket.end();
  }

  private write(bytes: Uint8Array, sent: readonly (() => void)[] = []): void {
    const callback =
      sent.length === 0
        ? undefined
        : () => {
            for (const run of sent) run();
          };
    if (this.socket.write(bytes, callback)) return;
    this.writeFull = true;
    this.options.answers.waits(this, bytes.length);
  }

  private regulate(): void {
    if (this.isClosed) return;
    const tooMuch = this.held || this.waitsForMemory || (!this.mayStart() && this.bufferedBytes > BUFFERED_MAX);
    if (tooMuch === this.paused) return;
    this.paused = tooMuch;
    if (tooMuch) this.socket.pause();
    else this.socket.resume();
  }

  private refuse(error: unknown): void {
    if (this.isClosed) return;
    const { logger } = this.options;
    const message = error instanceof Error ? error.message : String(error);
    if (isThePeersFault(error)) logger.debug(`closing the connection of ${this.remoteAddress}: ${message}`);
    else logger.error(`closing the connection of ${this.remoteAddress}, a request failed: ${message}`, { error });
    // Answers of earlier requests that are ready go out first, but a peer that does not take them keeps nothing open.
    this.flush();
    this.abandon();
    this.socket.end();
    this.timer = this.options.timers.after(LINGER_MS, () => this.socket.destroy());
  }

  /** Forgets what is under way; nothing is read or written from now on. */
  private abandon(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.timer?.cancel();
    for (const slot of this.slots) slot.connectionClosed();
    this.slots.length = 0;
    this.holder = undefined;
    this.outbox = [];
    this.outboxBytes = 0;
    const { requests, answers } = this.options;
    requests.finished(this);
    requests.released(this.bufferedBytes + this.inFlightBytes);
    this.bufferedBytes = 0;
    this.inFlightBytes = 0;
    answers.taken(this);
  }

  private watchIdle(): void {
    const { idleMs, timers } = this.options;
    if (idleMs < 0 || !Number.isFinite(idleMs)) return;
    this.timer = timers.after(idleMs, () => {
      if (this.isClosed) return;
      if (!this.active && this.slots.length === 0) {
        this.options.logger.debug(`closing the connection of ${this.remoteAddress}: idle for ${idleMs} ms`);
        this.destroy();
        return;
      }
      this.active = false;
      this.watchIdle();
    });
  }
}

const PEER_ERRORS: ReadonlySet<string> = new Set(['ConnectionRefusal', 'MalformedBytesError', 'FrameTooLargeError']);

function isThePeersFault(error: unknown): boolean {
  return error instanceof Error && PEER_ERRORS.has(error.name);
}
