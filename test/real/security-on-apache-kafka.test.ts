/** Our client on Apache Kafka's listeners that encrypt and want a login: what must work, what must be refused, and how. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Admin,
  type AdminOptions,
  type ClientError,
  Consumer,
  type OAuthBearerToken,
  Producer,
  process as processTopic,
  type SaslOptions,
} from '../../src/client/index.ts';
import { programs, runProgram } from '../docs/programs.ts';
import { Authority, encryptedKey } from '../security/certificates.ts';
import { oddPassword, password, type SecuredKafka, scramPassword, startSecured } from './secured-kafka.ts';

const SESSION_MS = 2500;
let kafka: SecuredKafka;
before(async () => {
  kafka = await startSecured(SESSION_MS);
});
after(() => kafka?.stop());

type Security = Omit<AdminOptions, 'bootstrapServers'>;
const at = (listener: string): string => (listener === 'PLAINTEXT' ? kafka.bootstrap : kafka.listeners[listener]!);
const ca = (): string => kafka.authority.cert;
const user = (mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512', more: object = {}): SaslOptions => ({
  mechanism,
  username: 'alice',
  password: mechanism === 'plain' ? password : scramPassword,
  ...more,
});

/** A token that nobody has signed; what Apache Kafka's validator for development takes. */
function token(claims: object = {}, lifetimeS = 600): OAuthBearerToken {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const body = { sub: 'bob', scope: 'kafka', iat: now - 1000, exp: now + lifetimeS, ...claims };
  return { value: `${encode({ alg: 'none' })}.${encode(body)}.` };
}
const bearer = (claims?: object, lifetimeS?: number): SaslOptions => ({
  mechanism: 'oauthbearer',
  oauthBearerProvider: async () => token(claims, lifetimeS),
});

/** A record there and back, by a producer and a member of a group. */
async function roundTrip(listener: string, security: Security): Promise<void> {
  const common = { bootstrapServers: at(listener), ...security };
  const topic = `there-and-back-${Math.random().toString(36).slice(2)}`;
  await using producer = new Producer(common);
  const value = `by ${listener}`;
  await producer.sendAndWait({ topic, value });
  await using consumer = new Consumer({ ...common, groupId: topic, autoOffsetReset: 'earliest' });
  consumer.subscribe([topic]);
  const deadline = Date.now() + 20_000;
  for (;;) {
    const [record] = await consumer.poll({ timeoutMs: 1000 });
    if (record !== undefined) {
      assert.equal(Buffer.from(record.value!).toString(), value);
      return;
    }
    assert.ok(Date.now() < deadline, 'nothing came back');
  }
}

/** How a call ends, and that it does so in bounded time. */
async function failure(listener: string, security: Security): Promise<ClientError> {
  await using admin = new Admin({ bootstrapServers: at(listener), defaultApiTimeoutMs: 2000, ...security });
  const began = Date.now();
  const [outcome] = await Promise.allSettled([admin.describeCluster()]);
  assert.ok(Date.now() - began < 5000, `${Date.now() - began} ms`);
  assert.equal(outcome.status, 'rejected');
  return (outcome as PromiseRejectedResult).reason;
}

