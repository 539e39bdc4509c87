/**
 * The runtime of a state machine kept in a log. A handler decides, its records are appended, and `replay` applies them,
 * all in one synchronous turn; the response is parked until the records are committed. Reads are parked until all that
 * they may have seen is committed. When a commit fails the state has seen what the log never will hold, so the state
 * machine is unloaded: every parked and every later call is refused, and the owner may load another from the log.
 * Touches the log, the clock and the timers it was given; nothing else.
 */
import { type Clock, KafkaError, type Logger, silentLogger, type Timer, type Timers } from '../core/index.ts';
import {
  type Batch,
  batchesOf,
  type Compression,
  decodeRecords,
  encodeBatch,
  type KafkaRecord,
  parseControlRecord,
} from '../records/index.ts';
import type { RecordLog } from './record-log.ts';
import type { BatchOrigin, DecidedRecord, Decision, MarkerKind, StateMachine } from './state-machine.ts';

export interface ReplayedOptions<S extends StateMachine> {
  /** Named in messages, for example `__consumer_offsets-3`. */
  readonly name: string;
  readonly log: RecordLog;
  /** A fresh state machine: `load` replays the whole log into it, or what follows `startAt`. */
  readonly state: S;
  /** The state has everything below this offset, from a snapshot. Default: the start of the log. */
  readonly startAt?: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger?: Logger;
  /** Largest batch that the log takes, in bytes. Default 1,048,588 (`message.max.bytes`). */
  readonly maxBatchBytes?: number;
  /** How many bytes of the log are replayed in one turn while loading. Default 256 KiB. */
  readonly loadSliceBytes?: number;
  /** Of the batches that are appended. Default: none. */
  readonly compression?: Compression;
  /** Called once when the state machine is unloaded because of `error`, not when the owner asked for it. */
  readonly onFailure?: (error: Error) => void;
}

/** loading -> active -> unloaded, or loading -> unloaded. */
type Phase = 'loading' | 'active' | 'unloaded';

/** Wait before a timer whose write was refused fires again, milliseconds. */
const TIMER_RETRY_MS = 500;
/** A batch header, and room for the lengths and deltas of one record. */
const BATCH_OVERHEAD_BYTES = 61;
const RECORD_OVERHEAD_BYTES = 32;

const NO_ORIGIN: BatchOrigin = { producerId: -1, producerEpoch: -1, isTransactional: false };
const NO_HEADERS: KafkaRecord['headers'] = [];

export class Replayed<S extends StateMachine> {
  readonly name: string;
  private readonly log: RecordLog;
  private readonly state: S;
  private readonly startAt: number | undefined;
  private readonly clock: Clock;
  private readonly timers: Timers;
  private readonly logger: Logger;
  private readonly maxBatchBytes: number;
  private readonly loadSliceBytes: number;
  private readonly compression: Compression;
  private readonly onFailure: ((error: Error) => void) | undefined;
  private readonly scheduled = new Map<string, Timer>();
  private phase: Phase = 'loading';
  private loadStarted = false;
  /** The commit of the last append that is not committed yet; undefined when all are. */
  private tail: Promise<void> | undefined;

  constructor(options: ReplayedOptions<S>) {
    this.name = options.name;
    this.log = options.log;
    this.state = options.state;
    this.startAt = options.startAt;
    this.clock = options.clock;
    this.timers = options.timers;
    this.logger = options.logger ?? silentLogger;
    this.maxBatchBytes = options.maxBatchBytes ?? 1_048_588;
    this.loadSliceBytes = options.loadSliceBytes ?? 256 * 1024;
    this.compression = options.compression ?? 'none';
    this.onFailure = options.onFailure;
  }

  /** Makes one and loads it. @throws what `load` throws */
  static async load<S extends StateMachine>(options: ReplayedOptions<S>): Promise<Replayed<S>> {
    const replayed = new Replayed(options);
    await replayed.load();
    return replayed;
  }

  /** Calls are answered. */
  get active(): boolean {
    return this.phase === 'active';
  }

