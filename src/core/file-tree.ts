/**
 * The names of a disk that is kept in memory: directories, what is in them, and the errors of POSIX for what is not.
 * It does not know what a file contains. Used by the memory disk and by the simulated one.
 */
import { SystemError } from './ports.ts';

export class DirectoryNode<F> {
  readonly entries = new Map<string, F | DirectoryNode<F>>();
}

/** What one operation did to one name; `entry` is undefined where the name went away. */
export interface NameChange<F> {
  readonly directory: DirectoryNode<F>;
  readonly name: string;
  readonly entry: F | DirectoryNode<F> | undefined;
}

export class FileTree<F extends object> {
  readonly root = new DirectoryNode<F>();
  private readonly changed: (changes: readonly NameChange<F>[]) => void;

  /** `changed` is told after each operation, with all the names that it changed at once. */
  constructor(changed: (changes: readonly NameChange<F>[]) => void = () => {}) {
    this.changed = changed;
  }

  find(path: string): F | DirectoryNode<F> | undefined {
    let at: F | DirectoryNode<F> | undefined = this.root;
    for (const part of split(path)) {
      if (!(at instanceof DirectoryNode)) return undefined;
      at = at.entries.get(part);
    }
    return at;
  }

  /** @throws SystemError `ENOENT`, `ENOTDIR` */
  directory(path: string): DirectoryNode<F> {
    const found = this.find(path);
    if (found === undefined) throw new SystemError('ENOENT', `no such directory: ${path}`, path);
    if (!(found instanceof DirectoryNode)) throw new SystemError('ENOTDIR', `not a directory: ${path}`, path);
    return found;
  }

  /** The file at `path`; one made by `create` when there is none. @throws SystemError `ENOENT`, `EISDIR`, `ENOTDIR` */
  file(path: string, create?: () => F): F {
    const { parent, name } = this.place(path);
    const found = parent.entries.get(name);
    if (found instanceof DirectoryNode) throw new SystemError('EISDIR', `is a directory: ${path}`, path);
    if (found !== undefined) return found;
    if (create === undefined) throw new SystemError('ENOENT', `no such file: ${path}`, path);
    const made = create();
    parent.entries.set(name, made);
    this.changed([{ directory: parent, name, entry: made }]);
    return made;
  }

  list(path: string): string[] {
    return [...this.directory(path).entries.keys()].sort();
  }

  makeDirectory(path: string): void {
    let at = this.root;
    for (const part of split(path)) {
      let next = at.entries.get(part);
      if (next === undefined) {
        next = new DirectoryNode<F>();
        at.entries.set(part, next);
        this.changed([{ directory: at, name: part, entry: next }]);
      }
      if (!(next instanceof DirectoryNode)) throw new SystemError('ENOTDIR', `not a directory: ${path}`, path);
      at = next;
    }
  }

  /** A file, or a directory with all that is in it, from the leaves up. */
  remove(path: string): void {
    const parts = split(path);
    const name = parts.pop();
    if (name === undefined) throw new SystemError('EBUSY', 'the root cannot be removed', path);
    const parent = this.find(parts.join('/'));
    if (!(parent instanceof DirectoryNode)) return;
    const found = parent.entries.get(name);
    if (found === undefined) return;
    if (found instanceof DirectoryNode) this.empty(found);
    parent.entries.delete(name);
    this.changed([{ directory: parent, name, entry: undefined }]);
  }

  /** @throws SystemError `ENOENT`, `EISDIR`, `ENOTDIR`, `ENOTEMPTY`, `EINVAL` */
  rename(from: string, to: string): void {
    const source = this.place(from);
    const target = this.place(to);
    const moved = source.parent.entries.get(source.name);
    if (moved === undefined) throw new SystemError('ENOENT', `no such file: ${from}`, from);
    const replaced = target.parent.entries.get(target.name);
    if (replaced === moved) return;
    if (moved instanceof DirectoryNode) {
      if (`${split(to).join('/')}/`.startsWith(`${split(from).join('/')}/`)) {
        throw new SystemError('EINVAL', `a directory cannot be moved into itself: ${from}`, from);
      }
      if (replaced !== undefined && !(replaced instanceof DirectoryNode)) {
        throw new SystemError('ENOTDIR', `not a directory: ${to}`, to);
      }
      if (replaced !== undefined && replaced.entries.size > 0) {
        throw new SystemError('ENOTEMPTY', `directory not empty: ${to}`, to);
      }
    } else if (replaced instanceof DirectoryNode) {
      throw new SystemError('EISDIR', `is a directory: ${to}`, to);
    }
    source.parent.entries.delete(source.name);
    target.parent.entries.set(target.name, moved);
    this.changed([
      { directory: source.parent, name: source.name, entry: undefined },
      { directory: target.parent, name: target.name, entry: moved },
    ]);
  }

  private empty(directory: DirectoryNode<F>): void {
    for (const [name, entry] of [...directory.entries]) {
      if (entry instanceof DirectoryNode) this.empty(entry);
      directory.entries.delete(name);
      this.changed([{ directory, name, entry: undefined }]);
    }
  }

  private place(path: string): { parent: DirectoryNode<F>; name: string } {
    const parts = split(path);
    const name = parts.pop();
    if (name === undefined) throw new SystemError('EISDIR', `is a directory: ${path}`, path);
    return { parent: this.directory(parts.join('/')), name };
  }
}

/** The parts of a path, without empty ones and `.`. */
function split(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}
