import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, silentLogger } from '../../core/index.ts';
import { Simulation } from '../../lab/index.ts';
import { metadata } from '../../wire/index.ts';
import { Instruments } from '../observability/instruments.ts';
import { FakeBroker } from '../testing/fake-broker.ts';
import { connectionConfig } from '../testing/settings.ts';
import { Cluster, type ClusterSettings } from './cluster.ts';

interface World {
  readonly sim: Simulation;
  readonly cluster: Cluster;
  /** A broker on a node of this name, which knows of these brokers, by id. */
  broker(name: string, known: Readonly<Record<number, string>>): Promise<FakeBroker>;
}

async function scenario(settings: Partial<ClusterSettings>, run: (world: World) => Promise<void>): Promise<void> {
  const sim = new Simulation({ seed: 'cluster' });
  const runtime = { ...sim.node('client'), logger: silentLogger, instruments: new Instruments() };
  const cluster = new Cluster(runtime, { ...connectionConfig(settings), allowAutoCreateTopics: false, ...settings });
  const broker: World['broker'] = async (name, known) => {
    const made = await new FakeBroker(sim.node(name), name).listen();
    knows(made, known);
    return made;
  };
  await sim.run(async () => {
    await run({ sim, cluster, broker });
    await cluster.close();
  });
}

/** `t` has one partition for each of them, led by it. */
function knows(broker: FakeBroker, brokers: Readonly<Record<number, string>>): void {
  const ids = Object.keys(brokers).map(Number);
  broker.on(metadata, () => ({
    brokers: ids.map((nodeId) => ({ nodeId, host: brokers[nodeId]!, port: 9092 })),
    clusterId: 'c',
    controllerId: ids[0]!,
    topics: [{ name: 't', partitions: ids.map((leaderId, partitionIndex) => ({ partitionIndex, leaderId })) }],
  }));
}

test('bootstrap servers that do not exist, refuse or are silent do not matter while one answers', async () => {
  for (let start = 0; start < 4; start++) {
    const servers = ['nowhere:9092', 'refuses:9092', 'silent:9092', 'one:9092'];
    const bootstrapServers = servers.map((_, at) => servers[(at + start) % servers.length]!);
    await scenario({ bootstrapServers }, async ({ sim, cluster, broker }) => {
      sim.node('refuses');
      sim.node('silent');
      sim.network.block({ from: 'client', to: 'silent' });
      await broker('one', { 1: 'one' });
      await cluster.refresh();
      assert.deepEqual([...cluster.image.brokers.keys()], [1]);
      assert.ok(sim.nowMs < 1200, `${sim.nowMs} ms`);
    });
  }
});

test('where no bootstrap server answers the last reason is told, and it is tried again', async () => {
  await scenario({ bootstrapServers: ['a:9092', 'b:9092'] }, async ({ sim, cluster, broker }) => {
    sim.node('a');
    await assert.rejects(cluster.refresh(), { code: 'NETWORK_EXCEPTION', message: /cannot connect to [ab]:9092/ });
    await broker('b', { 1: 'b' });
    const topic = await cluster.topic('t', cluster.deadline(5000));
    assert.equal(topic.partitions.length, 1);
  });
});

test('resolve_canonical_bootstrap_servers_only: each address of the bootstrap name is called by its own name', async () => {
  const settings = {
    bootstrapServers: ['round-robin:9092'],
    clientDnsLookup: 'resolve_canonical_bootstrap_servers_only',
  } as const;
  await scenario(settings, async ({ sim, cluster, broker }) => {
    sim.network.name('round-robin', ['one', 'two']);
    for (const node of ['one', 'two']) {
      sim.network.canonicalName(node, `${node}.example`);
      sim.network.name(`${node}.example`, [node]);
    }
    const [one, two] = [await broker('one', {}), await broker('two', {})];
    const hosts = new Set<string>();
    for (let look = 0; look < 2; look++) {
      const connection = await cluster.anyConnection();
      hosts.add(connection.address.host);
      await connection.close();
    }
    assert.deepEqual([...hosts].sort(), ['one.example', 'two.example']);
    assert.deepEqual([one.connections, two.connections], [1, 1]);
  });
});

test('who waits for a leader asks for it with growing pauses, and as usual once there is one', async () => {
  await scenario({ bootstrapServers: ['one:9092'] }, async ({ sim, cluster, broker }) => {
    const one = await broker('one', { 1: 'one' });
    const partitions = [{ partitionIndex: 0, leaderId: -1, errorCode: ErrorCode.LEADER_NOT_AVAILABLE }];
    const brokers = [{ nodeId: 1, host: 'one', port: 9092 }];
    one.on(metadata, () => ({ brokers, clusterId: 'c', controllerId: 1, topics: [{ name: 't', partitions }] }));
    await cluster.refresh();
    const wants = async (ms: number): Promise<number> => {
      const before = one.count(metadata);
      for (const end = sim.nowMs + ms; sim.nowMs < end; ) {
        cluster.requestRefresh();
        await sim.sleep(10);
      }
      return one.count(metadata) - before;
    };
    const without = await wants(10_000);
    assert.ok(without >= 8 && without <= 16, `${without} times in ten seconds`);
    knows(one, { 1: 'one' });
    await cluster.refresh();
    const led = await wants(1000);
    assert.ok(led >= 7 && led <= 10, `${led} times in a second`);
  });
});

