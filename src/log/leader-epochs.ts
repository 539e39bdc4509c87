/**
 * Which leader epoch wrote which offsets (KIP-101), kept in `leader-epoch-checkpoint`:
 *
 *   0                 version
 *   2                 number of entries
 *   0 0               epoch, its first offset
 *   3 1500
 */
import { type Disk, joinPath, readWholeFile, replaceFile } from '../core/index.ts';
import { LEADER_EPOCHS_FILE } from './file-names.ts';

interface EpochStart {
  readonly epoch: number;
  readonly startOffset: number;
}

const FILE_BYTES_MAX = 16 * 1024 * 1024;

export class LeaderEpochs {
  private readonly disk: Disk;
  private readonly path: string;
  /** Ascending in both. */
  private entries: EpochStart[];
  private unsaved = false;

  private constructor(disk: Disk, path: string, entries: EpochStart[]) {
    this.disk = disk;
    this.path = path;
    this.entries = entries;
  }

  /** An unreadable file counts as missing: recovery rebuilds it from the batches. */
  static load(disk: Disk, directory: string): LeaderEpochs {
    const path = joinPath(directory, LEADER_EPOCHS_FILE);
    const entries = disk.exists(path)
      ? parse(Buffer.from(readWholeFile(disk, path, FILE_BYTES_MAX)).toString('latin1'))
      : [];
    return new LeaderEpochs(disk, path, entries);
  }

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }
  /** -1: none. */
  get latest(): number {
    return this.entries.at(-1)?.epoch ?? -1;
  }

  /**
   * `epoch` begins at `startOffset`. On disk before it returns, so that after a crash no batch is of an epoch that the
   * file does not know.
   * @throws SystemError, and nothing has changed
   */
  assign(epoch: number, startOffset: number): void {
    if (epoch <= this.latest) return;
    const entries = this.entries.filter((entry) => entry.startOffset < startOffset);
    entries.push({ epoch, startOffset });
    this.write(entries);
  }

  /** The same, in memory only: for recovery, which calls `save` at its end. */
  learn(epoch: number, startOffset: number): void {
    if (epoch <= this.latest) return;
    this.entries.push({ epoch, startOffset });
    this.unsaved = true;
  }
  /** Writes the file where memory knows better. @throws SystemError */
  save(): void {
    if (this.unsaved) this.write(this.entries);
    this.unsaved = false;
  }

  /** -1: no epoch is known for this offset. */
  epochFor(offset: number): number {
    for (let at = this.entries.length - 1; at >= 0; at--) {
      if (this.entries[at]!.startOffset <= offset) return this.entries[at]!.epoch;
    }
    return -1;
  }

  /**
   * The largest epoch that is not above `epoch`, and where it ends (KIP-320's OffsetForLeaderEpoch).
   * undefined: the epoch is unknown.
   */
  endOffsetFor(epoch: number, logEndOffset: number): { epoch: number; endOffset: number } | undefined {
    if (epoch < 0 || this.isEmpty || epoch > this.latest) return undefined;
    if (epoch === this.latest) return { epoch, endOffset: logEndOffset };
    const next = this.entries.findIndex((entry) => entry.epoch > epoch);
    const found = this.entries[next - 1];
    return { epoch: found?.epoch ?? epoch, endOffset: this.entries[next]!.startOffset };
  }

  /** Forgets epochs that begin at `endOffset` or later, in memory. */
  truncateFromEnd(endOffset: number): void {
    const kept = this.entries.filter((entry) => entry.startOffset < endOffset);
    if (kept.length < this.entries.length) this.unsaved = true;
    this.entries = kept;
  }

  /** Nothing before `startOffset` is left. In memory only: a file that knows more does no harm. */
  truncateFromStart(startOffset: number): void {
    const before = this.entries.findLastIndex((entry) => entry.startOffset <= startOffset);
    if (before < 0) return;
    const { epoch, startOffset: known } = this.entries[before]!;
    if (before === 0 && known === startOffset) return;
    this.entries = [{ epoch, startOffset }, ...this.entries.slice(before + 1)];
    this.unsaved = true;
  }

  private write(entries: EpochStart[]): void {
    const lines = entries.map((entry) => `${entry.epoch} ${entry.startOffset}\n`);
    replaceFile(this.disk, this.path, Buffer.from(`0\n${entries.length}\n${lines.join('')}`, 'latin1'));
    this.entries = entries;
  }
}

function parse(text: string): EpochStart[] {
  const lines = text.split('\n');
  if (lines[0] !== '0' || lines.pop() !== '') return [];
  const entries: EpochStart[] = [];
  for (const line of lines.slice(2)) {
    const match = /^(\d+) (\d+)$/.exec(line);
    if (match === null) return [];
    const entry = { epoch: Number(match[1]), startOffset: Number(match[2]) };
    const previous = entries.at(-1);
    if (previous !== undefined && (previous.epoch >= entry.epoch || previous.startOffset >= entry.startOffset))
      return [];
    entries.push(entry);
  }
  return lines[1] === String(entries.length) ? entries : [];
}
