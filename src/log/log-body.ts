/**
 * What a log is while it is open: its parts, where it starts and ends, and whether it works. The rooms around it append,
 * read, delete and compact; what they share is here and nowhere else. Of its offsets and of its failure it is the owner:
 *
 *   startOffset <= highWatermark <= endOffset, and none of them ever moves down; once it has failed, it stays so.
 */
import { type Clock, type Disk, KafkaError, type Logger } from '../core/index.ts';
import { DamageReports } from './damage-reports.ts';
import type { LeaderEpochs } from './leader-epochs.ts';
import type { LogConfig } from './log-config.ts';
import type { ProducerStates } from './producer-state.ts';
import type { SegmentList } from './segment-list.ts';
import { storageError } from './storage-errors.ts';

export interface LogParts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly directory: string;
  readonly logger: Logger;
  readonly config: LogConfig;
  readonly producers: ProducerStates;
  readonly epochs: LeaderEpochs;
  readonly list: SegmentList;
  readonly startOffset: number;
  readonly endOffset: number;
  /** What lies below was taken on trust when the log was opened. */
  readonly uncheckedBelow: number;
}

export class LogBody {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly directory: string;
  readonly logger: Logger;
  readonly producers: ProducerStates;
  readonly epochs: LeaderEpochs;
  readonly list: SegmentList;
  /** Batches below were there before and nobody has looked at their checksums: reading them does. */
  readonly uncheckedBelow: number;
  /** Set while compaction works on some of the segments: none of them may go meanwhile. */
  compacting = false;
  private readonly damage: DamageReports;
  private settings: LogConfig;
  private start: number;
  private end: number;
  private watermark: number;
  private failed: KafkaError | undefined;

  constructor(parts: LogParts) {
    this.disk = parts.disk;
    this.clock = parts.clock;
    this.directory = parts.directory;
    this.logger = parts.logger;
    this.producers = parts.producers;
    this.epochs = parts.epochs;
    this.list = parts.list;
    this.uncheckedBelow = parts.uncheckedBelow;
    this.damage = new DamageReports(parts.directory, parts.logger);
    this.settings = parts.config;
    this.start = parts.startOffset;
    this.end = parts.endOffset;
    this.watermark = parts.startOffset;
  }

  /** The first offset that can be read. */
  get startOffset(): number {
    return this.start;
  }
  /** One beyond the last offset that was appended. */
  get endOffset(): number {
    return this.end;
  }
  get highWatermark(): number {
    return this.watermark;
  }
  /** Up to where read_committed consumers may read: no transaction that may still be open, or be undone, lies below. */
  get lastStableOffset(): number {
    const firstUnstable = this.producers.firstUnstableOffset;
    return firstUnstable === undefined ? this.watermark : Math.min(this.watermark, Math.max(this.start, firstUnstable));
  }
  get config(): LogConfig {
    return this.settings;
  }
  configure(config: Partial<LogConfig>): void {
    this.settings = { ...this.settings, ...config };
  }

  /** The active segment ends at `offset` now: a batch was written to it. */
  extendTo(offset: number): void {
    this.end = offset;
  }
  /** Never down, never beyond the end. Returns where it is. */
  advanceHighWatermark(offset: number): number {
    const next = Math.min(offset, this.end);
    if (next > this.watermark) {
      this.watermark = next;
      this.producers.onHighWatermark(next);
    }
    return this.watermark;
  }
  /** Never down; the caller has made sure that it is not beyond the high watermark. True: it has moved. */
  advanceStart(offset: number): boolean {
    if (offset <= this.start) return false;
    this.start = offset;
    this.epochs.truncateFromStart(offset);
    return true;
  }

  /** Why nothing works any more; undefined while it does. */
  get failure(): KafkaError | undefined {
    return this.failed;
  }
  ensureUsable(): void {
    if (this.failed !== undefined) throw this.failed;
  }
  /**
   * A read that meets a damaged batch is refused and reported; where the device refuses, the log has failed.
   * @throws KafkaError: that of `run`, or KAFKA_STORAGE_ERROR
   */
  attempt<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (!KafkaError.is(error)) this.fail(error);
      else if (error.code === 'CORRUPT_MESSAGE') this.damage.report(error);
      throw storageError(error);
    }
  }
  /** What the device did, or holds, is in doubt: nothing more is done with this log. The first cause stays. */
  fail(cause: unknown): void {
    if (this.failed !== undefined) return;
    this.failed = storageError(cause);
    this.logger.error('a partition log has failed: it takes no more requests', {
      directory: this.directory,
      cause: String(cause),
    });
  }
  /** It ends on purpose, and takes no more requests. `why`: for those who ask. */
  takeNoMore(why: string): void {
    this.failed ??= new KafkaError('KAFKA_STORAGE_ERROR', `${this.directory}: ${why}`);
  }
}
