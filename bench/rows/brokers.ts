/** Our broker against Apache Kafka's, the clients being the same: other people's. */
import type { Agent } from '../harness/agent.ts';
import type { BrokerName, Row, RunningBroker, Side } from '../harness/row.ts';
import { createTopic, deleteTopic } from '../harness/topics.ts';
import { startClient } from '../peers/clients.ts';
import { javaConsume, javaProduce } from '../peers/java-tools.ts';
import { comparison, consuming, filledTopic, producing, type TopicLoad } from './sides.ts';

const SIZE = 100;
const clients = {
  '@platformatic/kafka': { produced: 400_000, consumed: 500_000 },
  kafkajs: { produced: 250_000, consumed: 1_500_000 },
  // Its Java machine begins anew each time, and warms with a part of them.
  'the Java tools': { produced: 1_200_000, consumed: 4_000_000 },
} as const;
type Name = keyof typeof clients;

const sendsOf = (name: Name) =>
  name === 'the Java tools' ? 'batch.size 64 KiB, linger.ms 5' : '600 records a send, five sends in flight';

/** A Java machine takes its seconds to start. */
const JAVA_REPETITIONS_QUICK = 2;

/** Undefined for the Java tools, which are started each time. */
async function clientOf(name: Name, stack: AsyncDisposableStack): Promise<Agent | undefined> {
  if (name === 'the Java tools') return undefined;
  return stack.adopt(await startClient(name), (agent) => agent.stop());
}

function producingSide(client: Agent | undefined, broker: RunningBroker, load: TopicLoad): Side {
  if (client !== undefined) return producing(broker.name, client, broker, load);
  return {
    name: broker.name,
    async measure() {
      const topic = await createTopic(broker, load.partitions);
      const value = await javaProduce(broker.bootstrap, { ...load, topic });
      await deleteTopic(broker, topic);
      return { value };
    },
  };
}

interface Kind {
  readonly acks: 'one' | 'all';
  readonly ours: BrokerName;
  readonly atLeast: number;
  readonly note: string;
}

const kinds: readonly Kind[] = [
  { acks: 'one', ours: 'onceward', atLeast: 1, note: 'neither syncs' },
  {
    acks: 'all',
    ours: 'onceward',
    atLeast: 0.7,
    note: 'ours answers after an fdatasync, which waiting requests share; Apache Kafka never syncs',
  },
  {
    acks: 'all',
    ours: 'onceward without fdatasync',
    atLeast: 1,
    note: 'ours with acks.all.fdatasync=false; neither syncs',
  },
];

function producingRow(name: Name, { acks, ours, atLeast, note }: Kind): Row {
  const how =
    ours === 'onceward' ? (acks === 'one' ? 'acks=1' : 'acks=all with fdatasync') : 'acks=all without fdatasync';
  return {
    name: `our broker against Apache Kafka, by ${name}: produce, ${how}`,
    unit: 'records/s',
    target: { atLeast },
    quick: true,
    brokers: [ours, 'Apache Kafka'],
    ...javaTerms(name),
    async prepare(bench) {
      await using stack = new AsyncDisposableStack();
      const client = await clientOf(name, stack);
      const load = { records: bench.records(clients[name].produced), size: SIZE, acks };
      return comparison(
        {
          ours: producingSide(client, bench.broker(ours), load),
          peers: [producingSide(client, bench.broker('Apache Kafka'), load)],
          note: `100 B, one partition; ${sendsOf(name)}; ${note}`,
        },
        stack.move(),
      );
    },
  };
}

function consumingRow(name: Name): Row {
  return {
    name: `our broker against Apache Kafka, by ${name}: consume`,
    unit: 'records/s',
    target: { atLeast: 1 },
    quick: true,
    brokers: ['onceward', 'Apache Kafka'],
    ...javaTerms(name),
    async prepare(bench) {
      await using stack = new AsyncDisposableStack();
      const client = await clientOf(name, stack);
      const records = bench.records(clients[name].consumed);
      const side = async (broker: RunningBroker): Promise<Side> => {
        const topic = await filledTopic(broker, { records, size: SIZE });
        stack.defer(() => deleteTopic(broker, topic));
        if (client !== undefined) return consuming(broker.name, client, broker, topic, records);
        const measure = async () => ({ value: await javaConsume(broker.bootstrap, topic, records) });
        return { name: broker.name, measure };
      };
      return comparison(
        {
          ours: await side(bench.broker('onceward')),
          peers: [await side(bench.broker('Apache Kafka'))],
          note: '100 B, one partition, the same batches on both',
        },
        stack.move(),
      );
    },
  };
}

function javaTerms(name: Name): Pick<Row, 'warmUp' | 'repetitionsMax'> {
  return name === 'the Java tools' ? { warmUp: false, repetitionsMax: { quick: JAVA_REPETITIONS_QUICK } } : {};
}

const names = Object.keys(clients) as Name[];

/** Those without our sync last: they need another broker. */
export const brokerRows: readonly Row[] = [
  ...names.flatMap((name) => [producingRow(name, kinds[0]!), consumingRow(name), producingRow(name, kinds[1]!)]),
  ...names.map((name) => producingRow(name, kinds[2]!)),
];
