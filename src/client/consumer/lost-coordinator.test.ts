import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Ports, ZERO_UUID } from '../../core/index.ts';
import { Simulation } from '../../lab/index.ts';
import { findCoordinator, joinGroup, metadata, syncGroup } from '../../wire/index.ts';
import type { FakeBroker } from '../testing/fake-broker.ts';
import { FakeCluster } from '../testing/fake-cluster.ts';
import { FakeGroup } from '../testing/fake-group.ts';
import { Consumer } from './consumer.ts';

const HELD_BACK_MS = 300_000;

/** A consumer whose JoinGroup, or SyncGroup, is with the coordinator `broker`, which holds the answer back. */
async function waiting(
  held: typeof joinGroup | typeof syncGroup,
  run: (world: { sim: Simulation; broker: FakeCluster; consumer: Consumer; joined(): boolean }) => Promise<void>,
): Promise<void> {
  const sim = new Simulation({ seed: 'power' });
  const consumer = new Consumer({
    bootstrapServers: 'broker:9092,other:9092',
    groupId: 'g',
    ports: sim.node('client'),
    maxPollIntervalMs: HELD_BACK_MS,
  });
  await sim.run(async () => {
    const broker = await cluster(sim.node('broker'), 'broker');
    await cluster(sim.node('other'), 'other');
    let waits = false;
    (broker as FakeBroker).on(held as typeof joinGroup, ({ memberId }) => {
      if (held.key === joinGroup.key && memberId === '') {
        return { errorCode: 79, memberId: 'member-1', protocolName: '' };
      }
      waits = true;
      return 'no answer';
    });
    consumer.subscribe(['t']);
    await consumer.poll({ timeoutMs: 1000 });
    assert.ok(waits, 'the request is with the coordinator');
    await run({ sim, broker, consumer, joined: () => consumer.assignment().length > 0 });
    await consumer.close({ timeoutMs: 1000 });
  });
}

async function cluster(ports: Ports, host: string): Promise<FakeCluster> {
  const made = new FakeCluster(ports, host, { t: 1 });
  new FakeGroup(made);
  made.on(metadata, ({ topics }) => ({
    brokers: ['broker', 'other'].map((name, index) => ({ nodeId: index + 1, host: name, port: 9092 })),
    clusterId: 'fake',
    controllerId: 1,
    topics: (topics ?? []).map(({ name }) => ({
      name,
      topicId: ZERO_UUID,
      partitions: [{ partitionIndex: 0, leaderId: 2 }],
    })),
  }));
  made.on(findCoordinator, ({ coordinatorKeys }) => ({
    coordinators: coordinatorKeys.map((key) => ({ key, nodeId: 1, host: 'broker', port: 9092 })),
  }));
  await made.listen();
  return made;
}

async function pollUntil(consumer: Consumer, joined: () => boolean): Promise<void> {
  for (let polls = 0; polls < 400 && !joined(); polls++) await consumer.poll({ timeoutMs: 1000 });
}

for (const held of [joinGroup, syncGroup]) {
  test(`a coordinator that loses its power while it holds ${held.name} back, and returns, is joined again soon`, async () => {
    await waiting(held, async ({ sim, consumer, joined }) => {
      sim.crash('broker');
      const started = sim.nowMs;
      await sim.sleep(2000);
      await cluster(sim.restart('broker'), 'broker');
      await pollUntil(consumer, joined);
      assert.ok(joined());
      assert.ok(sim.nowMs - started < 35_000, `${sim.nowMs - started} ms`);
    });
  });
}

test('a coordinator that loses its power for good is noticed within about request.timeout.ms', async () => {
  await waiting(joinGroup, async ({ sim, consumer, joined }) => {
    await cluster(sim.node('third'), 'third');
    sim.crash('broker');
    const started = sim.nowMs;
    // Its name and its work go to another machine.
    sim.network.name('broker', ['third']);
    await pollUntil(consumer, joined);
    assert.ok(joined());
    assert.ok(sim.nowMs - started < 40_000, `${sim.nowMs - started} ms`);
  });
});

test('a coordinator that is there and takes its time is waited for on the same connection', async () => {
  await waiting(joinGroup, async ({ sim, broker, consumer }) => {
    const { connections } = broker;
    for (let polls = 0; polls < 100; polls++) await consumer.poll({ timeoutMs: 2000 });
    assert.equal(broker.connections, connections);
    assert.equal(broker.count(joinGroup), 2, 'it was asked once for an id, and once with it');
    assert.ok(sim.nowMs > 200_000);
  });
});
