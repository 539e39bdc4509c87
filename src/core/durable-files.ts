/** Small files and directories that must be there, whole, after a crash. */
import { parentPath } from './paths.ts';
import { type Disk, SystemError } from './ports.ts';

/**
 * Replaces a small file atomically and durably: after a crash there is either the old content or the new, never a
 * mixture. Blocks for the device: for start, stop and rare metadata only.
 * @throws SystemError
 */
export function replaceFile(disk: Disk, path: string, bytes: Uint8Array): void {
  const temporary = `${path}.tmp`;
  const file = disk.open(temporary, { create: true });
  try {
    file.truncate(0);
    file.write(bytes, 0);
    file.syncNow();
  } finally {
    file.close();
  }
  disk.rename(temporary, path);
  disk.syncDirectory(parentPath(path));
}

/** All of a small file. @throws SystemError `ENOENT`; `EFBIG` when it is longer than `maxBytes` */
export function readWholeFile(disk: Disk, path: string, maxBytes: number): Uint8Array {
  const file = disk.open(path);
  try {
    const size = file.size();
    if (size > maxBytes) throw new SystemError('EFBIG', `${path} has ${size} bytes, ${maxBytes} at most`, path);
    const bytes = new Uint8Array(size);
    return bytes.subarray(0, file.read(bytes, 0));
  } finally {
    file.close();
  }
}

/**
 * Makes a directory and its parents so that they survive a crash: whoever makes a name must sync the directory that
 * the name is in.
 */
export function makeDurableDirectory(disk: Disk, path: string): void {
  const missing: string[] = [];
  for (let at = path; !disk.exists(at); at = parentPath(at)) missing.push(at);
  disk.makeDirectory(path);
  for (const made of missing.reverse()) disk.syncDirectory(parentPath(made));
}
