/**
 * The snapshots of the metadata log, beside its segments, under Kafka's names: `<end offset>-<epoch>.checkpoint`. The last
 * two are kept, and the log from the older one on: where the newest cannot be read the other takes its place.
 */
import type { SnapshotStore } from '../controller/index.ts';
import { type Disk, joinPath, type Logger, readWholeFile, type Timers } from '../core/index.ts';
import type { Partition } from './partition/partition.ts';

const KEPT = 2;
const FILE_BYTES_MAX = 1024 * 1024 * 1024;
const NAME = /^(\d{20})-(\d{10})\.checkpoint$/;

export interface MetadataSnapshotsOptions {
  readonly disk: Disk;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly partition: Partition;
}

export class MetadataSnapshots implements SnapshotStore {
  private readonly options: MetadataSnapshotsOptions;

  constructor(options: MetadataSnapshotsOptions) {
    this.options = options;
    const { disk } = options;
    // One that was not finished.
    for (const name of disk.list(this.directory)) if (name.endsWith('.part')) disk.remove(this.pathOf(name));
  }

  load(logEndOffset: number): { endOffset: number; bytes: Uint8Array } | undefined {
    const { disk } = this.options;
    const newest = this.names().findLast(({ endOffset }) => endOffset <= logEndOffset);
    if (newest === undefined) return undefined;
    return { endOffset: newest.endOffset, bytes: readWholeFile(disk, this.pathOf(newest.name), FILE_BYTES_MAX) };
  }

  save(endOffset: number, bytes: Uint8Array): void {
    const { disk, partition, logger } = this.options;
    const epoch = partition.log.latestLeaderEpoch;
    const name = `${String(endOffset).padStart(20, '0')}-${String(epoch).padStart(10, '0')}.checkpoint`;
    const part = this.pathOf(`${name}.part`);
    const file = disk.open(part, { create: true });
    try {
      file.truncate(0);
      file.write(bytes, 0);
      file.syncNow();
    } finally {
      file.close();
    }
    disk.rename(part, this.pathOf(name));
    disk.syncDirectory(this.directory);
    logger.info(`a snapshot of the metadata up to offset ${endOffset} was written`, { bytes: bytes.length });
    this.drop();
  }

  /** What the two newest snapshots stand for is dropped from the log, and older snapshots with it. */
  private drop(): void {
    const { disk, partition, timers } = this.options;
    const names = this.names();
    partition.log.beginSegment();
    if (names.length < KEPT) return;
    partition.log.advanceStartOffset(names.at(-KEPT)!.endOffset);
    for (const { name } of names.slice(0, -KEPT)) disk.remove(this.pathOf(name));
    const pause = () => new Promise<void>((resolve) => timers.defer(resolve));
    partition.log.dropRetired(pause).catch((error: unknown) => partition.failed(error));
  }

  private get directory(): string {
    return this.options.partition.log.directory;
  }
  private pathOf(name: string): string {
    return joinPath(this.directory, name);
  }
  /** Ascending. */
  private names(): { readonly name: string; readonly endOffset: number }[] {
    const found: { name: string; endOffset: number }[] = [];
    for (const name of this.options.disk.list(this.directory)) {
      const match = NAME.exec(name);
      if (match !== null) found.push({ name, endOffset: Number(match[1]) });
    }
    return found;
  }
}
