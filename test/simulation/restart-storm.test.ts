/**
 * A storm of restarts: instances of an exactly-once `process` that are killed, cut off or stopped about once a second while
 * they work, and a broker that loses power now and then. The output is exactly the input.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Processing, process } from '../../src/client/index.ts';
import type { Ports } from '../../src/core/index.ts';
import { Simulation } from '../../src/lab/index.ts';
import { ADDRESS, BROKER, ClientNode, startBroker, text } from './world.ts';

const PARTITIONS = 6;
const INSTANCES = 5;
const RECORDS = 900;
const STORM_MS = 60_000;
const SEEDS = [103, 104, 105, 106];

interface Storm {
  readonly output: readonly string[];
  readonly faults: Readonly<Record<'killed' | 'cut off' | 'left unanswered' | 'closed' | 'power lost', number>>;
}

function instance(ports: Ports, name: string): Processing {
  return process({
    bootstrapServers: ADDRESS,
    group: 'storm',
    from: 'input',
    to: 'output',
    guarantee: 'exactly-once',
    // Some keep their name over a restart, and abort at once what they left open; of the others it times out.
    ...(name.endsWith('0') ? {} : { instanceId: name }),
    handler: ({ key, value }) => ({ key, value: `${text(value)}!` }),
    consumer: { sessionTimeoutMs: 6_000, heartbeatIntervalMs: 500, maxPollRecords: 5 },
    // So short that commits are given up before they are answered, and their outcome has to be found out.
    producer: { maxBlockMs: 300, requestTimeoutMs: 200 },
    ports,
  });
}

async function storm(seed: number): Promise<Storm> {
  const sim = new Simulation({ seed });
  const faults = { killed: 0, 'cut off': 0, 'left unanswered': 0, closed: 0, 'power lost': 0 };
  const output: string[] = [];
  // Far enough apart that faults meet requests on their way.
  sim.network.conditions.leastDelayMs = 15;
  const run = async (): Promise<void> => {
    await startBroker(sim.node(BROKER));
    const setup = new ClientNode(sim, 'setup');
    const admin = setup.admin();
    await admin.createTopics([
      { name: 'input', partitions: PARTITIONS, replicationFactor: 1 },
      { name: 'output', partitions: 2, replicationFactor: 1 },
    ]);
    await admin.close();

    const names = Array.from({ length: INSTANCES }, (_, at) => `instance-${at}`);
    const working = new Map(names.map((name) => [name, instance(sim.node(name), name)]));
    const feeder = setup.producer();
    const feeding = (async () => {
      for (let at = 0; at < RECORDS; at++) {
        await feeder.sendAndWait({ topic: 'input', partition: at % PARTITIONS, key: `k${at}`, value: `v${at}` });
        await sim.sleep((0.9 * STORM_MS) / RECORDS);
      }
      await feeder.close();
    })();

    while (sim.nowMs < STORM_MS) {
      await sim.sleep(500 + sim.random.below(1_000));
      const name = names[sim.random.below(names.length)]!;
      switch (sim.random.below(8)) {
        case 0:
          faults['power lost'] += 1;
          sim.crash(BROKER);
          await sim.sleep(sim.random.below(500));
          await startBroker(sim.restart(BROKER));
          break;
        case 1:
          faults.closed += 1;
          await working.get(name)!.close();
          working.set(name, instance(sim.node(name), name));
          break;
        case 2:
          // What it asks for is done, and it is not told.
          faults['left unanswered'] += 1;
          sim.network.block({ from: BROKER, to: name });
          await sim.sleep(500 + sim.random.below(3_000));
          sim.network.heal();
          break;
        case 3:
          // As good as paused: it hears nothing and is not heard until it comes back, perhaps replaced.
          faults['cut off'] += 1;
          sim.network.isolate(name);
          await sim.sleep(sim.random.below(9_000));
          sim.network.heal();
          break;
        default:
          faults.killed += 1;
          sim.kill(name);
          await sim.sleep(sim.random.below(300));
          working.set(name, instance(sim.restart(name), name));
      }
    }
    await feeding;

    const reader = setup.consumer({ groupId: 'reader', isolationLevel: 'read_committed' });
    reader.subscribe(['output']);
    while (output.length < RECORDS) for (const { value } of await reader.poll()) output.push(text(value));
    // Whatever would come twice has the time to.
    await sim.sleep(30_000);
    for (const { value } of await reader.poll({ timeoutMs: 3_000 })) output.push(text(value));
    await reader.close();
    await Promise.all([...working.values()].map((each) => each.close()));
  };
  await sim.run(run, { untilMs: 600_000, mostEvents: 20_000_000 });
  return { output, faults };
}

test('a storm of restarts: the output of an exactly-once process is exactly its input', async () => {
  const expected = Array.from({ length: RECORDS }, (_, at) => `v${at}!`).sort();
  const happened = { killed: 0, 'cut off': 0, 'left unanswered': 0, closed: 0, 'power lost': 0 };
  for (const seed of SEEDS) {
    const { output, faults } = await storm(seed);
    assert.deepEqual([...output].sort(), expected, `seed ${seed}`);
    for (const [name, count] of Object.entries(faults)) happened[name as keyof typeof happened] += count;
  }
  for (const [name, count] of Object.entries(happened)) assert.ok(count > 0, `no instance was ever ${name}`);
});
