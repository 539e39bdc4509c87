/**
 * Files of the operating system. Reads and writes are synchronous system calls on the page cache; only `sync` leaves
 * the thread.
 */
import * as fs from 'node:fs';
import { resolve } from 'node:path';
import type { Disk, DiskLock } from '../core/index.ts';
import { lockDirectory } from './directory-lock.ts';
import { attempt, RealFile } from './file.ts';
import { OpenFiles, openFilesAllowed } from './open-files.ts';

/** `openFilesMax`: descriptors that its files hold at most, but for those that are being synced. */
export function makeDisk(openFilesMax: number): Disk {
  const files = new OpenFiles(openFilesMax);
  return {
    open: (path, options) => new RealFile(path, options?.create === true, files),
    exists: (path) => fs.existsSync(path),
    list: (directory) => attempt('list', directory, () => fs.readdirSync(directory).sort()),
    makeDirectory(path): void {
      attempt('make directory', path, () => fs.mkdirSync(path, { recursive: true }));
    },
    remove(path): void {
      attempt('remove', path, () => fs.rmSync(path, { recursive: true, force: true }));
    },
    rename(from, to): void {
      attempt('rename', from, () => fs.renameSync(from, to));
    },
    syncDirectory(path): void {
      // Windows cannot open a directory for this, and keeps names safe by itself.
      if (process.platform === 'win32') return;
      attempt('sync directory', path, () => {
        const descriptor = files.borrow(() => fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY));
        try {
          fs.fsyncSync(descriptor);
        } finally {
          fs.closeSync(descriptor);
        }
      });
    },
    volumeOf: (directory) =>
      attempt('stat volume', directory, () => {
        const { bsize, blocks, bavail } = fs.statfsSync(directory);
        return { absolutePath: resolve(directory), totalBytes: bsize * blocks, usableBytes: bsize * bavail };
      }),
    lock: (directory): DiskLock => attempt('lock', directory, () => lockDirectory(directory)),
  };
}

export const realDisk: Disk = makeDisk(openFilesAllowed());
