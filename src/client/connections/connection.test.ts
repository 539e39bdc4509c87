import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Ports, silentLogger } from '../../core/index.ts';
import { Simulation } from '../../lab/index.ts';
import { apiVersions, findCoordinator, heartbeat, metadata } from '../../wire/index.ts';
import { Instruments } from '../observability/instruments.ts';
import { FakeBroker } from '../testing/fake-broker.ts';
import { connectionConfig } from '../testing/settings.ts';
import { BrokerPool } from './broker-pool.ts';
import { Connection } from './connection.ts';
import type { Runtime } from './runtime.ts';

const config = connectionConfig();
const ADDRESS = { host: 'broker', port: 9092 };

function world(): { sim: Simulation; broker: FakeBroker; runtime: Runtime; ports: Ports } {
  const sim = new Simulation({ seed: 'connections' });
  const broker = new FakeBroker(sim.node('broker'), 'broker');
  const ports = sim.node('client');
  return { sim, broker, ports, runtime: { ...ports, logger: silentLogger, instruments: new Instruments() } };
}
const open = (runtime: Runtime): Promise<Connection> => Connection.open(runtime, config, ADDRESS);
const find = { coordinatorKeys: ['g'], keyType: 0 };

test('a broker that does not know our ApiVersions is asked again in the version that it tells', async () => {
  const { sim, broker, runtime } = world();
  const asked: number[] = [];
  broker.on(apiVersions, (_, version) => {
    asked.push(version);
    if (version > 2) return { errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 2 }] };
    return { apiKeys: [{ apiKey: metadata.key, minVersion: 0, maxVersion: 5 }] };
  });
  await sim.run(async () => {
    await broker.listen();
    const connection = await open(runtime);
    assert.deepEqual(asked, [4, 2]);
    assert.equal(connection.version(metadata), 5);
    assert.throws(() => connection.version(heartbeat), { code: 'UNSUPPORTED_VERSION' });
    assert.throws(() => connection.version(metadata, { min: 6 }), /version of 6 to .* is needed.* has 0 to 5/);
    await connection.close();
  });
});

test('requests are pipelined, and each caller gets its own answer', async () => {
  const { sim, broker, runtime } = world();
  broker.on(findCoordinator, ({ coordinatorKeys }) => ({
    coordinators: coordinatorKeys.map((key) => ({ key, nodeId: Number(key), host: 'h', port: 1 })),
  }));
  await sim.run(async () => {
    await broker.listen();
    const connection = await open(runtime);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        connection.request(findCoordinator, 4, { coordinatorKeys: [String(index)] }, { timeoutMs: 1000 }),
      ),
    );
    assert.deepEqual(
      answers.map((answer) => answer.coordinators[0]!.nodeId),
      Array.from({ length: 50 }, (_, index) => index),
    );
    await connection.close();
  });
});

test('a cut connection fails everything in flight with a retriable error', async () => {
  const { sim, broker, runtime } = world();
  broker.on(findCoordinator, () => 'no answer');
  await sim.run(async () => {
    await broker.listen();
    const connection = await open(runtime);
    const requests = [1, 2, 3].map(() => connection.request(findCoordinator, 4, find, { timeoutMs: 900 }));
    const outcomes = Promise.allSettled(requests);
    await sim.sleep(50);
    broker.cutAll();
    for (const outcome of await outcomes) {
      assert.equal(outcome.status, 'rejected');
      const { code, retriable } = (outcome as PromiseRejectedResult).reason;
      assert.deepEqual([code, retriable], ['NETWORK_EXCEPTION', true]);
    }
    assert.equal(connection.open, false);
    await assert.rejects(connection.request(findCoordinator, 4, find, { timeoutMs: 900 }), {
      code: 'NETWORK_EXCEPTION',
    });
  });
});

