/** The machine's clocks, Node's timers and the operating system's randomness. */
import { randomBytes, randomFillSync } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { clearImmediate, clearTimeout, setImmediate, setTimeout } from 'node:timers';
import type { Clock, Random, Timer, Timers } from '../core/index.ts';

/** The longest delay that Node's own timers take; beyond it they would fire at once. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/**
 * Timers keep the process alive until they fire or are cancelled: whoever owns one cancels it when it closes. A timer
 * never fires before its time by the monotonic clock, although Node's own may, by a part of a millisecond.
 */
export const realTimers: Timers = {
  after: (delayMs, run) => (delayMs > 0 ? new RealTimer(delayMs, run) : new RealImmediate(run)),
  defer: (run) => void setImmediate(run),
};

class RealTimer implements Timer {
  private readonly dueMs: number;
  private readonly run: () => void;
  private timeout: NodeJS.Timeout | undefined;

  constructor(delayMs: number, run: () => void) {
    this.dueMs = performance.now() + delayMs;
    this.run = run;
    this.arm(delayMs);
  }

  cancel(): void {
    clearTimeout(this.timeout);
    this.timeout = undefined;
  }

  private arm(delayMs: number): void {
    this.timeout = setTimeout(RealTimer.fire, Math.min(Math.ceil(delayMs), LONGEST_DELAY_MS), this);
  }

  private static fire(timer: RealTimer): void {
    const leftMs = timer.dueMs - performance.now();
    if (leftMs > 0) {
      timer.arm(leftMs);
    } else {
      timer.timeout = undefined;
      timer.run();
    }
  }
}

class RealImmediate implements Timer {
  private readonly immediate: NodeJS.Immediate;

  constructor(run: () => void) {
    this.immediate = setImmediate(run);
  }

  cancel(): void {
    clearImmediate(this.immediate);
  }
}

const POOLED_WORDS = 1024;

class RealRandom implements Random {
  private readonly pool = new Uint32Array(POOLED_WORDS);
  private used = POOLED_WORDS;

  uint32(): number {
    if (this.used === POOLED_WORDS) {
      randomFillSync(this.pool);
      this.used = 0;
    }
    return this.pool[this.used++]!;
  }

  bytes(length: number): Uint8Array {
    return randomBytes(length);
  }
}

export const realRandom: Random = new RealRandom();

/**
 * Resolves in a later turn of the event loop, when every promise job has run: Node empties the queue of promise jobs,
 * with all that they add to it, before its loop goes on to the phase in which this resolves. For the simulator.
 */
export function drainTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
