/** The loop of `process`: poll, work, finish now and then; undo and go on where that can help; stop in order. */
import { backoffMs, type Runtime } from '../connections/runtime.ts';
import type { Consumer } from '../consumer/consumer.ts';
import { ClientError, ClosedError } from '../errors.ts';
import type { Listener } from '../observability/emitter.ts';
import type { ProcessEvents } from '../observability/events.ts';
import { sleep } from '../support/async.ts';
import type { ProcessInstruments, ProcessMetrics } from './process-instruments.ts';
import type { Transform, Work } from './work.ts';

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

export class Processing implements AsyncDisposable {
  /** Resolves once it has been closed; rejects with what the handler threw, or with what cannot be repaired. */
  readonly done: Promise<void>;
  private readonly parts: ProcessingParts;
  private readonly stopping = new AbortController();
  /** Handled, and not final. */
  private open = 0;
  private failures = 0;
  private finishAt = Number.POSITIVE_INFINITY;

  constructor(parts: ProcessingParts) {
    this.parts = parts;
    const stop = (): void => this.stopping.abort();
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

  /** Ends it: what was handled is finished, partitions are given to the others. Throws what `done` rejects with. */
  close(): Promise<void> {
    this.stopping.abort();
    return this.done;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.stopping.abort();
    await this.done.catch(() => {});
  }

  private async run(): Promise<void> {
    const { consumer, work, topics } = this.parts;
    try {
      consumer.subscribe(topics, {
        onRevoked: () => this.settle(async () => this.count(await work.revoked())),
        onLost: () => this.settle(() => work.lost()),
      });
      while (!this.stopping.signal.aborted) await this.step();
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
    const { consumer, work, transform, runtime, commitIntervalMs } = this.parts;
    try {
      const now = runtime.clock.monotonic();
      if (now >= this.finishAt) await this.finish();
      const timeoutMs = Math.max(1, Math.min(IDLE_POLL_MS, this.finishAt - now));
      const records = await this.poll(consumer, timeoutMs);
      if (records.length === 0) return;
      if (this.finishAt === Number.POSITIVE_INFINITY) this.finishAt = runtime.clock.monotonic() + commitIntervalMs;
      this.open += records.length;
      await work.handle(records, transform);
      this.failures = 0;
    } catch (error) {
      if (!mayPass(error)) throw error;
      await this.recover(error);
    }
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
    const { open } = this;
    const { instruments, runtime, work } = this.parts;
    const began = runtime.clock.monotonic();
    await work.finish();
    if (open > 0) instruments.finishTime.add(runtime.clock.monotonic() - began);
    this.count(true);
    this.open = 0;
    this.finishAt = Number.POSITIVE_INFINITY;
  }

  /** What is open is final, or comes again. */
  private count(final: boolean): void {
    this.parts.instruments.counters[final ? 'process-total' : 'process-undone-total'] += this.open;
  }

  /** At the end nothing is repeated: somebody else will do again what cannot be finished. */
  private async finishOrUndo(): Promise<void> {
    try {
      await this.finish();
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
    this.open = 0;
    this.finishAt = Number.POSITIVE_INFINITY;
  }

  /** Takes back what is not final, and waits a little before the next attempt. */
  private async recover(cause: unknown): Promise<void> {
    const { work, runtime, instruments } = this.parts;
    instruments.undone(this.open, this.failures + 1, cause as Error);
    runtime.logger.warn('what is not final is taken back and done again', { cause: (cause as Error).message });
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
          if (this.stopping.signal.aborted) return;
        }
      }
    });
  }
}

/** Whether doing it again may help: an error of the client's own that is not the user's doing. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof ClientError) || error instanceof ClosedError) return false;
  return error.retriable || error.abortable || error.code === 'REQUEST_TIMED_OUT' || isReplaced(error);
}

/** The transaction took too long, or a newer instance of this name was started: a new producer may go on. */
function isReplaced({ fatal, code }: ClientError): boolean {
  return fatal && (code === 'PRODUCER_FENCED' || code === 'INVALID_PRODUCER_EPOCH' || code === 'INVALID_TXN_STATE');
}
