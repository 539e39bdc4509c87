/** What a message costs, in processor time of client and broker, where there are many of them, or many partitions. */
import type { Agent } from '../harness/agent.ts';
import type { Bench, Row, RunningBroker, Sample, Side } from '../harness/row.ts';
import { createTopic, deleteTopic } from '../harness/topics.ts';
import { produce, startClient } from '../peers/clients.ts';
import { comparison } from './sides.ts';

const FEW = 100_000;
const MANY = 10_000_000;
const MANY_QUICK = 1_000_000;
/** So that few of them are measured as well as many, topic after topic. */
const TOPICS_OF_FEW = 10;

const PARTITIONS = 1000;
const RECORDS = 2_000_000;
const KEYS = 10_000;

interface Costing {
  readonly records: number;
  readonly topics: number;
  readonly partitions: number;
  readonly keys: number;
}

/** Microseconds of processor time for each record. */
function costing(name: string, client: Agent, broker: RunningBroker, what: Costing): Side {
  const { records, topics, partitions, keys } = what;
  return {
    name,
    async measure() {
      const samples: Sample[] = [];
      for (let n = 0; n < topics; n++) {
        const topic = await createTopic(broker, partitions);
        samples.push(await produce(client, broker, { topic, records, size: 100, acks: 'one', keys }));
        await deleteTopic(broker, topic);
      }
      const mean = (one: (sample: Sample) => number) =>
        samples.reduce((sum, sample) => sum + one(sample), 0) / samples.length;
      const [ours, brokers] = [
        mean(({ details }) => details!['client µs']!),
        mean(({ details }) => details!['broker µs']!),
      ];
      const elapsed = mean(({ value }) => 1e6 / value);
      return { value: ours + brokers, details: { 'client µs': ours, 'broker µs': brokers, 'elapsed µs': elapsed } };
    },
  };
}

function costRow(
  name: string,
  atMost: number,
  sidesOf: (bench: Bench) => readonly [Costing, Costing],
  names: (bench: Bench) => readonly [string, string],
  note: string,
): Row {
  return {
    name: `cost of a message ${name}`,
    unit: 'µs a record',
    target: { atMost },
    quick: true,
    brokers: ['onceward'],
    async prepare(bench) {
      await using stack = new AsyncDisposableStack();
      const broker = bench.broker('onceward');
      const client = async (profiles?: string) =>
        stack.adopt(await startClient('onceward', profiles), (agent) => agent.stop());
      const [ours, peer] = sidesOf(bench);
      const [ourName, peerName] = names(bench);
      return comparison(
        {
          ours: costing(ourName, await client(bench.profiles), broker, ours),
          peers: [costing(peerName, await client(), broker, peer)],
          note,
        },
        stack.move(),
      );
    },
  };
}

const one = { topics: 1, partitions: 1, keys: 0 };
const text = (count: number) => count.toLocaleString('en-US');

export const costRows: readonly Row[] = [
  costRow(
    'at 10^7 against 10^5',
    1.1,
    ({ quick }) => [
      { ...one, records: quick ? MANY_QUICK : MANY },
      { ...one, records: FEW, topics: TOPICS_OF_FEW },
    ],
    ({ quick }) => [quick ? `${text(MANY_QUICK)} (scaled down: quick)` : text(MANY), text(FEW)],
    `processor time of our client and broker together; 100 B, acks=1, one partition, a new topic each; the few are sent to ${TOPICS_OF_FEW} topics in turn`,
  ),
  costRow(
    `with ${text(PARTITIONS)} partitions against 1`,
    2,
    (bench) => {
      const records = bench.records(RECORDS);
      const keyed = { topics: 1, keys: KEYS, records };
      return [
        { ...keyed, partitions: PARTITIONS },
        { ...keyed, partitions: 1 },
      ];
    },
    () => [`${text(PARTITIONS)} partitions`, '1 partition'],
    `processor time of our client and broker together; 100 B, acks=1, ${text(KEYS)} keys that choose the partition`,
  ),
];
