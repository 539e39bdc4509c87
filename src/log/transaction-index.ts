/**
 * The aborted transactions whose markers are in a segment: `.txnindex`. The file exists only where there are any.
 *
 *   entry  version i16 = 0, producer id i64, first offset i64, offset of the marker i64, last stable offset i64
 */
import { ByteReader, type Disk } from '../core/index.ts';
import { IndexFile } from './index-file.ts';

const ENTRY_SIZE = 34;
const FILE_BYTES_MAX = 256 * 1024 * 1024;
const TWO_32 = 4294967296;

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** Of the abort marker. */
  readonly lastOffset: number;
  /** When the marker was appended. Every transaction that begins below it had ended by then. */
  readonly lastStableOffset: number;
}

export class TransactionIndex {
  readonly file: IndexFile;
  /** By the offset of the marker. */
  readonly entries: AbortedTransaction[] = [];

  constructor(disk: Disk, path: string) {
    this.file = new IndexFile(disk, path, ENTRY_SIZE);
  }

  add(transaction: AbortedTransaction): void {
    this.entries.push(transaction);
  }

  write(): void {
    if (this.entries.length === 0) return;
    this.file.write(this.entries.length, (bytes, first) => {
      for (let at = first; at < this.entries.length; at++) {
        const { producerId, firstOffset, lastOffset, lastStableOffset } = this.entries[at]!;
        let to = (at - first) * ENTRY_SIZE + 2;
        for (const value of [producerId, firstOffset, lastOffset, lastStableOffset]) {
          bytes.setInt32(to, Math.floor(value / TWO_32));
          bytes.setUint32(to + 4, value % TWO_32);
          to += 8;
        }
      }
    });
  }

  /** Reads the file; a missing one is empty. False, and nothing is loaded, when it cannot belong to these offsets. */
  load(baseOffset: number, nextOffset: number): boolean {
    if (!this.file.exists) return true;
    const bytes = this.file.read(FILE_BYTES_MAX);
    if (bytes === undefined) return false;
    const reader = new ByteReader(bytes);
    const entries: AbortedTransaction[] = [];
    let before = baseOffset - 1;
    while (reader.remaining > 0) {
      const version = reader.int16();
      const producerId = reader.int64();
      const firstOffset = reader.int64();
      const lastOffset = reader.int64();
      const lastStableOffset = reader.int64();
      if (version !== 0 || firstOffset >= lastOffset || lastOffset <= before || lastOffset >= nextOffset) return false;
      before = lastOffset;
      entries.push({ producerId, firstOffset, lastOffset, lastStableOffset });
    }
    this.entries.push(...entries);
    return true;
  }

  reset(): void {
    this.file.reset();
    this.entries.length = 0;
  }
}
