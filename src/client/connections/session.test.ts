import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { silentLogger } from '../../core/index.ts';
import { Simulation } from '../../lab/index.ts';
import {
  type Api,
  apiVersions,
  findCoordinator,
  metadata,
  produce,
  saslAuthenticate,
  saslHandshake,
} from '../../wire/index.ts';
import { Consumer } from '../consumer/consumer.ts';
import type { ClientError } from '../errors.ts';
import { Instruments } from '../observability/instruments.ts';
import { Producer } from '../producer/producer.ts';
import type { SaslMechanism } from '../security/mechanism.ts';
import { OAuthBearer } from '../security/oauth-bearer.ts';
import { Plain } from '../security/plain.ts';
import { FakeBroker } from '../testing/fake-broker.ts';
import { connectionConfig } from '../testing/settings.ts';
import { BrokerPool } from './broker-pool.ts';
import { Connection } from './connection.ts';
import type { ConnectionConfig, Runtime } from './runtime.ts';

const SECRET = 'p4ss-w0rd';
const alice = new Plain({ username: 'alice', password: SECRET });
const ADDRESS = { host: 'broker', port: 9092 };
const find = (key: string) => ({ coordinatorKeys: [key], keyType: 0 });

function config(sasl: SaslMechanism = alice): ConnectionConfig {
  return { ...connectionConfig(), security: { protocol: 'SASL_PLAINTEXT', tls: undefined, sasl } };
}

interface World {
  readonly sim: Simulation;
  readonly broker: FakeBroker;
  readonly runtime: Runtime;
  open(sasl?: SaslMechanism): Promise<Connection>;
}

/** A broker that lets everybody in; a session lasts `sessionMs`. */
function world(sessionMs = 0): World {
  const sim = new Simulation({ seed: 'sessions' });
  const broker = new FakeBroker(sim.node('broker'), 'broker');
  const runtime = { ...sim.node('client'), logger: silentLogger, instruments: new Instruments() };
  broker.on(saslHandshake, () => ({ mechanisms: ['PLAIN'] }));
  broker.on(saslAuthenticate, () => ({ sessionLifetimeMs: sessionMs }));
  broker.on(findCoordinator, ({ coordinatorKeys }) => ({
    coordinators: coordinatorKeys.map((key) => ({ key, nodeId: 1, host: key, port: 1 })),
  }));
  return { sim, broker, runtime, open: (sasl) => Connection.open(runtime, config(sasl), ADDRESS) };
}
/** What it is rejected with. */
async function failureOf(promise: Promise<unknown>): Promise<ClientError> {
  const [outcome] = await Promise.allSettled([promise]);
  assert.equal(outcome.status, 'rejected');
  return (outcome as PromiseRejectedResult).reason;
}
const order = ({ asked }: FakeBroker): string[] =>
  asked.map(({ api, body }) =>
    api === 'FindCoordinator' ? (body as ReturnType<typeof find>).coordinatorKeys[0]! : api,
  );

test('a connection logs in before it is used: the mechanism by name, then its messages', async () => {
  const { sim, broker, runtime, open } = world();
  await sim.run(async () => {
    await broker.listen();
    const connection = await open();
    await connection.request(findCoordinator, 4, find('a'), { timeoutMs: 500 });
    assert.deepEqual(order(broker), ['SaslHandshake', 'SaslAuthenticate', 'a']);
    assert.deepEqual(
      broker.asked.slice(0, 2).map(({ version }) => version),
      [1, 2],
    );
    assert.deepEqual(broker.bodies(saslHandshake), [{ mechanism: 'PLAIN' }]);
    const [{ authBytes }] = broker.bodies(saslAuthenticate) as [{ authBytes: Uint8Array }];
    assert.equal(Buffer.from(authBytes).toString(), `\0alice\0${SECRET}`);
    assert.equal(runtime.instruments.connections['successful-authentication-total'], 1);
    await connection.close();
  });
});

