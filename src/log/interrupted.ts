/**
 * What a stop or a crash left half done in a partition's directory, before its segments are opened: files of segments
 * that are gone, a compaction that did not finish, and one whose result was on its way to replace what it was made from.
 */
import { type Disk, joinPath, type Logger } from '../core/index.ts';
import { damageOf, readBatchHeader } from '../records/index.ts';
import { type FileState, INDEX_SUFFIXES, offsetFileName, offsetOfFileName, SEGMENT_SUFFIXES } from './file-names.ts';

/** Read at a time in the search for the end of a compacted segment. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * @returns did it change anything?
 * @throws SystemError
 */
export function finishInterrupted(disk: Disk, directory: string, logger: Logger): boolean {
  let changed = false;
  const remove = (name: string) => {
    disk.remove(joinPath(directory, name));
    changed = true;
  };
  for (const name of disk.list(directory)) {
    if (name.endsWith('.deleted') || name.endsWith('.cleaned')) remove(name);
  }
  for (const base of basesOf(disk.list(directory), '.swap')) {
    completeSwap(disk, directory, base, logger);
    changed = true;
  }
  // Indexes without the log that they belong to: the compaction was not complete.
  for (const name of disk.list(directory)) if (name.endsWith('.swap')) remove(name);
  if (changed) disk.syncDirectory(directory);
  return changed;
}

function basesOf(names: readonly string[], state: FileState): number[] {
  const bases: number[] = [];
  for (const name of names) {
    if (!name.endsWith(`.log${state}`)) continue;
    const base = offsetOfFileName(name.slice(0, name.length - state.length), 'log');
    if (base !== undefined) bases.push(base);
  }
  return bases;
}

/** The compacted segment is whole and durable: what it was made from goes, and it takes their place. */
function completeSwap(disk: Disk, directory: string, base: number, logger: Logger): void {
  const swapped = joinPath(directory, `${offsetFileName(base, 'log')}.swap`);
  const end = endOf(disk, swapped, base);
  for (const other of basesOf(disk.list(directory), '').filter((at) => at >= base && at < Math.max(end, base + 1))) {
    for (const suffix of SEGMENT_SUFFIXES) disk.remove(joinPath(directory, offsetFileName(other, suffix)));
  }
  disk.syncDirectory(directory);
  for (const suffix of INDEX_SUFFIXES) {
    const path = joinPath(directory, offsetFileName(base, suffix));
    if (disk.exists(`${path}.swap`)) disk.rename(`${path}.swap`, path);
  }
  disk.rename(swapped, joinPath(directory, offsetFileName(base, 'log')));
  logger.info('a compaction that was interrupted has been completed', { directory, baseOffset: base });
}

/** One beyond the last offset of a compacted segment, by the headers of its batches. */
function endOf(disk: Disk, path: string, base: number): number {
  const file = disk.open(path);
  try {
    const size = file.size();
    let end = base;
    let bytes = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, size));
    for (let at = 0; at < size; ) {
      const count = file.read(bytes, at);
      const view = bytes.subarray(0, count);
      const needed = count < 12 ? 0 : view.readInt32BE(8) + 12;
      if (needed > count && needed <= size - at) {
        bytes = Buffer.allocUnsafeSlow(needed);
        continue;
      }
      if (damageOf(view) !== undefined) return end;
      const header = readBatchHeader(view);
      end = header.lastOffset + 1;
      at += header.length;
    }
    return end;
  } finally {
    file.close();
  }
}
