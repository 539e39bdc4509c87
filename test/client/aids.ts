/** What scenarios of groups share. */
import type { Consumer } from '../../src/client/index.ts';
import { text } from './context.ts';

/** Keeps polling until told to stop; returns what was read so far through `records`. */
export class Poller {
  readonly records: string[] = [];
  private readonly stopped = new AbortController();
  private readonly done: Promise<void>;
  constructor(consumer: Consumer) {
    this.done = (async () => {
      while (!this.stopped.signal.aborted) {
        for (const record of await consumer.poll({ timeoutMs: 50 })) this.records.push(text(record.value)!);
      }
    })();
    this.done.catch(() => {});
  }
  stop(): Promise<void> {
    this.stopped.abort();
    return this.done;
  }
}
