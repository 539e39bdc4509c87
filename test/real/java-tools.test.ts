/**
 * Apache Kafka's own tools, each command on Apache Kafka and on our broker: what they print is asserted on both, and then
 * compared. Where they may differ is listed in tools/differences.ts.
 */
import { after, before, describe, test } from 'node:test';
import { startOurBroker } from '../conformance/our-broker.ts';
import { apacheKafkaVersion, start } from './apache-kafka.ts';
import { Bench, type Subject } from './tools/bench.ts';
import { clients } from './tools/clients.ts';
import { cluster } from './tools/cluster.ts';
import { assertAlike, assertAllSeen } from './tools/compare.ts';
import { configs } from './tools/configs.ts';
import { dump } from './tools/dump.ts';
import { groups } from './tools/groups.ts';
import { ToolMachine } from './tools/machine.ts';
import { offsets } from './tools/offsets.ts';
import { topics } from './tools/topics.ts';
import { transactions } from './tools/transactions.ts';

/** In this order: one cluster sees them all. */
const scenarios = {
  'kafka-topics': topics,
  'kafka-configs': configs,
  'kafka-consumer-groups': groups,
  'kafka-get-offsets, kafka-delete-records, kafka-log-dirs': offsets,
  'kafka-transactions': transactions,
  'the cluster': cluster,
  'producers and consumers': clients,
  'kafka-dump-log': dump,
};

/** What both clusters are told. */
const properties = {
  'offsets.topic.num.partitions': '5',
  'transaction.state.log.num.partitions': '5',
};

describe("Apache Kafka's tools", () => {
  let machine: ToolMachine;
  const subjects: (Subject & { stop(): Promise<void> })[] = [];
  before(async () => {
    machine = new ToolMachine();
    const [kafka, ours] = await Promise.all([start(properties), startOurBroker(properties)]);
    subjects.push({ ...kafka, name: `Apache Kafka ${apacheKafkaVersion}` }, { ...ours, name: 'our broker' });
  });
  after(async () => {
    await machine?.stop();
    await Promise.all(subjects.map((subject) => subject.stop()));
  });

  for (const [title, scenario] of Object.entries(scenarios)) {
    describe(title, () => {
      const benches: Bench[] = [];
      let outcomes: readonly Promise<void>[] = [];
      before(() => {
        benches.push(...subjects.map((subject) => new Bench(subject, machine)));
        outcomes = benches.map((bench) => scenario(bench).then(() => bench.assertAllHeld()));
        for (const outcome of outcomes) outcome.catch(() => {});
      });
      after(() => {
        for (const bench of benches) bench.close();
      });
      test(`on Apache Kafka ${apacheKafkaVersion}`, () => outcomes[0]);
      test('on our broker', () => outcomes[1]);
      test('prints the same on both', () => assertAlike(benches[0]!.transcript, benches[1]!.transcript));
    });
  }

  test('every difference that is listed was seen', () => assertAllSeen());
});
