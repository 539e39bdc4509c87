/**
 * A scripted run with a crash at every change of its disk: at each one the power fails, or the process is killed. What was
 * acknowledged is there, in its place, once; no transaction is torn; and whoever goes on asking ends where an
 * undisturbed run ends. `ONCEWARD_SEED` chooses another run.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DiskChange, Simulation } from '../../../src/lab/index.ts';
import { type Protocol, protocols } from '../hand-producer.ts';
import { checkDuplicates, checkLogs, readAll, takeOver } from './examine.ts';
import { type Crash, CrashMachine } from './machine.ts';
import { CLIENT, Script } from './script.ts';

const SEED = process.env.ONCEWARD_SEED ?? '1';
/** A start changes the disk about this often: a second crash falls into the recovery from the first, or soon after. */
const CHANGES_OF_A_START = 40;

interface Surroundings {
  readonly seed?: string;
  readonly settings?: ConstructorParameters<typeof CrashMachine>[2];
}
/** Returns the changes of the disk. @throws Error that says which promise was broken */
type Scenario = (
  protocol: Protocol,
  plan: readonly Crash[],
  surroundings?: Surroundings,
) => Promise<readonly DiskChange[]>;

/** The client goes on asking until the script is through. */
const resumed: Scenario = (protocol, plan, surroundings = {}) =>
  inWorld(protocol, plan, surroundings, async (_, script, sim) => {
    await script.run();
    for (const { outcome } of script.ledger.transactions) assert.match(outcome, /^committed$|^aborted$/);
    script.ledger.check(await readAll(sim, script.ledger));
  });

/** The client dies with the broker; another takes its transactional id over. */
const abandoned: Scenario = (protocol, plan, surroundings = {}) =>
  inWorld(protocol, plan, surroundings, async (machine, script, sim) => {
    // Its requests end with the client.
    script.run().catch(() => {});
    await machine.firstCrash;
    sim.kill(CLIENT);
    sim.restart(CLIENT);
    await checkDuplicates(sim, script);
    await takeOver(sim, script);
    script.ledger.check(await readAll(sim, script.ledger));
  });

async function inWorld(
  protocol: Protocol,
  plan: readonly Crash[],
  { seed = SEED, settings }: Surroundings,
  work: (machine: CrashMachine, script: Script, sim: Simulation) => Promise<void>,
): Promise<readonly DiskChange[]> {
  const sim = new Simulation({ seed, keepEvents: 20 });
  const machine = new CrashMachine(sim, plan, settings);
  const script = new Script(sim, protocol);
  await sim.run(() =>
    machine.during(work(machine, script, sim), (before, after) => checkLogs(before, after, script.ledger)),
  );
  return machine.changes;
}

/** Plays it, and says of a failure how to play it again. */
async function play(scenario: Scenario, protocol: Protocol, plan: readonly Crash[]): Promise<void> {
  try {
    await scenario(protocol, plan);
  } catch (error) {
    const name = scenario === resumed ? 'resumed' : 'abandoned';
    throw new Error(`${protocol}, ${name}, crash ${JSON.stringify(plan)}: ${String(error)}`, { cause: error });
  }
}

for (const protocol of protocols) {
  describe(`a crash at every change of the disk, under ${protocol}, seed ${SEED}`, () => {
    it('loses nothing acknowledged and tears no transaction', async () => {
      const { length } = await resumed(protocol, []);
      assert.ok(length > 300, `${length} changes`);
      for (let at = 1; at <= length; at++) {
        await play(at % 2 === 0 ? resumed : abandoned, protocol, [{ at, how: 'power' }]);
        // The rest of what may be seen at a change: the page cache as it is, written or not.
        if (at % 3 === 0) await play(at % 2 === 0 ? abandoned : resumed, protocol, [{ at, how: 'kill' }]);
      }
    });

    it('loses nothing when the recovery crashes too', async () => {
      const { length } = await resumed(protocol, []);
      for (let at = 1; at <= length; at += 2) {
        const again: Crash = { at: 1 + ((at * 7) % CHANGES_OF_A_START), how: at % 3 === 0 ? 'kill' : 'power' };
        await play(at % 4 === 1 ? resumed : abandoned, protocol, [{ at, how: 'power' }, again]);
      }
    });

    it('loses nothing when a write is cut at any of its bytes', async () => {
      const changes = await resumed(protocol, []);
      const partitions = ['a-0', 'b-0', '__transaction_state-0', '__consumer_offsets-0', '__cluster_metadata-0'];
      for (const partition of partitions) {
        const at = changes.findLastIndex(
          ({ kind, path }) => kind === 'write' && path.includes(`/${partition}/`) && path.endsWith('.log'),
        );
        const size = changes[at]?.bytes?.length ?? 0;
        assert.ok(size > 0, `nothing was written to ${partition}`);
        for (let tornBytes = 0; tornBytes <= size; tornBytes++) {
          await play(tornBytes % 2 === 0 ? resumed : abandoned, protocol, [{ at: at + 1, how: 'kill', tornBytes }]);
        }
      }
    });
  });
}

it('finds what is lost by a broker that answers before its disk does', async () => {
  const found: string[] = [];
  for (let run = 0; run < 20; run++) {
    const surroundings = { seed: `lossy ${run}`, settings: { 'acks.all.fdatasync': false } };
    await resumed('TV2', [{ at: 140 + run, how: 'power' }], surroundings).catch((error) => found.push(String(error)));
  }
  assert.ok(found.length > 5, `${found.length} of 20 losses were found`);
  for (const error of found) assert.match(error, /acknowledged|twice|whole|was not answered/);
});
