/**
 * A storm of restarts on a real broker: twenty processes, each an instance of an exactly-once `process`, of which one is
 * killed (SIGKILL, and replaced) or paused (SIGSTOP, for longer than its session or its transaction may last, then
 * SIGCONT) every second, while input keeps coming. In the end the output is exactly the input, in order for each key.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Admin, Consumer, Producer } from '../../../src/client/index.ts';
import { SeededRandom } from '../../../src/lab/index.ts';
import { INPUT, OUTPUT, SESSION_TIMEOUT_MS, TRANSACTION_TIMEOUT_MS } from './settings.ts';

const INSTANCE = fileURLToPath(new URL('./instance.ts', import.meta.url));
const PARTITIONS = 12;
const INSTANCES = 20;
const KEYS = 60;
/** All partitions change hands with every rebalance, or only those that must. */
const STRATEGIES = ['range', 'cooperative-sticky'] as const;
/** Records a second, over all keys. */
const RATE = 120;
/** What is not done so long after the last fault is stuck. */
const DRAIN_MS_MAX = 60_000;
/** Twenty processes start at once, and two cores may have them all. */
const BEGIN_MS_MAX = 60_000;

export interface StormReport {
  readonly strategy: string;
  readonly fed: number;
  /** Visible to read_committed when the last fault had happened. */
  readonly doneInStorm: number;
  readonly drainMs: number;
  readonly killed: number;
  readonly paused: number;
}

/** A process, and those that replace it. */
class Instance {
  readonly name: string;
  pausedUntil = 0;
  private readonly args: readonly string[];
  private readonly failed: (error: Error) => void;
  private child: ChildProcess;

  constructor(bootstrap: string, name: string, strategy: string, failed: (error: Error) => void) {
    this.name = name;
    this.args = [INSTANCE, bootstrap, name, strategy];
    this.failed = failed;
    this.child = this.begin();
  }
  get isPaused(): boolean {
    return this.pausedUntil > 0;
  }
  kill(): void {
    this.child.removeAllListeners('exit').kill('SIGKILL');
    this.child = this.begin();
  }
  pause(ms: number): void {
    this.pausedUntil = performance.now() + ms;
    this.child.kill('SIGSTOP');
  }
  resume(): void {
    this.pausedUntil = 0;
    this.child.kill('SIGCONT');
  }
  async end(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('close', resolve));
    child.removeAllListeners('exit').kill('SIGKILL');
    await gone;
  }

  private begin(): ChildProcess {
    const child = spawn(process.execPath, this.args, { stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said = (said + String(chunk)).slice(-4000);
    });
    child.once('exit', (code, signal) => {
      // Let what it said arrive.
      child.once('close', () => this.failed(new Error(`${this.name} ended by itself (${signal ?? code}): ${said}`)));
    });
    return child;
  }
}

/** @throws AssertionError for any loss, repetition or change of order, and when it does not get through its input */
export async function storm(bootstrap: string, options: { seed: string; durationMs: number }): Promise<StormReport> {
  const random = new SeededRandom(options.seed, 'storm', () => {});
  const admin = new Admin({ bootstrapServers: bootstrap });
  await admin.createTopics([INPUT, OUTPUT].map((name) => ({ name, partitions: PARTITIONS, replicationFactor: 1 })));
  await admin.close();
  let failure: Error | undefined;
  const failed = (error: Error) => {
    failure ??= error;
  };
  const strategy = STRATEGIES[random.below(STRATEGIES.length)]!;
  const instances = Array.from(
    { length: INSTANCES },
    (_, at) => new Instance(bootstrap, `instance-${at}`, strategy, failed),
  );
  const reader = new OutputReader(bootstrap);
  const feeder = new Feeder(bootstrap);
  const counts = { killed: 0, paused: 0 };
  try {
    feeder.begin();
    reader.begin();
    // The first assignments; a storm over processes that have not even started shows nothing.
    await reader.saw(KEYS * 5, BEGIN_MS_MAX, () => failure);
    const end = performance.now() + options.durationMs;
    for (let next = performance.now() + 1_000; next < end; next += 1_000) {
      while (performance.now() < next) {
        await sleep(50);
        for (const instance of instances) {
          if (instance.isPaused && performance.now() >= instance.pausedUntil) instance.resume();
        }
        if (failure !== undefined) throw failure;
      }
      const running = instances.filter(({ isPaused }) => !isPaused);
      const victim = running[random.below(running.length)]!;
      if (random.below(2) === 0) {
        counts.killed++;
        victim.kill();
      } else {
        counts.paused++;
        victim.pause(Math.max(SESSION_TIMEOUT_MS, TRANSACTION_TIMEOUT_MS) + 1_000 + random.below(2_000));
      }
    }
    const doneInStorm = reader.count;
    await feeder.end();
    for (const instance of instances) if (instance.isPaused) instance.resume();
    const healed = performance.now();
    while (reader.count < feeder.count && failure === undefined) {
      if (performance.now() > healed + DRAIN_MS_MAX) break;
      await sleep(50);
    }
    const drainMs = performance.now() - healed;
    // Whatever would come twice has the time to.
    await sleep(TRANSACTION_TIMEOUT_MS + 1_000);
    if (failure !== undefined) throw failure;
    reader.compare(feeder.sent);
    return { strategy, fed: feeder.count, doneInStorm, drainMs, ...counts };
  } finally {
    await Promise.all([...instances.map((instance) => instance.end()), reader.end(), feeder.end()]);
  }
}

