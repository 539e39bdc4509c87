import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../core/index.ts';
import { Simulation } from '../../lab/index.ts';
import { findCoordinator } from '../../wire/index.ts';
import { Instruments } from '../observability/instruments.ts';
import { FakeBroker } from '../testing/fake-broker.ts';
import { connectionConfig } from '../testing/settings.ts';
import { BrokerPool } from './broker-pool.ts';
import type { ConnectionConfig, Runtime } from './runtime.ts';

const KAFKA = { host: 'kafka', port: 9092 };
const find = { coordinatorKeys: ['g'], keyType: 0 };

interface World {
  readonly sim: Simulation;
  readonly runtime: Runtime;
  readonly pool: BrokerPool;
  node(name: string): Promise<FakeBroker>;
}

async function scenario(config: Partial<ConnectionConfig>, run: (world: World) => Promise<void>): Promise<void> {
  const sim = new Simulation({ seed: 'pool' });
  const runtime = { ...sim.node('client'), logger: silentLogger, instruments: new Instruments() };
  const pool = new BrokerPool(runtime, connectionConfig(config));
  await sim.run(async () => {
    await run({ sim, runtime, pool, node: (name) => new FakeBroker(sim.node(name), name).listen() });
    await pool.close();
  });
}

test('a name with several addresses is tried address by address, without a pause between them', async () => {
  await scenario({}, async ({ sim, pool, node }) => {
    sim.node('first');
    sim.node('second');
    const third = await node('third');
    sim.network.name('kafka', ['first', 'second', 'third']);
    const started = sim.nowMs;
    const connection = await pool.connect('main', KAFKA);
    assert.ok(sim.nowMs - started < 50, `${sim.nowMs - started} ms`);
    assert.equal(third.connections, 1);
    assert.deepEqual(connection.address, KAFKA, 'it goes by its name all the same');
    assert.equal(pool.backoffLeft(KAFKA), 0);
  });
});

test('an address that answers with something else than Kafka is passed over too', async () => {
  await scenario({}, async ({ sim, runtime, pool, node }) => {
    const web = sim.node('web');
    await web.network.listen({
      host: '0.0.0.0',
      port: 9092,
      accept: (socket) => ({
        data: () => void socket.write(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')),
        drain() {},
        close() {},
      }),
    });
    const broker = await node('broker');
    sim.network.name('kafka', ['web', 'broker']);
    assert.deepEqual(await runtime.network.lookup('kafka'), ['web', 'broker']);
    await pool.connect('main', KAFKA);
    assert.equal(broker.connections, 1);
  });
});

test('an address that is silent costs the setup timeout, and the next is tried', async () => {
  await scenario({ socketConnectionSetupTimeoutMs: 700 }, async ({ sim, pool, node }) => {
    sim.node('silent');
    await node('broker');
    sim.network.block({ from: 'client', to: 'silent' });
    sim.network.name('kafka', ['silent', 'broker']);
    const started = sim.nowMs;
    await pool.connect('main', KAFKA);
    const took = sim.nowMs - started;
    assert.ok(took >= 700 && took < 800, `${took} ms`);
  });
});

test('a name that has moved is looked up anew when its broker is connected to again', async () => {
  await scenario({}, async ({ sim, pool, node }) => {
    const [one, two] = [await node('one'), await node('two')];
    sim.network.name('kafka', ['one']);
    await pool.connect('main', KAFKA);
    sim.network.name('kafka', ['two']);
    one.cutAll();
    await sim.sleep(10);
    await pool.connect('main', KAFKA);
    assert.deepEqual([one.connections, two.connections], [1, 1]);
  });
});

test('the time for connecting doubles with each failure in a row up to its maximum, with jitter, and starts over', async () => {
  const config = { socketConnectionSetupTimeoutMs: 1000, socketConnectionSetupTimeoutMaxMs: 3000 };
  await scenario({ ...config, reconnectBackoffMs: 10, reconnectBackoffMaxMs: 10 }, async ({ sim, pool, node }) => {
    const broker = await node('kafka');
    sim.network.block({ from: 'client', to: 'kafka' });
    const took: number[] = [];
    for (let attempt = 0; attempt < 5; attempt++) {
      await sim.sleep(20);
      const started = sim.nowMs;
      await assert.rejects(pool.connect('main', KAFKA), { code: 'NETWORK_EXCEPTION' });
      took.push(sim.nowMs - started);
    }
    for (const [index, exact] of [1000, 2000, 3000, 3000, 3000].entries()) {
      const [least, most] = index === 0 ? [1000, 1001] : [exact * 0.8, exact * 1.2];
      assert.ok(took[index]! >= least && took[index]! <= most, `attempt ${index} took ${took[index]} ms`);
    }
    assert.ok(new Set(took.slice(2)).size > 1, 'not all clients at the same moment');
    sim.network.heal();
    await sim.sleep(20);
    await pool.connect('main', KAFKA);
    sim.network.block({ from: 'client', to: 'kafka' });
    broker.cutAll();
    await sim.sleep(20);
    const started = sim.nowMs;
    await assert.rejects(pool.connect('main', KAFKA));
    assert.ok(sim.nowMs - started <= 1001, 'a connection that was made and lost is no failure to connect');
  });
});

test('a connection that nobody uses is closed after connections.max.idle.ms, and made again without a pause', async () => {
  await scenario({ connectionsMaxIdleMs: 5000 }, async ({ sim, pool, node }) => {
    const broker = await node('kafka');
    broker.on(findCoordinator, () => ({ coordinators: [] }));
    const connection = await pool.connect('main', KAFKA);
    for (let beat = 0; beat < 5; beat++) {
      await sim.sleep(4000);
      await connection.request(findCoordinator, 4, find, { timeoutMs: 1000 });
    }
    assert.equal(connection.open, true, 'it was in use');
    await sim.sleep(4900);
    assert.equal(connection.open, true);
    await sim.sleep(200);
    assert.equal(connection.open, false);
    assert.equal(pool.backoffLeft(KAFKA), 0, 'which is no failure of the broker');
    await pool.connect('main', KAFKA);
    assert.equal(broker.connections, 2);
  });
});

test('a request that waits long for its answer does not make a connection idle; -1 keeps it for ever', async () => {
  await scenario({ connectionsMaxIdleMs: 1000 }, async ({ sim, pool, node }) => {
    const broker = await node('kafka');
    broker.on(findCoordinator, async () => {
      await sim.sleep(20_000);
      return { coordinators: [] };
    });
    const connection = await pool.connect('main', KAFKA);
    await connection.request(findCoordinator, 4, find, { timeoutMs: 60_000 });
    assert.equal(connection.open, true);
  });
  await scenario({ connectionsMaxIdleMs: -1 }, async ({ sim, pool, node }) => {
    await node('kafka');
    const connection = await pool.connect('main', KAFKA);
    await sim.sleep(500_000);
    assert.equal(connection.open, true);
  });
});
