/** What befalls the swarm: one fault after another, each counted, drawn from those that the seed allows. */
import type { SeededRandom, Simulation } from '../../../src/lab/index.ts';
import { BROKER, ClientNode } from '../world.ts';

export interface Victims {
  readonly sim: Simulation;
  readonly random: SeededRandom;
  readonly clients: readonly string[];
  /** Those among them that have a transactional id: their own name. */
  readonly transactional: readonly string[];
  /** On the broker's node, which is up. */
  readonly startBroker: () => Promise<void>;
  /** On a node that has just come up again. */
  readonly startClient: (name: string) => void;
}

type Fault = (victims: Victims) => Promise<void> | void;

const client = ({ random, clients }: Victims): string => random.pick(clients);

export const faults: Readonly<Record<string, Fault>> = {
  'a connection is cut': (victims) => void victims.sim.network.cut(client(victims), BROKER),
  'a connection is cut in the middle of a request': (victims) =>
    victims.sim.network.cutAfter({ from: client(victims), to: BROKER }, 1 + victims.random.below(600)),
  'a connection is cut in the middle of an answer': (victims) =>
    victims.sim.network.cutAfter({ from: BROKER, to: client(victims) }, 1 + victims.random.below(600)),
  'a client is alone': async (victims) => {
    victims.sim.network.isolate(client(victims));
    await victims.sim.sleep(victims.random.between(50, 3000));
    victims.sim.network.heal();
  },
  'no answer arrives': async (victims) => {
    const direction = { from: BROKER, to: client(victims) };
    victims.sim.network.block(direction);
    await victims.sim.sleep(victims.random.between(50, 2500));
    victims.sim.network.heal(direction);
  },
  'no request arrives': async (victims) => {
    const direction = { from: client(victims), to: BROKER };
    victims.sim.network.block(direction);
    await victims.sim.sleep(victims.random.between(50, 2500));
    victims.sim.network.heal(direction);
  },
  'requests are slow': async (victims) => {
    const direction = { from: client(victims), to: BROKER };
    victims.sim.network.slow(direction, victims.random.between(50, 1500));
    await victims.sim.sleep(victims.random.between(50, 2000));
    victims.sim.network.slow(direction, 0);
  },
  'the disk is slow': async ({ sim, random }) => {
    const { conditions } = sim.disk(BROKER);
    const before = conditions.syncMeanMs;
    conditions.syncMeanMs = random.between(10, 40);
    await sim.sleep(random.between(100, 2000));
    conditions.syncMeanMs = before;
  },
  'the broker is killed': (victims) => down(victims, 'kill'),
  'the broker loses its power': (victims) => down(victims, 'crash'),
  'the broker dies while it starts': async (victims) => {
    const { sim, random } = victims;
    sim.crash(BROKER);
    sim.restart(BROKER);
    const starting = victims.startBroker().catch(() => {});
    await Promise.race([starting, sim.sleep(random.fraction() * 4)]);
    await down(victims, 'crash');
  },
  'a client is killed': (victims) => {
    const name = client(victims);
    victims.sim.kill(name);
    victims.sim.restart(name);
    victims.startClient(name);
  },
  'a rival takes a transactional id': async ({ sim, random, transactional }) => {
    const rival = new ClientNode(sim, 'rival').producer({
      transactionalId: random.pick(transactional),
      requestTimeoutMs: 500,
      maxBlockMs: 1500,
    });
    await rival.initTransactions().catch(() => {});
    await rival.close({ timeoutMs: 200 }).catch(() => {});
  },
  'the clock of the broker jumps': ({ sim, random }) => sim.skewClock(BROKER, random.between(-20_000, 20_000)),
};

async function down({ sim, random, startBroker }: Victims, how: 'kill' | 'crash'): Promise<void> {
  sim[how](BROKER);
  await sim.sleep(random.below(1200));
  sim.restart(BROKER);
  await startBroker();
}

/** Goes on until the virtual time, then heals everything. Returns how often each fault happened. */
export async function haunt(victims: Victims, untilMs: number): Promise<Map<string, number>> {
  const { sim, random } = victims;
  const names = Object.keys(faults);
  const allowed = names.filter(() => random.chance(0.6));
  const counts = new Map<string, number>();
  while (sim.nowMs < untilMs) {
    await sim.sleep(random.between(50, 900));
    if (allowed.length === 0) continue;
    const name = random.pick(allowed);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    await faults[name]!(victims);
  }
  sim.network.heal();
  sim.skewClock(BROKER, 0);
  return counts;
}