test('what a broker refuses is fatal, and names the mechanism, the broker and the cure, never the password', async () => {
  const noSasl = (broker: FakeBroker): void => {
    const apiKeys = [{ apiKey: metadata.key, minVersion: 0, maxVersion: 5 }];
    broker.on(apiVersions, () => ({ apiKeys }));
  };
  for (const [code, message, prepare] of [
    [
      'SASL_AUTHENTICATION_FAILED',
      /logging in with PLAIN at broker:9092: no such user/,
      (broker) => broker.on(saslAuthenticate, () => ({ errorCode: 58, errorMessage: 'no such user' })),
    ],
    [
      'UNSUPPORTED_SASL_MECHANISM',
      /broker:9092 does not log in by PLAIN: it has GSSAPI, SCRAM-SHA-512 enabled; set sasl\.mechanism/,
      (broker) => broker.on(saslHandshake, () => ({ errorCode: 33, mechanisms: ['GSSAPI', 'SCRAM-SHA-512'] })),
    ],
    [
      'ILLEGAL_SASL_STATE',
      /broker:9092: this port has no SASL/,
      (broker) => broker.on(saslHandshake, () => ({ errorCode: 34 })),
    ],
    ['ILLEGAL_SASL_STATE', /broker:9092: this port has no SASL/, noSasl],
  ] as const satisfies readonly (readonly [string, RegExp, (broker: FakeBroker) => void])[]) {
    const { sim, broker, open, runtime } = world();
    prepare(broker);
    await sim.run(async () => {
      await broker.listen();
      const error = await failureOf(open());
      const { name, fatal, retriable } = error;
      assert.deepEqual([name, error.code, fatal, retriable], ['AuthenticationError', code, true, false]);
      assert.match(error.message, message);
      assert.ok(!inspect(error, { depth: 10 }).includes(SECRET));
      assert.equal(runtime.instruments.connections['failed-authentication-total'], 1);
    });
  }
});

test('a broker that goes away or falls silent while logging in is a failure of the network, in bounded time', async () => {
  for (const api of [saslHandshake, saslAuthenticate]) {
    for (const [reaction, code, message] of [
      ['cut', 'NETWORK_EXCEPTION', /was lost.* while logging in/],
      ['no answer', 'REQUEST_TIMED_OUT', new RegExp(`did not answer ${api.name} within 1000 ms`)],
    ] as const) {
      const { sim, broker, open } = world();
      broker.on(api as Api, () => reaction);
      await sim.run(async () => {
        await broker.listen();
        const began = sim.nowMs;
        await assert.rejects(open(), { code, message, retriable: true });
        assert.ok(sim.nowMs - began < 1200);
      });
    }
  }
});

test('a port that wants a login ends the connection at the first request, and the error says so', async () => {
  const { sim, broker, runtime } = world();
  broker.on(findCoordinator, () => 'cut');
  await sim.run(async () => {
    await broker.listen();
    const connection = await Connection.open(runtime, { ...config(), security: undefined }, ADDRESS);
    await assert.rejects(connection.request(findCoordinator, 4, find('a'), { timeoutMs: 500 }), {
      message: /before its first answer: a port that wants a login needs sasl/,
    });
  });
});

test('KIP-368: the session is renewed in time on the same connection, again and again', async () => {
  const { sim, broker, open, runtime } = world(10_000);
  await sim.run(async () => {
    await broker.listen();
    const connection = await open();
    for (let at = 0; at < 300; at++) {
      await sim.sleep(100);
      await connection.request(findCoordinator, 4, find('a'), { timeoutMs: 500 });
    }
    const logins = broker.asked.filter(({ api }) => api === 'SaslHandshake').map(({ at }) => at);
    const pauses = logins.slice(1).map((at, index) => at - logins[index]!);
    assert.equal(pauses.length, 3);
    for (const pause of pauses) assert.ok(pause >= 8500 && pause < 9600, `${pause} ms`);
    assert.equal(broker.connections, 1);
    assert.equal(runtime.instruments.connections['successful-reauthentication-total'], 3);
    await connection.close();
  });
});

