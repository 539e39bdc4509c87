/**
 * What the scenarios of our client share: clients of one cluster that are closed after each scenario, faults between
 * them and the cluster, and aids to read and to wait.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  Admin,
  type AdminOptions,
  Consumer,
  type ConsumerOptions,
  type ConsumerRecord,
  type Processing,
  type ProcessOptions,
  Producer,
  type ProducerOptions,
  process,
} from '../../src/client/index.ts';
import type { Ports } from '../../src/core/index.ts';
import { FaultProxy, type FaultRule } from '../../src/lab/index.ts';
import { Raw } from '../conformance/admin/raw.ts';
import { eventually, uniqueBy } from '../conformance/cluster.ts';
import type { StartWorld, World } from './world.ts';

/** The cluster under test, seen through our client. All but `scenario` is for use inside scenarios. */
export interface UnderTest {
  /** Declares a test that runs in this world's time; its clients are closed at its end. */
  scenario(name: string, body: () => Promise<void> | void): void;
  /** Whether scenarios may take minutes here. */
  readonly sparesMinutes: boolean;
  readonly ports: Ports;
  /** `host:port` */
  bootstrap(): string;
  producer(options?: Omit<ProducerOptions, 'bootstrapServers'>): Producer;
  consumer(options?: Omit<ConsumerOptions, 'bootstrapServers'>): Consumer;
  admin(options?: Omit<AdminOptions, 'bootstrapServers'>): Admin;
  process(options: Omit<ProcessOptions, 'bootstrapServers'>): Processing;
  /** Requests by hand. */
  raw(): Raw;
  /** The same cluster through a proxy that breaks the traffic by these rules. */
  through(rules: readonly FaultRule[]): Promise<{ readonly cluster: UnderTest; readonly proxy: FaultProxy }>;
  /** The broker ends in order and starts again, on its data and at its address. */
  restart(): Promise<void>;
  /** A new topic, once its leaders serve it; returns its name. Its records stay, however old their timestamps say they are. */
  topic(name: string, partitions?: number, configs?: Record<string, string>): Promise<string>;
  /** A name that nothing else uses on the cluster. */
  unique(name: string): string;
  eventually: typeof eventually;
  sleep(ms: number): Promise<void>;
  /** Milliseconds since 1970. */
  now(): number;
}

const QUICK = { retryBackoffMs: 20, reconnectBackoffMs: 20 };

/** Declares scenarios in one kind of world. */
export function inWorld(
  title: string,
  start: StartWorld,
  scenarios: (cluster: UnderTest) => void,
  { sparesMinutes = false }: { readonly sparesMinutes?: boolean } = {},
): void {
  describe(title, () => {
    let started: World | undefined;
    const open: { close(): Promise<void> }[] = [];
    before(async () => {
      started = await start();
    });
    after(async () => {
      await started?.stop();
    });
    const world = (): World => {
      assert.ok(started, 'the world has started');
      return started;
    };
    scenarios(seenFrom(world, () => world().bootstrap, open, sparesMinutes));
  });
}

/** `open`: what is to be closed at the end of the scenario, in the order in which it was made. */
function seenFrom(
  world: () => World,
  bootstrap: () => string,
  open: { close(): Promise<void> }[],
  sparesMinutes: boolean,
): UnderTest {
  const kept = <T extends { close(): Promise<void> }>(client: T): T => {
    open.push(client);
    return client;
  };
  const surroundings = () => ({ ports: world().ports, bootstrapServers: bootstrap(), ...QUICK });
  const cluster: UnderTest = {
    scenario(name, body) {
      test(name, () =>
        world().run(async () => {
          try {
            await body();
          } finally {
            // The newest first: a client before the proxy that it goes through.
            for (const client of open.splice(0).reverse()) await client.close();
          }
        }),
      );
    },
    sparesMinutes,
    get ports() {
      return world().ports;
    },
    bootstrap,
    producer: (options = {}) => kept(new Producer({ lingerMs: 0, ...surroundings(), ...options })),
    consumer: (options = {}) => kept(new Consumer({ autoOffsetReset: 'earliest', ...surroundings(), ...options })),
    admin: (options = {}) => kept(new Admin({ ...surroundings(), ...options })),
    process({ producer, consumer, ...options }) {
      const { ports, bootstrapServers } = surroundings();
      const quick = { ...QUICK, lingerMs: 0, ...producer };
      const common = { ports, bootstrapServers, producer: quick, consumer: { ...QUICK, ...consumer } };
      const working = process({ ...common, ...options });
      // What it failed of is for the scenario to see, through `done`.
      kept({ close: () => working.close().catch(() => {}) });
      return working;
    },
    raw: () => kept(new Raw(bootstrap, world().ports)),
    async through(rules) {
      const { host, ports } = world().proxy;
      const { network, timers } = ports;
      const proxy = kept(await FaultProxy.start({ target: bootstrap(), listen: { host }, network, timers, rules }));
      return { cluster: seenFrom(world, () => proxy.bootstrap, open, sparesMinutes), proxy };
    },
    restart: () => world().restart(),
    async topic(name, partitions = 1, configs = {}) {
      const topic = cluster.unique(name);
      const admin = new Admin(surroundings());
      const kept = { 'retention.ms': '-1', ...configs };
      await admin.createTopics([{ name: topic, partitions, replicationFactor: 1, configs: kept }]);
      // Apache Kafka's broker learns of a topic a moment after it is made; the leaders answer once it has.
      await admin.listOffsets(
        Array.from({ length: partitions }, (_, partition) => ({ topic, partition, at: 'latest' as const })),
      );
      await admin.close();
      return topic;
    },
    unique: (name) => uniqueBy(world().ports.random, name),
    eventually: (what, holds, options = {}) => eventually(what, holds, { ...options, ports: world().ports }),
    sleep: (ms) => new Promise((resolve) => void world().ports.timers.after(ms, resolve)),
    now: () => world().ports.clock.now(),
  };
  return cluster;
}

export function text(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString();
}

export function valuesOf(records: readonly ConsumerRecord[]): (string | null)[] {
  return records.map((record) => text(record.value));
}

const POLL_MS = 200;

/** Polls until there are `count` records; fails after a hundred polls, about 20 s, that bring nothing. */
export async function take(consumer: Consumer, count: number): Promise<ConsumerRecord[]> {
  const records: ConsumerRecord[] = [];
  for (let empty = 0; records.length < count; ) {
    const more = await consumer.poll({ timeoutMs: POLL_MS });
    if (more.length === 0 && ++empty === 100) throw new Error(`${records.length} of ${count} records, and no more`);
    records.push(...more);
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
  await cluster.eventually('every transaction has ended', async () => {
    const [stable, all] = await Promise.all([endsFor('read_committed'), endsFor('read_uncommitted')]);
    return stable.every(({ offset }, at) => offset === all[at]!.offset);
  });
  const ends = await endsFor(isolationLevel);
  const consumer = cluster.consumer({ isolationLevel });
  consumer.assign(partitions);
  const records: ConsumerRecord[] = [];
  for (const end of ends) {
    while ((await consumer.position(end)) < end.offset) records.push(...(await consumer.poll({ timeoutMs: POLL_MS })));
  }
  await Promise.all([consumer.close(), admin.close()]);
  return records;
}
