/**
 * The configuration of one broker: what was given at its start, what was changed while it runs, and what holds. Dynamic
 * changes come by replay of the metadata log alone (`applyDynamic`); whoever reads `values` sees them from then on.
 */
import { type ConfigDefinition, canonicalConfigText, parseConfigValue } from '../../controller/index.ts';
import {
  type BrokerConfig,
  type BrokerConfigInput,
  type BrokerConfigName,
  brokerConfigDefinition,
  brokerConfigs,
} from './broker-configs.ts';
import { type ConfigProblem, tellAll } from './config-problem.ts';
import { contradictionsOf } from './contradictions.ts';
import { loneBrokerConfigs } from './lone-broker.ts';
import { isPrefixed } from './prefixed.ts';
import { unknownBrokerProperty } from './unknown-property.ts';

/** DescribeConfigs’ codes of where a value comes from. */
export const ConfigSource = {
  TOPIC: 1,
  DYNAMIC_BROKER: 2,
  DYNAMIC_DEFAULT_BROKER: 3,
  STATIC_BROKER: 4,
  DEFAULT: 5,
  DYNAMIC_BROKER_LOGGER: 6,
  CLIENT_METRICS: 7,
  GROUP: 8,
} as const;

export interface ConfigLayerValue {
  readonly name: string;
  readonly value: string;
  readonly source: number;
}

/** In Kafka the first of each row goes before the others; all are synonyms of each other. */
const brokerSynonyms: readonly (readonly string[])[] = [
  ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms'],
  ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
  ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
  ['log.roll.ms', 'log.roll.hours'],
];

type Texts = ReadonlyMap<string, string>;
const nothing: Texts = new Map();

export class BrokerConfiguration {
  /** What holds now. */
  readonly values: BrokerConfig;
  private readonly given = new Map<string, string>();
  private readonly byUser: string[] = [];
  private ofBroker = nothing;
  private ofAll = nothing;

  /**
   * `problems`: where to put what is wrong; the default stands for a value that cannot be.
   * @throws Error where `problems` is left out, naming every property that is wrong, each with its cure
   */
  constructor(given: BrokerConfigInput = {}, problems?: ConfigProblem[]) {
    const found = problems ?? [];
    for (const [name, value] of Object.entries({ ...loneBrokerConfigs, ...given })) {
      if (value === undefined || value === null) continue;
      if (Object.hasOwn(given, name)) this.byUser.push(name);
      const problem = unknownBrokerProperty(name);
      if (problem !== undefined) found.push({ name, text: problem });
      if (problem !== undefined || isPrefixed(name)) continue;
      this.give(name, String(value) === 'Infinity' ? MAX_LONG : String(value), found);
    }
    this.values = this.resolve(nothing, nothing);
    const wrong = found.map(({ name }) => name!);
    for (const text of contradictionsOf(this.values)) {
      // What a value stands for that cannot be contradicts nothing.
      if (!wrong.some((name) => text.includes(name))) found.push({ text });
    }
    if (problems === undefined && found.length > 0) throw new Error(tellAll(found.map(({ text }) => text)));
  }

  private give(name: string, text: string, problems: ConfigProblem[]): void {
    try {
      parseConfigValue(name, definitionOf(name), text);
      this.given.set(name, text);
    } catch (error) {
      problems.push({ name, text: error instanceof Error ? error.message : String(error) });
    }
  }

  /** What stands for a property in the file and the settings of the start. */
  givenText(name: BrokerConfigName): string | undefined {
    return this.given.get(name);
  }

  /** What was given at the start, as it was named. */
  givenNames(): readonly string[] {
    return this.byUser;
  }

  /** Tells of what was not given, and is known since the start: the node's number, its addresses, its directory. */
  tell(known: { readonly [K in BrokerConfigName]?: string }): void {
    for (const [name, text] of Object.entries(known)) if (!this.given.has(name)) this.given.set(name, text);
    Object.assign(this.values, this.resolve(this.ofBroker, this.ofAll));
  }

  /** The text that holds now, as Kafka prints it; null where the property has no value. */
  text(name: string): string | null {
    const definition = definitionOf(name);
    const text = this.rawText(name, definition, this.ofBroker, this.ofAll);
    return text === null ? null : canonicalConfigText(name, definition, text);
  }

  /** Has anything but Kafka's default a say? */
  isSet(name: string): boolean {
    return this.layers(name).some(({ source }) => source !== ConfigSource.DEFAULT);
  }

  /** Where the value of a property could come from, the strongest first. */
  layers(name: string): ConfigLayerValue[] {
    const names = brokerSynonyms.find((row) => row.includes(name)) ?? [name];
    const found: ConfigLayerValue[] = [];
    const look = (texts: Texts, source: number) => {
      for (const each of names) {
        const value = texts.get(each);
        if (value !== undefined) found.push({ name: each, value, source });
      }
    };
    look(this.ofBroker, ConfigSource.DYNAMIC_BROKER);
    look(this.ofAll, ConfigSource.DYNAMIC_DEFAULT_BROKER);
    look(this.given, ConfigSource.STATIC_BROKER);
    for (const each of names) {
      const value = definitionOf(each).defaultText;
      if (value !== null) found.push({ name: each, value, source: ConfigSource.DEFAULT });
    }
    // As Kafka does: what stands before the first mention of the property itself is not told.
    const first = found.findIndex((each) => each.name === name);
    return first === -1 ? [] : found.slice(first);
  }

  /** What was set while it runs under names that are none of a broker's. */
  unknownDynamic(): (readonly [name: string, layers: ConfigLayerValue[]])[] {
    const found = new Map<string, ConfigLayerValue[]>();
    const look = (texts: Texts, source: number) => {
      for (const [name, value] of texts) {
        if (brokerConfigDefinition(name) !== undefined) continue;
        found.set(name, [...(found.get(name) ?? []), { name, value, source }]);
      }
    };
    look(this.ofBroker, ConfigSource.DYNAMIC_BROKER);
    look(this.ofAll, ConfigSource.DYNAMIC_DEFAULT_BROKER);
    return [...found];
  }

  /** Replay found these dynamic properties: of this broker, and of all brokers. */
  applyDynamic(ofBroker: Texts, ofAll: Texts): void {
    this.ofBroker = new Map(ofBroker);
    this.ofAll = new Map(ofAll);
    Object.assign(this.values, this.resolve(ofBroker, ofAll));
  }

  /** Would the broker work with these? @throws Error naming the properties, and the cures */
  checkDynamic(ofBroker: Texts, ofAll: Texts): void {
    const problems = contradictionsOf(this.resolve(ofBroker, ofAll));
    if (problems.length > 0) throw new Error(tellAll(problems));
  }

  private resolve(ofBroker: Texts, ofAll: Texts): BrokerConfig {
    const values: Record<string, unknown> = {};
    for (const [name, definition] of Object.entries<ConfigDefinition>(brokerConfigs)) {
      const text = this.rawText(name, definition, ofBroker, ofAll);
      const value = text === null ? null : parseConfigValue(name, definition, text);
      values[name] = Array.isArray(value) ? value.join(',') : value;
    }
    return values as BrokerConfig;
  }

  private rawText(name: string, definition: ConfigDefinition, ofBroker: Texts, ofAll: Texts): string | null {
    const dynamic = definition.update === undefined ? undefined : (ofBroker.get(name) ?? ofAll.get(name));
    return dynamic ?? this.given.get(name) ?? definition.defaultText;
  }
}

const MAX_LONG = '9223372036854775807';

function definitionOf(name: string): ConfigDefinition {
  return brokerConfigs[name as BrokerConfigName];
}
