/** Work that is done again and again, never twice at a time, with the interval between the end and the next beginning. */
import type { Timer, Timers } from '../../core/index.ts';

export class Repeated {
  private readonly timers: Timers;
  private readonly intervalMs: () => number;
  private readonly work: () => Promise<void>;
  private timer: Timer | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;

  /** `intervalMs` is asked anew each time; `work` does not reject. */
  constructor(timers: Timers, intervalMs: () => number, work: () => Promise<void>) {
    this.timers = timers;
    this.intervalMs = intervalMs;
    this.work = work;
  }

  /** Begins after `delayMs`, never where the interval has no end; where it is running or waiting already, only an earlier beginning counts. */
  start(delayMs: number = this.intervalMs()): void {
    if (this.stopped || this.running !== undefined || this.intervalMs() === Number.POSITIVE_INFINITY) return;
    this.timer?.cancel();
    this.timer = this.timers.after(delayMs, () => {
      this.timer = undefined;
      this.running = this.work().finally(() => {
        this.running = undefined;
        if (!this.stopped) this.start();
      });
    });
  }

  /** No more of it; resolves when what is under way has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.timer?.cancel();
    await this.running;
  }
}
