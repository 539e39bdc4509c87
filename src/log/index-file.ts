/**
 * The three index files of a segment are lists of fixed-size entries. They are kept in memory and written behind: the
 * log alone is authoritative, and what a crash takes from an index, recovery builds again.
 */
import { assert, type Disk, type DiskFile } from '../core/index.ts';

export class IndexFile {
  private readonly disk: Disk;
  private path: string;
  private readonly entrySize: number;
  /** Entries that the file holds already. */
  private written = 0;
  private file: DiskFile | undefined;
  /** Written since its last sync began. */
  private dirty = false;

  constructor(disk: Disk, path: string, entrySize: number) {
    this.disk = disk;
    this.path = path;
    this.entrySize = entrySize;
  }

  get exists(): boolean {
    return this.disk.exists(this.path);
  }

  /** The bytes of whole entries in the file; undefined when it is missing or does not consist of whole entries. */
  read(bytesMax: number): Uint8Array | undefined {
    if (!this.disk.exists(this.path)) return undefined;
    const file = this.open();
    const size = file.size();
    if (size > bytesMax || size % this.entrySize !== 0) return undefined;
    const bytes = new Uint8Array(size);
    if (file.read(bytes, 0) !== size) return undefined;
    this.written = size / this.entrySize;
    return bytes;
  }

  /** Brings the file up to `count` entries; `encode` puts the entries from `first` on into the bytes. */
  write(count: number, encode: (bytes: DataView, first: number) => void): void {
    assert(count >= this.written, 'an index only grows, or is reset');
    if (count === this.written && this.file !== undefined) return;
    const bytes = new Uint8Array((count - this.written) * this.entrySize);
    encode(new DataView(bytes.buffer), this.written);
    const file = this.open();
    if (bytes.length > 0) {
      file.write(bytes, this.written * this.entrySize);
      this.dirty = true;
    }
    this.written = count;
  }

  /** Removes the file: what it held is built again from the log. */
  reset(): void {
    this.close();
    this.disk.remove(this.path);
    this.written = 0;
    this.dirty = false;
  }

  /** Gives the file another name, if there is one. @throws SystemError */
  rename(path: string): void {
    this.close();
    if (this.disk.exists(this.path)) this.disk.rename(this.path, path);
    this.path = path;
  }

  /** Costs nothing where nothing was written since the last one. Rejects with SystemError. */
  async sync(): Promise<void> {
    if (!this.dirty) return;
    this.dirty = false;
    await this.open().sync();
  }
  /** The same, blocking. @throws SystemError */
  syncNow(): void {
    if (!this.dirty) return;
    this.dirty = false;
    this.open().syncNow();
  }
  /** Closes the file; a later call of the others opens it again. */
  close(): void {
    this.file?.close();
    this.file = undefined;
  }

  private open(): DiskFile {
    this.file ??= this.disk.open(this.path, { create: true });
    return this.file;
  }
}
