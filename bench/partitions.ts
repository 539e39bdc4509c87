/**
 * Measures a broker with many topics of one partition: how long they take to be made, to serve, and to come back after
 * a clean stop and after SIGKILL; memory and open files. `npm run bench:partitions -- [count] [open files at most]`.
 * The numbers of docs/performance.md come from here.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Admin, Consumer, Producer } from '../src/client/index.ts';

const count = Number(process.argv[2] ?? 10_000);
const openFilesMax = process.argv[3];
const PER_REQUEST = 500;
const TIMEOUT_MS = 300_000;

const directory = mkdtempSync(join(tmpdir(), 'onceward-partitions-'));
const names = Array.from({ length: count }, (_, index) => `topic-${String(index).padStart(6, '0')}`);

interface Running {
  readonly child: ChildProcess;
  readonly bootstrap: string;
}

async function start(): Promise<Running> {
  const limit = openFilesMax === undefined ? '' : `ulimit -n ${openFilesMax}; `;
  const command = `${limit}exec node src/cli/main.ts start --data ${directory} --port 0`;
  const child = spawn('bash', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  for await (const text of child.stdout!.setEncoding('utf8')) {
    said += text;
    const match = /listening on (\S+)/.exec(said);
    if (match !== null) return { child, bootstrap: match[1]! };
  }
  throw new Error('the broker did not start');
}

async function stop({ child }: Running, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await ended;
}

async function measured<T>(what: string, run: () => Promise<T>): Promise<T> {
  const before = performance.now();
  const result = await run();
  console.log(`${what}: ${((performance.now() - before) / 1000).toFixed(2)} s`);
  return result;
}

function state(what: string, { child }: Running): void {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  const resident = Number(/VmRSS:\s+(\d+)/.exec(status)![1]);
  const files = readdirSync(`/proc/${child.pid}/fd`).length;
  console.log(`${what}: ${(resident / 1024).toFixed(0)} MiB resident, ${files} open files`);
}

async function sendToAll(bootstrap: string): Promise<void> {
  const producer = new Producer({ bootstrapServers: [bootstrap] });
  for (const topic of names) await producer.send({ topic, value: 'one' }, () => {});
  await producer.flush();
  await producer.close();
}

async function readOne(bootstrap: string, topic: string): Promise<void> {
  const consumer = new Consumer({ bootstrapServers: [bootstrap], autoOffsetReset: 'earliest' });
  consumer.assign([{ topic, partition: 0 }]);
  for (let seen = 0; seen === 0; ) seen = (await consumer.poll()).length;
  await consumer.close();
}

try {
  let broker = await measured('start of an empty directory', start);
  state('empty', broker);
  await measured(`${count} topics created`, async () => {
    const admin = new Admin({ bootstrapServers: [broker.bootstrap] });
    for (let at = 0; at < count; at += PER_REQUEST) {
      const topics = names.slice(at, at + PER_REQUEST).map((name) => ({ name, partitions: 1 }));
      await admin.createTopics(topics, { timeoutMs: TIMEOUT_MS });
    }
    await admin.close();
  });
  state('created', broker);
  await measured('clean stop', () => stop(broker, 'SIGTERM'));
  broker = await measured('start after a clean stop, all empty', start);
  state('idle', broker);
  await measured('a record sent to each', () => sendToAll(broker.bootstrap));
  state('each with a record', broker);
  await stop(broker, 'SIGKILL');
  broker = await measured('start after SIGKILL', start);
  state('after SIGKILL', broker);
  await measured('a record read', () => readOne(broker.bootstrap, names.at(-1)!));
  await measured('clean stop', () => stop(broker, 'SIGTERM'));
  broker = await measured('start after a clean stop', start);
  await measured('a record sent to each', () => sendToAll(broker.bootstrap));
  await measured('clean stop, each written', () => stop(broker, 'SIGTERM'));
  broker = await measured('start after a clean stop', start);
  await stop(broker, 'SIGTERM');
} finally {
  rmSync(directory, { recursive: true, force: true });
}
