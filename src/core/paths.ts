/** Paths as the disk port takes them: `/`-separated, on every platform. */

/** `joinPath('/data', 'a', 'b.log') === '/data/a/b.log'`. Empty parts are left out. */
export function joinPath(first: string, ...rest: readonly string[]): string {
  let joined = first;
  for (const part of rest) {
    if (part === '') continue;
    joined = joined === '' ? part : joined.endsWith('/') ? joined + part : `${joined}/${part}`;
  }
  return joined;
}

/** The directory that a path is in: `/` for what is in the root, `.` for a bare name. */
export function parentPath(path: string): string {
  const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  const slash = trimmed.lastIndexOf('/');
  if (slash < 0) return '.';
  return slash === 0 ? '/' : trimmed.slice(0, slash);
}

/** The last part of a path. */
export function baseName(path: string): string {
  const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  return trimmed.slice(trimmed.lastIndexOf('/') + 1);
}