test('KIP-368: what is in flight is answered, and nothing comes between the messages of the login', async () => {
  const { sim, broker, open } = world(10_000);
  await sim.run(async () => {
    await broker.listen();
    const connection = await open();
    broker.next(findCoordinator, 1, async () => {
      await sim.sleep(12_000); // A broker may hold a JoinGroup back for longer than requests may take otherwise.
      return { coordinators: [{ key: 'held', nodeId: 1, host: 'held', port: 1 }] };
    });
    broker.next(saslAuthenticate, 1, async () => {
      await sim.sleep(500);
      return { sessionLifetimeMs: 10_000 };
    });
    await sim.sleep(8000);
    const ask = (key: string, signal?: AbortSignal) =>
      connection.request(findCoordinator, 4, find(key), { timeoutMs: 60_000, signal });
    const inFlight = ask('held');
    await sim.sleep(2000);
    const abort = new AbortController();
    const aborted = ask('aborted', abort.signal);
    const meanwhile = Promise.all([ask('b'), ask('c')]);
    assert.equal(connection.pending, 5, 'the held one, the handshake, and three that wait');
    abort.abort(new Error('no longer wanted'));
    await assert.rejects(aborted, /no longer wanted/);
    assert.equal((await inFlight).coordinators[0]!.host, 'held');
    assert.deepEqual(
      (await meanwhile).map(({ coordinators }) => coordinators[0]!.host),
      ['b', 'c'],
    );
    assert.deepEqual(order(broker).slice(2), ['held', 'SaslHandshake', 'SaslAuthenticate', 'b', 'c']);
    assert.equal(broker.connections, 1);
    await connection.close();
  });
});

test('KIP-368: where logging in again fails, what waits fails for now, and the next connection says why', async () => {
  const { sim, broker, runtime } = world(10_000);
  await sim.run(async () => {
    await broker.listen();
    const pool = new BrokerPool(runtime, config());
    const connection = await pool.connect('main', ADDRESS);
    broker.on(saslAuthenticate, async () => {
      await sim.sleep(200);
      return { errorCode: 58, errorMessage: 'the user is gone' };
    });
    await sim.sleep(8000);
    let refused = 0;
    while (refused === 0) {
      const answer = connection.request(findCoordinator, 4, find('a'), { timeoutMs: 900 });
      await answer.catch((error) => {
        assert.deepEqual([error.code, error.retriable], ['NETWORK_EXCEPTION', true]);
        assert.match(error.message, /could not be kept: logging in with PLAIN .*the user is gone/);
        refused++;
      });
      await sim.sleep(50);
      assert.ok(sim.nowMs < 20_000);
    }
    await assert.rejects(pool.connect('main', ADDRESS), { code: 'SASL_AUTHENTICATION_FAILED', fatal: true });
    assert.equal(runtime.instruments.connections['failed-reauthentication-total'], 1);
    await pool.close();
  });
});

test('KIP-368: meanwhile nothing may be posted that has no answer: it is refused, and nobody thinks it left', async () => {
  const { sim, broker, open } = world(10_000);
  broker.on(produce, () => 'no answer');
  await sim.run(async () => {
    await broker.listen();
    const connection = await open();
    let drained = 0;
    connection.onDrain = () => drained++;
    const post = (): void => connection.post(produce, 9, { acks: 0, timeoutMs: 0, topicData: [] });
    broker.on(saslAuthenticate, async () => {
      await sim.sleep(500);
      return { sessionLifetimeMs: 60_000 };
    });
    while (broker.count(saslAuthenticate) < 2) {
      assert.equal(connection.congested, false);
      post();
      await sim.sleep(100);
    }
    const posted = broker.count(produce);
    assert.equal(connection.congested, true);
    assert.throws(post, { name: 'NetworkError', message: /logging in again/ });
    assert.equal(drained, 0);
    await sim.sleep(600);
    assert.deepEqual([connection.congested, drained], [false, 1]);
    post();
    await sim.sleep(10);
    assert.equal(broker.count(produce), posted + 1);
    await connection.close();
  });
});

