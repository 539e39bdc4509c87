/**
 * How many descriptors the files of a disk may hold: a broker has more partitions than a process may have open files.
 * Beyond the bound the file that was not used for longest gives its descriptor back, and opens again when it is used.
 * What was written to it is synced first, for the kernel may forget a failed write-back once nobody has the file open.
 * Syncs go to a few threads, so only some run at a time: the descriptor of a running one cannot be given back.
 */
import * as fs from 'node:fs';

/** A file as this pool sees it. */
export interface Held {
  /** Used since the pool last looked. */
  recentlyUsed: boolean;
  /** Written since its last sync began. */
  readonly dirty: boolean;
  /** A thread works on the descriptor. */
  readonly busy: boolean;
  /** Gives the descriptor back. Never throws. */
  giveBack(): void;
}

/** Syncs that run at a time; Node has four threads for them. */
const SYNCS_MAX = 16;
/** Files looked at for a clean one that has not been used for a while, before any other is taken. */
const LOOKS = 64;
/** Descriptors freed where the process is out of them for other reasons (sockets). */
const FREED_AT_ONCE = 16;

export class OpenFiles {
  private readonly max: number;
  private readonly held = new Set<Held>();
  private readonly queue: (() => void)[] = [];
  private syncs = 0;

  constructor(max: number) {
    this.max = max;
  }

  get size(): number {
    return this.held.size;
  }

  /** Runs `open`, which makes one descriptor for `file`; has others give theirs back where there are too many. */
  open(file: Held, open: () => number): number {
    if (this.held.size >= this.max) this.free(this.held.size - this.max + 1);
    const descriptor = this.borrow(open);
    this.held.add(file);
    return descriptor;
  }

  /** Runs `open` for a descriptor that is closed at once. Where the process has none left, the files give some back. */
  borrow(open: () => number): number {
    try {
      return open();
    } catch (error) {
      if (!isOutOfDescriptors(error) || !this.free(FREED_AT_ONCE)) throw error;
      return open();
    }
  }

  closed(file: Held): void {
    this.held.delete(file);
  }

  /** Calls `begin` now or once fewer syncs are running; each must end with `synced`. */
  sync(begin: () => void): void {
    if (this.syncs >= SYNCS_MAX) this.queue.push(begin);
    else {
      this.syncs++;
      begin();
    }
  }
  synced(): void {
    const next = this.queue.shift();
    if (next === undefined) this.syncs--;
    else next();
  }

  /** Returns whether any descriptor was freed. */
  private free(wanted: number): boolean {
    let freed = 0;
    while (freed < wanted) {
      const victim = this.victim();
      if (victim === undefined) break;
      this.held.delete(victim);
      victim.giveBack();
      freed++;
    }
    return freed > 0;
  }

  /** The files go round: who was used since it was last looked at is passed over once. */
  private victim(): Held | undefined {
    let second: Held | undefined;
    let looks = 0;
    for (const file of this.held) {
      if (looks++ >= LOOKS && second !== undefined) break;
      if (file.busy) continue;
      const idle = !file.recentlyUsed;
      if (idle && !file.dirty) return file;
      second ??= file;
      file.recentlyUsed = false;
      // To the end of the round. A round ends all the same: no file is looked at more often than there are files.
      if (looks <= LOOKS) {
        this.held.delete(file);
        this.held.add(file);
      }
    }
    return second;
  }
}

function isOutOfDescriptors(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EMFILE' || code === 'ENFILE';
}

const MIN = 16;
/** Where the system does not say: what most give at least. */
const USUAL_LIMIT = 1024;

/** Half of the descriptors this process may have; the rest is for sockets. Node has raised the soft limit to the hard one. */
export function openFilesAllowed(): number {
  let limit = USUAL_LIMIT;
  try {
    const match = /^Max open files\s+(\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'utf8'));
    if (match !== null) limit = Number(match[1]);
  } catch {
    // Not Linux.
  }
  return Math.max(MIN, Math.floor(limit / 2));
}
