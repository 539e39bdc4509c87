/** What each further partition costs: work on the disk that grows with their number, not with its square. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Broker } from '../../src/broker/index.ts';
import { Admin, Consumer, Producer } from '../../src/client/index.ts';
import { type Disk, type DiskFile, MemoryDisk } from '../../src/core/index.ts';

/** A disk in memory that counts what is asked of it. */
class CountingDisk implements Disk {
  calls = 0;
  reads = 0;
  bytesWritten = 0;
  openFiles = 0;
  private readonly disk = new MemoryDisk();

  open(path: string, options?: { readonly create?: boolean }): DiskFile {
    const file = this.counted(() => this.disk.open(path, options));
    this.openFiles += 1;
    const count = <T>(run: () => T): T => this.counted(run);
    let closed = false;
    return {
      path,
      size: () => count(() => file.size()),
      read: (target, position) => {
        this.reads += 1;
        return count(() => file.read(target, position));
      },
      write: (bytes, position) => {
        this.bytesWritten += bytes.length;
        count(() => file.write(bytes, position));
      },
      truncate: (size) => count(() => file.truncate(size)),
      sync: () => count(() => file.sync()),
      syncNow: () => count(() => file.syncNow()),
      close: () => {
        if (!closed) this.openFiles -= 1;
        closed = true;
        file.close();
      },
    };
  }
  exists(path: string): boolean {
    return this.counted(() => this.disk.exists(path));
  }
  list(directory: string): string[] {
    return this.counted(() => this.disk.list(directory));
  }
  makeDirectory(path: string): void {
    this.counted(() => this.disk.makeDirectory(path));
  }
  remove(path: string): void {
    this.counted(() => this.disk.remove(path));
  }
  rename(from: string, to: string): void {
    this.counted(() => this.disk.rename(from, to));
  }
  syncDirectory(path: string): void {
    this.counted(() => this.disk.syncDirectory(path));
  }
  volumeOf(directory: string) {
    return this.disk.volumeOf(directory);
  }
  lock(directory: string) {
    return this.counted(() => this.disk.lock(directory));
  }
  private counted<T>(run: () => T): T {
    this.calls += 1;
    return run();
  }
}

interface Cost {
  readonly calls: number;
  readonly bytes: number;
}

async function measured(disk: CountingDisk, run: () => Promise<void>): Promise<Cost> {
  const { calls, bytesWritten } = disk;
  await run();
  return { calls: disk.calls - calls, bytes: disk.bytesWritten - bytesWritten };
}

const PER_REQUEST = 250;

async function createTopics({ bootstrap }: Broker, count: number): Promise<void> {
  const admin = new Admin({ bootstrapServers: bootstrap });
  for (let at = 0; at < count; at += PER_REQUEST) {
    const names = Array.from({ length: Math.min(PER_REQUEST, count - at) }, (_, index) => `topic-${at + index}`);
    await admin.createTopics(names.map((name) => ({ name, partitions: 1 })));
  }
  const found = await admin.listTopics();
  assert.equal(found.length, count);
  await admin.close();
}

/** Files of the broker itself: the metadata log and its indexes. */
const OWN_FILES = 10;

/** Makes so many topics, stops, starts, stops again; what each step costs for one topic. */
async function life(topics: number) {
  const disk = new CountingDisk();
  const start = () => Broker.start({ dataDirectory: '/data', ports: { disk } });
  const each = ({ calls, bytes }: Cost) => ({ calls: calls / topics, bytes: bytes / topics });
  const mayBeOpen = () => assert.ok(disk.openFiles <= topics + OWN_FILES, `${disk.openFiles} files are open`);
  let created: Cost;
  let stopped: Cost;
  {
    await using broker = await start();
    created = await measured(disk, () => createTopics(broker, topics));
    mayBeOpen();
    stopped = await measured(disk, () => broker.close());
  }
  assert.equal(disk.openFiles, 0);
  let again: Broker | undefined;
  const started = await measured(disk, async () => {
    again = await start();
  });
  await using _ = again;
  mayBeOpen();
  return { created: each(created), stopped: each(stopped), started: each(started) };
}

test('a thousand partitions cost each no more than a hundred do', async () => {
  const few = await life(100);
  const many = await life(1000);
  for (const step of ['created', 'stopped', 'started'] as const) {
    for (const unit of ['calls', 'bytes'] as const) {
      const [before, after] = [few[step][unit], many[step][unit]];
      assert.ok(after <= before * 1.1 + 1, `${step}: ${before} ${unit} a topic with 100, ${after} with 1000`);
    }
  }
  assert.ok(many.created.calls < 60 && many.created.bytes < 2000, JSON.stringify(many.created));
  // Nothing has changed since they were opened, and nothing of them is written at the next start.
  assert.ok(many.stopped.calls < 2 && many.stopped.bytes < 50, JSON.stringify(many.stopped));
  assert.ok(many.started.calls < 60 && many.started.bytes < 50, JSON.stringify(many.started));
});

test('an answer that is full reads no more of the other partitions', async () => {
  const partitions = 200;
  const recordBytes = 50_000;
  const disk = new CountingDisk();
  await using broker = await Broker.start({ dataDirectory: '/data', ports: { disk } });
  const bootstrapServers = broker.bootstrap;
  await using admin = new Admin({ bootstrapServers });
  await admin.createTopics([{ name: 'wide', partitions }]);
  await using producer = new Producer({ bootstrapServers });
  const value = Buffer.alloc(recordBytes);
  for (let at = 0; at < partitions * 2; at++) await producer.send({ topic: 'wide', partition: at % partitions, value });
  await producer.flush();

  await using consumer = new Consumer({ bootstrapServers, autoOffsetReset: 'earliest' });
  consumer.assign(Array.from({ length: partitions }, (_, partition) => ({ topic: 'wide', partition })));
  const before = disk.reads;
  let seen = 0;
  while (seen < partitions * 2) seen += (await consumer.poll({ timeoutMs: 10_000 })).length;
  // Ten partitions fill an answer of 1 MiB; the other 190 of each of the 20 answers would be 3,800 reads.
  const reads = disk.reads - before;
  assert.ok(reads < partitions * 4, `${reads} reads`);
});