test('a request without an answer times out and takes the connection with it', async () => {
  const { sim, broker, runtime } = world();
  broker.on(findCoordinator, () => 'no answer');
  await sim.run(async () => {
    await broker.listen();
    const connection = await open(runtime);
    const late = connection.request(findCoordinator, 4, find, { timeoutMs: 500 });
    const behind = connection.request(findCoordinator, 4, find, { timeoutMs: 60_000 });
    const started = sim.nowMs;
    await assert.rejects(late, { code: 'REQUEST_TIMED_OUT' });
    await assert.rejects(behind, { code: 'NETWORK_EXCEPTION' });
    assert.ok(sim.nowMs - started < 510);
  });
});

test('an aborted request rejects at once, and its answer is not taken for the next one’s', async () => {
  const { sim, broker, runtime } = world();
  broker.on(findCoordinator, async ({ coordinatorKeys }) => {
    await sim.sleep(100);
    return { coordinators: coordinatorKeys.map((key) => ({ key, nodeId: 5, host: key, port: 1 })) };
  });
  await sim.run(async () => {
    await broker.listen();
    const connection = await open(runtime);
    const abort = new AbortController();
    const options = { timeoutMs: 1000, signal: abort.signal };
    const first = connection.request(findCoordinator, 4, { coordinatorKeys: ['a'] }, options);
    const second = connection.request(findCoordinator, 4, { coordinatorKeys: ['b'] }, { timeoutMs: 1000 });
    abort.abort(new Error('no longer wanted'));
    await assert.rejects(first, /no longer wanted/);
    assert.equal((await second).coordinators[0]!.host, 'b');
    await connection.close();
  });
});

test('an answer that is too large or has another correlation id ends the connection', async () => {
  for (const frame of [
    [0x7f, 0xff, 0xff, 0xff],
    [0, 0, 0, 4, 0, 0, 0, 99],
  ]) {
    const { sim, runtime, ports } = world();
    const broker = sim.node('broker');
    const fake = new FakeBroker(broker, 'broker');
    await sim.run(async () => {
      await fake.listen(9093);
      // Answers ApiVersions through the fake, everything after it with the frame.
      await broker.network.listen({
        host: '0.0.0.0',
        port: 9092,
        accept: (socket) => {
          let answered = false;
          let upstream: Awaited<ReturnType<typeof ports.network.connect>> | undefined;
          return {
            data: (chunk) => {
              if (answered) {
                socket.write(Uint8Array.from(frame));
                return;
              }
              const copy = Uint8Array.from(chunk);
              void broker.network
                .connect({
                  host: 'broker',
                  port: 9093,
                  timeoutMs: 100,
                  handler: {
                    data: (answer) => {
                      answered = true;
                      socket.write(Uint8Array.from(answer));
                    },
                    drain() {},
                    close() {},
                  },
                })
                .then((connected) => {
                  upstream = connected;
                  upstream.write(copy);
                });
            },
            drain() {},
            close() {},
          };
        },
      });
      const connection = await open(runtime);
      await assert.rejects(connection.request(findCoordinator, 4, find, { timeoutMs: 900 }), {
        code: 'NETWORK_EXCEPTION',
      });
      assert.equal(connection.open, false);
    });
  }
});

test('a broker that cannot be reached is tried again after growing pauses', async () => {
  const { sim, broker, runtime } = world();
  await sim.run(async () => {
    const pool = new BrokerPool(runtime, config);
    const times: number[] = [];
    for (let attempt = 0; attempt < 6; attempt++) {
      await assert.rejects(pool.connect('main', ADDRESS), { code: 'NETWORK_EXCEPTION' });
      times.push(sim.nowMs);
    }
    const pauses = times.slice(1).map((time, index) => time - times[index]!);
    for (const [index, pause] of pauses.entries()) {
      const exact = 50 * 2 ** index;
      assert.ok(pause >= exact * 0.8 && pause <= exact * 1.2 + 20, `pause ${index} is ${pause}`);
    }
    await broker.listen();
    const connection = await pool.connect('main', ADDRESS);
    assert.equal(await pool.connect('main', ADDRESS), connection, 'one connection per broker and role');
    assert.notEqual(await pool.connect('fetch', ADDRESS), connection);
    await pool.close();
    await assert.rejects(pool.connect('main', ADDRESS), { name: 'ClosedError' });
    assert.equal(broker.connections, 2);
  });
});
