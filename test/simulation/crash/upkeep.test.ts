/**
 * Retention and compaction at work beside producers, and a crash at every change of the disk meanwhile. Of each key the
 * last committed value stays; of a log that is cut by size a whole end stays; and nothing that was aborted comes up.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Simulation } from '../../../src/lab/index.ts';
import { HandProducer } from '../hand-producer.ts';
import { batchesIn, fetchFrom, findTheCoordinator, makeTopic, offsetAt, visibleValues } from '../requests.ts';
import { StubbornClient } from '../stubborn-client.ts';
import { type Crash, CrashMachine } from './machine.ts';

const SEED = process.env.ONCEWARD_SEED ?? '1';
const ROUNDS = 8;
/** Small and at once, so that a short run is full of them. */
const SETTINGS = {
  'log.cleaner.backoff.ms': 5,
  'log.retention.check.interval.ms': 5,
  'log.initial.task.delay.ms': 5,
  'log.segment.delete.delay.ms': 0,
};
const SMALL = { 'internal.segment.bytes': '300', 'file.delete.delay.ms': '0' };
const COMPACTED = { ...SMALL, 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0' };
const CUT = { ...SMALL, 'retention.bytes': '200' };

interface Found {
  /** Values of the compacted topic that read_committed delivers: `key round`. */
  readonly compacted: readonly string[];
  /** Values of the other, and where it begins. */
  readonly rest: readonly string[];
  readonly start: number;
}

/** The client goes on asking until all is done. Returns what it then finds, and how many changes of the disk there were. */
async function run(crash?: Crash): Promise<{ found: Found; changes: number }> {
  const sim = new Simulation({ seed: SEED, keepEvents: 20 });
  const machine = new CrashMachine(sim, crash === undefined ? [] : [crash], SETTINGS);
  const client = new StubbornClient(sim, 'client');
  const work = async (): Promise<Found> => {
    await client.ask(makeTopic('compacted', 1, COMPACTED), 'TOPIC_ALREADY_EXISTS');
    await client.ask(makeTopic('cut', 1, CUT), 'TOPIC_ALREADY_EXISTS');
    await client.ask(findTheCoordinator('transaction', 'tx'));
    const plain = new HandProducer({
      transactionalId: null,
      protocol: 'TV2',
      timestamp: sim.node('client').clock.now(),
    });
    plain.adopt(await client.ask(plain.init()));
    const together = new HandProducer({ transactionalId: 'tx', protocol: 'TV2', timestamp: 1_704_067_200_000 });
    together.adopt(await client.ask(together.init()));
    for (let round = 0; round < ROUNDS; round++) {
      const keys = [`k${round % 3}`, `k${(round + 1) % 3}`];
      const values = keys.map((key) => `${key} ${round}`);
      await client.ask(together.produce({ topic: 'compacted', partition: 0, keys, values }));
      together.adopt(await client.ask(together.end(aborts(round) ? 'abort' : 'commit')));
      const last = plain.produce({ topic: 'cut', partition: 0, values: [`r${round}`] });
      const answer = await client.ask(last);
      const { baseOffset } = answer.responses[0]!.partitionResponses[0]!;
      assert.equal(baseOffset, round);
      await sim.sleep(8);
      const again = await client.ask(last);
      assert.equal(again.responses[0]!.partitionResponses[0]!.baseOffset, baseOffset, 'it is known again');
    }
    await sim.sleep(100);
    return readAll(client);
  };
  const found = await sim.run(() => machine.during(work(), () => {}));
  return { found, changes: machine.changes.length };
}

const aborts = (round: number): boolean => round % 4 === 2;

async function readAll(client: StubbornClient): Promise<Found> {
  const bounds = async (topic: string, timestamp: number) =>
    (await client.ask(offsetAt(topic, 0, timestamp, 'read_committed'))).topics[0]!.partitions[0]!.offset;
  const compacted: string[] = [];
  const rest: string[] = [];
  for (const [topic, values] of [
    ['compacted', compacted],
    ['cut', rest],
  ] as const) {
    const end = await bounds(topic, -1);
    for (let from = await bounds(topic, -2); from < end; ) {
      const answer = await client.ask(fetchFrom(topic, 0, from, 'read_committed'));
      values.push(...visibleValues(answer));
      const last = batchesIn(answer.responses[0]!.partitions[0]!.records!).at(-1);
      if (last === undefined) break;
      from = last.lastOffset + 1;
    }
  }
  return { compacted, rest, start: await bounds('cut', -2) };
}

function check({ compacted, rest, start }: Found): void {
  const due = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    if (!aborts(round)) for (const key of [round % 3, (round + 1) % 3]) due.set(`k${key}`, round);
  }
  const last = new Map<string, number>();
  for (const value of compacted) {
    const [key, round] = value.split(' ') as [string, string];
    assert.ok(!aborts(Number(round)), `${value} was aborted`);
    assert.ok(Number(round) > (last.get(key) ?? -1), `${value} comes after ${last.get(key)}`);
    last.set(key, Number(round));
  }
  assert.deepEqual([...last].sort(), [...due].sort(), 'of each key the last committed value');
  assert.deepEqual(
    rest,
    Array.from({ length: ROUNDS - start }, (_, at) => `r${start + at}`),
    'a whole end of the log',
  );
}

it(`retention and compaction with a crash at every change of the disk, seed ${SEED}`, async () => {
  const { found, changes } = await run();
  check(found);
  assert.ok(found.compacted.length < ROUNDS, `compacted to ${found.compacted.length} records`);
  assert.ok(found.start > 0, 'the beginning of the other is gone');
  for (let at = 1; at <= changes; at++) {
    const crash: Crash = { at, how: at % 4 === 0 ? 'kill' : 'power' };
    try {
      check((await run(crash)).found);
    } catch (error) {
      throw new Error(`crash ${JSON.stringify(crash)} of ${changes}: ${String(error)}`, { cause: error });
    }
  }
});
