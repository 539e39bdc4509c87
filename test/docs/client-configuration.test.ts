/** The options of our clients beside those of Kafka's, and the document that lists them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { clientConfiguration, clientConfigurationFile } from '../../scripts/client-configuration.ts';
import { Admin, Consumer, clientOptions, Producer } from '../../src/client/index.ts';

type Client = 'producer' | 'consumer' | 'admin';
type Golden = Readonly<Record<Client, Readonly<Record<string, { readonly default: string | null }>>>>;

const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'golden', 'kafka-client-configs.json'), 'utf8'),
) as Golden;

/** Where ours is another than Kafka's, and why. */
const otherDefaults: Readonly<Record<string, string>> = {
  'client.id': 'ours says who we are',
  'connections.max.idle.ms': 'the admin client’s is that of the others',
  'partition.assignment.strategy': 'Kafka’s list moves a group from range to cooperative-sticky over two restarts',
  'ssl.keystore.type': 'PEM is what is read; Java’s is JKS',
  'ssl.truststore.type': 'PEM is what is read; Java’s is JKS',
  'sasl.mechanism': 'there is no GSSAPI: it must be chosen',
};

/** Not properties of Kafka's. */
const ours: readonly string[] = ['max.response.bytes', 'ssl', 'sasl', 'allow.auto.create.topics'];

const create: Readonly<Record<Client, (options: Record<string, unknown>) => { close(): Promise<void> }>> = {
  producer: (options) => new Producer({ bootstrapServers: 'h:1', ...options }),
  consumer: (options) => new Consumer({ bootstrapServers: 'h:1', ...options }),
  admin: (options) => new Admin({ bootstrapServers: 'h:1', ...options }),
};

test('docs/client-configuration.md lists every option under both names (npm run docs writes it)', () => {
  assert.equal(readFileSync(clientConfigurationFile, 'utf8'), clientConfiguration());
  for (const client of ['producer', 'consumer', 'admin'] as const) {
    for (const name of Object.keys(clientOptions[client].options)) {
      assert.ok(clientConfiguration().includes(`| \`${name}\` |`), name);
    }
  }
});

for (const client of ['producer', 'consumer', 'admin'] as const) {
  describe(`the options of the ${client}`, () => {
    const { options, notTaken } = clientOptions[client];

    test('every property of Kafka’s is taken, or refused with a reason, and no other is', () => {
      const known = Object.keys(golden[client]);
      assert.deepEqual(
        known.filter((name) => !(name in options) && !(name in notTaken)),
        [],
      );
      assert.deepEqual(
        Object.keys(notTaken).filter((name) => name in options || !known.includes(name)),
        [],
      );
      assert.deepEqual(
        Object.keys(options).filter((name) => !known.includes(name) && !ours.includes(name)),
        [],
      );
    });

    test('the defaults are Kafka’s, but for those that have a reason', () => {
      const different = Object.entries(options).filter(([name, option]) => {
        const theirs = golden[client][name]?.default;
        if (theirs === undefined) return false;
        const value = Array.isArray(option.default) ? option.default.join() : option.default;
        return String(value ?? '') !== String(theirs ?? '') && !(name in otherDefaults);
      });
      assert.deepEqual(
        different.map(([name, option]) => [name, option.default, golden[client][name]!.default]),
        [],
      );
    });

    test('what is not taken is refused with its reason under both names, and what changes nothing is accepted', async () => {
      for (const [name, { reason, accepts = [] }] of Object.entries(notTaken)) {
        const camel = name.replace(/\.([a-z])/g, (_, letter: string) => letter.toUpperCase());
        for (const key of new Set([name, camel])) {
          assert.throws(
            () => create[client]({ [key]: 'something' }),
            (error: Error) => error.name === 'ConfigurationError' && error.message.endsWith(`take ${key}: ${reason}`),
            key,
          );
          for (const value of accepts) await create[client]({ [key]: value }).close();
        }
      }
    });
  });
}
