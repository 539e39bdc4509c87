/** What is looked at after a crash: at once, and once every transaction has come to its end. */
import assert from 'node:assert/strict';
import type { Simulation } from '../../../src/lab/index.ts';
import { HandProducer } from '../hand-producer.ts';
import {
  batchesIn,
  committedOffset,
  fetchFrom,
  findTheCoordinator,
  offsetAt,
  offsetIn,
  visibleValues,
} from '../requests.ts';
import { StubbornClient } from '../stubborn-client.ts';
import { type BatchEntry, type Found, keyOf, type Ledger } from './ledger.ts';
import type { Logs } from './machine.ts';
import { CLIENT, DATA_PARTITIONS, type Script, TRANSACTIONAL_ID } from './script.ts';

/** How many batches of a producer the broker recognises when they come again. */
const REMEMBERED = 5;

/** Each log is a beginning of what it was, holds what was acknowledged, and only markers have come after it. */
export function checkLogs(before: Logs, after: Logs, ledger: Ledger): void {
  for (const [name, all] of before) {
    // What was asked to be deleted may have gone, or may have come back.
    const below = ledger.deletedBelow.get(name) ?? 0;
    const start = Math.min(below, Math.max(all[0]?.baseOffset ?? 0, after.get(name)?.[0]?.baseOffset ?? 0));
    const old = all.filter(({ lastOffset }) => lastOffset >= start);
    const found = (after.get(name) ?? []).filter(({ lastOffset }) => lastOffset >= start);
    let kept = 0;
    while (kept < old.length && kept < found.length && same(old[kept]!, found[kept]!)) kept++;
    const end = kept === 0 ? 0 : found[kept - 1]!.lastOffset + 1;
    if (!DATA_PARTITIONS.some((partition) => keyOf(partition) === name)) continue;
    const acknowledged = ledger.acknowledgedEnd(name);
    assert.ok(end >= acknowledged, `${name} ends at ${end}, and was acknowledged up to ${acknowledged}`);
    const added = found.slice(kept).flatMap((batch) => batch.values);
    assert.deepEqual(added, [], `nothing but markers is added to ${name}`);
  }
}

function same(a: { baseOffset: number; crc: number }, b: { baseOffset: number; crc: number }): boolean {
  return a.baseOffset === b.baseOffset && a.crc === b.crc;
}

/** The newest acknowledged batches come again: they are known, and keep their offsets. */
export async function checkDuplicates(sim: Simulation, { ledger }: Script): Promise<void> {
  const client = new StubbornClient(sim, CLIENT);
  const open = ledger.transactions.at(-1)?.outcome === 'open' ? ledger.transactions.at(-1) : undefined;
  const again = (entry: BatchEntry) => entry.transaction === undefined || entry.transaction === open;
  const entries = ledger.batches
    .filter((entry) => entry.baseOffset !== undefined && !ledger.mayBeGone(entry) && again(entry))
    .slice(-REMEMBERED);
  for (const entry of entries) {
    const answer = (await client.ask(entry.request)) as ProduceAnswer;
    const offsets = answer.responses.flatMap(({ name, partitionResponses }) =>
      partitionResponses.map(({ baseOffset }) => ({ name, baseOffset })),
    );
    const offset = offsets.find(({ name }) => name === entry.topic)!.baseOffset;
    assert.equal(offset, entry.baseOffset, `${entry.values[0]} comes again`);
  }
  client.close();
}
type ProduceAnswer = {
  responses: { name: string; partitionResponses: { baseOffset: number }[] }[];
};

/** Ends what is open: a successor takes the transactional id over, as after any death of a producer. */
export async function takeOver(sim: Simulation, script: Script): Promise<void> {
  const client = new StubbornClient(sim, CLIENT);
  const { protocol } = script;
  const successor = new HandProducer({ transactionalId: TRANSACTIONAL_ID, protocol, timestamp: 0 });
  await client.ask(findTheCoordinator('transaction', TRANSACTIONAL_ID));
  await client.ask(successor.init());
  client.close();
}

/** Reads everything there is. No transaction may be open; their last markers are waited for. */
export async function readAll(sim: Simulation, ledger: Ledger): Promise<Found> {
  const client = new StubbornClient(sim, CLIENT);
  const all = new Map<string, { value: string; offset: number }[]>();
  const visible = new Map<string, string[]>();
  for (const at of DATA_PARTITIONS) {
    const { topic, partition } = at;
    all.set(keyOf(at), []);
    visible.set(keyOf(at), []);
    const ends = await stableEnd(sim, client, topic, partition);
    if (ends === undefined) continue;
    // A fetch brings no more than one segment.
    const start = await client.ask(offsetAt(topic, partition, -2));
    for (let from = start.topics[0]!.partitions[0]!.offset; from < ends; ) {
      const whole = await client.ask(fetchFrom(topic, partition, from));
      const batches = batchesIn(whole.responses[0]!.partitions[0]!.records!);
      for (const { baseOffset, values } of batches) {
        all.get(keyOf(at))!.push(...values.map((value, index) => ({ value, offset: baseOffset + index })));
      }
      visible
        .get(keyOf(at))!
        .push(...visibleValues(await client.ask(fetchFrom(topic, partition, from, 'read_committed'))));
      assert.ok(batches[0] !== undefined && batches[0].baseOffset <= from, `${topic} has no gap`);
      from = batches.at(-1)!.lastOffset + 1;
    }
  }
  const offsets = new Map<string, number>();
  await client.ask(findTheCoordinator('group', 'plain'));
  for (const groupId of new Set(ledger.offsets.map((entry) => entry.groupId))) {
    offsets.set(groupId, offsetIn(await client.ask(committedOffset(groupId, 'a', 0))));
  }
  client.close();
  return { all, visible, offsets };
}

/** The high watermark, once the last stable offset has reached it. Undefined: the topic was never made. */
async function stableEnd(sim: Simulation, client: StubbornClient, topic: string, partition: number) {
  const end = async (isolation: 'read_committed' | 'read_uncommitted') => {
    const answer = await client.ask(offsetAt(topic, partition, -1, isolation), 'UNKNOWN_TOPIC_OR_PARTITION');
    return answer.topics[0]!.partitions[0]!.offset;
  };
  for (let attempt = 0; attempt < 1000; attempt++) {
    const stable = await end('read_committed');
    const watermark = await end('read_uncommitted');
    assert.ok(stable <= watermark, `stable up to ${stable}, the high watermark is ${watermark}`);
    if (watermark < 0) return undefined;
    if (stable === watermark) return watermark;
    await sim.sleep(5);
  }
  throw new Error(`a transaction in ${topic}-${partition} does not come to its end`);
}
