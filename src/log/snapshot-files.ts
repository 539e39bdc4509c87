/** The producer snapshots of a partition directory: writing one, finding the newest sound one, removing old ones. */
import { type Disk, joinPath, type Logger, MalformedBytesError, readWholeFile } from '../core/index.ts';
import { offsetFileName, offsetOfFileName } from './file-names.ts';
import { decodeSnapshot, encodeSnapshot } from './producer-snapshot.ts';
import type { ProducerEntry } from './producer-state.ts';

const FILE_BYTES_MAX = 512 * 1024 * 1024;

function snapshotOffsets(disk: Disk, directory: string): number[] {
  const offsets: number[] = [];
  for (const name of disk.list(directory)) {
    const offset = offsetOfFileName(name, 'snapshot');
    if (offset !== undefined) offsets.push(offset);
  }
  return offsets.sort((a, b) => a - b);
}

/**
 * Writes the snapshot at `offset`. Not synced: a torn one fails its checksum, and an older one, or the log, takes its
 * place.
 * @throws SystemError
 */
export function writeSnapshot(disk: Disk, directory: string, offset: number, entries: Iterable<ProducerEntry>): void {
  const path = joinPath(directory, offsetFileName(offset, 'snapshot'));
  const file = disk.open(path, { create: true });
  try {
    file.truncate(0);
    file.write(encodeSnapshot(entries), 0);
  } finally {
    file.close();
  }
}

/** Removes the snapshots that stand before no segment any more, but for the newest. `from`: all below go. */
export function pruneSnapshots(disk: Disk, directory: string, bases: ReadonlySet<number>, from = 0): void {
  for (const offset of snapshotOffsets(disk, directory).slice(0, -1)) {
    if (offset >= from && bases.has(offset)) continue;
    disk.remove(joinPath(directory, offsetFileName(offset, 'snapshot')));
  }
}

/** The newest sound snapshot at `upTo` or before; damaged ones are removed on the way. */
export function loadNewestSnapshot(
  disk: Disk,
  directory: string,
  upTo: number,
  now: number,
  logger: Logger,
): { offset: number; entries: ProducerEntry[] } | undefined {
  for (const offset of snapshotOffsets(disk, directory).reverse()) {
    if (offset > upTo) continue;
    const path = joinPath(directory, offsetFileName(offset, 'snapshot'));
    try {
      return { offset, entries: decodeSnapshot(readWholeFile(disk, path, FILE_BYTES_MAX), now) };
    } catch (error) {
      if (!(error instanceof MalformedBytesError)) throw error;
      logger.warn('a damaged producer snapshot was removed', { path, cause: error.message });
      disk.remove(path);
    }
  }
  return undefined;
}

/** Snapshots beyond the end of the log speak of batches that are gone. */
export function removeSnapshotsAbove(disk: Disk, directory: string, endOffset: number): void {
  for (const offset of snapshotOffsets(disk, directory)) {
    if (offset > endOffset) disk.remove(joinPath(directory, offsetFileName(offset, 'snapshot')));
  }
}

/** Makes the snapshot at `offset`, if there is one, durable; its name needs a sync of the directory as well. */
export async function syncSnapshot(disk: Disk, directory: string, offset: number): Promise<void> {
  const path = joinPath(directory, offsetFileName(offset, 'snapshot'));
  if (!disk.exists(path)) return;
  const file = disk.open(path);
  try {
    await file.sync();
  } finally {
    file.close();
  }
}

/** Makes the snapshot at `offset` durable; its name needs a sync of the directory as well. */
export function syncSnapshotNow(disk: Disk, directory: string, offset: number): void {
  const file = disk.open(joinPath(directory, offsetFileName(offset, 'snapshot')));
  try {
    file.syncNow();
  } finally {
    file.close();
  }
}
