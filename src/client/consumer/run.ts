/**
 * The loop that most programs write around poll(): hands records to a handler one by one, or batch by batch, in order, and
 * keeps the positions in step with what was handled. A handler that fails ends the loop, and its record is read again.
 */
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
}

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
  commit(): Promise<void>;
  assignment(): TopicPartition[];
}

/** @throws what the handler throws, after the positions were put back to what it has not done; what poll() throws */
export async function runLoop(consumer: RunnableConsumer, options: RunOptions): Promise<void> {
  const { signal, commit = 'automatic' } = options;
  while (signal?.aborted !== true) {
    let records: ConsumerRecord[];
    try {
      records = await consumer.poll(signal === undefined ? {} : { signal });
    } catch (error) {
      if (signal?.aborted && error === signal.reason) return;
      throw error;
    }
    if (records.length === 0) continue;
    if (commit === 'before') await consumer.commit();
    const progress = { done: 0 };
    try {
      await handle(records, options, progress);
    } finally {
      // What was committed before is never handed out again, done or not.
      if (progress.done < records.length && commit !== 'before') putBack(consumer, records.slice(progress.done));
    }
    if (commit === 'after' && progress.done > 0) await consumer.commit();
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
