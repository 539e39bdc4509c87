/** How fast new connections are served. They are taken at once, so that clients do not time out, and read later. */
import type { Clock } from '../../core/index.ts';

const SECOND_MS = 1000;

export class ConnectionPace {
  private readonly clock: Clock;
  /** When the next one would be served if each had its own part of the second. */
  private due = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /**
   * Counts one more. Milliseconds that it has to wait so that no more than `rate` are served in a second; a second's worth
   * may come at once where the second before had none. Infinity: `rate` is 0.
   */
  next(rate: number): number {
    if (rate === 0) return Number.POSITIVE_INFINITY;
    const now = this.clock.monotonic();
    this.due = Math.max(this.due, now - SECOND_MS) + SECOND_MS / rate;
    return Math.max(0, this.due - now);
  }
}
