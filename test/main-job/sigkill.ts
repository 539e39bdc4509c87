/**
 * A broker of its own process on a real disk, killed with SIGKILL again and again while transactions run through it. In
 * the end the output is exactly what was committed: nothing acknowledged is missing, no transaction is torn, nothing is
 * there twice, and the offsets stand where the transactions left them.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Admin, Consumer, Producer } from '../../src/client/index.ts';
import { SeededRandom } from '../../src/lab/index.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const WORKERS = 3;
const PARTITIONS = 3;
/** Milliseconds that a broker lives once it listens. */
const LIFE_MAX = 350;
const QUICK = { retryBackoffMs: 5, retryBackoffMaxMs: 50, reconnectBackoffMs: 5, reconnectBackoffMaxMs: 50 };

class MortalBroker {
  port = 0;
  private readonly directory: string;
  private child: ChildProcess | undefined;

  constructor(directory: string) {
    this.directory = directory;
  }
  get bootstrap(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Always on the same port, so that the clients find it again. */
  async start(): Promise<void> {
    const settings = ['offsets.topic.num.partitions=3', 'transaction.state.log.num.partitions=3'];
    const sets = settings.flatMap((setting) => ['--set', setting]);
    const args = [MAIN, 'start', '--data', this.directory, '--port', String(this.port), ...sets];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (chunk) => {
        said += String(chunk);
      });
      child.stdout.on('data', (chunk) => {
        const match = /^listening on .*:(\d+)$/m.exec(String(chunk));
        if (match === null) return;
        this.port = Number(match[1]);
        resolve();
      });
      child.on('exit', () => reject(new Error(`the broker did not start: ${said}`)));
    });
  }
  async kill(): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
  }
}

/** Transactions one after another: three records over the partitions, and the number of the transaction as an offset. */
class Worker {
  readonly committed = new Set<number>();
  readonly unknown = new Set<number>();
  private readonly bootstrap: string;
  private readonly id: number;
  private number = 0;

  constructor(bootstrap: string, id: number) {
    this.bootstrap = bootstrap;
    this.id = id;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const producer = this.producer();
      try {
        await producer.initTransactions();
        while (!signal.aborted) await this.transact(producer);
      } catch {
        // What became of the transaction under way is not known; the next producer goes on with another.
      } finally {
        await producer.close({ timeoutMs: 1000 }).catch(() => {});
      }
    }
    // Ends what a death has left open.
    const last = this.producer();
    await last.initTransactions();
    await last.close();
  }

  private producer(): Producer {
    const transactionalId = `worker-${this.id}`;
    return new Producer({ ...QUICK, bootstrapServers: this.bootstrap, transactionalId, lingerMs: 0 });
  }

  private async transact(producer: Producer): Promise<void> {
    const number = ++this.number;
    this.unknown.add(number);
    const tx = await producer.begin();
    for (let at = 0; at < PARTITIONS; at++) {
      tx.send({ topic: 'output', partition: at, key: `${this.id}`, value: `${this.id}/${number}` });
    }
    const group = { groupId: 'workers', generationId: -1, memberId: '', groupInstanceId: null };
    await tx.sendOffsets([{ topic: 'output', partition: this.id, offset: number }], group);
    if (number % 5 === 0) {
      await tx.abort();
      this.unknown.delete(number);
      return;
    }
    await tx.commit();
    this.unknown.delete(number);
    this.committed.add(number);
  }
}

/** Every value of the topic, with the partitions it is in, in the order of their offsets. */
async function readAll(broker: MortalBroker): Promise<{ partition: number; value: string }[]> {
  const options = { bootstrapServers: broker.bootstrap, isolationLevel: 'read_committed' } as const;
  const consumer = new Consumer({ ...options, autoOffsetReset: 'earliest' });
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: 'output', partition }));
  consumer.assign(partitions);
  for (const at of partitions) consumer.seek({ ...at, offset: 0 });
  const admin = new Admin({ bootstrapServers: broker.bootstrap });
  const ends = await admin.listOffsets(partitions.map((at) => ({ ...at, at: 'latest' as const })));
  const found: { partition: number; value: string }[] = [];
  const behind = async () => {
    for (const { topic, partition, offset } of ends) {
      if ((await consumer.position({ topic, partition })) < offset) return true;
    }
    return false;
  };
  while (await behind()) {
    for (const { partition, value } of await consumer.poll({ timeoutMs: 200 })) {
      found.push({ partition, value: Buffer.from(value!).toString() });
    }
  }
  await consumer.close();
  await admin.close();
  return found;
}

/** Kills the broker so many times, and looks at what is left. @throws AssertionError that says what was lost or torn */
export async function killAgainAndAgain(seed: string, rounds: number): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'onceward-sigkill-'));
  const broker = new MortalBroker(directory);
  try {
    await storm(broker, seed, rounds);
  } finally {
    await broker.kill();
    await rm(directory, { recursive: true, force: true });
  }
}

async function storm(broker: MortalBroker, seed: string, rounds: number): Promise<void> {
  const random = new SeededRandom(seed, 'sigkill');
  await broker.start();
  const setup = new Admin({ bootstrapServers: broker.bootstrap });
  await setup.createTopics([{ name: 'output', partitions: PARTITIONS, replicationFactor: 1 }]);
  await setup.close();
  const stop = new AbortController();
  const workers = Array.from({ length: WORKERS }, (_, id) => new Worker(broker.bootstrap, id));
  const running = Promise.all(workers.map((worker) => worker.run(stop.signal)));
  for (let round = 0; round < rounds; round++) {
    await sleep(random.below(LIFE_MAX));
    await broker.kill();
    await broker.start();
  }
  stop.abort();
  await running;

  const places = new Map<string, number[]>();
  for (const { partition, value } of await readAll(broker)) {
    places.set(value, [...(places.get(value) ?? []), partition]);
  }
  const admin = new Admin({ bootstrapServers: broker.bootstrap });
  const positions = await admin.listConsumerGroupOffsets('workers', undefined, { requireStable: true });
  await admin.close();
  for (const [id, worker] of workers.entries()) {
    let last = 0;
    for (const [value, partitions] of places) {
      const [of, number] = value.split('/').map(Number) as [number, number];
      if (of !== id) continue;
      assert.deepEqual([...partitions].sort(), [0, 1, 2], `${value} is in each partition once`);
      assert.ok(worker.committed.has(number) || worker.unknown.has(number), `${value} was aborted`);
      last = Math.max(last, number);
    }
    for (const number of worker.committed) assert.ok(places.has(`${id}/${number}`), `${id}/${number} was acknowledged`);
    assert.ok(worker.committed.size > rounds / 2, `${worker.committed.size} transactions were committed`);
    const position = positions.find(({ partition }) => partition === id)?.offset;
    assert.equal(position, last, `the offset of worker ${id} is that of its last transaction`);
  }
}
