/**
 * The disk of a simulated node. It outlives the node: a restart finds what a crash left. Names are as unsafe as
 * content: what was created, renamed or removed is only sure after the directory was synced.
 */
import {
  DirectoryLockedError,
  DirectoryNode,
  type Disk,
  type DiskFile,
  type DiskLock,
  type DiskVolume,
  FileTree,
  type NameChange,
  SystemError,
} from '../../core/index.ts';
import type { Life } from './life.ts';
import type { Scheduler } from './scheduler.ts';
import type { SeededRandom } from './seeded-random.ts';
import { type CrashMood, type CrashReport, SimulatedFile } from './simulated-file.ts';
import { hashBytes, type Trace } from './trace.ts';

/** Where nothing bounds the disk: more than any run writes. */
const UNBOUNDED_VOLUME_BYTES = 2 ** 50;

export interface DiskConditions {
  /** A sync takes this long on average; now and then much longer. */
  syncMeanMs: number;
  syncLongestMs: number;
  /** Writes beyond this many bytes in all files fail with ENOSPC. */
  capacityBytes: number;
}

export type DiskOperation = 'open' | 'read' | 'write' | 'truncate' | 'sync' | 'rename' | 'remove' | 'syncDirectory';

/**
 * A change that is about to be made: of a file, or of the names in a directory. `started` and `synced` are the two later
 * moments of a sync: the device has it, and the device is done and nobody has been told.
 */
export interface DiskChange {
  readonly kind:
    | 'create'
    | 'make-directory'
    | 'write'
    | 'truncate'
    | 'rename'
    | 'remove'
    | 'sync'
    | 'started'
    | 'synced'
    | 'sync-directory';
  readonly path: string;
  /** Of a write. */
  readonly bytes?: Uint8Array;
  readonly position?: number;
}

/** Makes the operations that match it fail. */
export interface DiskFault {
  readonly operation: DiskOperation;
  /** The end of the path, e.g. `.log`; any path where it is absent. */
  readonly pathEndsWith?: string;
  /** POSIX's name, `EIO` where it is absent. */
  readonly code?: string;
  /** Lets this many pass first. */
  readonly skip?: number;
  /** Fails this many, 1 where it is absent. */
  readonly count?: number;
}

type Directory = DirectoryNode<SimulatedFile>;
type Change = NameChange<SimulatedFile>;

export class SimulatedDisk {
  readonly conditions: DiskConditions = { syncMeanMs: 1, syncLongestMs: 40, capacityBytes: Number.POSITIVE_INFINITY };
  /** Told of every change before it is made. It may crash the node, and then the change is not made. */
  onChange: ((change: DiskChange) => void) | undefined;
  /** What each crash did to it. */
  readonly crashes: CrashReport[] = [];
  private readonly tree = new FileTree<SimulatedFile>((changes) => void this.unsafe.push(changes));
  /** The names as the device holds them for sure, and what was done to names since. */
  private readonly safeEntries = new WeakMap<Directory, Map<string, SimulatedFile | Directory>>();
  private unsafe: (readonly Change[])[] = [];
  private readonly locks = new Map<Directory, Life>();
  private faults: { fault: DiskFault; skip: number; count: number }[] = [];
  private readonly scheduler: Scheduler;
  private readonly random: SeededRandom;
  private readonly trace: Trace;

  constructor(scheduler: Scheduler, random: SeededRandom, trace: Trace) {
    this.scheduler = scheduler;
    this.random = random;
    this.trace = trace;
  }

  /** Plans a failure. Several are tried in the order in which they were planned. */
  fail(fault: DiskFault): void {
    this.faults.push({ fault, skip: fault.skip ?? 0, count: fault.count ?? 1 });
  }

  /** Bytes in all files. */
  usedBytes(): number {
    const sum = (directory: Directory): number => {
      let bytes = 0;
      for (const entry of directory.entries.values()) bytes += entry instanceof DirectoryNode ? sum(entry) : entry.size;
      return bytes;
    };
    return sum(this.tree.root);
  }

  /** The file at `path` itself, for tests that look at what is safe. */
  file(path: string): SimulatedFile {
    return this.tree.file(path);
  }