describe('our client on secured listeners of Apache Kafka', () => {
  for (const [what, listener, security] of [
    ['TLS', 'TLS', () => ({ ssl: { ca: ca() } })],
    ['TLS with a certificate of ours', 'MTLS', () => ({ ssl: { ca: ca(), ...kafka.authority.issue('client') } })],
    [
      'TLS to a host of another name, which is told',
      'ELSEWHERE',
      () => ({ ssl: { ca: ca(), serverName: 'elsewhere.example' } }),
    ],
    ['TLS to a host of any name', 'ELSEWHERE', () => ({ ssl: { ca: ca(), checkServerName: false } })],
    ['PLAIN', 'LOGIN', () => ({ sasl: user('plain') })],
    ['SCRAM-SHA-256', 'LOGIN', () => ({ sasl: user('scram-sha-256') })],
    ['SCRAM-SHA-512', 'LOGIN', () => ({ sasl: user('scram-sha-512') })],
    ['OAUTHBEARER', 'LOGIN', () => ({ sasl: bearer() })],
    [
      'OAUTHBEARER with extensions',
      'LOGIN',
      () => ({
        sasl: {
          mechanism: 'oauthbearer',
          oauthBearerProvider: async () => ({ ...token(), extensions: { traceId: '123' } }),
        },
      }),
    ],
    ['SCRAM over TLS', 'SECURE', () => ({ ssl: { ca: ca() }, sasl: user('scram-sha-512') })],
  ] as const satisfies readonly (readonly [string, string, () => Security])[]) {
    test(`${what}: a record goes there and back`, () => roundTrip(listener, security()));
  }

  test('by Kafka’s own names, with the credentials as Java’s clients take them', async () => {
    const quoted = password.replaceAll('"', '\\"');
    await roundTrip('SECURE', {
      'security.protocol': 'SASL_SSL',
      'sasl.mechanism': 'PLAIN',
      'sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required username="alice" password="${quoted}";`,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.certificates': ca(),
      'ssl.enabled.protocols': 'TLSv1.2',
    });
  });

  test('by files, with a private key that has a password', async () => {
    const { cert, key } = kafka.authority.issue('client');
    const file = (name: string, content: string): string => {
      const path = join(kafka.directory, name);
      writeFileSync(path, content);
      return path;
    };
    await roundTrip('MTLS', {
      'security.protocol': 'SSL',
      'ssl.truststore.location': file('trusted.pem', ca()),
      'ssl.keystore.location': file('client.pem', encryptedKey(key, 'hush') + cert),
      'ssl.key.password': 'hush',
    });
  });

  test('process() takes ssl and sasl for both of its clients', async () => {
    const common = { bootstrapServers: at('SECURE'), ssl: { ca: ca() }, sasl: user('scram-sha-512') };
    await using producer = new Producer(common);
    await producer.sendAndWait({ topic: 'words', value: 'quiet' });
    const seen = Promise.withResolvers<string>();
    await using _ = processTopic({
      ...common,
      group: 'shouting',
      from: 'words',
      to: 'shouts',
      guarantee: 'exactly-once',
      handler: ({ value }) => {
        seen.resolve(Buffer.from(value!).toString());
        return { value };
      },
    });
    assert.equal(await seen.promise, 'quiet');
  });

  test('Apache Kafka stores passwords as they are typed: SASLprep would lock their owner out', async () => {
    for (const mechanism of ['scram-sha-256', 'scram-sha-512'] as const) {
      await roundTrip('LOGIN', { sasl: user(mechanism, { username: 'odd', password: oddPassword }) });
      const prepared = oddPassword.normalize('NFKC');
      assert.notEqual(prepared, oddPassword);
      const error = await failure('LOGIN', { sasl: user(mechanism, { username: 'odd', password: prepared }) });
      assert.equal(error.code, 'SASL_AUTHENTICATION_FAILED');
    }
  });
});

describe('what secured listeners of Apache Kafka refuse', () => {
  for (const [what, listener, security, name, code, message] of [
    [
      'an authority that is not known',
      'TLS',
      () => ({ ssl: true }),
      'TlsError',
      'NETWORK_EXCEPTION',
      /nobody that this client trusts/,
    ],
    [
      'another authority',
      'TLS',
      () => ({ ssl: { ca: new Authority('x').cert } }),
      'TlsError',
      'NETWORK_EXCEPTION',
      /nobody that this client trusts/,
    ],
    [
      'another host name',
      'ELSEWHERE',
      () => ({ ssl: { ca: ca() } }),
      'TlsError',
      'NETWORK_EXCEPTION',
      /for other names/,
    ],
    [
      'an expired certificate',
      'EXPIRED',
      () => ({ ssl: { ca: ca() } }),
      'TlsError',
      'NETWORK_EXCEPTION',
      /has expired/,
    ],
    [
      'no certificate of ours',
      'MTLS',
      () => ({ ssl: { ca: ca() } }),
      'TlsError',
      'NETWORK_EXCEPTION',
      /refused our certificate, or wants one/,
    ],
    [
      'a certificate of ours that it does not trust',
      'MTLS',
      () => ({ ssl: { ca: ca(), ...new Authority('x').issue('client') } }),
      'TlsError',
      'NETWORK_EXCEPTION',
      /refused our certificate, or wants one/,
    ],
    ['no TLS where there is TLS', 'TLS', () => ({}), 'TlsError', 'NETWORK_EXCEPTION', /speaks TLS on this port/],
    [
      'a login in the clear where there is TLS',
      'SECURE',
      () => ({ sasl: user('plain') }),
      'TlsError',
      'NETWORK_EXCEPTION',
      /speaks TLS on this port/,
    ],
    [
      'TLS where there is none',
      'PLAINTEXT',
      () => ({ ssl: { ca: ca() } }),
      'TimeoutError',
      'REQUEST_TIMED_OUT',
      /last: .*does not seem to speak TLS/,
    ],
    [
      'no login where one is wanted',
      'LOGIN',
      () => ({}),
      'TimeoutError',
      'REQUEST_TIMED_OUT',
      /last: .*a port that wants a login needs sasl/,
    ],
    [
      'a login where there is none',
      'PLAINTEXT',
      () => ({ sasl: user('plain') }),
      'AuthenticationError',
      'ILLEGAL_SASL_STATE',
      /this port has no SASL/,
    ],
    [
      'a mechanism that is not enabled',
      'SECURE',
      () => ({ ssl: { ca: ca() }, sasl: user('scram-sha-256') }),
      'AuthenticationError',
      'UNSUPPORTED_SASL_MECHANISM',
      /by SCRAM-SHA-256: it has SCRAM-SHA-512, PLAIN enabled/,
    ],
    ...(['plain', 'scram-sha-256', 'scram-sha-512'] as const).flatMap((mechanism) =>
      [{ password: 'wr0ng-s3cret' }, { username: 'nobody', password: 'wr0ng-s3cret' }].map(
        (more) =>
          [
            `${mechanism} with ${Object.values(more).join(' and ')}`,
            'LOGIN',
            () => ({ sasl: user(mechanism, more) }),
            'AuthenticationError',
            'SASL_AUTHENTICATION_FAILED',
            new RegExp(`logging in with ${mechanism.toUpperCase()} at 127\\.0\\.0\\.1:\\d+: Authentication failed`),
          ] as const,
      ),
    ),
    [
      'a token without the scope',
      'LOGIN',
      () => ({ sasl: bearer({ scope: 'other' }) }),
      'AuthenticationError',
      'SASL_AUTHENTICATION_FAILED',
      /OAUTHBEARER .*the broker refused the token: insufficient_scope; the scope needed is \[kafka\]/,
    ],
    [
      'a token that is over',
      'LOGIN',
      () => ({ sasl: bearer({}, -300) }),
      'AuthenticationError',
      'SASL_AUTHENTICATION_FAILED',
      /the broker refused the token: invalid_token/,
    ],
  ] as const satisfies readonly (readonly [string, string, () => Security, string, string, RegExp])[]) {
    test(what, async () => {
      const error = await failure(listener, security());
      assert.deepEqual([error.name, error.code], [name, code]);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /s3cret/);
      assert.equal(error.fatal, name !== 'TimeoutError');
    });
  }
});

