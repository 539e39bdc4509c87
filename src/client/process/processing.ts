/** The loop of `process`: poll, work, finish now and then; undo and go on where that can help; stop in order. */
import { backoffMs, type Runtime } from '../connections/runtime.ts';
import type { Consumer } from '../consumer/consumer.ts';
import type { ConsumerRecord } from '../consumer/records.ts';
import type { Listener } from '../observability/emitter.ts';
import type { ProcessEvents } from '../observability/events.ts';
import { sleep } from '../support/async.ts';
import { mayPass } from './may-pass.ts';
import type { ProcessInstruments, ProcessMetrics } from './process-instruments.ts';
import type { HandlerCall, Transform, Work } from './work.ts';

export interface ProcessingParts {
  readonly consumer: Consumer;
  readonly work: Work;
  readonly transform: Transform;
  readonly topics: readonly string[] | RegExp;
  readonly commitIntervalMs: number;
  readonly runtime: Runtime;
  readonly instruments: ProcessInstruments;
  readonly signal: AbortSignal | undefined;
}

const IDLE_POLL_MS = 1_000;
const BACKOFF_MS = 100;
const BACKOFF_MAX_MS = 2_000;
/** The clock is looked at after a record that was waited for, and after so many that were not. */
const LOOK_EVERY = 16;

export class Processing implements AsyncDisposable {
  /** Resolves once it has been closed; rejects with what the handler threw, or with what cannot be repaired. */
  readonly done: Promise<void>;
  private readonly parts: ProcessingParts;
  private readonly stopping = new AbortController();
  private readonly call: HandlerCall = { signal: this.stopping.signal };
  /** As the signal says, for the loop over the records. */
  private stopped = false;
  private polledAt = 0;
  private failures = 0;
  private finishAt = Number.POSITIVE_INFINITY;

  constructor(parts: ProcessingParts) {
    this.parts = parts;
    const stop = (): void => this.stop();
    if (parts.signal?.aborted) stop();
    else parts.signal?.addEventListener('abort', stop, { once: true });
    this.done = this.run().finally(() => parts.signal?.removeEventListener('abort', stop));
    this.done.catch(() => {});
  }

  /** Records whose work is final. */
  get finished(): number {
    return this.parts.instruments.counters['process-total'];
  }
  /** What it, its consumer and its producers have counted, and how they stand now. */
  metrics(): ProcessMetrics {
    return this.parts.instruments.metrics();
  }
  /** Tells the listener of what happens from now on, to it, its consumer and its producers; returns how to stop that. */
  on<Name extends keyof ProcessEvents>(event: Name, listener: Listener<ProcessEvents[Name]>): () => void {
    return this.parts.instruments.on(event, listener);
  }

  /**
   * Ends it after the call of the handler that is running: what was handled is finished, the rest is not begun, partitions are
   * given to the others. Throws what `done` rejects with.
   */
  close(): Promise<void> {
    this.stop();
    return this.done;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.done.catch(() => {});
  }

  private stop(): void {
    this.stopped = true;
    this.stopping.abort();
  }

  private async run(): Promise<void> {
    const { consumer, work, topics } = this.parts;
    try {
      consumer.subscribe(topics, {
        onRevoked: () =>
          this.settle(async () => {
            const { open } = work.positions;
            this.count(open, await work.revoked());
          }),
        onLost: () => this.settle(() => work.lost()),
      });
      while (!this.stopped) await this.step();
      await this.finishOrUndo();
    } catch (error) {
      await work.undo().catch(() => {});
      throw error;
    } finally {
      await work.close().catch(() => {});
      await consumer.close();
    }
  }

  /** One poll and its work. Throws what ends the whole. */
  private async step(): Promise<void> {
    const { consumer, work, runtime, commitIntervalMs } = this.parts;
    try {
      const now = runtime.clock.monotonic();
      if (now >= this.finishAt) await this.finish();
      const timeoutMs = Math.max(1, Math.min(IDLE_POLL_MS, this.finishAt - now));
      const records = await this.poll(consumer, timeoutMs);
      if (records.length === 0) return;
      this.polledAt = runtime.clock.monotonic();
      if (this.finishAt === Number.POSITIVE_INFINITY) this.finishAt = this.polledAt + commitIntervalMs;
      await work.take(records);
      await this.handle(records);
      this.failures = 0;
    } catch (error) {
      if (!mayPass(error)) throw error;
      await this.recover(work.explained(error as Error));
    }
  }

