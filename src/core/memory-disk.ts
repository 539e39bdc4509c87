/** A disk in memory: what a broker without a data directory writes to. It dies with the process; sync does nothing. */
import { ChunkedBytes } from './chunked-bytes.ts';
import { type DirectoryNode, FileTree } from './file-tree.ts';
import {
  DirectoryLockedError,
  type Disk,
  type DiskFile,
  type DiskLock,
  type DiskVolume,
  SystemError,
} from './ports.ts';

export class MemoryDisk implements Disk {
  private readonly tree = new FileTree<ChunkedBytes>();
  private readonly locked = new Set<DirectoryNode<ChunkedBytes>>();

  open(path: string, options?: { readonly create?: boolean }): DiskFile {
    const create = options?.create === true ? () => new ChunkedBytes() : undefined;
    return new MemoryFile(path, this.tree.file(path, create));
  }

  exists(path: string): boolean {
    return this.tree.find(path) !== undefined;
  }

  list(directory: string): string[] {
    return this.tree.list(directory);
  }

  makeDirectory(path: string): void {
    this.tree.makeDirectory(path);
  }

  remove(path: string): void {
    this.tree.remove(path);
  }

  rename(from: string, to: string): void {
    this.tree.rename(from, to);
  }

  syncDirectory(path: string): void {
    this.tree.directory(path);
  }

  volumeOf(directory: string): DiskVolume {
    return { absolutePath: directory, totalBytes: -1, usableBytes: -1 };
  }

  lock(directory: string): DiskLock {
    const node = this.tree.directory(directory);
    if (this.locked.has(node)) throw new DirectoryLockedError(directory);
    this.locked.add(node);
    let held = true;
    const release = (): void => {
      if (held) this.locked.delete(node);
      held = false;
    };
    return { release };
  }
}

class MemoryFile implements DiskFile {
  readonly path: string;
  private content: ChunkedBytes | undefined;

  constructor(path: string, content: ChunkedBytes) {
    this.path = path;
    this.content = content;
  }

  size(): number {
    return this.opened().size;
  }
  read(target: Uint8Array, position: number): number {
    return this.opened().read(target, position);
  }
  write(bytes: Uint8Array, position: number): void {
    this.opened().write(bytes, position);
  }
  truncate(size: number): void {
    this.opened().truncate(size);
  }
  async sync(): Promise<void> {
    this.opened();
  }
  syncNow(): void {
    this.opened();
  }
  close(): void {
    this.content = undefined;
  }

  private opened(): ChunkedBytes {
    if (this.content === undefined) throw new SystemError('EBADF', `file is closed: ${this.path}`, this.path);
    return this.content;
  }
}
