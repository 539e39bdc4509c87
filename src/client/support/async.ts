/** Waiting with bounds: sleep, wait for a promise no longer than a deadline, wake sleepers. All time comes from ports. */
import { KafkaError, type Timers } from '../../core/index.ts';

/** The longest timer there is: 24 days. */
const LONGEST_MS = 0x7fffffff;

/** Resolves after `ms`. @throws the signal's reason when aborted first */
export function sleep(timers: Timers, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortReason(signal));
    const onAbort = (): void => {
      timer.cancel();
      reject(abortReason(signal!));
    };
    const timer = timers.after(Math.min(ms, LONGEST_MS), () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * The promise's outcome, unless `ms` pass or the signal aborts first. The work behind the promise goes on; its late
 * failure is swallowed.
 * @throws what `late` makes when the time is over; the signal's reason when aborted
 */
export function within<T>(
  timers: Timers,
  ms: number,
  promise: Promise<T>,
  late: () => Error,
  signal?: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      promise.catch(ignore);
      return reject(abortReason(signal));
    }
    const onAbort = (): void => {
      timer?.cancel();
      reject(abortReason(signal!));
    };
    const timer =
      ms === Number.POSITIVE_INFINITY
        ? undefined
        : timers.after(Math.min(ms, LONGEST_MS), () => {
            signal?.removeEventListener('abort', onAbort);
            reject(late());
          });
    const settle = (): void => {
      timer?.cancel();
      signal?.removeEventListener('abort', onAbort);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    promise.then(
      (value) => {
        settle();
        resolve(value);
      },
      (error) => {
        settle();
        reject(error);
      },
    );
  });
}

/** The promise's outcome, unless the signal aborts first; its late failure is swallowed. @throws the signal's reason */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(abortReason(signal));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    promise.finally(() => signal.removeEventListener('abort', onAbort)).then(resolve, reject);
  });
}

/** Whether the signal's owner stopped the waiting with this. */
export function isReasonOf(signal: AbortSignal | undefined, error: unknown): boolean {
  return signal?.aborted === true && error === signal.reason;
}

export function abortReason(signal: AbortSignal): unknown {
  return signal.reason ?? new KafkaError('REQUEST_TIMED_OUT', 'aborted');
}

export function ignore(): void {}

/** Wakes everyone who waits, at most once per wait. */
export class Wakeup {
  private waiting = Promise.withResolvers<void>();

  notify(): void {
    const { resolve } = this.waiting;
    this.waiting = Promise.withResolvers<void>();
    resolve();
  }
  /** Resolves at the next `notify`. */
  next(): Promise<void> {
    return this.waiting.promise;
  }
}

/** Runs what it is given one after the other; a failure does not stop those behind it. */
export class Serial {
  private tail: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.tail.then(work, work);
    this.tail = result.catch(ignore);
    return result;
  }
}

/** Whether the promise settles within `ms`; its failure counts as settled. @throws the signal's reason */
export function settles(timers: Timers, ms: number, promise: Promise<unknown>, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      promise.catch(ignore);
      return reject(abortReason(signal));
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(abortReason(signal!));
    };
    const timer = timers.after(Math.min(ms, LONGEST_MS), () => {
      signal?.removeEventListener('abort', onAbort);
      resolve(false);
    });
    const settled = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
      resolve(true);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    promise.then(settled, settled);
  });
}
