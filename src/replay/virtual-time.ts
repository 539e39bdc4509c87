/** Clock and timers that stand still until a test moves them. */
import type { Clock, Timer, Timers } from '../core/index.ts';

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Starts at 2024-01-01T00:00:00Z. Timers of the same moment run in the order in which they were made. */
export class VirtualTime implements Clock, Timers {
  private time = 1_704_067_200_000;
  private made = 0;
  private pending: Pending[] = [];

  now(): number {
    return Math.floor(this.time);
  }

  monotonic(): number {
    return this.time;
  }

  after(delayMs: number, run: () => void): Timer {
    const entry: Pending = { at: this.time + Math.max(0, delayMs), order: this.made++, run };
    this.pending.push(entry);
    return {
      cancel: () => {
        this.pending = this.pending.filter((other) => other !== entry);
      },
    };
  }

  defer(run: () => void): void {
    this.after(0, run);
  }

  /** Moves the time forward, running what falls due, and lets promises settle after each. */
  async advance(ms: number): Promise<void> {
    const until = this.time + ms;
    await settle();
    for (;;) {
      const next = this.pending.reduce<Pending | undefined>(
        (best, entry) =>
          entry.at > until ||
          (best !== undefined && (best.at < entry.at || (best.at === entry.at && best.order < entry.order)))
            ? best
            : entry,
        undefined,
      );
      if (next === undefined) break;
      this.pending = this.pending.filter((other) => other !== next);
      this.time = Math.max(this.time, next.at);
      next.run();
      await settle();
    }
    this.time = until;
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.pending.length;
  }
}

/** Lets promise callbacks that are already due run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 25; turn++) await Promise.resolve();
}
