/** Resident memory of a broker that has just begun, and the most that it takes while it is loaded. */
import { setTimeout as sleep } from 'node:timers/promises';
import { residentMiB } from '../harness/processor-time.ts';
import type { Bench, Row, RunningBroker, Sample, Side } from '../harness/row.ts';
import { createTopic } from '../harness/topics.ts';
import { apacheKafkaBroker } from '../peers/apache-kafka.ts';
import { consume, produce, startClient } from '../peers/clients.ts';
import { ourRunningBroker } from '../peers/our-broker.ts';
import { comparison } from './sides.ts';

const IDLE_MS = 5_000;
const IDLE_MS_QUICK = 2_000;
const SAMPLE_MS = 20;
const RECORDS = 6_000_000;
const PARTITIONS = 10;

type Start = () => Promise<RunningBroker>;
type Measure = (broker: RunningBroker) => Promise<Sample>;

const starts: Readonly<Record<'onceward' | 'Apache Kafka', Start>> = {
  onceward: () => ourRunningBroker('onceward', {}, undefined),
  'Apache Kafka': () => apacheKafkaBroker(),
};

/** On a broker of its own each time. */
function side(name: keyof typeof starts, measure: Measure): Side {
  return {
    name,
    async measure() {
      const broker = await starts[name]();
      try {
        return await measure(broker);
      } finally {
        await broker.stop();
      }
    },
  };
}

async function most(broker: RunningBroker, work: Promise<unknown>): Promise<Sample> {
  let over = false;
  const ended = work.finally(() => {
    over = true;
  });
  ended.catch(() => {}); // It is waited for below.
  let value = 0;
  while (!over) {
    value = Math.max(value, residentMiB(broker.pid));
    await sleep(SAMPLE_MS);
  }
  await ended;
  return { value };
}

/** Producer and consumer at once, as fast as they go. */
async function load(broker: RunningBroker, records: number): Promise<void> {
  const topic = await createTopic(broker, PARTITIONS);
  const producer = await startClient('onceward');
  const consumer = await startClient('onceward');
  const producing = produce(producer, broker, { topic, records, size: 100, acks: 'one' });
  await Promise.all([producing, consume(consumer, broker, topic, records, 0)]);
  await Promise.all([producer.stop(), consumer.stop()]);
}

function memoryRow(
  name: string,
  atMost: number,
  note: (bench: Bench) => string,
  measureOn: (bench: Bench) => Measure,
): Row {
  return {
    name: `resident memory ${name}`,
    unit: 'MiB',
    target: { atMost },
    quick: true,
    brokers: [],
    tools: ['java'],
    warmUp: false,
    repetitionsMax: { quick: 1 },
    async prepare(bench) {
      const measure = measureOn(bench);
      const [ours, theirs] = [side('onceward', measure), side('Apache Kafka', measure)];
      return comparison({ ours, peers: [theirs], note: note(bench) }, new AsyncDisposableStack());
    },
  };
}

const heap = 'Apache Kafka with the heap of its start script, -Xms1G -Xmx1G';

export const memoryRows: readonly Row[] = [
  memoryRow(
    'idle',
    1 / 4,
    ({ quick }) => `${(quick ? IDLE_MS_QUICK : IDLE_MS) / 1000} s after it listens, no topics; ${heap}`,
    ({ quick }) =>
      async (broker) => {
        await sleep(quick ? IDLE_MS_QUICK : IDLE_MS);
        return { value: residentMiB(broker.pid) };
      },
  ),
  memoryRow(
    'under full load',
    1 / 3,
    (bench) => {
      const count = bench.records(RECORDS).toLocaleString('en-US');
      return `the most that was seen while our client produced and consumed ${count} records of 100 B at once, ${PARTITIONS} partitions; ${heap}`;
    },
    (bench) => (broker) => most(broker, load(broker, bench.records(RECORDS))),
  ),
];
