/**
 * One side of a simulated TCP connection: what waits to be sent, what has arrived and was not yet read, and the rules
 * of TCP and of the socket port for ends, resets and backpressure. The way between the two sides is the network's.
 */
import { assert, type Socket, type SocketHandler, SystemError } from '../../core/index.ts';
import type { Life } from './life.ts';
import type { NetworkConditions } from './network-conditions.ts';
import { hashBytes } from './trace.ts';

/** What is left in a chunk once its receiver has returned: whoever keeps the chunk finds this. */
const SCRIBBLE = 0xdd;
/** After `end`, the other side has this long to end too. */
const LINGER_MS = 5_000;
const READ_BYTES = 65_536;

export type Packet = { readonly kind: 'data'; readonly bytes: Uint8Array } | { readonly kind: 'fin' };

/** What an endpoint asks of the network. */
export interface EndpointNetwork {
  readonly conditions: NetworkConditions;
  /** In one of the next turns of the endpoint's node. */
  soon(endpoint: Endpoint, kind: string, run: () => void): void;
  later(endpoint: Endpoint, delayMs: number, kind: string, run: () => void): void;
  note(endpoint: Endpoint, kind: string, value: number, content: number): void;
  /** How much of `most` bytes leaves together. */
  packetSize(most: number): number;
  /** Whether packets that have arrived are read as one. */
  mergesReads(): boolean;
  /** Sends a packet on its way; in one direction of a connection they arrive in order. */
  dispatch(from: Endpoint, packet: Packet): void;
  /** One side has closed: the other learns it, and where the closing was `rude` perhaps as a reset. */
  leave(endpoint: Endpoint, rude: boolean): void;
  /** The endpoint is closed. */
  forget(endpoint: Endpoint): void;
}

export class Endpoint implements Socket {
  readonly remoteAddress: string;
  readonly life: Life;
  /** Names the direction in the trace: `client:40001>broker:9092#3`. */
  readonly label: string;
  peer!: Endpoint;
  /** The way out of here: what is on it, until when, and how many of those packets could not be delivered so far. */
  readonly way = { packets: [] as Packet[], inFlightBytes: 0, lastArrivalMs: 0, stalled: 0 };
  /** No side of this connection reaches the other any more. */
  severed = false;
  closed = false;
  private readonly network: EndpointNetwork;
  private handler: SocketHandler | undefined;
  private readonly unsent: { readonly bytes: Uint8Array; readonly sent: (() => void) | undefined }[] = [];
  private sentOfFirst = 0;
  private unsentBytes = 0;
  private sending = false;
  private writerWaits = false;
  private ending = false;
  private finSent = false;
  private readonly unread: Packet[] = [];
  private unreadBytes = 0;
  private reading = false;
  private paused = false;
  private finSeen = false;
  /** A reset that a paused reader has not noticed yet. */
  private unseenReset: SystemError | undefined;

  constructor(network: EndpointNetwork, life: Life, remoteAddress: string, label: string) {
    this.network = network;
    this.life = life;
    this.remoteAddress = remoteAddress;
    this.label = label;
  }

  attach(handler: SocketHandler): void {
    this.handler = handler;
    this.read();
  }

  // The socket port.

  write(bytes: Uint8Array, sent?: () => void): boolean {
    if (this.inactive || this.ending) return true;
    this.notice();
    if (bytes.length > 0) {
      this.unsent.push({ bytes, sent });
      this.unsentBytes += bytes.length;
      this.send();
    }
    const { writeBufferBytes } = this.network.conditions;
    if (this.unsentBytes <= writeBufferBytes) return true;
    this.writerWaits = true;
    return false;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    if (this.inactive) return;
    this.notice();
    this.read();
  }

  end(): void {
    if (this.inactive || this.ending) return;
    this.ending = true;
    this.send();
  }

  destroy(): void {
    if (this.inactive) return;
    const rude = this.unreadBytes > 0 || this.unsentBytes > 0;
    this.close();
    this.network.leave(this, rude);
  }

  // What the network does to it.

  /** Bytes that left the other side and were not read here: they fill the window. */
  get occupiedBytes(): number {
    return this.peer.way.inFlightBytes + this.unreadBytes;
  }

  arrive(packet: Packet): void {
    if (this.inactive) return;
    this.unread.push(packet);
    if (packet.kind === 'data') this.unreadBytes += packet.bytes.length;
    this.read();
  }

