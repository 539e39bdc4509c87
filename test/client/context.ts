/** What the scenarios of our client share: clients of one cluster that are closed after each test, and aids to read. */
import { after, afterEach } from 'node:test';
import {
  Admin,
  type AdminOptions,
  Consumer,
  type ConsumerOptions,
  type ConsumerRecord,
  Producer,
  type ProducerOptions,
} from '../../src/client/index.ts';
import { eventually, unique } from '../conformance/cluster.ts';

/** The cluster under test, seen through our client. */
export interface UnderTest {
  /** `host:port`; inside tests only. */
  bootstrap(): string;
  producer(options?: Omit<ProducerOptions, 'bootstrapServers'>): Producer;
  consumer(options?: Omit<ConsumerOptions, 'bootstrapServers'>): Consumer;
  admin(): Admin;
  /** The same cluster by another address; its clients are closed with the others. */
  via(address: string): UnderTest;
  /** A new topic, once its leaders serve it; returns its name. */
  topic(name: string, partitions?: number): Promise<string>;
}

const QUICK = { retryBackoffMs: 20, reconnectBackoffMs: 20 };

/** Inside a `describe`. */
export function underTest(bootstrap: () => string): UnderTest {
  const open: { close(): Promise<void> }[] = [];
  let admin: Admin | undefined;
  const kept = <T extends { close(): Promise<void> }>(client: T): T => {
    open.push(client);
    return client;
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map((client) => client.close()));
  });
  after(async () => {
    await admin?.close();
  });
  const adminOf = (): Admin => {
    admin ??= new Admin({ bootstrapServers: bootstrap(), ...QUICK } satisfies AdminOptions);
    return admin;
  };
  const seenFrom = (bootstrap: () => string): UnderTest => ({
    bootstrap,
    via: (address) => seenFrom(() => address),
    producer: (options = {}) =>
      kept(new Producer({ lingerMs: 0, ...QUICK, ...options, bootstrapServers: bootstrap() })),
    consumer: (options = {}) =>
      kept(new Consumer({ autoOffsetReset: 'earliest', ...QUICK, ...options, bootstrapServers: bootstrap() })),
    admin: adminOf,
    async topic(name, partitions = 1) {
      const topic = unique(name);
      await adminOf().createTopics([{ name: topic, partitions, replicationFactor: 1 }]);
      // Apache Kafka's broker learns of a topic a moment after it is made; the leaders answer once it has.
      await adminOf().listOffsets(
        Array.from({ length: partitions }, (_, partition) => ({ topic, partition, at: 'latest' as const })),
      );
      return topic;
    },
  });
  return seenFrom(bootstrap);
}

export function text(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString();
}

export function valuesOf(records: readonly ConsumerRecord[]): (string | null)[] {
  return records.map((record) => text(record.value));
}

/** Polls until there are `count` records; fails after `timeoutMs`. */
export async function take(consumer: Consumer, count: number, timeoutMs = 20_000): Promise<ConsumerRecord[]> {
  const records: ConsumerRecord[] = [];
  const deadline = Date.now() + timeoutMs;
  while (records.length < count) {
    if (Date.now() > deadline) throw new Error(`${records.length} of ${count} records within ${timeoutMs} ms`);
    records.push(...(await consumer.poll({ timeoutMs: 200 })));
  }
  return records;
}

/** Everything of the topic that this isolation level may see, as a new consumer finds it. No transaction may stay open. */
export async function readAll(
  cluster: UnderTest,
  topic: string,
  isolationLevel: 'read_committed' | 'read_uncommitted' = 'read_committed',
): Promise<ConsumerRecord[]> {
  const admin = cluster.admin();
  const [info] = await admin.describeTopics([topic]);
  const partitions = info!.partitions.map(({ partition }) => ({ topic, partition }));
  const endsFor = (level: typeof isolationLevel) =>
    admin.listOffsets(
      partitions.map((partition) => ({ ...partition, at: 'latest' as const })),
      { isolationLevel: level },
    );
  // A commit is answered once it is decided; its markers may come a moment later.
  await eventually('every transaction has ended', async () => {
    const [stable, all] = await Promise.all([endsFor('read_committed'), endsFor('read_uncommitted')]);
    return stable.every(({ offset }, at) => offset === all[at]!.offset);
  });
  const ends = await endsFor(isolationLevel);
  const consumer = cluster.consumer({ isolationLevel });
  consumer.assign(partitions);
  const records: ConsumerRecord[] = [];
  for (const end of ends) {
    while ((await consumer.position(end)) < end.offset) records.push(...(await consumer.poll({ timeoutMs: 200 })));
  }
  await consumer.close();
  return records;
}
