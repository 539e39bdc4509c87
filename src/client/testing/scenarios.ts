/** One client against a scripted cluster, in the virtual time that its test brings; what it was given, sent and read. */
import type { Ports } from '../../core/index.ts';
import { type BatchHeader, batchesOf, encodeBatch } from '../../records/index.ts';
import { produce } from '../../wire/index.ts';
import { Consumer } from '../consumer/consumer.ts';
import type { ConsumerRecord } from '../consumer/records.ts';
import type { ConsumerOptions } from '../options/consumer.ts';
import type { ProducerOptions } from '../options/producer.ts';
import { Producer } from '../producer/producer.ts';
import { FakeCluster } from './fake-cluster.ts';
import { FakeGroup } from './fake-group.ts';

/** The lab's simulation, of which the client's own folders know nothing. */
export interface VirtualWorld {
  node(name: string): Ports;
  run(program: () => Promise<void>): Promise<void>;
}

export interface ProducerWorld<Sim> {
  readonly sim: Sim;
  readonly broker: FakeCluster;
  readonly producer: Producer;
}

export interface ConsumerWorld<Sim> {
  readonly sim: Sim;
  readonly broker: FakeCluster;
  readonly group: FakeGroup;
  readonly consumer: Consumer;
}

/** `transactionVersion`: the level of that feature in the cluster, which has no features where it is not given. */
type ProducerSettings = Partial<ProducerOptions> & { readonly transactionVersion?: number };

type Scenario<Options, World> = (options: Options, run: (world: World) => Promise<void>) => Promise<void>;

/** `topics`: how many partitions each has; `common`: what holds where a scenario does not say otherwise. */
export function producerScenarios<Sim extends VirtualWorld>(
  simulation: () => Sim,
  topics: Readonly<Record<string, number>>,
  common: ProducerSettings = {},
): Scenario<ProducerSettings, ProducerWorld<Sim>> {
  return async (options, run) => {
    const { transactionVersion, ...rest } = { ...common, ...options };
    const sim = simulation();
    const broker = new FakeCluster(sim.node('broker'), 'broker', topics);
    if (transactionVersion !== undefined) {
      broker.features = [{ name: 'transaction.version', level: transactionVersion }];
    }
    const ports = sim.node('client');
    const producer = new Producer({ bootstrapServers: 'broker:9092', ports, lingerMs: 0, ...rest } as ProducerOptions);
    await sim.run(async () => {
      await broker.listen();
      await run({ sim, broker, producer });
      await producer.close({ timeoutMs: 1000 });
    });
  };
}

/** As `producerScenarios`. */
export function consumerScenarios<Sim extends VirtualWorld>(
  simulation: () => Sim,
  topics: Readonly<Record<string, number>>,
  common: Partial<ConsumerOptions>,
): Scenario<Partial<ConsumerOptions>, ConsumerWorld<Sim>> {
  return async (options, run) => {
    const sim = simulation();
    const broker = new FakeCluster(sim.node('broker'), 'broker', topics);
    const group = new FakeGroup(broker);
    const given = { bootstrapServers: 'broker:9092', ports: sim.node('client'), ...common, ...options };
    const consumer = new Consumer(given as ConsumerOptions);
    await sim.run(async () => {
      await broker.listen();
      await run({ sim, broker, group, consumer });
      await consumer.close({ timeoutMs: 1000 });
    });
  };
}

/** Of every batch that was sent, each as often as it was. */
export function headersSent(broker: FakeCluster): BatchHeader[] {
  return broker
    .bodies(produce)
    .flatMap((body) => body.topicData.flatMap((topic) => topic.partitionData))
    .flatMap(({ records }) => [...batchesOf(records!)].map(({ header }) => header));
}

/** Into a partition of `t`, each value a batch of its own. Returns the bytes of them all. */
export function fill(broker: FakeCluster, partition: number, ...values: string[]): number {
  let bytes = 0;
  for (const value of values) {
    const batch = encodeBatch({ records: [{ timestamp: 1, key: null, value, headers: [] }] });
    bytes += batch.length;
    broker.partition('t', partition).append(batch);
  }
  return bytes;
}

export function valuesOf(records: readonly ConsumerRecord[]): string[] {
  return records.map(({ value }) => Buffer.from(value!).toString());
}

/** The values of the next records: `count` of them, or as many more as the last poll brought. @throws Error after 100 polls */
export async function take(consumer: Consumer, count: number): Promise<string[]> {
  const values: string[] = [];
  for (let polls = 0; values.length < count; polls++) {
    if (polls === 100) throw new Error(`${values.length} of ${count} records came in ${polls} polls`);
    values.push(...valuesOf(await consumer.poll({ timeoutMs: 10_000 })));
  }
  return values;
}