  /** One record after the other, with what is to be done between them. */
  private async handle(records: readonly ConsumerRecord[]): Promise<void> {
    const { work, transform, runtime } = this.parts;
    for (let at = 0; at < records.length && !this.stopped; at++) {
      let waited = false;
      try {
        const pending = transform(records[at]!, work.send, this.call);
        if (pending !== undefined) {
          waited = true;
          await pending;
        }
      } catch (error) {
        if (work.countsBegun) work.positions.handled = at + 1;
        if (this.stopped && this.isAbort(error)) return;
        throw error;
      }
      const handled = at + 1;
      work.positions.handled = handled;
      if (handled === records.length || this.stopped || !(waited || handled % LOOK_EVERY === 0)) continue;
      const now = runtime.clock.monotonic();
      if (now >= this.finishAt && !(await this.finishBetween(now))) return;
    }
  }

  /** The commit interval is over in the middle of a batch. Returns whether the batch goes on. */
  private async finishBetween(now: number): Promise<boolean> {
    const { consumer, work, runtime, commitIntervalMs } = this.parts;
    await this.finish();
    this.failures = 0;
    if (now - this.polledAt > consumer.config.maxPollIntervalMs / 2) {
      // The group wants to hear of the member, or gives its partitions to others.
      await work.putBack();
      return false;
    }
    await work.resume();
    this.finishAt = runtime.clock.monotonic() + commitIntervalMs;
    return true;
  }

  /** Whether the handler gave up because it was told to. */
  private isAbort(error: unknown): boolean {
    return error === this.stopping.signal.reason || (error instanceof Error && error.name === 'AbortError');
  }

  private async poll(consumer: Consumer, timeoutMs: number) {
    const { signal } = this.stopping;
    try {
      return await consumer.poll({ timeoutMs, signal });
    } catch (error) {
      if (signal.aborted && error === signal.reason) return [];
      throw error;
    }
  }

  private async finish(): Promise<void> {
    const { instruments, runtime, work } = this.parts;
    const { open } = work.positions;
    const began = runtime.clock.monotonic();
    await work.finish();
    if (open > 0) instruments.finishTime.add(runtime.clock.monotonic() - began);
    this.count(open, true);
    this.finishAt = Number.POSITIVE_INFINITY;
  }

  /** So many are final, or come again. */
  private count(open: number, final: boolean): void {
    this.parts.instruments.counters[final ? 'process-total' : 'process-undone-total'] += open;
  }

  /** At the end nothing is repeated: somebody else will do again what cannot be finished. */
  private async finishOrUndo(): Promise<void> {
    try {
      await this.finish();
      await this.parts.work.putBack();
    } catch (error) {
      if (!mayPass(error)) throw error;
      this.parts.runtime.logger.warn('what was handled last is not final', { cause: (error as Error).message });
      await this.parts.work.undo().catch((undoing: unknown) => {
        if (!mayPass(undoing)) throw undoing;
      });
    }
  }

  private async settle(end: () => Promise<void>): Promise<void> {
    await end();
    this.finishAt = Number.POSITIVE_INFINITY;
  }

  /** Takes back what is not final, and waits a little before the next attempt. */
  private async recover(cause: Error): Promise<void> {
    const { work, runtime, instruments } = this.parts;
    instruments.undone(work.positions.open, this.failures + 1, cause);
    runtime.logger.warn('what is not final is taken back and done again', { cause: cause.message });
    await this.settle(async () => {
      while (true) {
        this.failures += 1;
        const pause = backoffMs(runtime.random, BACKOFF_MS, BACKOFF_MAX_MS, this.failures);
        await sleep(runtime.timers, pause, this.stopping.signal).catch(() => {});
        try {
          await work.undo();
          return;
        } catch (error) {
          if (!mayPass(error)) throw error;
          // Whoever has the partitions next will do it again.
          if (this.stopped) return;
        }
      }
    });
  }
}
