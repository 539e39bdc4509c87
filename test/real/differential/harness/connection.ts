/** One connection that speaks the wire by hand: frames out, frames in, in order. Nothing is retried, every wait ends. */
import { connect, type Socket } from 'node:net';
import { FrameReader } from '../../../../src/wire/index.ts';

/** What became of a request. */
export type Reply =
  | { readonly kind: 'frame'; readonly frame: Buffer }
  /** The broker closed the connection. */
  | { readonly kind: 'closed' }
  /** Nothing came in time; the connection is destroyed, since a late answer would be taken for the next one. */
  | { readonly kind: 'silence' };

const MAX_FRAME_BYTES = 64 * 1024 * 1024;

export class Connection {
  private readonly socket: Socket;
  private readonly frames = new FrameReader(MAX_FRAME_BYTES);
  private readonly waiting: ((reply: Reply) => void)[] = [];
  private isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      this.frames.push(chunk);
      for (let frame = this.frames.next(); frame !== undefined; frame = this.frames.next()) {
        this.waiting.shift()?.({ kind: 'frame', frame: Buffer.from(frame) });
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
      for (const settle of this.waiting.splice(0)) settle({ kind: 'closed' });
    });
    socket.on('end', () => socket.destroy());
  }

  static open(bootstrap: string): Promise<Connection> {
    const colon = bootstrap.lastIndexOf(':');
    return new Promise((resolve, reject) => {
      const socket = connect({ host: bootstrap.slice(0, colon), port: Number(bootstrap.slice(colon + 1)) });
      socket.once('connect', () => resolve(new Connection(socket)));
      socket.once('error', reject);
    });
  }

  get closed(): boolean {
    return this.isClosed;
  }

  /** Sends bytes and gives the next answer that no earlier request waits for. */
  ask(bytes: Uint8Array, timeoutMs: number): Promise<Reply> {
    if (this.isClosed) return Promise.resolve({ kind: 'closed' });
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        settle({ kind: 'silence' });
        this.isClosed = true;
        this.socket.destroy();
      }, timeoutMs);
      const settle = (reply: Reply) => {
        clearTimeout(timer);
        resolve(reply);
      };
      this.waiting.push(settle);
      this.socket.write(bytes);
    });
  }

  /** Sends bytes that have no answer. */
  tell(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  close(): void {
    this.socket.destroy();
  }
}