  /**
   * Replays the log from its start, at most `loadSliceBytes` a turn; a log shorter than that is loaded when the call
   * returns. Calls are refused with COORDINATOR_LOAD_IN_PROGRESS until then. `onLoaded` runs in the turn in which it is
   * over, before any call can come in.
   * @throws KafkaError NOT_COORDINATOR when unloaded meanwhile; what reading or replaying the log threw
   */
  load(onLoaded?: () => void): Promise<void> {
    if (this.loadStarted) return Promise.reject(new Error(`${this.name}: load was called twice`));
    this.loadStarted = true;
    return new Promise((resolve, reject) => {
      let position = this.startAt ?? this.log.startOffset;
      const slice = () => {
        if (this.phase === 'unloaded') return reject(this.refusal());
        try {
          position = this.replaySlice(position);
        } catch (error) {
          this.fail(asError(error));
          return reject(error);
        }
        if (position < this.log.endOffset) return this.timers.defer(slice);
        this.phase = 'active';
        this.park(this.log.committed());
        try {
          onLoaded?.();
        } catch (error) {
          this.fail(asError(error));
          return reject(error);
        }
        resolve();
      };
      slice();
    });
  }

  /**
   * Decides, appends, replays in this turn; resolves with the decision's response once it is committed.
   * @throws (rejects with) KafkaError COORDINATOR_LOAD_IN_PROGRESS while loading; NOT_COORDINATOR when unloaded or when
   * the commit fails; RECORD_LIST_TOO_LARGE when the records do not fit a batch; what `decide` or the log's append threw
   */
  write<T>(decide: (state: S) => Decision<T>): Promise<T> {
    const refusal = this.refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    let decision: Decision<T>;
    try {
      decision = decide(this.state);
      this.apply(decision);
      decision.afterAppend?.();
    } catch (error) {
      return Promise.reject(error);
    }
    return this.answer(decision.response, decision.afterCommit);
  }

