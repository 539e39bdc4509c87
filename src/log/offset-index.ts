/**
 * Where in a segment an offset is: `.index`, one entry per `index.interval.bytes` of log.
 *
 *   entry  last offset of a batch, relative to the segment's base, i32; position of the batch i32
 */
import type { Disk } from '../core/index.ts';
import { IndexFile } from './index-file.ts';

const ENTRY_SIZE = 8;
const FILE_BYTES_MAX = 64 * 1024 * 1024;

export class OffsetIndex {
  readonly file: IndexFile;
  private readonly baseOffset: number;
  /** Relative offsets of the batch's first record. Read from a file they are its last: the file has no more. */
  private firsts: number[] = [];
  private lasts: number[] = [];
  private positions: number[] = [];

  constructor(disk: Disk, path: string, baseOffset: number) {
    this.file = new IndexFile(disk, path, ENTRY_SIZE);
    this.baseOffset = baseOffset;
  }

  get count(): number {
    return this.positions.length;
  }
  get sizeInBytes(): number {
    return this.positions.length * ENTRY_SIZE;
  }

  add(firstOffset: number, lastOffset: number, position: number): void {
    this.firsts.push(firstOffset - this.baseOffset);
    this.lasts.push(lastOffset - this.baseOffset);
    this.positions.push(position);
  }

  /** The position of a batch that begins at or before `offset`: the last one the index knows. */
  positionBefore(offset: number): number {
    const relative = offset - this.baseOffset;
    let low = 0;
    let high = this.firsts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.firsts[middle]! <= relative) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : this.positions[low - 1]!;
  }

  /** The position of the first indexed batch that ends at `offset` or later, undefined when the index has none. */
  positionAtOrAfter(offset: number): number | undefined {
    const relative = offset - this.baseOffset;
    let low = 0;
    let high = this.lasts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.lasts[middle]! < relative) low = middle + 1;
      else high = middle;
    }
    return this.positions[low];
  }

  write(): void {
    this.file.write(this.count, (bytes, first) => {
      for (let at = first; at < this.count; at++) {
        bytes.setInt32((at - first) * ENTRY_SIZE, this.lasts[at]!);
        bytes.setInt32((at - first) * ENTRY_SIZE + 4, this.positions[at]!);
      }
    });
  }

  /** Reads the file. False, and nothing is loaded, when it is missing or cannot belong to a log of `logSize` bytes. */
  load(logSize: number): boolean {
    const bytes = this.file.read(FILE_BYTES_MAX);
    if (bytes === undefined) return false;
    const view = new DataView(bytes.buffer);
    const lasts: number[] = [];
    const positions: number[] = [];
    let lastBefore = -1;
    let positionBefore = -1;
    for (let at = 0; at < bytes.length; at += ENTRY_SIZE) {
      const last = view.getInt32(at);
      const position = view.getInt32(at + 4);
      if (last <= lastBefore || position <= positionBefore || position >= logSize) return false;
      lasts.push(last);
      positions.push(position);
      lastBefore = last;
      positionBefore = position;
    }
    this.lasts = lasts;
    this.firsts = lasts.slice();
    this.positions = positions;
    return true;
  }

  reset(): void {
    this.file.reset();
    this.firsts = [];
    this.lasts = [];
    this.positions = [];
  }
}
