/**
 * The upkeep of the broker's logs: what is stored about all of them in the data directory, retention, producers that are
 * forgotten, and whether the last stop was a clean one. It works beside the requests, a little in each turn.
 */
import type { MetadataDelta, MetadataImage } from '../../controller/index.ts';
import type { Clock, Disk, Logger, Random, Timers } from '../../core/index.ts';
import type { OpenLogOptions } from '../../log/index.ts';
import type { BrokerConfiguration } from '../config/broker-configuration.ts';
import type { Partition } from '../partition/partition.ts';
import { takeCleanShutdown, writeCleanShutdown } from './clean-shutdown.ts';
import { Cleaner } from './cleaner.ts';
import { partitionKey } from './offset-checkpoint.ts';
import { Repeated } from './repeated.ts';
import { StoredOffsets } from './stored-offsets.ts';

export interface LogManagerOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly configuration: BrokerConfiguration;
  /** The data directory. */
  readonly directory: string;
}

type StoredOptions = Pick<
  OpenLogOptions,
  'recoveryPoint' | 'logStartOffset' | 'cleanedUpTo' | 'cleanShutdown' | 'random'
>;

/** Segments that are closed within this time share one checkpoint. */
const SEALED_MS = 1000;

export class LogManager {
  readonly stored: StoredOffsets;
  /** Nothing needs to be scanned. */
  readonly cleanShutdown: boolean;
  private readonly options: LogManagerOptions;
  private readonly work: Repeated[];
  private readonly deletions: Repeated;
  private readonly recoveryPoints: Repeated;
  /** The recovery points are to be written down shortly. */
  private sealed = false;
  private readonly cleaner: Cleaner;
  private partitions: () => Iterable<Partition> = () => [];

  /** Takes the mark of the clean stop away: from now on a crash is one. @throws SystemError */
  constructor(options: LogManagerOptions) {
    this.options = options;
    const { disk, directory, logger, timers, configuration } = options;
    this.stored = new StoredOffsets(disk, directory, logger);
    this.cleanShutdown = takeCleanShutdown(disk, directory);
    const { values } = configuration;
    const repeated = (intervalMs: () => number, work: () => Promise<void>) => new Repeated(timers, intervalMs, work);
    this.deletions = repeated(
      () => 60_000,
      () => this.removeDeletedFiles(),
    );
    this.recoveryPoints = repeated(
      () => values['log.flush.offset.checkpoint.interval.ms'],
      () => {
        this.sealed = false;
        return this.checkpoint((logs) => this.stored.writeRecoveryPoints(logs));
      },
    );
    this.cleaner = new Cleaner({ ...options, stored: this.stored, logs: () => this.logs() });
    this.work = [
      this.deletions,
      repeated(
        () => values['log.cleaner.backoff.ms'],
        () => this.cleaner.run(),
      ),
      repeated(
        () => values['log.flush.scheduler.interval.ms'],
        () => this.flushOld(),
      ),
      repeated(
        () => values['log.retention.check.interval.ms'],
        () => this.enforceRetention(),
      ),
      this.recoveryPoints,
      repeated(
        () => values['log.flush.start.offset.checkpoint.interval.ms'],
        () => this.checkpoint((logs) => this.stored.writeStartOffsets(logs)),
      ),
      repeated(
        () => values['replica.high.watermark.checkpoint.interval.ms'],
        () => this.checkpoint((logs) => this.stored.writeHighWatermarks(logs)),
      ),
      repeated(
        () => values['producer.id.expiration.check.interval.ms'],
        () => this.forgetSilentProducers(),
      ),
    ];
  }

  /** What a log that was here before is opened with. */
  optionsFor(topic: string, index: number): StoredOptions {
    return { ...this.stored.of(topic, index), ...this.optionsForNew(), cleanShutdown: this.cleanShutdown };
  }
  optionsForNew(): StoredOptions {
    return { random: this.options.random };
  }

