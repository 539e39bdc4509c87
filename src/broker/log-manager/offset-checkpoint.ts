/**
 * The checkpoint files of a data directory, in Apache Kafka's format: one offset for each partition.
 *
 *   0                       version
 *   2                       number of entries
 *   flights 0 1500          topic, partition, offset
 *   flights 1 700
 *
 * They save work and never decide what is true: a damaged one counts as missing.
 */
import { type Disk, joinPath, type Logger, readWholeFile, replaceFile } from '../../core/index.ts';

export type CheckpointName =
  | 'recovery-point-offset-checkpoint'
  | 'log-start-offset-checkpoint'
  | 'replication-offset-checkpoint'
  | 'cleaner-offset-checkpoint';

/** By `partitionKey`. */
export type PartitionOffsets = ReadonlyMap<string, number>;

const FILE_BYTES_MAX = 256 * 1024 * 1024;

/** As a line has it; a topic's name holds no space. */
export function partitionKey(topic: string, index: number): string {
  return `${topic} ${index}`;
}

export class OffsetCheckpoint {
  readonly name: CheckpointName;
  private readonly disk: Disk;
  private readonly path: string;
  private readonly logger: Logger;
  private written: string | undefined;

  constructor(disk: Disk, directory: string, name: CheckpointName, logger: Logger) {
    this.disk = disk;
    this.name = name;
    this.path = joinPath(directory, name);
    this.logger = logger;
  }

  /** What the file holds; empty where it is missing, undefined where it is damaged, which is logged. @throws SystemError */
  read(): PartitionOffsets | undefined {
    if (!this.disk.exists(this.path)) return new Map();
    const text = Buffer.from(readWholeFile(this.disk, this.path, FILE_BYTES_MAX)).toString('utf8');
    const offsets = parse(text);
    if (offsets === undefined) {
      this.logger.warn(`${this.path} is damaged and counts as missing: it is written anew`);
    } else this.written = text;
    return offsets;
  }

  /** Replaces the file durably, where that changes it. @throws SystemError */
  write(offsets: PartitionOffsets): void {
    let text = `0\n${offsets.size}\n`;
    for (const [key, offset] of offsets) text += `${key} ${offset}\n`;
    if (text === this.written) return;
    replaceFile(this.disk, this.path, Buffer.from(text, 'utf8'));
    this.written = text;
  }
}

function parse(text: string): Map<string, number> | undefined {
  const lines = text.split('\n');
  if (lines[0] !== '0' || lines.pop() !== '') return undefined;
  const offsets = new Map<string, number>();
  for (const line of lines.slice(2)) {
    const match = /^([A-Za-z0-9._-]+) (\d+) (\d+)$/.exec(line);
    if (match === null || !Number.isSafeInteger(Number(match[3]))) return undefined;
    offsets.set(partitionKey(match[1]!, Number(match[2])), Number(match[3]));
  }
  return lines[1] === String(offsets.size) ? offsets : undefined;
}