test('metadata is asked for again when it is old, and soon after an error, with growing pauses', async () => {
  await scenario({ bootstrapServers: ['one:9092'], metadataMaxAgeMs: 1000 }, async ({ sim, cluster, broker }) => {
    const one = await broker('one', { 1: 'one' });
    await cluster.refresh();
    await sim.sleep(5500);
    assert.ok(one.count(metadata) >= 5 && one.count(metadata) <= 7, `${one.count(metadata)} times`);
    one.next(metadata, 5, () => 'cut');
    const before = one.asked.length;
    await sim.sleep(20_000);
    const times = one.asked.slice(before, before + 6).map(({ at }) => at);
    const pauses = times.slice(1).map((time, index) => time - times[index]!);
    for (const [index, exact] of [100, 200, 400, 800].entries()) {
      assert.ok(
        pauses[index]! >= exact * 0.8 && pauses[index]! <= exact * 1.2 + 60,
        `pause ${index}: ${pauses[index]}`,
      );
    }
  });
});

test('brokers that come are used, and those that go are not', async () => {
  await scenario({ bootstrapServers: ['one:9092'] }, async ({ sim, cluster, broker }) => {
    const one = await broker('one', { 1: 'one' });
    cluster.follow(['t']);
    await cluster.refresh();
    assert.equal(cluster.image.leaderOf('t', 0)!.broker.host, 'one');
    knows(one, { 2: 'two' });
    const two = await broker('two', { 2: 'two' });
    await cluster.refresh();
    assert.equal(cluster.image.leaderOf('t', 0)!.broker.host, 'two');
    await one.stop();
    await sim.sleep(100);
    await cluster.refresh();
    assert.equal(two.count(metadata), 1);
  });
});

test('a broker that moves to another address under its id is found there', async () => {
  await scenario({ bootstrapServers: ['one:9092'] }, async ({ cluster, broker }) => {
    const one = await broker('one', { 1: 'one', 2: 'old' });
    cluster.follow(['t']);
    await cluster.refresh();
    knows(one, { 1: 'one', 2: 'new' });
    const moved = await broker('new', {});
    await cluster.refresh();
    await cluster.pool.connect('main', cluster.image.leaderOf('t', 1)!.broker);
    assert.equal(moved.connections, 1);
  });
});

/** All brokers that are known are gone; the bootstrap name stands for another one now. */
async function allReplaced({ sim, cluster, broker }: World): Promise<FakeBroker> {
  sim.network.name('boot', ['one']);
  const one = await broker('one', { 1: 'one' });
  await cluster.refresh();
  await one.stop();
  sim.network.name('boot', ['two']);
  return broker('two', { 2: 'two' });
}

test('KIP-899: where every known broker is gone the bootstrap servers are asked again', async () => {
  await scenario({ bootstrapServers: ['boot:9092'] }, async (world) => {
    await allReplaced(world);
    await world.sim.sleep(10);
    await world.cluster.retry('refresh', world.cluster.deadline(5000), () => world.cluster.refresh());
    assert.deepEqual([...world.cluster.image.brokers.keys()], [2]);
  });
});

test('metadata.recovery.strategy=none: only brokers that are known are asked', async () => {
  await scenario({ bootstrapServers: ['boot:9092'], metadataRecoveryStrategy: 'none' }, async (world) => {
    const two = await allReplaced(world);
    await world.sim.sleep(10);
    const refreshed = world.cluster.retry('refresh', world.cluster.deadline(20_000), () => world.cluster.refresh());
    await assert.rejects(refreshed, { name: 'TimeoutError' });
    assert.deepEqual([...world.cluster.image.brokers.keys()], [1]);
    assert.ok(two.count(metadata) === 0);
  });
});

test('KIP-1102: brokers that answer but give no metadata for long, or say so, are forgotten for the bootstrap servers', async () => {
  for (const [errorCode, leastMs, mostMs] of [
    [ErrorCode.UNKNOWN_SERVER_ERROR, 3000, 4500],
    [ErrorCode.REBOOTSTRAP_REQUIRED, 0, 500],
  ] as const) {
    const settings = { bootstrapServers: ['boot:9092'], metadataRecoveryRebootstrapTriggerMs: 3000 };
    await scenario(settings, async ({ sim, cluster, broker }) => {
      sim.network.name('boot', ['one']);
      const one = await broker('one', { 1: 'one' });
      await cluster.refresh();
      // From now on it goes by its own name, and is connected to by that.
      await (await cluster.pool.connect('main', { host: 'boot', port: 9092 })).close();
      await cluster.refresh();
      sim.network.name('boot', ['two']);
      await broker('two', { 2: 'two' });
      one.on(metadata, () => ({ errorCode, brokers: [], clusterId: null, controllerId: -1, topics: [] }));
      const started = sim.nowMs;
      const limit = cluster.deadline(60_000);
      await cluster.retry('refresh', limit, async () => {
        await cluster.refresh();
      });
      const took = sim.nowMs - started;
      assert.deepEqual([...cluster.image.brokers.keys()], [2]);
      assert.ok(took >= leastMs && took <= mostMs, `${took} ms`);
    });
  }
});