/** Numbers for each key, at a steady rate, until it is told to end. */
class Feeder {
  count = 0;
  readonly sent = new Map<string, number>();
  private readonly producer: Producer;
  private feeding = Promise.resolve();
  private ending = false;

  constructor(bootstrap: string) {
    this.producer = new Producer({ bootstrapServers: bootstrap, lingerMs: 5 });
  }
  begin(): void {
    const began = performance.now();
    this.feeding = (async () => {
      while (!this.ending) {
        for (const due = ((performance.now() - began) / 1000) * RATE; this.count < due; this.count++) {
          const key = `k${this.count % KEYS}`;
          const value = this.sent.get(key) ?? 0;
          this.producer.send({ topic: INPUT, key, value: String(value) });
          this.sent.set(key, value + 1);
        }
        await sleep(20);
      }
      await this.producer.flush();
    })();
    this.feeding.catch(() => {});
  }
  async end(): Promise<void> {
    this.ending = true;
    await this.feeding;
    await this.producer.close();
  }
}

/** What read_committed sees of the output, from its beginning. */
class OutputReader {
  count = 0;
  private readonly values = new Map<string, string[]>();
  private readonly consumer: Consumer;
  private readonly stop = new AbortController();
  private reading = Promise.resolve();

  constructor(bootstrap: string) {
    this.consumer = new Consumer({
      bootstrapServers: bootstrap,
      isolationLevel: 'read_committed',
      autoOffsetReset: 'earliest',
    });
  }
  begin(): void {
    this.consumer.assign(Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: OUTPUT, partition })));
    this.reading = (async () => {
      while (!this.stop.signal.aborted) {
        for (const { key, value } of await this.consumer.poll({ timeoutMs: 200 })) {
          const name = Buffer.from(key!).toString();
          const values = this.values.get(name) ?? [];
          this.values.set(name, values);
          values.push(Buffer.from(value!).toString());
          this.count++;
        }
      }
    })();
    this.reading.catch(() => {});
  }
  /** @throws Error when it has not seen so many after `withinMs`, or something failed */
  async saw(count: number, withinMs: number, failure: () => Error | undefined): Promise<void> {
    for (const deadline = performance.now() + withinMs; this.count < count; await sleep(50)) {
      const failed = failure();
      if (failed !== undefined) throw failed;
      if (performance.now() > deadline) throw new Error(`${this.count} of ${count} outputs after ${withinMs} ms`);
    }
  }
  /** Each key has its numbers, all of them, once, in order. */
  compare(sent: ReadonlyMap<string, number>): void {
    for (const [key, count] of sent) {
      const expected = Array.from({ length: count }, (_, at) => `${at}!`);
      const got = this.values.get(key) ?? [];
      const at = expected.findIndex((value, index) => got[index] !== value);
      const near = (values: readonly string[]) => values.slice(Math.max(0, at - 3), at + 5).join(' ');
      assert.equal(at, -1, `${key} from the ${at}th on: ${near(got)} in place of ${near(expected)}`);
      assert.equal(got.length, expected.length, `${key} goes on with ${got.slice(count, count + 5).join(' ')}`);
    }
  }
  async end(): Promise<void> {
    this.stop.abort();
    await this.reading;
    await this.consumer.close();
  }
}
