/**
 * Fetches that found less than `min_bytes` and wait for more, at most `max_wait_ms`. Nothing polls: a partition tells its
 * watchers when more can be read, the bytes appended since are counted, and only a fetch that may have enough reads again,
 * in a later turn, so that what several appends bring is read once.
 */
import type { Timer, Timers } from '../../core/index.ts';
import type { Partition, PartitionWatcher } from './partition.ts';

export interface WaitOptions {
  /** What it reads from. */
  readonly partitions: readonly Partition[];
  /** Of the reader: what it may see of a partition. */
  readonly isolationLevel: number;
  /** Bytes that are still missing to `min_bytes`. */
  readonly missingBytes: number;
  readonly maxWaitMs: number;
  /** Reads again. Returns true when the fetch is answered; with `final` it must be. */
  readonly attempt: (final: boolean) => boolean;
}

/** Answers given in one turn. */
const ANSWERS_PER_TURN = 8;

/** A partition as it was when the fetch last looked. */
interface Seen {
  /** Where the reader had to stop. */
  readonly limit: number;
  readonly appendedBytes: number;
  /** There was more behind the limit, not synced or in an open transaction: how much of it comes with the next move is unknown. */
  readonly hidden: boolean;
}

class WaitingFetch implements PartitionWatcher {
  private readonly owner: WaitingFetches;
  private readonly options: WaitOptions;
  private readonly seen = new Map<Partition, Seen>();
  private readonly timer: Timer;
  private arrivedBytes = 0;
  private ended = false;
  queued = false;

  constructor(owner: WaitingFetches, options: WaitOptions, timers: Timers) {
    this.owner = owner;
    this.options = options;
    for (const partition of options.partitions) {
      this.seen.set(partition, this.look(partition));
      partition.watch(this);
    }
    this.timer = timers.after(options.maxWaitMs, () => this.attempt(true));
  }

  partitionAdvanced(partition: Partition): void {
    if (this.ended || this.queued) return;
    const before = this.seen.get(partition)!;
    const now = this.look(partition);
    const failed = partition.failure !== undefined;
    if (now.limit === before.limit && !failed) return;
    this.seen.set(partition, now);
    this.arrivedBytes += now.appendedBytes - before.appendedBytes;
    if (this.arrivedBytes < this.options.missingBytes && !before.hidden && !failed) return;
    this.queued = true;
    this.owner.enqueue(this);
  }

  private look(partition: Partition): Seen {
    const limit = partition.readLimit(this.options.isolationLevel);
    return { limit, appendedBytes: partition.appendedBytes, hidden: limit < partition.log.endOffset };
  }

  attempt(final: boolean): void {
    this.queued = false;
    if (this.ended) return;
    if (this.options.attempt(final) || final) this.end();
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.timer.cancel();
    for (const partition of this.options.partitions) partition.unwatch(this);
    this.owner.forget(this);
  }
}

export class WaitingFetches {
  private readonly timers: Timers;
  private readonly waiting = new Set<WaitingFetch>();
  private queue: WaitingFetch[] = [];
  private scheduled = false;
  private turns = 0;

  constructor(timers: Timers) {
    this.timers = timers;
  }

  /** Grows with each call: where a reader of several partitions begins. */
  nextTurn(): number {
    this.turns = (this.turns + 1) >>> 0;
    return this.turns;
  }

  get size(): number {
    return this.waiting.size;
  }

  /** Returns what calls the waiting off, without an answer. */
  wait(options: WaitOptions): () => void {
    const fetch = new WaitingFetch(this, options, this.timers);
    this.waiting.add(fetch);
    return () => fetch.end();
  }

  /** The broker stops: everyone is answered with what there is. */
  answerAll(): void {
    for (const fetch of [...this.waiting]) fetch.attempt(true);
  }

  enqueue(fetch: WaitingFetch): void {
    this.queue.push(fetch);
    this.schedule();
  }

  forget(fetch: WaitingFetch): void {
    this.waiting.delete(fetch);
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.timers.defer(() => {
      this.scheduled = false;
      const now = this.queue.splice(0, ANSWERS_PER_TURN);
      if (this.queue.length > 0) this.schedule();
      for (const fetch of now) fetch.attempt(false);
    });
  }
}
