/**
 * The cleaner: finds the log with the largest part that waits for compaction, compacts it, and looks again. One log at a
 * time, a little in each turn. A log that it cannot compact is left alone until the next start, and served as it is.
 */
import type { Clock, Logger, Timers } from '../../core/index.ts';
import { type CompactionResult, isOutOfSpace } from '../../log/index.ts';
import type { BrokerConfiguration } from '../config/broker-configuration.ts';
import type { Partition } from '../partition/partition.ts';
import type { StoredOffsets } from './stored-offsets.ts';

export interface CleanerOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly configuration: BrokerConfiguration;
  readonly stored: StoredOffsets;
  readonly logs: () => Iterable<Partition>;
}

/** Read at a time at most, whatever `log.cleaner.io.buffer.size` says: more would keep requests waiting. */
const CHUNK_BYTES_MAX = 256 * 1024;
const CHUNK_BYTES_MIN = 1024;

export class Cleaner {
  private readonly options: CleanerOptions;
  private readonly uncleanable = new WeakSet<Partition>();
  private stopped = false;

  constructor(options: CleanerOptions) {
    this.options = options;
  }

  /** What is under way ends at its next pause, and counts for nothing. */
  stop(): void {
    this.stopped = true;
  }

  /** Compacts what is due, and ends when nothing is. */
  async run(): Promise<void> {
    for (let partition = this.filthiest(); partition !== undefined; partition = this.filthiest()) {
      if (!(await this.compact(partition))) return;
    }
  }

  private filthiest(): Partition | undefined {
    const { clock, configuration, stored, logs } = this.options;
    if (this.stopped || !configuration.values['log.cleaner.enable']) return undefined;
    const now = clock.now();
    let found: Partition | undefined;
    let dirtiest = -1;
    for (const partition of logs()) {
      const { log } = partition;
      if (!log.config.compacted || this.uncleanable.has(partition)) continue;
      const { due, dirtyRatio } = log.cleanable(now, stored.cleanedUpTo(partition.topic, partition.index));
      if (!due || dirtyRatio <= dirtiest) continue;
      found = partition;
      dirtiest = dirtyRatio;
    }
    return found;
  }

  /** False: there is no room for it now, or the broker stops. */
  private async compact(partition: Partition): Promise<boolean> {
    const { clock, configuration, stored, logger } = this.options;
    const { values } = configuration;
    const { topic, index, name, log } = partition;
    const began = clock.monotonic();
    let result: CompactionResult | undefined;
    try {
      result = await log.compact(clock.now(), {
        cleanedUpTo: stored.cleanedUpTo(topic, index),
        mapBytesMax: values['log.cleaner.dedupe.buffer.size'],
        chunkBytes: Math.min(Math.max(values['log.cleaner.io.buffer.size'], CHUNK_BYTES_MIN), CHUNK_BYTES_MAX),
        pause: this.pause,
        stopped: () => this.stopped || partition.failure !== undefined,
      });
    } catch (error) {
      if (log.failed !== undefined) {
        partition.failed(error);
        return true;
      }
      const why = error instanceof Error ? error.message : String(error);
      if (isOutOfSpace(error)) {
        logger.warn(`${name}: no space to compact it, it stays as it is for now: ${why}`, { error });
        return false;
      }
      this.uncleanable.add(partition);
      logger.error(`${name}: it cannot be compacted, and stays as it is until the broker restarts: ${why}`, { error });
      return true;
    }
    if (result === undefined) return !this.stopped;
    logger.info(`${name}: compacted ${result.bytesBefore} bytes to ${result.bytesAfter}`, {
      upTo: result.cleanedUpTo,
      keys: result.keys,
      tookMs: Math.round(clock.monotonic() - began),
    });
    try {
      stored.writeCleaned(topic, index, result.cleanedUpTo);
    } catch (error) {
      logger.warn(`${name}: how far it is compacted could not be written: ${String(error)}`, { error });
    }
    return true;
  }

  /** Until a later turn; longer where `log.cleaner.io.max.bytes.per.second` says so. */
  private readonly pause = (bytes: number): Promise<void> =>
    new Promise((resolve) => {
      const { timers, configuration } = this.options;
      const delayMs = (bytes / configuration.values['log.cleaner.io.max.bytes.per.second']) * 1000;
      if (delayMs >= 1) timers.after(delayMs, resolve);
      else timers.defer(resolve);
    });
}
