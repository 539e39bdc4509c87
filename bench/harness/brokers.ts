/** The brokers that are up: those that the row being measured asks for, and no others. */

import { apacheKafkaBroker } from '../peers/apache-kafka.ts';
import { consume, produce, startClient } from '../peers/clients.ts';
import { ourRunningBroker } from '../peers/our-broker.ts';
import type { BrokerName, RunningBroker } from './row.ts';
import { createTopic, deleteTopic } from './topics.ts';

/** Records, and keys: over the partitions they make many small batches, so that all code of the broker has run often. */
const WARMING_RECORDS = 200_000;
const WARMING_KEYS = 1_000;
const WARMING_PARTITIONS = 10;
/** Then large batches, for so long: Java compiles for seconds. */
const WARMING_MS = 2_500;
const WARMING_RECORDS_A_TURN = 500_000;

/** One that has just begun is not compared with one that has been up for long. */
async function warm(broker: RunningBroker): Promise<void> {
  const topic = await createTopic(broker, WARMING_PARTITIONS);
  const client = await startClient('onceward');
  for (const acks of ['one', 'all'] as const) {
    await produce(client, broker, { topic, records: WARMING_RECORDS, size: 100, acks, keys: WARMING_KEYS });
  }
  const began = performance.now();
  while (performance.now() - began < WARMING_MS) {
    await produce(client, broker, { topic, records: WARMING_RECORDS_A_TURN, size: 100, acks: 'one' });
  }
  await consume(client, broker, topic, WARMING_RECORDS, WARMING_RECORDS / 2);
  await client.stop();
  await deleteTopic(broker, topic);
}

const withoutSync = { 'acks.all.fdatasync': 'false' };

export class Brokers {
  private readonly up = new Map<BrokerName, RunningBroker>();
  private readonly profiles: string | undefined;

  constructor(profiles: string | undefined) {
    this.profiles = profiles;
  }

  /** @throws Error where it is not up */
  get(name: BrokerName): RunningBroker {
    const broker = this.up.get(name);
    if (broker === undefined) throw new Error(`the row does not name ${name} among its brokers`);
    return broker;
  }

  async have(names: readonly BrokerName[]): Promise<void> {
    for (const [name, broker] of this.up) {
      if (names.includes(name)) continue;
      this.up.delete(name);
      await broker.stop();
    }
    for (const name of names) {
      if (this.up.has(name)) continue;
      const broker = await this.start(name);
      this.up.set(name, broker);
      await warm(broker);
    }
  }

  private start(name: BrokerName): Promise<RunningBroker> {
    switch (name) {
      case 'onceward':
        return ourRunningBroker(name, {}, this.profiles);
      case 'onceward without fdatasync':
        return ourRunningBroker(name, withoutSync, this.profiles);
      case 'Apache Kafka':
        return apacheKafkaBroker();
    }
  }
}
