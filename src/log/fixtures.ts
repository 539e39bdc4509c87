/** What the tests of this folder share: a log on a disk in memory, and batches of a producer. */
import { type Clock, type Disk, type Logger, MemoryDisk } from '../core/index.ts';
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
  },
): AppendResult {
  const marker = encodeControlBatch({
    kind: options.kind ?? 'commit',
    coordinatorEpoch: options.coordinatorEpoch ?? 0,
    producerId: options.producerId,
    producerEpoch: options.epoch ?? 0,
    timestamp: options.timestamp ?? 1_700_000_000_000,
  });
  return log.append(marker, { ...coordinator, producerIdTransactionVersion: options.version ?? 1 });
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
