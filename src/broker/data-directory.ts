/**
 * The data directory: who holds it, whose it is (`meta.properties`, in Kafka's format), and where each partition lives.
 */
import {
  type Disk,
  type DiskLock,
  makeDurableDirectory,
  type Random,
  randomUuid,
  readWholeFile,
  replaceFile,
  SystemError,
  type Uuid,
} from '../core/index.ts';

export interface MetaProperties {
  readonly clusterId: Uuid;
  readonly nodeId: number;
  readonly directoryId: Uuid;
}

const META_FILE = 'meta.properties';
const META_MAX_BYTES = 64 * 1024;

export class DataDirectory {
  readonly path: string;
  readonly meta: MetaProperties;
  private readonly lock: DiskLock;

  private constructor(path: string, meta: MetaProperties, lock: DiskLock) {
    this.path = path;
    this.meta = meta;
    this.lock = lock;
  }

  /**
   * Makes the directory where it is missing, so that a power failure leaves it there, and takes it for this process.
   * @throws DirectoryLockedError when another process holds it; Error, saying what to do, when it cannot be used
   */
  static open(disk: Disk, path: string, nodeId: number, random: Random): DataDirectory {
    let lock: DiskLock;
    try {
      makeDurableDirectory(disk, path);
      lock = disk.lock(path);
    } catch (error) {
      if (error instanceof SystemError) throw unusable(path, error);
      throw error;
    }
    try {
      return new DataDirectory(path, readOrCreateMeta(disk, path, nodeId, random), lock);
    } catch (error) {
      lock.release();
      throw error instanceof SystemError ? unusable(path, error) : error;
    }
  }

  partitionDirectory(topic: string, index: number): string {
    return `${this.path}/${topic}-${index}`;
  }

  release(): void {
    this.lock.release();
  }
}

function unusable(path: string, error: SystemError): Error {
  return new Error(
    `${path} cannot be used as data directory: ${error.message}. Choose one that this user may write to.`,
    { cause: error },
  );
}

function readOrCreateMeta(disk: Disk, directory: string, nodeId: number, random: Random): MetaProperties {
  const path = `${directory}/${META_FILE}`;
  if (disk.exists(path)) return readMeta(disk, path, nodeId);
  refuseForeign(disk, directory);
  const meta = { clusterId: randomUuid(random), nodeId, directoryId: randomUuid(random) };
  const text = [
    '#',
    `cluster.id=${meta.clusterId}`,
    `directory.id=${meta.directoryId}`,
    `node.id=${nodeId}`,
    'version=1',
    '',
  ].join('\n');
  replaceFile(disk, path, Buffer.from(text));
  return meta;
}

/** A new data directory is an empty one: what is there already is somebody's, or was ours and has lost its identity. */
function refuseForeign(disk: Disk, directory: string): void {
  const found = disk
    .list(directory)
    .find((name) => !name.startsWith('.') && name !== `${META_FILE}.tmp` && name !== 'lost+found');
  if (found === undefined) return;
  throw new Error(
    `${directory} is not empty (it holds ${found}) and has no ${META_FILE}: it is no data directory of a broker. Choose an ` +
      `empty or a new one; if it was one, restore its ${META_FILE}`,
  );
}

function readMeta(disk: Disk, path: string, nodeId: number): MetaProperties {
  const text = Buffer.from(readWholeFile(disk, path, META_MAX_BYTES)).toString('utf8');
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const at = line.indexOf('=');
    if (at > 0 && !line.startsWith('#')) values.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  const clusterId = values.get('cluster.id');
  const directoryId = values.get('directory.id');
  const storedNode = values.get('node.id');
  if (clusterId === undefined || directoryId === undefined || storedNode === undefined) {
    throw new Error(
      `${path} lacks cluster.id, directory.id or node.id: this is no data directory of a broker. Choose another one.`,
    );
  }
  if (Number(storedNode) !== nodeId) {
    throw new Error(
      `${path} belongs to node ${storedNode}, not to node ${nodeId}: start with node.id=${storedNode}, or choose ` +
        'another data directory.',
    );
  }
  return { clusterId, nodeId, directoryId };
}
