/**
 * Files of the operating system. Reads and writes are synchronous system calls on the page cache; only `sync` leaves
 * the thread.
 */
import * as fs from 'node:fs';
import { assert, type Disk, type DiskFile, type DiskLock, SystemError } from '../core/index.ts';
import { lockDirectory } from './directory-lock.ts';
import { systemError } from './system-error.ts';

export const realDisk: Disk = {
  open(path, options): DiskFile {
    const flags = fs.constants.O_RDWR | (options?.create === true ? fs.constants.O_CREAT : 0);
    return new RealFile(
      path,
      attempt('open', path, () => fs.openSync(path, flags, 0o644)),
    );
  },
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
      const descriptor = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
      try {
        fs.fsyncSync(descriptor);
      } finally {
        fs.closeSync(descriptor);
      }
    });
  },
  lock: (directory): DiskLock => attempt('lock', directory, () => lockDirectory(directory)),
};

class RealFile implements DiskFile {
  readonly path: string;
  private readonly descriptor: number;
  private closed = false;
  private syncing = 0;

  constructor(path: string, descriptor: number) {
    this.path = path;
    this.descriptor = descriptor;
  }

  size(): number {
    this.mustBeOpen();
    return attempt('measure', this.path, () => fs.fstatSync(this.descriptor).size);
  }

  read(target: Uint8Array, position: number): number {
    this.mustBeOpen();
    assertPosition(position);
    let done = 0;
    try {
      while (done < target.length) {
        const count = fs.readSync(this.descriptor, target, done, target.length - done, position + done);
        if (count === 0) break;
        done += count;
      }
    } catch (error) {
      throw systemError(error, `cannot read ${this.path}`, this.path);
    }
    return done;
  }

  write(bytes: Uint8Array, position: number): void {
    this.mustBeOpen();
    assertPosition(position);
    let done = 0;
    try {
      // A short write is not an error: the next attempt goes on, or says why it cannot (ENOSPC).
      while (done < bytes.length) {
        done += fs.writeSync(this.descriptor, bytes, done, bytes.length - done, position + done);
      }
    } catch (error) {
      throw systemError(error, `cannot write ${this.path}`, this.path);
    }
  }

  truncate(size: number): void {
    this.mustBeOpen();
    attempt('truncate', this.path, () => fs.ftruncateSync(this.descriptor, size));
  }

  sync(): Promise<void> {
    this.mustBeOpen();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.syncing++;
    fs.fdatasync(this.descriptor, (error) => {
      this.syncing--;
      this.closeWhenIdle();
      if (error === null) resolve();
      else reject(systemError(error, `cannot sync ${this.path}`, this.path));
    });
    return promise;
  }

  syncNow(): void {
    this.mustBeOpen();
    attempt('sync', this.path, () => fs.fdatasyncSync(this.descriptor));
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.closeWhenIdle();
  }

  /** A descriptor that is closed under a running sync could be another file's by the time the thread uses it. */
  private closeWhenIdle(): void {
    if (this.closed && this.syncing === 0) attempt('close', this.path, () => fs.closeSync(this.descriptor));
  }

  private mustBeOpen(): void {
    if (this.closed) throw new SystemError('EBADF', `file is closed: ${this.path}`, this.path);
  }
}

/** Node takes a negative position for "where the last call ended". */
function assertPosition(position: number): void {
  assert(Number.isSafeInteger(position) && position >= 0, `not a position in a file: ${position}`);
}

function attempt<T>(action: string, path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof Error && error.name === 'DirectoryLockedError') throw error;
    throw systemError(error, `cannot ${action} ${path}`, path);
  }
}