  /** The other side, or the way, is gone. What was on its way in either direction is lost. */
  reset(code: string, why: string): void {
    if (this.inactive) return;
    const error = new SystemError(code, `connection to ${this.remoteAddress}: ${why}`);
    if (this.paused) this.unseenReset ??= error;
    else this.close(error);
  }

  /** The window may have opened, or there is something new to send. */
  send(): void {
    if (this.sending || this.inactive || this.severed) return;
    const finDue = this.ending && !this.finSent && this.unsentBytes === 0;
    if (!finDue && (this.unsentBytes === 0 || this.roomInWindow() <= 0)) return;
    this.sending = true;
    // A kernel takes a moment, in which what is written next joins what was written before.
    this.network.soon(this, 'send', () => {
      this.sending = false;
      if (this.unsentBytes > 0) this.sendSome();
      if (this.ending && !this.finSent && this.unsentBytes === 0) this.sendFin();
      this.send();
    });
  }

  private sendSome(): void {
    const most = Math.min(this.unsentBytes, this.roomInWindow());
    if (most <= 0) return;
    const bytes = this.takeUnsent(this.network.packetSize(most));
    this.way.inFlightBytes += bytes.length;
    this.network.dispatch(this, { kind: 'data', bytes });
    if (this.unsentBytes === 0 && this.writerWaits) {
      this.writerWaits = false;
      this.network.soon(this, 'drain', () => {
        if (!this.closed) this.handler?.drain();
      });
    }
  }

  private sendFin(): void {
    this.finSent = true;
    this.network.dispatch(this, { kind: 'fin' });
    if (this.finSeen) this.close();
    else this.network.later(this, LINGER_MS, 'linger', () => this.destroy());
  }

  private takeUnsent(size: number): Uint8Array {
    const taken = new Uint8Array(size);
    let filled = 0;
    while (filled < size) {
      const first = this.unsent[0]!;
      const part = first.bytes.subarray(this.sentOfFirst, this.sentOfFirst + size - filled);
      taken.set(part, filled);
      filled += part.length;
      this.sentOfFirst += part.length;
      if (this.sentOfFirst === first.bytes.length) {
        this.unsent.shift();
        this.sentOfFirst = 0;
        if (first.sent !== undefined) this.network.soon(this, 'sent', first.sent);
      }
    }
    this.unsentBytes -= size;
    return taken;
  }

  private roomInWindow(): number {
    return this.network.conditions.windowBytes - this.peer.occupiedBytes;
  }

  /** Hands over what has arrived: one read in each turn. */
  private read(): void {
    if (this.reading || this.paused || this.inactive || this.handler === undefined || this.unread.length === 0) return;
    this.reading = true;
    this.network.soon(this, 'readable', () => {
      this.reading = false;
      if (!this.closed && !this.paused) this.readOnce();
      this.read();
    });
  }

  private readOnce(): void {
    const first = this.unread[0];
    if (first === undefined) return;
    if (first.kind === 'fin') {
      this.unread.shift();
      this.finSeen = true;
      if (this.finSent) this.close();
      else this.end();
      return;
    }
    const parts: Uint8Array[] = [];
    let size = 0;
    for (let next: Packet | undefined = first; next?.kind === 'data'; next = this.unread[0]) {
      if (size > 0 && (size + next.bytes.length > READ_BYTES || !this.network.mergesReads())) break;
      this.unread.shift();
      parts.push(next.bytes);
      size += next.bytes.length;
    }
    this.unreadBytes -= size;
    this.peer.send();
    const chunk = Buffer.concat(parts);
    this.network.note(this, 'data', size, hashBytes(chunk));
    assert(this.handler !== undefined, 'data for nobody');
    this.handler.data(chunk);
    chunk.fill(SCRIBBLE);
  }

  /** A paused reader learns of a reset when it acts on the connection again. */
  private notice(): void {
    const reset = this.unseenReset;
    if (reset === undefined) return;
    this.unseenReset = undefined;
    this.close(reset);
  }

  private close(error?: SystemError): void {
    this.closed = true;
    this.unsent.length = 0;
    this.unsentBytes = 0;
    this.unread.length = 0;
    this.unreadBytes = 0;
    this.network.forget(this);
    this.network.soon(this, 'close', () => {
      const { handler } = this;
      this.handler = undefined;
      handler?.close(error);
    });
  }

  private get inactive(): boolean {
    return this.closed || !this.life.alive;
  }
}
