/** How long a producer that closes waits for what is left: until the soonest of the times that it was given. */
import type { Timer, Timers } from '../../core/index.ts';
import { ignore } from '../support/async.ts';

export class Patience {
  private readonly timers: Timers;
  private readonly over = Promise.withResolvers<void>();
  private readonly endings = new Set<() => void>();

  constructor(timers: Timers) {
    this.timers = timers;
  }

  /** It ends after so many milliseconds, or when the signal aborts, unless it ends sooner. */
  endAfter(timeoutMs: number | undefined, signal: AbortSignal | undefined): void {
    if (timeoutMs !== undefined && timeoutMs !== Number.POSITIVE_INFINITY) {
      const timer: Timer = this.timers.after(Math.max(0, timeoutMs), this.over.resolve);
      this.endings.add(() => timer.cancel());
    }
    if (signal === undefined) return;
    if (signal.aborted) this.over.resolve();
    const onAbort = (): void => this.over.resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    this.endings.add(() => signal.removeEventListener('abort', onAbort));
  }
  /** Resolves when the work is over, however it went, or the patience is. */
  async waitFor(work: Promise<unknown>): Promise<void> {
    await Promise.race([work.catch(ignore), this.over.promise]);
  }
  /** Nothing is waited for any more. */
  dispose(): void {
    for (const end of this.endings) end();
    this.endings.clear();
  }
}
