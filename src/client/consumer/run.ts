/**
 * The loop that most programs write around poll(): hands records to a handler one by one, or batch by batch, in order, and
 * keeps the positions in step with what was handled. A handler that fails ends the loop, and its record is read again.
 */
import type { Timer, Timers } from '../../core/index.ts';
import { IllegalStateError, TimeoutError } from '../errors.ts';
import type { TopicPartition, TopicPartitionOffset } from '../topic-partition.ts';
import { type TraceContext, traceContextOf } from '../trace-context.ts';
import type { ConsumerRecord } from './records.ts';

interface RunCommon {
  /**
   * `after`: what a handler has done is committed before the next poll (at-least-once). `before`: what was polled is
   * committed before it is handled (at-most-once). `automatic`: as enable.auto.commit says. @default 'automatic'
   */
  readonly commit?: 'after' | 'before' | 'automatic';
  /** Gives `eachMessage` the trace context of each record; without it the headers are not looked at. @default false */
  readonly traceContext?: boolean;
  /** Ends the loop after the handler that is at work; `run` then resolves. */
  readonly signal?: AbortSignal;
  /**
   * How long a commit may go on once the signal has come, milliseconds; then `run` fails with a TimeoutError, and what was
   * handled since the last commit may be read again. @default 5000
   */
  readonly stopTimeoutMs?: number;
}

const STOP_MS = 5_000;

export type RunOptions = RunCommon &
  (
    | {
        readonly eachMessage: (record: ConsumerRecord, traceContext?: TraceContext) => void | Promise<void>;
        readonly eachBatch?: never;
      }
    | { readonly eachBatch: (records: readonly ConsumerRecord[]) => void | Promise<void>; readonly eachMessage?: never }
  );

/** The part of a consumer that the loop needs. */
export interface RunnableConsumer {
  poll(options: { readonly signal?: AbortSignal }): Promise<ConsumerRecord[]>;
  seek(position: TopicPartitionOffset): void;
  commit(offsets: undefined, options: { readonly signal?: AbortSignal }): Promise<void>;
  assignment(): TopicPartition[];
}

/**
 * `options`: checked.
 * @throws what the handler throws, after the positions were put back to what it has not done; what poll() and commit()
 * throw; TimeoutError when the last commit takes too long
 */
export async function runLoop(consumer: RunnableConsumer, timers: Timers, options: RunOptions): Promise<void> {
  const { signal, commit = 'automatic' } = options;
  const patience = new Patience(timers, signal, options.stopTimeoutMs ?? STOP_MS);
  const commitNow = () => consumer.commit(undefined, patience.options);
  try {
    while (signal?.aborted !== true) {
      let records: ConsumerRecord[];
      try {
        records = await consumer.poll(signal === undefined ? {} : { signal });
      } catch (error) {
        if (signal?.aborted && error === signal.reason) return;
        throw error;
      }
      if (records.length === 0) continue;
      if (commit === 'before') await commitNow();
      const progress = { done: 0 };
      try {
        await handle(records, options, progress);
      } finally {
        // What was committed before is never handed out again, done or not.
        if (progress.done < records.length && commit !== 'before') putBack(consumer, records.slice(progress.done));
      }
      if (commit === 'after' && progress.done > 0) await commitNow();
    }
  } finally {
    patience.end();
  }
}

const commitModes: readonly unknown[] = ['after', 'before', 'automatic'];

/** @throws IllegalStateError for options that say nothing, or two things */
export function checkRunOptions({
  eachMessage,
  eachBatch,
  commit = 'automatic',
  stopTimeoutMs = STOP_MS,
}: RunOptions): void {
  if (!commitModes.includes(commit)) {
    throw new IllegalStateError(
      `run(): commit: one of after, before, automatic is wanted (got ${JSON.stringify(commit)})`,
    );
  }
  if (eachMessage !== undefined && eachBatch !== undefined) {
    throw new IllegalStateError(
      'run() with eachMessage and eachBatch: give one of them, the other would never be called',
    );
  }
  if (typeof (eachMessage ?? eachBatch) !== 'function') {
    throw new IllegalStateError('run() without a handler: give it eachMessage or eachBatch, a function');
  }
  if (!(stopTimeoutMs >= 0)) {
    throw new IllegalStateError(`run(): stopTimeoutMs: milliseconds from 0 on are wanted (got ${stopTimeoutMs})`);
  }
}

/** How long commits may go on: until so long after the signal. */
class Patience {
  readonly options: { readonly signal?: AbortSignal };
  private readonly over = new AbortController();
  private readonly signal: AbortSignal | undefined;
  private readonly begin: () => void;
  private timer: Timer | undefined;

  constructor(timers: Timers, signal: AbortSignal | undefined, ms: number) {
    this.signal = signal;
    this.options = signal === undefined ? {} : { signal: this.over.signal };
    const end = (): void =>
      this.over.abort(
        new TimeoutError(
          `run(): a commit was not answered within ${ms} ms of the signal (stopTimeoutMs); what was handled may be read again`,
        ),
      );
    this.begin = () => {
      this.timer = timers.after(ms, end);
    };
    if (signal?.aborted) this.begin();
    else signal?.addEventListener('abort', this.begin, { once: true });
  }

  end(): void {
    this.timer?.cancel();
    this.signal?.removeEventListener('abort', this.begin);
  }
}

/** `done` counts the records that were handled, also where the handler fails. */
async function handle(
  records: readonly ConsumerRecord[],
  options: RunOptions,
  progress: { done: number },
): Promise<void> {
  if (options.eachBatch !== undefined) {
    await options.eachBatch(records);
    progress.done = records.length;
    return;
  }
  for (const record of records) {
    if (options.signal?.aborted) return;
    const pending = options.traceContext
      ? options.eachMessage(record, traceContextOf(record))
      : options.eachMessage(record);
    if (pending !== undefined) await pending;
    progress.done += 1;
  }
}

/** What was not handled is read again, and is not committed. */
function putBack(consumer: RunnableConsumer, rest: readonly ConsumerRecord[]): void {
  const assigned = new Set(consumer.assignment().map(({ topic, partition }) => `${topic} ${partition}`));
  for (const { topic, partition, offset, leaderEpoch } of rest.toReversed()) {
    if (assigned.has(`${topic} ${partition}`)) consumer.seek({ topic, partition, offset, leaderEpoch });
  }
}
