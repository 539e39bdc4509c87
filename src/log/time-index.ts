/**
 * From when on a segment can hold a timestamp: `.timeindex`.
 *
 *   entry  the largest timestamp so far i64; last offset of the first batch that has it, relative, i32
 *
 * No batch up to that offset, save that one, has this timestamp or a later one.
 */
import type { Disk } from '../core/index.ts';
import { IndexFile } from './index-file.ts';

const ENTRY_SIZE = 12;
const FILE_BYTES_MAX = 64 * 1024 * 1024;
const TWO_32 = 4294967296;

export class TimeIndex {
  readonly file: IndexFile;
  private readonly baseOffset: number;
  private timestamps: number[] = [];
  private offsets: number[] = [];

  constructor(disk: Disk, path: string, baseOffset: number) {
    this.file = new IndexFile(disk, path, ENTRY_SIZE);
    this.baseOffset = baseOffset;
  }

  get count(): number {
    return this.offsets.length;
  }
  get last(): { timestamp: number; offset: number } | undefined {
    const at = this.offsets.length - 1;
    return at < 0 ? undefined : { timestamp: this.timestamps[at]!, offset: this.baseOffset + this.offsets[at]! };
  }

  /** Leaves out what would not be later than the last entry. */
  add(timestamp: number, offset: number): void {
    const at = this.offsets.length - 1;
    const relative = offset - this.baseOffset;
    if (at >= 0 && (timestamp <= this.timestamps[at]! || relative <= this.offsets[at]!)) return;
    this.timestamps.push(timestamp);
    this.offsets.push(relative);
  }

  /** No batch that ends before this offset has `timestamp` or a later one. */
  offsetBefore(timestamp: number): number {
    let low = 0;
    let high = this.timestamps.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.timestamps[middle]! <= timestamp) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? this.baseOffset : this.baseOffset + this.offsets[low - 1]!;
  }

  write(): void {
    this.file.write(this.count, (bytes, first) => {
      for (let at = first; at < this.count; at++) {
        const timestamp = this.timestamps[at]!;
        bytes.setInt32((at - first) * ENTRY_SIZE, Math.floor(timestamp / TWO_32));
        bytes.setUint32((at - first) * ENTRY_SIZE + 4, timestamp % TWO_32);
        bytes.setInt32((at - first) * ENTRY_SIZE + 8, this.offsets[at]!);
      }
    });
  }

  /** Reads the file. False, and nothing is loaded, when it is missing or not ascending. */
  load(): boolean {
    const bytes = this.file.read(FILE_BYTES_MAX);
    if (bytes === undefined) return false;
    const view = new DataView(bytes.buffer);
    const timestamps: number[] = [];
    const offsets: number[] = [];
    for (let at = 0; at < bytes.length; at += ENTRY_SIZE) {
      const timestamp = view.getInt32(at) * TWO_32 + view.getUint32(at + 4);
      const offset = view.getInt32(at + 8);
      const before = timestamps.at(-1);
      if (offset < 0 || (before !== undefined && (timestamp <= before || offset <= offsets.at(-1)!))) return false;
      timestamps.push(timestamp);
      offsets.push(offset);
    }
    this.timestamps = timestamps;
    this.offsets = offsets;
    return true;
  }

  reset(): void {
    this.file.reset();
    this.timestamps = [];
    this.offsets = [];
  }
}
