/**
 * What the checkpoint files of the data directory say, and bringing them up to date from the logs. Entries of partitions
 * that are offline stay as they were read.
 */
import type { Disk, Logger } from '../../core/index.ts';
import type { PartitionLog } from '../../log/index.ts';
import { OffsetCheckpoint, type PartitionOffsets, partitionKey } from './offset-checkpoint.ts';

/** A log, and whose it is. */
export interface NamedLog {
  readonly topic: string;
  readonly index: number;
  readonly log: PartitionLog;
}

interface Kept {
  readonly file: OffsetCheckpoint;
  offsets: Map<string, number>;
}

export class StoredOffsets {
  private readonly recoveryPoints: Kept;
  private readonly startOffsets: Kept;
  private readonly highWatermarks: Kept;
  private readonly cleaned: Kept;
  /** Nobody knows any more what was compacted. */
  private readonly cleanedUnknown: boolean;

  /** @throws SystemError */
  constructor(disk: Disk, directory: string, logger: Logger) {
    const open = (name: OffsetCheckpoint['name']) => {
      const file = new OffsetCheckpoint(disk, directory, name, logger);
      const read = file.read();
      return { file, read, offsets: new Map(read ?? []) };
    };
    this.recoveryPoints = open('recovery-point-offset-checkpoint');
    this.startOffsets = open('log-start-offset-checkpoint');
    this.highWatermarks = open('replication-offset-checkpoint');
    const cleaned = open('cleaner-offset-checkpoint');
    this.cleaned = cleaned;
    this.cleanedUnknown = cleaned.read === undefined;
  }

  of(topic: string, index: number) {
    const key = partitionKey(topic, index);
    return {
      recoveryPoint: this.recoveryPoints.offsets.get(key),
      logStartOffset: this.startOffsets.offsets.get(key),
      cleanedUpTo: this.cleanedUnknown ? Number.POSITIVE_INFINITY : this.cleaned.offsets.get(key),
    };
  }
  cleanedUpTo(topic: string, index: number): number | undefined {
    return this.cleaned.offsets.get(partitionKey(topic, index));
  }

  /** Keeps only what is known of these partitions, by `partitionKey`: others are gone, and their names may come again. */
  keepOnly(known: (key: string) => boolean): void {
    for (const { offsets } of this.every()) {
      for (const key of [...offsets.keys()]) if (!known(key)) offsets.delete(key);
    }
  }
  forget(topic: string, partitions: number): void {
    for (const { offsets } of this.every()) {
      for (let index = 0; index < partitions; index++) offsets.delete(partitionKey(topic, index));
    }
  }
  private every(): readonly Kept[] {
    return [this.recoveryPoints, this.startOffsets, this.highWatermarks, this.cleaned];
  }

  /** Each is durable when it returns. @throws SystemError */
  writeRecoveryPoints(logs: Iterable<NamedLog>): void {
    write(this.recoveryPoints, logs, (log) => log.recoveryPoint);
  }
  writeStartOffsets(logs: Iterable<NamedLog>): void {
    write(this.startOffsets, logs, (log) => log.startOffset);
  }
  writeHighWatermarks(logs: Iterable<NamedLog>): void {
    write(this.highWatermarks, logs, (log) => log.highWatermark);
  }
  writeCleaned(topic: string, index: number, offset: number): void {
    this.cleaned.offsets.set(partitionKey(topic, index), offset);
    this.cleaned.file.write(this.cleaned.offsets);
  }
  /** After partitions are gone: so that a new one of the same name never meets the old one's offsets. */
  writeAll(logs: Iterable<NamedLog>): void {
    const all = [...logs];
    this.writeRecoveryPoints(all);
    this.writeStartOffsets(all);
    this.writeHighWatermarks(all);
    this.cleaned.file.write(this.cleaned.offsets);
  }
}

function write({ file, offsets }: Kept, logs: Iterable<NamedLog>, of: (log: PartitionLog) => number): void {
  for (const { topic, index, log } of logs) offsets.set(partitionKey(topic, index), of(log));
  file.write(offsets satisfies PartitionOffsets);
}
