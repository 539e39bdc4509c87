/**
 * A swarm: several clients at random work, faults at random moments, and the checker at the end. The seed decides all:
 * how many there are, which version of transactions they speak, which faults happen. One seed is one run.
 */
import {
  checkCopies,
  checkHistory,
  type Final,
  History,
  SeededRandom,
  Simulation,
  type Violation,
} from '../../../src/lab/index.ts';
import { makeTopic, setTransactionVersion } from '../requests.ts';
import { StubbornClient } from '../stubborn-client.ts';
import { BROKER, ClientNode, startBroker, text } from '../world.ts';
import { haunt } from './nemesis.ts';
import { type Crew, copy, GROUP, INPUT, inputOf, OUTPUT, readOn, writeAlone, writeTogether } from './workers.ts';

export interface SwarmResult {
  readonly violations: readonly Violation[];
  /** How often each fault happened. */
  readonly faults: ReadonlyMap<string, number>;
  readonly records: number;
  readonly committed: number;
  readonly unknown: number;
}

const STORM_MS = 15_000;
/** Longer than a member, a join or a transaction may be silent. */
const QUIET_MS = 40_000;
const LIMIT_MS = 600_000;
const SETTLED_MS = 60_000;
const SETTINGS = { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1000 };

export async function swarm(sim: Simulation): Promise<SwarmResult> {
  return sim.run(() => play(sim), { untilMs: LIMIT_MS });
}

/** Plays one seed. */
export function playSeed(seed: number | string): Promise<SwarmResult> {
  return swarm(new Simulation({ seed, keepEvents: 50 }));
}

async function play(sim: Simulation): Promise<SwarmResult> {
  const random = new SeededRandom(sim.seed, 'swarm');
  const partitions = random.between(1, 3);
  sim.network.conditions.leastDelayMs = random.pick([0.2, 1, 10]);
  const start = async (): Promise<void> => void (await startBroker(sim.node(BROKER), SETTINGS));
  await start();
  const setup = new StubbornClient(sim, 'setup');
  const small = random.chance(0.5) ? { 'internal.segment.bytes': '2000' } : {};
  for (const topic of [INPUT, OUTPUT]) await setup.ask(makeTopic(topic, partitions, small));
  if (random.chance(0.5)) await setup.ask(setTransactionVersion(1, 2));
  setup.close();

  const history = new History();
  const crew: Crew = {
    sim,
    history,
    random,
    partitions,
    feeding: () => sim.nowMs < STORM_MS,
    working: () => sim.nowMs < STORM_MS || sim.nowMs < crew.lastWorkAtMs + QUIET_MS,
    lastWorkAtMs: STORM_MS,
    count: 0,
  };
  const roles = {
    alone: { work: writeAlone, count: random.between(1, 2) },
    together: { work: writeTogether, count: random.between(1, 3) },
    copier: { work: copy, count: random.between(1, 3) },
    reader: { work: readOn, count: 1 },
  };
  const names = Object.entries(roles).flatMap(([role, { count }]) =>
    Array.from({ length: count }, (_, at) => `${role}-${at}`),
  );
  const running = new Map<string, Promise<void>>();
  const startClient = (name: string): void => {
    const { work } = roles[name.split('-')[0] as keyof typeof roles];
    running.set(name, work(crew, name));
  };
  for (const name of names) startClient(name);
  const transactional = names.filter((name) => name.startsWith('together') || name.startsWith('copier'));
  const victims = { sim, random, clients: names, transactional, startBroker: start, startClient };
  const faults = await haunt(victims, STORM_MS);
  await Promise.all(running.values());

  const final = await readFinal(sim, partitions);
  const isInput = (key: string) => key.startsWith(`${INPUT}-`);
  const violations = [...checkHistory(history, final), ...checkCopies(final, isInput, (key) => !isInput(key), inputOf)];
  const count = (outcome: string) => history.units.filter((unit) => unit.outcome === outcome).length;
  return { violations, faults, records: final.records.length, committed: count('ok'), unknown: count('info') };
}

/** Everything there is, once no transaction is open any more. */
async function readFinal(sim: Simulation, partitions: number): Promise<Final> {
  const node = new ClientNode(sim, 'judge');
  const admin = node.admin();
  const places = [INPUT, OUTPUT].flatMap((topic) =>
    Array.from({ length: partitions }, (_, partition) => ({ topic, partition })),
  );
  const ends = async (isolationLevel: 'read_committed' | 'read_uncommitted') =>
    admin.listOffsets(
      places.map((place) => ({ ...place, at: 'latest' as const })),
      { isolationLevel },
    );
  let stable = await ends('read_committed');
  const deadline = sim.nowMs + SETTLED_MS;
  for (;;) {
    const watermarks = await ends('read_uncommitted');
    const open = stable.filter(({ offset }, at) => offset < watermarks[at]!.offset);
    if (open.length === 0) break;
    if (sim.nowMs > deadline) throw new Error(`transactions do not come to their end: ${JSON.stringify(open)}`);
    await sim.sleep(100);
    stable = await ends('read_committed');
  }
  const consumer = node.consumer({ isolationLevel: 'read_committed' });
  consumer.assign(places);
  for (const place of places) consumer.seek({ ...place, offset: 0 });
  const records = [];
  const behind = async () => {
    for (const { topic, partition, offset } of stable) {
      if ((await consumer.position({ topic, partition })) < offset) return true;
    }
    return false;
  };
  while (await behind()) {
    for (const { topic, partition, offset, value } of await consumer.poll({ timeoutMs: 500 })) {
      records.push({ key: `${topic}-${partition}`, offset, value: text(value) });
    }
  }
  await consumer.close();
  const committed = await admin.listConsumerGroupOffsets(GROUP, undefined, { requireStable: true });
  await admin.close();
  const positions = committed.map(({ topic, partition, offset }) => ({
    group: GROUP,
    key: `${topic}-${partition}`,
    offset,
  }));
  return { records, positions };
}