  /** The disk port for one life of the node. */
  portFor(life: Life): Disk {
    return {
      open: (path, options): DiskFile => {
        this.enter(life, 'open', path);
        if (options?.create === true && this.tree.find(path) === undefined) this.change(life, { kind: 'create', path });
        const create = options?.create === true ? () => new SimulatedFile() : undefined;
        return this.handle(life, path, this.tree.file(path, create));
      },
      exists: (path) => {
        life.mustBeAlive(path);
        return this.tree.find(path) !== undefined;
      },
      list: (directory) => {
        life.mustBeAlive(directory);
        return this.tree.list(directory);
      },
      makeDirectory: (path) => {
        life.mustBeAlive(path);
        if (this.tree.find(path) === undefined) this.change(life, { kind: 'make-directory', path });
        this.note(life, 'make-directory', path);
        this.tree.makeDirectory(path);
      },
      remove: (path) => {
        this.enter(life, 'remove', path);
        if (this.tree.find(path) !== undefined) this.change(life, { kind: 'remove', path });
        this.note(life, 'remove', path);
        this.tree.remove(path);
      },
      rename: (from, to) => {
        this.enter(life, 'rename', from);
        this.change(life, { kind: 'rename', path: from });
        this.note(life, 'rename', `${from} to ${to}`);
        this.tree.rename(from, to);
      },
      syncDirectory: (path) => {
        this.enter(life, 'syncDirectory', path);
        this.change(life, { kind: 'sync-directory', path });
        this.note(life, 'sync-directory', path);
        this.makeNamesSafe(this.tree.directory(path));
      },
      volumeOf: (directory) => this.volumeOf(directory),
      lock: (directory) => this.lock(life, directory),
    };
  }

  private volumeOf(absolutePath: string): DiskVolume {
    const totalBytes = Math.min(this.conditions.capacityBytes, UNBOUNDED_VOLUME_BYTES);
    return { absolutePath, totalBytes, usableBytes: Math.max(0, totalBytes - this.usedBytes()) };
  }

  /** The node has died. Its process's locks go; what it wrote stays in the page cache. */
  processDied(life: Life): void {
    for (const [directory, holder] of this.locks) if (holder === life) this.locks.delete(directory);
  }

  /** The power is lost: what is left is what the device holds, and some of what was on its way. */
  powerLost(): void {
    const report: CrashReport = { namesLost: 0, pagesLost: 0, pagesTorn: 0, pagesDamaged: 0, truncationsLost: 0 };
    const mood = this.random.pick<CrashMood>(['loses everything', 'loses nothing', 'mixed', 'mixed']);
    this.loseNames(mood, report);
    this.locks.clear();
    const visit = (directory: Directory): void => {
      for (const entry of directory.entries.values()) {
        if (entry instanceof DirectoryNode) visit(entry);
        else entry.crash(this.random, mood, report);
      }
    };
    visit(this.tree.root);
    this.crashes.push(report);
  }

  private lock(life: Life, path: string): DiskLock {
    life.mustBeAlive(path);
    const directory = this.tree.directory(path);
    const holder = this.locks.get(directory);
    if (holder !== undefined) throw new DirectoryLockedError(path, holder.id);
    this.locks.set(directory, life);
    let held = true;
    const release = (): void => {
      if (held && life.alive) this.locks.delete(directory);
      held = false;
    };
    return { release };
  }

  private handle(life: Life, path: string, file: SimulatedFile): DiskFile {
    let closed = false;
    const enter = (operation?: DiskOperation): void => {
      if (closed) throw new SystemError('EBADF', `file is closed: ${path}`, path);
      if (operation === undefined) life.mustBeAlive(path);
      else this.enter(life, operation, path);
    };
    return {
      path,
      size: () => {
        enter();
        return file.size;
      },
      read: (target, position) => {
        enter('read');
        return file.read(target, position);
      },
      write: (bytes, position) => {
        enter('write');
        this.write(life, path, file, bytes, position);
      },
      truncate: (size) => {
        enter('truncate');
        this.change(life, { kind: 'truncate', path });
        this.note(life, 'truncate', path, size);
        file.truncate(size);
      },
      sync: () => {
        if (closed) return Promise.reject(new SystemError('EBADF', `file is closed: ${path}`, path));
        return this.sync(life, path, file);
      },
      syncNow: () => {
        enter();
        this.change(life, { kind: 'sync', path });
        const flush = file.startFlush();
        try {
          enter('sync');
        } catch (error) {
          file.failFlush(flush);
          throw error;
        }
        this.note(life, 'sync-now', path, flush.size);
        file.finishFlush(flush);
      },
      close: () => {
        closed = true;
      },
    };
  }

