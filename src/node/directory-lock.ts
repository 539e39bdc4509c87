/**
 * The lock of a data directory, freed by the death of its holder, without help from the kernel (Node has no flock).
 *
 * Who wants the lock announces itself by a file whose name is its process identity (pid and start), and then looks for
 * others. Of two that want it, the one that announced itself later sees the other's file, so two never both hold it.
 * A file of a dead process names a process that will never live again: anyone may remove it at any time. A process
 * finds its own name taken when it holds the lock already.
 *
 * It does not reach across machines (NFS) or across containers that do not share their process ids.
 */
import * as fs from 'node:fs';
import { DirectoryLockedError, type DiskLock } from '../core/index.ts';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts';

const PREFIX = '.lock-';
/** Two that start at the same moment both step back and try again; one that stays is the holder. */
const ATTEMPTS = 6;
const LONGEST_PAUSE_MS = 20;

/** @throws DirectoryLockedError when a living process holds it, this one included; Node's error when it cannot write */
export function lockDirectory(directory: string): DiskLock {
  const own = ownIdentity();
  const path = `${directory}/${PREFIX}${own.pid}-${own.start}`;
  for (let attempt = 1; ; attempt++) {
    announce(path, directory, own.pid);
    const rival = livingRival(directory, own);
    if (rival === undefined) break;
    fs.rmSync(path, { force: true });
    if (attempt === ATTEMPTS) throw new DirectoryLockedError(directory, rival.pid);
    pause(1 + Math.random() * LONGEST_PAUSE_MS);
  }
  let held = true;
  const release = (): void => {
    if (held) fs.rmSync(path, { force: true });
    held = false;
  };
  return { release };
}

function announce(path: string, directory: string, pid: number): void {
  try {
    fs.closeSync(fs.openSync(path, 'wx', 0o644));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new DirectoryLockedError(directory, pid);
    throw error;
  }
}

function livingRival(directory: string, own: ProcessIdentity): ProcessIdentity | undefined {
  for (const name of fs.readdirSync(directory)) {
    const match = /^\.lock-(\d+)-(\w+)$/.exec(name);
    if (match === null) continue;
    const other: ProcessIdentity = { pid: Number(match[1]), start: match[2]! };
    if (other.pid === own.pid && other.start === own.start) continue;
    if (isAlive(other)) return other;
    fs.rmSync(`${directory}/${name}`, { force: true });
  }
  return undefined;
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