test('a connection whose session is renewed is idle all the same when nobody uses it', async () => {
  const { sim, broker, runtime } = world(2_000);
  await sim.run(async () => {
    await broker.listen();
    const pool = new BrokerPool(runtime, { ...config(), connectionsMaxIdleMs: 7_000 });
    const connection = await pool.connect('main', ADDRESS);
    await connection.request(findCoordinator, 4, find('a'), { timeoutMs: 500 });
    await sim.sleep(6_500);
    assert.equal(connection.open, true);
    assert.ok(runtime.instruments.connections['successful-reauthentication-total'] >= 3);
    await sim.sleep(1_000);
    assert.equal(connection.open, false);
    await pool.close();
  });
});

test('a provider of tokens that is slow holds nothing up; one that brings none is given up and told so', async () => {
  const { sim, broker, runtime, open } = world(10_000);
  let provide: (signal: AbortSignal) => Promise<{ value: string }> = async () => ({ value: 't' });
  const bearer = new OAuthBearer((signal) => provide(signal));
  await sim.run(async () => {
    await broker.listen();
    const connection = await open(bearer);
    let told = false;
    provide = async (signal) => {
      signal.addEventListener('abort', () => {
        told = true;
      });
      await sim.sleep(700);
      return { value: 't' };
    };
    let slowest = 0;
    while (runtime.instruments.connections['successful-reauthentication-total'] === 0) {
      const began = sim.nowMs;
      await connection.request(findCoordinator, 4, find('a'), { timeoutMs: 500 });
      slowest = Math.max(slowest, sim.nowMs - began);
      await sim.sleep(10);
      assert.ok(sim.nowMs < 20_000);
    }
    assert.ok(slowest < 100, `${slowest} ms`);
    await connection.close();
    assert.equal(told, true);

    provide = () => new Promise(() => {});
    const began = sim.nowMs;
    await assert.rejects(open(bearer), /no credentials for broker:9092 within 1000 ms/);
    assert.ok(sim.nowMs - began < 1200);
  });
});

test('a producer and a consumer whose login is refused fail at once with the reason', async () => {
  const { sim, broker } = world();
  broker.on(saslAuthenticate, () => ({ errorCode: 58, errorMessage: 'no such user' }));
  const options = {
    bootstrapServers: 'broker:9092',
    ports: sim.node('client'),
    sasl: { mechanism: 'plain' as const, username: 'alice', password: SECRET },
  };
  const refusal = { name: 'AuthenticationError', message: /no such user/ };
  await sim.run(async () => {
    await broker.listen();
    const producer = new Producer(options);
    await assert.rejects(producer.sendAndWait({ topic: 't', value: 'v' }), refusal);
    await producer.close();
    const assigned = new Consumer(options);
    assigned.assign([{ topic: 't', partition: 0 }]);
    await assert.rejects(assigned.poll({ timeoutMs: 5000 }), refusal);
    await assigned.close();
    const subscribed = new Consumer({ ...options, groupId: 'g' });
    subscribed.subscribe(['t']);
    await assert.rejects(subscribed.poll({ timeoutMs: 5000 }), refusal);
    await subscribed.close();
    assert.ok(sim.nowMs < 5000, `${sim.nowMs} ms`);
  });
});

test('the simulated network refuses to encrypt', async () => {
  const { sim, broker, runtime } = world();
  const tls = { checkServerName: true };
  await sim.run(async () => {
    await broker.listen();
    const encrypted = { ...config(), security: { protocol: 'SSL', tls, sasl: undefined } } as const;
    await assert.rejects(Connection.open(runtime, encrypted, ADDRESS), {
      name: 'TlsError',
      message: /simulated network has no TLS/,
    });
  });
});