  /** Answers once everything that `ask` may have seen is committed. Errors as for `write`. */
  read<T>(ask: (state: S) => T): Promise<T> {
    const refusal = this.refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    let response: T;
    try {
      response = ask(this.state);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.answer(response, undefined);
  }

  /** Looks at the state as it is now, also at what is not committed yet. For decisions of the owner, not for answers. */
  peek<T>(ask: (state: S) => T): T {
    return ask(this.state);
  }

  /**
   * Applies a transaction marker that its owner has just appended to the log, in the same turn. Resolves when it is
   * committed. While loading it does nothing: the load reads the marker from the log. Errors as for `write`.
   */
  marker(producerId: number, producerEpoch: number, kind: MarkerKind): Promise<void> {
    if (this.phase === 'loading') return this.log.committed();
    const refusal = this.refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    try {
      this.state.replayMarker?.(producerId, producerEpoch, kind);
    } catch (error) {
      this.fail(asError(error));
      return Promise.reject(this.refusal());
    }
    this.park(this.log.committed());
    return this.answer(undefined, undefined);
  }

  /**
   * Once `delayMs` have passed, writes what `decide` returns; undefined means that there is nothing to do. A timer with
   * the same key is replaced. When the write is refused, it is decided again half a second later.
   */
  schedule(key: string, delayMs: number, decide: (state: S) => Decision<unknown> | undefined): void {
    this.cancel(key);
    if (this.phase === 'unloaded') return;
    const timer = this.timers.after(delayMs, () => {
      if (this.scheduled.get(key) !== timer) return;
      this.scheduled.delete(key);
      this.fire(key, decide);
    });
    this.scheduled.set(key, timer);
  }

  /** Calls off the timer with this key, if there is one. */
  cancel(key: string): void {
    const timer = this.scheduled.get(key);
    if (timer === undefined) return;
    this.scheduled.delete(key);
    timer.cancel();
  }

  /** Refuses every parked and every later call with NOT_COORDINATOR, and calls off every timer. */
  unload(): void {
    if (this.phase === 'unloaded') return;
    this.phase = 'unloaded';
    for (const timer of this.scheduled.values()) timer.cancel();
    this.scheduled.clear();
  }

  private refusal(): KafkaError | undefined {
    if (this.phase === 'active') return undefined;
    if (this.phase === 'loading') return new KafkaError('COORDINATOR_LOAD_IN_PROGRESS', `${this.name} is loading`);
    return new KafkaError('NOT_COORDINATOR', `${this.name} is not loaded here`);
  }

  private fail(error: Error): void {
    if (this.phase === 'unloaded') return;
    this.logger.error(`${this.name}: unloaded, its state can no longer be trusted: ${error.message}`, { error });
    this.unload();
    this.onFailure?.(error);
  }

  private fire(key: string, decide: (state: S) => Decision<unknown> | undefined): void {
    if (this.phase === 'loading') {
      this.schedule(key, TIMER_RETRY_MS, decide);
      return;
    }
    const done = this.write((state) => decide(state) ?? { records: [], response: undefined });
    done.catch((error: unknown) => {
      if (this.phase === 'unloaded') return;
      this.logger.warn(`${this.name}: the timer ${key} could not write, and fires again: ${asError(error).message}`);
      if (!this.scheduled.has(key)) this.schedule(key, TIMER_RETRY_MS, decide);
    });
  }

  private apply(decision: Decision<unknown>): void {
    if (decision.records.length === 0) return;
    for (const records of this.batched(decision)) this.appendAndReplay(records, decision);
  }

  /** Cuts the records into batches that the log will take. */
  private batched(decision: Decision<unknown>): (readonly DecidedRecord[])[] {
    const batches: DecidedRecord[][] = [];
    let current: DecidedRecord[] = [];
    let bytes = BATCH_OVERHEAD_BYTES;
    for (const record of decision.records) {
      const size = (record.key?.length ?? 0) + (record.value?.length ?? 0) + RECORD_OVERHEAD_BYTES;
      if (bytes + size > this.maxBatchBytes && current.length > 0 && decision.atomic === false) {
        batches.push(current);
        current = [];
        bytes = BATCH_OVERHEAD_BYTES;
      }
      if (bytes + size > this.maxBatchBytes) {
        throw new KafkaError(
          'RECORD_LIST_TOO_LARGE',
          `${this.name}: ${decision.records.length} records do not fit a batch of ${this.maxBatchBytes} bytes`,
        );
      }
      bytes += size;
      current.push(record);
    }
    batches.push(current);
    return batches;
  }

  private appendAndReplay(records: readonly DecidedRecord[], decision: Decision<unknown>): void {
    const now = this.clock.now();
    const transactional = decision.transactional;
    const batch = encodeBatch({
      records: records.map(({ key, value, timestamp }) => ({ key, value, timestamp: timestamp ?? now })),
      producerId: transactional?.producerId ?? -1,
      producerEpoch: transactional?.producerEpoch ?? -1,
      baseSequence: -1,
      compression: this.compression,
      transactional: transactional !== undefined,
    });
    const verification = transactional?.verification;
    let appended: ReturnType<RecordLog['append']>;
    try {
      appended = this.log.append(batch, verification === undefined ? undefined : { verification });
    } catch (error) {
      if (KafkaError.is(error)) throw error;
      this.fail(asError(error));
      throw this.refusal();
    }
    this.park(appended.committed);
    const origin: BatchOrigin =
      transactional === undefined
        ? NO_ORIGIN
        : { producerId: transactional.producerId, producerEpoch: transactional.producerEpoch, isTransactional: true };
    let offset = appended.baseOffset;
    try {
      for (const { key, value, timestamp } of records) {
        this.state.replay({ offset, timestamp: timestamp ?? now, key, value, headers: NO_HEADERS }, origin);
        offset += 1;
      }
    } catch (error) {
      this.fail(asError(error));
      throw this.refusal();
    }
  }

  /** From now on answers wait for `committed`. */
  private park(committed: Promise<void>): void {
    const tail = committed.then(
      () => {
        if (this.tail === tail) this.tail = undefined;
      },
      (error: unknown) => {
        if (this.tail === tail) this.tail = undefined;
        this.fail(asError(error));
      },
    );
    this.tail = tail;
  }

  private answer<T>(response: T, afterCommit: (() => void) | undefined): Promise<T> {
    const finish = (): T => {
      const refusal = this.refusal();
      if (refusal !== undefined) throw refusal;
      afterCommit?.();
      return response;
    };
    return (this.tail ?? Promise.resolve()).then(finish);
  }

  /** Replays up to a slice of the log; returns the offset after the last replayed batch. */
  private replaySlice(from: number): number {
    let position = from;
    let bytes = 0;
    for (const chunk of this.log.readAll(from)) {
      for (const batch of batchesOf(chunk)) {
        this.replayBatch(batch);
        position = batch.header.lastOffset + 1;
        bytes += batch.bytes.length;
      }
      if (bytes >= this.loadSliceBytes) return position;
    }
    return Math.max(position, this.log.endOffset);
  }

  private replayBatch({ header, bytes }: Batch): void {
    if (header.isControl) {
      for (const record of decodeRecords(bytes)) {
        const { kind } = parseControlRecord(record);
        if (kind === 'unknown') continue;
        this.state.replayMarker?.(header.producerId, header.producerEpoch, kind);
      }
    } else {
      const origin: BatchOrigin = header.isTransactional
        ? { producerId: header.producerId, producerEpoch: header.producerEpoch, isTransactional: true }
        : NO_ORIGIN;
      for (const record of decodeRecords(bytes)) this.state.replay(record, origin);
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
