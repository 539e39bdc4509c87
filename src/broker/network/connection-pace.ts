/**
 * How fast new connections are served: `max.connection.creation.rate`, and a second's worth at once where the second
 * before had none. Those who come too early are accepted and read later, in turn, so that clients do not time out; no more
 * of them than `socket.listen.backlog.size`, so that a rush is over soon.
 */
import type { Clock, Timer, Timers } from '../../core/index.ts';

const SECOND_MS = 1000;

export interface PaceLimits {
  /** Connections in a second; 0: none. */
  readonly rate: number;
  /** Connections that may wait. */
  readonly waiting: number;
}

export class ConnectionPace {
  private readonly clock: Clock;
  private readonly timers: Timers;
  private readonly limits: () => PaceLimits;
  /** When the last one was served, if each had its own part of the second. */
  private spent = Number.NEGATIVE_INFINITY;
  /** In the order in which they came. */
  private readonly waiting = new Set<() => void>();
  private timer: Timer | undefined;

  /** `limits` is asked again and again: they may change. */
  constructor(clock: Clock, timers: Timers, limits: () => PaceLimits) {
    this.clock = clock;
    this.timers = timers;
    this.limits = limits;
  }

  /**
   * One more has come: 'now' where it is served at once, 'full' where it may not even wait. 'later': `serve` is called when it
   * is its turn, unless `leave` is called before.
   */
  enter(serve: () => void): 'now' | 'later' | 'full' {
    if (this.waiting.size === 0 && this.delay() === 0) {
      this.spend();
      return 'now';
    }
    if (this.waiting.size >= this.limits().waiting) return 'full';
    this.waiting.add(serve);
    this.arm();
    return 'later';
  }

  leave(serve: () => void): void {
    this.waiting.delete(serve);
    if (this.waiting.size > 0) return;
    this.timer?.cancel();
    this.timer = undefined;
  }

  /** Milliseconds until the next one may be served. */
  private delay(): number {
    const { rate } = this.limits();
    if (rate === 0) return Number.POSITIVE_INFINITY;
    const now = this.clock.monotonic();
    return Math.max(0, Math.max(this.spent, now - SECOND_MS) + SECOND_MS / rate - now);
  }
  private spend(): void {
    this.spent = Math.max(this.spent, this.clock.monotonic() - SECOND_MS) + SECOND_MS / this.limits().rate;
  }

  private arm(): void {
    // The rate may be raised meanwhile.
    this.timer ??= this.timers.after(Math.min(this.delay(), SECOND_MS), () => {
      this.timer = undefined;
      while (this.waiting.size > 0 && this.delay() === 0) {
        const [serve] = this.waiting;
        this.waiting.delete(serve!);
        this.spend();
        serve!();
      }
      if (this.waiting.size > 0) this.arm();
    });
  }
}
