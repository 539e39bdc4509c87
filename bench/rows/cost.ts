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
  readonly name: string;
  readonly records: number;
  readonly topics: number;
  readonly partitions: number;
  readonly keys: number;
  /** Whether each measurement has new topics. */
  readonly fresh: boolean;
}

/** Microseconds of processor time for each record. `standing`: a topic that is there already and is kept. */
function costing(name: string, client: Agent, broker: RunningBroker, what: Costing, standing?: string): Side {
  const { records, topics, partitions, keys } = what;
  const one = async (): Promise<Sample> => {
    const topic = standing ?? (await createTopic(broker, partitions));
    const sample = await produce(client, broker, { topic, records, size: 100, acks: 'one', keys });
    if (standing === undefined) await deleteTopic(broker, topic);
    return sample;
  };
  return {
    name,
    async measure() {
      const samples: Sample[] = [];
      for (let n = 0; n < topics; n++) samples.push(await one());
      const mean = (of: (sample: Sample) => number) =>
        samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
      const ours = mean(({ details }) => details!['client µs']!);
      const brokers = mean(({ details }) => details!['broker µs']!);
      const elapsed = mean(({ value }) => 1e6 / value);
      return { value: ours + brokers, details: { 'client µs': ours, 'broker µs': brokers, 'elapsed µs': elapsed } };
    },
  };
}

interface CostRow {
  readonly name: string;
  readonly atMost: number;
  readonly ours: (bench: Bench) => Costing;
  readonly peer: (bench: Bench) => Costing;
  readonly note: string;
}

function costRow({ name, atMost, ours, peer, note }: CostRow): Row {
  return {
    name: `cost of a message ${name}`,
    unit: 'µs a record',
    target: { atMost },
    quick: true,
    brokers: ['onceward'],
    async prepare(bench) {
      await using stack = new AsyncDisposableStack();
      const broker = bench.broker('onceward');
      const side = async (what: Costing, profiles?: string): Promise<Side> => {
        const client = stack.adopt(await startClient('onceward', profiles), (agent) => agent.stop());
        if (what.fresh) return costing(what.name, client, broker, what);
        const topic = await createTopic(broker, what.partitions);
        stack.defer(() => deleteTopic(broker, topic));
        return costing(what.name, client, broker, what, topic);
      };
      const sides = { ours: await side(ours(bench), bench.profiles), peers: [await side(peer(bench))] };
      return comparison({ ...sides, note }, stack.move());
    },
  };
}

const text = (count: number) => count.toLocaleString('en-US');
const inNewTopics = { partitions: 1, keys: 0, fresh: true };
const keyed = (bench: Bench) => ({ topics: 1, keys: KEYS, records: bench.records(RECORDS), fresh: false });

const byNumber: CostRow = {
  name: 'at 10^7 against 10^5',
  atMost: 1.1,
  ours: ({ quick }) =>
    quick
      ? { ...inNewTopics, topics: 1, records: MANY_QUICK, name: `${text(MANY_QUICK)} (scaled down: quick)` }
      : { ...inNewTopics, topics: 1, records: MANY, name: text(MANY) },
  peer: () => ({ ...inNewTopics, topics: TOPICS_OF_FEW, records: FEW, name: text(FEW) }),
  note: `processor time of our client and broker together; 100 B, acks=1, one partition, a new topic each; the few are sent to ${TOPICS_OF_FEW} topics in turn`,
};

const byPartitions: CostRow = {
  name: `with ${text(PARTITIONS)} partitions against 1`,
  atMost: 2,
  ours: (bench) => ({ ...keyed(bench), partitions: PARTITIONS, name: `${text(PARTITIONS)} partitions` }),
  peer: (bench) => ({ ...keyed(bench), partitions: 1, name: '1 partition' }),
  note: `processor time of our client and broker together; 100 B, acks=1, ${text(KEYS)} keys that choose the partition`,
};

export const costRows: readonly Row[] = [costRow(byNumber), costRow(byPartitions)];