  /** `others`: logs that are no topic's of the image. */
  start(partitions: () => Iterable<Partition>, image: MetadataImage, others: readonly Partition[]): void {
    this.partitions = function* () {
      yield* others;
      yield* partitions();
    };
    const extra = new Set(others.map(({ topic, index }) => partitionKey(topic, index)));
    this.stored.keepOnly((key) => {
      const [topic, index] = key.split(' ');
      return extra.has(key) || image.topic(topic!)?.partitions[Number(index)] !== undefined;
    });
    const delayMs = this.options.configuration.values['log.initial.task.delay.ms'];
    for (const work of this.work) work.start(delayMs);
    // What was scanned at this start need not be at the next, however soon that is.
    if (!this.cleanShutdown) this.recoveryPoints.start(0);
  }

  /** A segment need not be scanned any more: that is written down shortly, so that a crash until then costs little. */
  segmentSealed(): void {
    if (this.sealed) return;
    this.sealed = true;
    this.recoveryPoints.start(SEALED_MS);
  }

  /** Topics are gone: their offsets must not be met by new ones of their names. */
  topicsChanged(delta: MetadataDelta): void {
    if (delta.topicsDeleted.length === 0) return;
    for (const { name, partitions } of delta.topicsDeleted) this.stored.forget(name, partitions.length);
    this.attempt('the checkpoints', () => this.stored.writeAll(this.logs()));
  }

  /** Records were deleted: what is left of each log is durable when it returns, and files go later. @throws SystemError */
  startOffsetsMoved(): void {
    this.stored.writeStartOffsets(this.logs());
    for (const partition of this.logs()) if (partition.log.hasRetired) void this.dropFiles(partition);
  }

  /** Ends the upkeep; resolves when what is under way has ended. The logs are still open. */
  async stop(): Promise<void> {
    this.cleaner.stop();
    await Promise.all(this.work.map((work) => work.stop()));
  }

  /** These logs are closed. Where all were closed well, and `whole` says that these are all, that is noted. */
  finish(logs: readonly Partition[], whole: boolean, brokerEpoch: number): void {
    const { disk, directory } = this.options;
    this.attempt('the checkpoints', () => {
      const sound = logs.filter((partition) => partition.closedCleanly);
      this.stored.writeAll(sound);
      if (whole && sound.length === logs.length) writeCleanShutdown(disk, directory, brokerEpoch);
    });
  }

  private *logs(): Generator<Partition> {
    for (const partition of this.partitions()) if (partition.failure === undefined) yield partition;
  }

  private async enforceRetention(): Promise<void> {
    for (const partition of [...this.logs()]) {
      if (partition.failure !== undefined) continue;
      try {
        const gone = partition.log.enforceRetention(this.options.clock.now());
        if (gone > 0) {
          this.options.logger.info(`${partition.name}: ${gone} segments are too old or too many`, {
            startOffset: partition.log.startOffset,
          });
        }
      } catch (error) {
        partition.failed(error);
      }
      await this.dropFiles(partition);
      await this.pause();
    }
  }

  private async flushOld(): Promise<void> {
    for (const partition of [...this.logs()]) {
      partition.flushOld();
      await this.pause();
    }
  }

  private async dropFiles(partition: Partition): Promise<void> {
    try {
      await partition.log.dropRetired(this.pause);
      if (partition.log.hasDeletedFiles) this.deletions.start(partition.log.config.fileDeleteDelayMs);
    } catch (error) {
      partition.failed(error);
    }
  }

  private async removeDeletedFiles(): Promise<void> {
    for (const partition of [...this.logs()]) {
      try {
        while (partition.failure === undefined && partition.log.removeDeletedFiles()) await this.pause();
      } catch (error) {
        partition.failed(error);
      }
    }
  }

  private async checkpoint(write: (logs: Iterable<Partition>) => void): Promise<void> {
    this.attempt('a checkpoint', () => write(this.logs()));
  }

  private async forgetSilentProducers(): Promise<void> {
    for (const partition of [...this.logs()]) {
      if (partition.failure !== undefined) continue;
      partition.log.removeExpiredProducers(this.options.clock.now());
      await this.pause();
    }
  }

  /** Checkpoints save work: where one cannot be written, the next start works more. */
  private attempt(what: string, write: () => void): void {
    try {
      write();
    } catch (error) {
      this.options.logger.warn(`${what} could not be written: ${String(error)}`, { error });
    }
  }

  /** Until a later turn. */
  private readonly pause = (): Promise<void> => new Promise((resolve) => this.options.timers.defer(resolve));
}
