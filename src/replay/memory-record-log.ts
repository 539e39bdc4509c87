/** A record log in memory, for tests and for state machines that need not survive: commits at once, or when told to. */
import { KafkaError } from '../core/index.ts';
import { readBatchHeader, setBaseOffset } from '../records/index.ts';
import type { RecordLog, RecordLogAppend } from './record-log.ts';

interface Waiter {
  readonly offset: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class MemoryRecordLog implements RecordLog {
  readonly startOffset = 0;
  /** Offset after the last committed record. */
  committedOffset = 0;
  private readonly batches: { readonly baseOffset: number; readonly bytes: Uint8Array }[] = [];
  private end = 0;
  private holding = false;
  private refusedWith: Error | undefined;
  private waiters: Waiter[] = [];

  get endOffset(): number {
    return this.end;
  }

  append(batch: Uint8Array): RecordLogAppend {
    if (this.refusedWith !== undefined) throw this.refusedWith;
    const baseOffset = this.end;
    setBaseOffset(batch, 0, baseOffset);
    const bytes = Uint8Array.from(batch);
    const lastOffset = readBatchHeader(bytes).lastOffset;
    this.batches.push({ baseOffset, bytes });
    this.end = lastOffset + 1;
    if (!this.holding) this.committedOffset = this.end;
    return { baseOffset, lastOffset, committed: this.committed() };
  }

  *readAll(from: number): Iterable<Uint8Array> {
    for (const { baseOffset, bytes } of this.batches) if (baseOffset >= from) yield bytes;
  }

  committed(): Promise<void> {
    if (this.committedOffset >= this.end) return Promise.resolve();
    return new Promise((resolve, reject) => this.waiters.push({ offset: this.end, resolve, reject }));
  }

  /** Appends from now on stay uncommitted until `commit`. */
  holdCommits(): void {
    this.holding = true;
  }

  /** Commits everything, or what is below `upTo`. */
  commit(upTo: number = this.end): void {
    this.committedOffset = Math.max(this.committedOffset, upTo);
    const settled = this.waiters.filter((waiter) => waiter.offset <= this.committedOffset);
    this.waiters = this.waiters.filter((waiter) => waiter.offset > this.committedOffset);
    for (const waiter of settled) waiter.resolve();
  }

  /** Commits everything, and what is appended from now on at once. */
  releaseCommits(): void {
    this.holding = false;
    this.commit();
  }

  /** Everything that is not committed is lost, and its appenders are told. */
  loseUncommitted(error: Error = new KafkaError('KAFKA_STORAGE_ERROR')): void {
    while (this.batches.length > 0 && this.batches.at(-1)!.baseOffset >= this.committedOffset) this.batches.pop();
    this.end = this.committedOffset;
    const lost = this.waiters;
    this.waiters = [];
    for (const waiter of lost) waiter.reject(error);
  }

  /** Appends throw `error` from now on; undefined: they succeed again. */
  refuseWith(error: Error | undefined): void {
    this.refusedWith = error;
  }

  /** A log that holds what is in this one below `upTo` (a batch boundary, or the batch it falls in is left out). */
  copy(upTo: number = this.end): MemoryRecordLog {
    const copy = new MemoryRecordLog();
    for (const { bytes } of this.batches) {
      const { lastOffset } = readBatchHeader(bytes);
      if (lastOffset < upTo) copy.append(Uint8Array.from(bytes));
    }
    return copy;
  }
}
