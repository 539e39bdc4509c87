/**
 * One file of the operating system. It holds a descriptor while it is in use, may have to give it back in between (see
 * open-files.ts), and then makes sure that what it opens again is the same file.
 */
import * as fs from 'node:fs';
import { assert, type DiskFile, SystemError } from '../core/index.ts';
import type { Held, OpenFiles } from './open-files.ts';
import { systemError } from './system-error.ts';

const NONE = -1;

export class RealFile implements DiskFile, Held {
  readonly path: string;
  recentlyUsed = true;
  dirty = false;
  private readonly files: OpenFiles;
  private readonly inode: number;
  private descriptor: number;
  private closed = false;
  /** Syncs that run or wait for their turn. */
  private syncs = 0;
  /** Syncs that run. */
  private running = 0;
  /** What happened when the descriptor was given back: the next sync has failed. */
  private failure: SystemError | undefined;

  /** @throws SystemError */
  constructor(path: string, create: boolean, files: OpenFiles) {
    this.path = path;
    this.files = files;
    const flags = fs.constants.O_RDWR | (create ? fs.constants.O_CREAT : 0);
    this.descriptor = attempt('open', path, () => files.open(this, () => fs.openSync(path, flags, 0o644)));
    this.inode = attempt('measure', path, () => fs.fstatSync(this.descriptor).ino);
  }

  get busy(): boolean {
    return this.running > 0;
  }

  size(): number {
    const descriptor = this.use();
    return attempt('measure', this.path, () => fs.fstatSync(descriptor).size);
  }

  read(target: Uint8Array, position: number): number {
    const descriptor = this.use();
    assertPosition(position);
    let done = 0;
    try {
      while (done < target.length) {
        const count = fs.readSync(descriptor, target, done, target.length - done, position + done);
        if (count === 0) break;
        done += count;
      }
    } catch (error) {
      throw systemError(error, `cannot read ${this.path}`, this.path);
    }
    return done;
  }

  write(bytes: Uint8Array, position: number): void {
    const descriptor = this.use();
    assertPosition(position);
    this.dirty = true;
    let done = 0;
    try {
      // A short write is not an error: the next attempt goes on, or says why it cannot (ENOSPC).
      while (done < bytes.length) {
        done += fs.writeSync(descriptor, bytes, done, bytes.length - done, position + done);
      }
    } catch (error) {
      throw systemError(error, `cannot write ${this.path}`, this.path);
    }
  }

  truncate(size: number): void {
    const descriptor = this.use();
    this.dirty = true;
    attempt('truncate', this.path, () => fs.ftruncateSync(descriptor, size));
  }

  sync(): Promise<void> {
    this.mustBeOpen();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.syncs++;
    const ended = (error: SystemError | undefined) => {
      this.syncs--;
      this.files.synced();
      this.closeWhenIdle();
      if (error === undefined) resolve();
      else reject(error);
    };
    this.files.sync(() => {
      let descriptor: number;
      try {
        descriptor = this.open();
        if (this.failure !== undefined) throw this.failure;
      } catch (error) {
        ended(systemError(error, `cannot sync ${this.path}`, this.path));
        return;
      }
      this.running++;
      this.dirty = false;
      fs.fdatasync(descriptor, (error) => {
        this.running--;
        ended(error === null ? undefined : systemError(error, `cannot sync ${this.path}`, this.path));
      });
    });
    return promise;
  }

  syncNow(): void {
    const descriptor = this.use();
    if (this.failure !== undefined) throw this.failure;
    this.dirty = false;
    attempt('sync', this.path, () => fs.fdatasyncSync(descriptor));
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.closeWhenIdle();
  }

  giveBack(): void {
    const { descriptor } = this;
    this.descriptor = NONE;
    try {
      if (this.dirty) {
        this.dirty = false;
        fs.fdatasyncSync(descriptor);
      }
      fs.closeSync(descriptor);
    } catch (error) {
      this.failure ??= systemError(error, `cannot sync ${this.path}`, this.path);
    }
  }

  private use(): number {
    this.mustBeOpen();
    this.recentlyUsed = true;
    return this.open();
  }

  private open(): number {
    if (this.descriptor !== NONE) return this.descriptor;
    const { path } = this;
    const descriptor = attempt('open', path, () => this.files.open(this, () => fs.openSync(path, fs.constants.O_RDWR)));
    this.descriptor = descriptor;
    const { ino } = attempt('measure', path, () => fs.fstatSync(descriptor));
    if (ino === this.inode) return descriptor;
    this.release();
    throw new SystemError('ENOENT', `cannot open ${path}: another file has its name now`, path);
  }

  /** A descriptor that is closed under a running sync could be another file's by the time the thread uses it. */
  private closeWhenIdle(): void {
    if (this.closed && this.syncs === 0 && this.descriptor !== NONE) this.release();
  }

  private release(): void {
    const { descriptor } = this;
    this.descriptor = NONE;
    this.files.closed(this);
    attempt('close', this.path, () => fs.closeSync(descriptor));
  }

  private mustBeOpen(): void {
    if (this.closed) throw new SystemError('EBADF', `file is closed: ${this.path}`, this.path);
  }
}

/** Node takes a negative position for "where the last call ended". */
function assertPosition(position: number): void {
  assert(Number.isSafeInteger(position) && position >= 0, `not a position in a file: ${position}`);
}

/** Runs a system call; its errors become the ports'. */
export function attempt<T>(action: string, path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof Error && error.name === 'DirectoryLockedError') throw error;
    throw systemError(error, `cannot ${action} ${path}`, path);
  }
}