describe('sessions that end (connections.max.reauth.ms)', () => {
  for (const [what, sasl] of [
    ['PLAIN', () => user('plain')],
    ['SCRAM-SHA-512', () => user('scram-sha-512')],
    ['OAUTHBEARER', () => bearer()],
  ] as const) {
    test(`${what}: they are renewed in time, on the same connections, while records flow`, async () => {
      const common = { bootstrapServers: at('BRIEF'), sasl: sasl() };
      const topic = `brief-${what.toLowerCase()}`;
      await using producer = new Producer({ ...common, lingerMs: 0 });
      await using consumer = new Consumer({ ...common, groupId: topic, autoOffsetReset: 'earliest' });
      consumer.subscribe([topic]);
      await producer.sendAndWait({ topic, value: '0' });
      const values: string[] = [];
      const read = async (): Promise<void> => {
        for (const { value } of await consumer.poll({ timeoutMs: 200 })) values.push(Buffer.from(value!).toString());
      };
      while (values.length === 0) await read();
      const opened = () => [producer, consumer].map((one) => one.metrics().counters['connection-creation-total']);
      const before = opened();
      const until = Date.now() + 4 * SESSION_MS;
      let sent = 1;
      while (Date.now() < until) {
        await Promise.all([producer.sendAndWait({ topic, value: String(sent++) }), read(), sleep(20)]);
      }
      while (values.length < sent) await read();
      assert.deepEqual(
        values,
        Array.from({ length: sent }, (_, value) => String(value)),
      );
      assert.deepEqual(opened(), before, 'a connection was lost');
      for (const { counters } of [producer.metrics(), consumer.metrics()]) {
        assert.equal(counters['failed-reauthentication-total'], 0);
        assert.ok(counters['successful-reauthentication-total'] >= 3, JSON.stringify(counters));
        assert.equal(counters['request-retry-total'], 0);
      }
    });
  }
});

describe('the programs of docs/client.md that need such a listener', () => {
  const secured = programs.filter(({ listener }) => listener !== undefined);
  test('there are some', () => assert.ok(secured.length >= 4));
  for (const [at, { program, listener }] of secured.entries()) {
    test(`program ${at + 1}, on ${listener}`, async () => {
      const { cert, key } = kafka.authority.issue('client');
      writeFileSync(join(kafka.directory, 'package.json'), '{ "type": "module" }');
      writeFileSync(join(kafka.directory, 'authority.pem'), ca());
      writeFileSync(join(kafka.directory, 'client.pem'), key + cert);
      const there = { bootstrapServers: kafka.listeners[listener!], ca: ca(), password: scramPassword };
      const answer = { access_token: token().value, expires_in: 600 };
      const preamble =
        `Object.assign(globalThis, ${JSON.stringify(there)});` +
        `globalThis.fetchToken = async () => (${JSON.stringify(answer)});`;
      const { code, stderr } = await runProgram(program, join(kafka.directory, `program-${at}.ts`), preamble);
      assert.equal(code, 0, stderr);
    });
  }
});
