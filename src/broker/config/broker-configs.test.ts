/** The tables of properties against Apache Kafka's own, as test/golden/kafka-configs.json records them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { type ConfigDefinition, topicConfigs } from '../../controller/index.ts';
import { brokerConfigs } from './broker-configs.ts';
import { BrokerConfiguration } from './broker-configuration.ts';
import { loneBrokerConfigs } from './lone-broker.ts';
import { ownConfigs, throttleConfigs } from './own-configs.ts';

interface Defined {
  readonly type: string;
  readonly default?: string | null;
  readonly required?: true;
  readonly valid?: string;
  readonly internal?: true;
  readonly update?: string;
}
interface Described {
  readonly type: string;
  readonly value: string | null;
  readonly source: string;
  readonly readOnly?: true;
  readonly sensitive?: true;
  readonly synonyms: readonly (readonly [name: string, value: string, source: string])[];
}
const golden: {
  readonly definitions: Readonly<Record<'broker' | 'topic', Readonly<Record<string, Defined>>>>;
  readonly described: Readonly<Record<'broker' | 'topic', Readonly<Record<string, Described>>>>;
  readonly otherDynamic: readonly string[];
  readonly brokerSynonyms: Readonly<Record<string, readonly string[]>>;
} = JSON.parse(readFileSync(new URL('../../../test/golden/kafka-configs.json', import.meta.url), 'utf8'));

/** The bounds of a property in Kafka's words. */
function boundsOf({ min, max, or, oneOf, ignoreCase, nonEmpty, shape }: ConfigDefinition): string | undefined {
  if (shape !== undefined) return shape.text;
  if (nonEmpty === true) return 'non-empty string';
  if (oneOf !== undefined) return `${ignoreCase === true ? '(case insensitive) ' : ''}[${oneOf.join(', ')}]`;
  if (min === undefined) return undefined;
  return `[${min},...${max === undefined ? '' : `,${max}`}]${or === undefined ? '' : ` or ${or}`}`.replace(
    /,\.\.\.\]/,
    ',...]',
  );
}

/** What a default must be anyway needs no rule here. */
const NO_RULE = new Set(['non-null string', 'non-empty list', '']);

function recorded(defined: Defined): Defined {
  const { valid, ...rest } = defined;
  return valid === undefined || NO_RULE.has(valid) ? rest : { ...rest, valid };
}

function ours(definition: ConfigDefinition): Defined {
  const { type, defaultText, required, internal, update } = definition;
  const valid = boundsOf(definition);
  return {
    type,
    ...(required === true ? { required } : { default: defaultText }),
    ...(valid === undefined ? {} : { valid }),
    ...(internal === true ? { internal } : {}),
    ...(update === undefined ? {} : { update }),
  };
}

describe('the broker’s properties', () => {
  const own = new Set(Object.keys({ ...ownConfigs, ...throttleConfigs }));
  const kafkas = Object.entries<ConfigDefinition>(brokerConfigs).filter(([name]) => !own.has(name));

  it('are those of Apache Kafka, with its types, defaults, bounds and ways to change them', () => {
    assert.deepEqual(
      Object.fromEntries(kafkas.map(([name, definition]) => [name, ours(definition)])),
      Object.fromEntries(Object.entries(golden.definitions.broker).map(([name, each]) => [name, recorded(each)])),
    );
  });

  it('are read-only, sensitive and hidden where Apache Kafka’s are', () => {
    const described = Object.entries(golden.described.broker);
    assert.deepEqual(
      kafkas
        .filter(([, { internal }]) => internal !== true)
        .map(([name]) => name)
        .sort(),
      described.map(([name]) => name).sort(),
    );
    for (const [name, { readOnly = false, sensitive = false }] of described) {
      const definition: ConfigDefinition = brokerConfigs[name as keyof typeof brokerConfigs];
      assert.equal(definition.update === undefined, readOnly, name);
      assert.equal(definition.type === 'password', sensitive, name);
    }
  });

  it('are told with the sources and synonyms that Apache Kafka tells', () => {
    const configuration = new BrokerConfiguration();
    for (const [name, { value, source, synonyms }] of Object.entries(golden.described.broker)) {
      if (source !== 'DEFAULT_CONFIG' || name in loneBrokerConfigs) continue;
      assert.equal(configuration.text(name), value, name);
      const layers = configuration.layers(name).map((layer) => [layer.name, layer.value, 'DEFAULT_CONFIG']);
      assert.deepEqual(layers, synonyms, name);
    }
  });
});

describe('the topics’ properties', () => {
  it('are those of Apache Kafka, with its types, defaults and bounds', () => {
    assert.deepEqual(
      Object.fromEntries(Object.entries(topicConfigs).map(([name, definition]) => [name, ours(definition)])),
      Object.fromEntries(Object.entries(golden.definitions.topic).map(([name, each]) => [name, recorded(each)])),
    );
  });

  it('take their defaults from the broker’s properties that Apache Kafka takes them from', () => {
    for (const [name, { synonyms }] of Object.entries(golden.described.topic)) {
      const first = synonyms.at(-1)?.[0];
      if (first !== undefined) assert.equal(topicConfigs[name]!.synonyms?.[0]?.name, first, name);
    }
  });
});

it('those that Kafka knows only while it runs are known', () => {
  assert.deepEqual(Object.keys(throttleConfigs), golden.otherDynamic);
});

describe('all properties', () => {
  it('are explained', () => {
    for (const [name, definition] of Object.entries<ConfigDefinition>({ ...brokerConfigs, ...topicConfigs })) {
      assert.match(definition.documentation, /\.$/, name);
      assert.notEqual(definition.withoutEffect, '', name);
    }
  });
});