  private write(life: Life, path: string, file: SimulatedFile, bytes: Uint8Array, position: number): void {
    this.change(life, { kind: 'write', path, bytes, position });
    const growth = Math.max(0, position + bytes.length - file.size);
    let fits = bytes.length;
    if (this.conditions.capacityBytes !== Number.POSITIVE_INFINITY) {
      const free = Math.max(0, this.conditions.capacityBytes - this.usedBytes());
      fits = Math.max(0, bytes.length - Math.max(0, growth - free));
    }
    this.note(life, 'write', path, position, hashBytes(bytes));
    file.write(bytes.subarray(0, fits), position);
    if (fits < bytes.length) throw new SystemError('ENOSPC', `no space left on device: write ${path}`, path);
  }

  /** Safe once the device answers; until then a crash may take it. A life that is over hears no answer. */
  private sync(life: Life, path: string, file: SimulatedFile): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (!life.alive) return promise;
    this.onChange?.({ kind: 'sync', path });
    if (!life.alive) return promise;
    const fault = this.takeFault('sync', path);
    const flush = file.startFlush();
    if (fault !== undefined) file.failFlush(flush);
    const took = Math.min(this.conditions.syncLongestMs, this.random.exponential(this.conditions.syncMeanMs));
    this.note(life, 'sync', path, flush.size);
    this.scheduler.after(took, life, 'synced', path, () => {
      if (fault !== undefined) return reject(fault);
      file.finishFlush(flush);
      this.onChange?.({ kind: 'synced', path });
      resolve();
    });
    this.onChange?.({ kind: 'started', path });
    return promise;
  }

  /** @throws SystemError when the node did not live to make it */
  private change(life: Life, change: DiskChange): void {
    this.onChange?.(change);
    life.mustBeAlive(change.path);
  }

  private enter(life: Life, operation: DiskOperation, path: string): void {
    life.mustBeAlive(path);
    const fault = this.takeFault(operation, path);
    if (fault === undefined) return;
    this.note(life, 'disk-fault', path);
    throw fault;
  }

  private takeFault(operation: DiskOperation, path: string): SystemError | undefined {
    for (const planned of this.faults) {
      const { fault } = planned;
      if (fault.operation !== operation || !path.endsWith(fault.pathEndsWith ?? '')) continue;
      if (planned.skip > 0) {
        planned.skip--;
        continue;
      }
      planned.count--;
      if (planned.count === 0) this.faults = this.faults.filter((other) => other !== planned);
      const code = fault.code ?? 'EIO';
      return new SystemError(code, `${code} injected: ${operation} ${path}`, path);
    }
    return undefined;
  }

  /** All that was done to names of this directory, with what that depends on: the other name of a rename. */
  private makeNamesSafe(directory: Directory): void {
    const wanted = new Map<Directory, Set<string>>();
    const chosen = new Set<readonly Change[]>();
    for (const changes of this.unsafe.toReversed()) {
      const touches = changes.some((at) => at.directory === directory || wanted.get(at.directory)?.has(at.name));
      if (!touches) continue;
      chosen.add(changes);
      for (const { directory: where, name } of changes) {
        const names = wanted.get(where) ?? new Set();
        wanted.set(where, names.add(name));
      }
    }
    for (const changes of this.unsafe) if (chosen.has(changes)) this.applySafely(changes);
    this.unsafe = this.unsafe.filter((changes) => !chosen.has(changes));
  }

  private applySafely(changes: readonly Change[]): void {
    for (const { directory, name, entry } of changes) {
      const entries = this.safeEntries.get(directory) ?? new Map();
      this.safeEntries.set(directory, entries);
      if (entry === undefined) entries.delete(name);
      else entries.set(name, entry);
    }
  }

  /** Each change survives or not, whole; one that is lost takes the later ones on the same names with it. */
  private loseNames(mood: CrashMood, report: CrashReport): void {
    const lost = new Map<Directory, Set<string>>();
    for (const changes of this.unsafe) {
      const blocked = changes.some((at) => lost.get(at.directory)?.has(at.name) === true);
      const survives = mood === 'loses nothing' || (mood === 'mixed' && this.random.chance(0.5));
      if (survives && !blocked) {
        this.applySafely(changes);
        continue;
      }
      report.namesLost++;
      for (const { directory, name } of changes) {
        const names = lost.get(directory) ?? new Set();
        lost.set(directory, names.add(name));
      }
    }
    this.unsafe = [];
    const restore = (directory: Directory): void => {
      directory.entries.clear();
      for (const [name, entry] of this.safeEntries.get(directory) ?? []) {
        directory.entries.set(name, entry);
        if (entry instanceof DirectoryNode) restore(entry);
      }
    };
    restore(this.tree.root);
  }

  private note(life: Life, kind: string, subject: string, value = 0, content = 0): void {
    this.trace.note(this.scheduler.nowMs, kind, life.label, subject, value, content);
  }
}
