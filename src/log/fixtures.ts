/** What the tests of this folder share: a log on a disk in memory, and batches of a producer. */
import { type Clock, type Disk, type DiskFile, type Logger, MemoryDisk, SystemError } from '../core/index.ts';
import { encodeBatch, encodeControlBatch, type MarkerKind } from '../records/index.ts';
import { type AppendOptions, type AppendResult, type LogConfig, type OpenLogOptions, PartitionLog } from './index.ts';

export const DIRECTORY = '/data/flights-0';

export class ManualClock implements Clock {
  time = 1_700_000_000_000;
  now(): number {
    return this.time;
  }
  monotonic(): number {
    return this.time;
  }
}

export interface LoggedLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
}
export class ListLogger implements Logger {
  readonly lines: LoggedLine[] = [];
  debug(message: string): void {
    this.lines.push({ level: 'debug', message });
  }
  info(message: string): void {
    this.lines.push({ level: 'info', message });
  }
  warn(message: string): void {
    this.lines.push({ level: 'warn', message });
  }
  error(message: string): void {
    this.lines.push({ level: 'error', message });
  }
  levels(): string[] {
    return this.lines.map((line) => line.level);
  }
}

export function openLog(options: Partial<OpenLogOptions> & { config?: Partial<LogConfig> } = {}): PartitionLog {
  return PartitionLog.open({ disk: new MemoryDisk(), clock: new ManualClock(), directory: DIRECTORY, ...options });
}

export interface DataOptions {
  readonly producerId?: number;
  readonly epoch?: number;
  readonly sequence?: number;
  readonly count?: number;
  readonly transactional?: boolean;
  readonly value?: string;
  readonly timestamp?: number;
}

/** A batch as a client sends it. */
export function data(options: DataOptions = {}): Uint8Array {
  const { producerId = -1, epoch = producerId < 0 ? -1 : 0, sequence = producerId < 0 ? -1 : 0 } = options;
  const records = Array.from({ length: options.count ?? 1 }, (_, at) => ({
    timestamp: (options.timestamp ?? 1_700_000_000_000) + at,
    key: `key-${at}`,
    value: options.value ?? `value-${at}`,
  }));
  return encodeBatch({
    records,
    producerId,
    producerEpoch: epoch,
    baseSequence: sequence,
    transactional: options.transactional ?? false,
  });
}

export const client: AppendOptions = { origin: 'client', leaderEpoch: 0 };
export const coordinator: AppendOptions = { origin: 'coordinator', leaderEpoch: 0 };

/** Appends a transactional batch, verified as a broker would do it. */
export function appendTransactional(log: PartitionLog, options: DataOptions & { producerId: number }): AppendResult {
  const verified = log.startVerification(options.producerId, options.epoch ?? 0, options.sequence ?? 0);
  return log.append(data({ ...options, transactional: true }), { ...client, verified });
}

export function appendMarker(
  log: PartitionLog,
  options: {
    readonly producerId: number;
    readonly kind?: MarkerKind;
    readonly epoch?: number;
    readonly coordinatorEpoch?: number;
    readonly version?: 1 | 2;
    readonly timestamp?: number;
    readonly leaderEpoch?: number;
  },
): AppendResult {
  const marker = encodeControlBatch({
    kind: options.kind ?? 'commit',
    coordinatorEpoch: options.coordinatorEpoch ?? 0,
    producerId: options.producerId,
    producerEpoch: options.epoch ?? 0,
    timestamp: options.timestamp ?? 1_700_000_000_000,
  });
  return log.append(marker, {
    origin: 'coordinator',
    leaderEpoch: options.leaderEpoch ?? 0,
    producerIdTransactionVersion: options.version ?? 1,
  });
}

/** The error code that a call throws, 'none' when it does not. */
export function refusal(run: () => unknown): string {
  try {
    run();
    return 'none';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

/** A copy of every file below a directory, on a disk of its own. */
export function copyDisk(from: Disk, directory = DIRECTORY): MemoryDisk {
  const to = new MemoryDisk();
  to.makeDirectory(directory);
  for (const name of from.list(directory)) {
    const source = from.open(`${directory}/${name}`);
    const bytes = new Uint8Array(source.size());
    source.read(bytes, 0);
    to.open(`${directory}/${name}`, { create: true }).write(bytes, 0);
  }
  return to;
}

/** A disk in memory whose writes, names and syncs fail as told. */
export class FaultyDisk implements Disk {
  readonly inner = new MemoryDisk();
  /** Bytes that writes may still take; the write that goes beyond writes what fits, then fails with `writeError`. */
  room = Number.POSITIVE_INFINITY;
  writeError = 'ENOSPC';
  truncateFails = false;
  openFails: string | undefined;
  syncFails = false;
  renameFails = false;
  /** Syncs wait here until `release` while this is set. */
  holdSyncs = false;
  syncs = 0;
  syncsRunning = 0;
  syncsRunningMax = 0;
  readonly calls: string[] = [];
  private waiting: (() => void)[] = [];

  release(): void {
    for (const go of this.waiting.splice(0)) go();
  }
  open(path: string, options?: { readonly create?: boolean }): DiskFile {
    if (this.openFails !== undefined && path.endsWith(this.openFails)) {
      throw new SystemError('ENOSPC', 'no space for a name', path);
    }
    const file = this.inner.open(path, options);
    return {
      path,
      size: () => file.size(),
      read: (target, position) => file.read(target, position),
      write: (bytes, position) => {
        const fits = Math.min(bytes.length, this.room);
        this.room -= fits;
        file.write(bytes.subarray(0, fits), position);
        if (fits < bytes.length) throw new SystemError(this.writeError, 'write failed', path);
      },
      truncate: (size) => {
        if (this.truncateFails) throw new SystemError('EIO', 'truncate failed', path);
        file.truncate(size);
      },
      sync: async () => {
        this.calls.push(`sync ${path}`);
        this.syncs++;
        this.syncsRunning++;
        this.syncsRunningMax = Math.max(this.syncsRunningMax, this.syncsRunning);
        if (this.holdSyncs) await new Promise<void>((resolve) => this.waiting.push(resolve));
        this.syncsRunning--;
        if (this.syncFails) throw new SystemError('EIO', 'sync failed', path);
        await file.sync();
      },
      syncNow: () => file.syncNow(),
      close: () => file.close(),
    };
  }
  exists(path: string): boolean {
    return this.inner.exists(path);
  }
  list(directory: string): string[] {
    return this.inner.list(directory);
  }
  makeDirectory(path: string): void {
    this.inner.makeDirectory(path);
  }
  remove(path: string): void {
    this.inner.remove(path);
  }
  rename(from: string, to: string): void {
    if (this.renameFails) throw new SystemError('EIO', 'rename failed', from);
    this.inner.rename(from, to);
  }
  syncDirectory(path: string): void {
    this.calls.push(`syncDirectory ${path}`);
    this.inner.syncDirectory(path);
  }
  volumeOf(directory: string) {
    return this.inner.volumeOf(directory);
  }
  lock(directory: string) {
    return this.inner.lock(directory);
  }
}

/** The bytes of a file. */
export function fileBytes(disk: Disk, name: string, directory = DIRECTORY): Buffer {
  const file = disk.open(`${directory}/${name}`);
  const bytes = Buffer.alloc(file.size());
  file.read(bytes, 0);
  return bytes;
}

export function fileName(baseOffset: number, suffix = 'log'): string {
  return `${String(baseOffset).padStart(20, '0')}.${suffix}`;
}
