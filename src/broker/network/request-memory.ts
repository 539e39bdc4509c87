/**
 * Bytes of requests that all connections hold together: received in part, waiting, or handled and not yet answered
 * (`queued.max.request.bytes`). Where there is no room, connections wait in line before they read on, and one at least may
 * always go on, so that the line moves. Who holds others up and sends nothing for long is cut off.
 */
import type { Timer, Timers } from '../../core/index.ts';

/** A connection as this account sees it. */
export interface RequestHolder {
  /** Its turn has come: it may read its frame to the end. */
  mayRead(): void;
  /** It holds up others and does not get on. */
  cutOff(why: string): void;
}

/** How long a frame may take from its turn to its last byte while others wait, milliseconds. */
const FRAME_MS_MAX = 30_000;

export class RequestMemory {
  readonly maxBytes: number;
  private readonly timers: Timers;
  private used = 0;
  /** Who reads a frame by grant: bytes still to come, and since when by the timer's rounds. */
  private readonly granted = new Map<RequestHolder, { missing: number; rounds: number }>();
  private readonly waiting = new Map<RequestHolder, number>();
  private timer: Timer | undefined;

  constructor(maxBytes: number, timers: Timers) {
    this.maxBytes = maxBytes;
    this.timers = timers;
  }

  /** Bytes held now, those that granted frames will bring included. */
  get bytes(): number {
    let total = this.used;
    for (const { missing } of this.granted.values()) total += missing;
    return total;
  }
  get full(): boolean {
    return this.used >= this.maxBytes;
  }
  get waitingCount(): number {
    return this.waiting.size;
  }

  received(bytes: number): void {
    this.used += bytes;
  }
  released(bytes: number): void {
    this.used -= bytes;
    if (bytes > 0) this.grantNext();
  }

  /** Asks for room for the rest of a frame. False: `mayRead` will be called, and nothing is to be read until then. */
  ask(holder: RequestHolder, missing: number): boolean {
    if (this.waiting.has(holder)) return false;
    if (this.waiting.size === 0 && this.fits(missing)) {
      this.granted.set(holder, { missing, rounds: 0 });
      return true;
    }
    this.waiting.set(holder, missing);
    this.timer ??= this.timers.after(FRAME_MS_MAX / 2, () => this.checkProgress());
    return false;
  }

  /** A granted frame has come so far; 0: it is whole. */
  progressed(holder: RequestHolder, missing: number): void {
    const grant = this.granted.get(holder);
    if (grant === undefined) return;
    if (missing > 0) grant.missing = missing;
    else this.finished(holder);
  }

  /** The frame is whole, or the connection is gone. */
  finished(holder: RequestHolder): void {
    this.waiting.delete(holder);
    if (this.granted.delete(holder)) this.grantNext();
  }

  private fits(missing: number): boolean {
    return this.granted.size === 0 || this.bytes + missing <= this.maxBytes;
  }

  private grantNext(): void {
    for (const [holder, missing] of this.waiting) {
      if (!this.fits(missing)) return;
      this.waiting.delete(holder);
      this.granted.set(holder, { missing, rounds: 0 });
      holder.mayRead();
    }
  }

  private checkProgress(): void {
    this.timer = undefined;
    if (this.waiting.size === 0) return;
    for (const [holder, grant] of [...this.granted]) {
      grant.rounds += 1;
      if (grant.rounds <= 2) continue;
      holder.cutOff(`its request was not whole after ${FRAME_MS_MAX} ms, and others wait for the memory`);
    }
    if (this.waiting.size > 0) this.timer = this.timers.after(FRAME_MS_MAX / 2, () => this.checkProgress());
  }
}
