/** Whether a property has an effect here is what the code says: one that is read has one, one that nobody reads has none. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { topicConfigs } from '../../controller/index.ts';
import { brokerConfigs } from './broker-configs.ts';
import { BrokerConfiguration } from './broker-configuration.ts';
import { warningsFor, withoutEffectReason } from './effects.ts';
import { loneBrokerConfigs } from './lone-broker.ts';

const src = join(import.meta.dirname, '..', '..');
/** What only describes properties, or only checks them. */
const TABLES =
  /-configs\.ts$|\.test\.ts$|config\/(contradictions|broker-rules|group-bounds|lone-broker|broker-configuration)\.ts$/;
const code = globSync(['broker/**/*.ts', 'cli/**/*.ts', 'coordinator/**/*.ts'], { cwd: src })
  .filter((file) => !TABLES.test(file))
  .map((file) => [file, readFileSync(join(src, file), 'utf8')] as const);

const inTopics = new Set(Object.values(topicConfigs).flatMap(({ synonyms = [] }) => synonyms.map(({ name }) => name)));

/** Read by name: `config['…']`, `givenText('…')`, or in one of the lists of names in `identity.ts`. */
function isRead(name: string): boolean {
  return code.some(
    ([, text]) =>
      text.includes(`['${name}']`) || new RegExp(`givenText\\('${name}'\\)|'${name}'.* as const`).test(text),
  );
}

describe('properties with and without an effect', () => {
  it('of a broker: what is read has one', () => {
    const told = Object.keys(brokerConfigs).filter(
      (name) => !inTopics.has(name) && withoutEffectReason(name) === undefined,
    );
    const read = Object.keys(brokerConfigs).filter((name) => !inTopics.has(name) && isRead(name));
    assert.deepEqual(
      read.filter((name) => !told.includes(name)),
      [],
    );
    assert.deepEqual(
      told.filter((name) => !read.includes(name)),
      [],
    );
  });

  it('of a topic: what is read has one', () => {
    const readers = code
      .filter(([file]) => /topic-configuration\.ts$|log-config-of\.ts$/.test(file))
      .map(([, text]) => text);
    const read = Object.keys(topicConfigs).filter((name) => readers.some((text) => text.includes(`'${name}'`)));
    const told = Object.keys(topicConfigs).filter((name) => topicConfigs[name]!.withoutEffect === undefined);
    assert.deepEqual(told.sort(), read.sort());
  });

  it('that were given and have none are told once each, those of the lone broker are not', () => {
    const warnings = warningsFor(new BrokerConfiguration({ 'num.io.threads': 4, 'num.partitions': 2 }));
    assert.deepEqual(warnings, ['num.io.threads is accepted and has no effect here: one thread does all']);
    assert.deepEqual(warningsFor(new BrokerConfiguration()), []);
    assert.ok(Object.keys(loneBrokerConfigs).length > 0);
  });
});
