/** Configurations of topics, brokers, groups, loggers and client metrics: listed, described, changed (KIP-133, KIP-339). */
import { describeConfigs, incrementalAlterConfigs, listConfigResources } from '../../wire/index.ts';
import { brokerError } from '../errors.ts';
import type { AdminCall } from './call.ts';
import { refuseUnknownValue } from './given.ts';
import { askEach, type Items, labelled, type Outcome, type Route, refusal } from './items.ts';
import { anywhere, brokerOf, refusalOfTopic, toController } from './routes.ts';

const resourceTypes = {
  topic: 2,
  broker: 4,
  'broker-logger': 8,
  'client-metrics': 16,
  group: 32,
} as const;
export type ConfigResourceType = keyof typeof resourceTypes;

/** Something that has a configuration. */
export interface ConfigResource {
  readonly type: ConfigResourceType;
  /** A topic, a group, a broker's id; `''` of type `broker`: what holds for every broker of the cluster. */
  readonly name: string;
}

const sources = {
  0: 'UNKNOWN',
  1: 'DYNAMIC_TOPIC_CONFIG',
  2: 'DYNAMIC_BROKER_CONFIG',
  3: 'DYNAMIC_DEFAULT_BROKER_CONFIG',
  4: 'STATIC_BROKER_CONFIG',
  5: 'DEFAULT_CONFIG',
  6: 'DYNAMIC_BROKER_LOGGER_CONFIG',
  7: 'DYNAMIC_CLIENT_METRICS_CONFIG',
  8: 'DYNAMIC_GROUP_CONFIG',
} as const;
/** Where a value was set, from the most to the least particular. */
export type ConfigSource = (typeof sources)[keyof typeof sources];

const types = {
  0: 'UNKNOWN',
  1: 'BOOLEAN',
  2: 'STRING',
  3: 'INT',
  4: 'SHORT',
  5: 'LONG',
  6: 'DOUBLE',
  7: 'LIST',
  8: 'CLASS',
  9: 'PASSWORD',
} as const;
export type ConfigType = (typeof types)[keyof typeof types];

export interface ConfigEntry {
  readonly name: string;
  /** Null where there is none, or where it is sensitive. */
  readonly value: string | null;
  readonly source: ConfigSource;
  readonly isReadOnly: boolean;
  readonly isSensitive: boolean;
  readonly type: ConfigType;
  /** Null unless asked for. */
  readonly documentation: string | null;
  /** Every value that is set somewhere, the one that holds first; empty unless asked for. */
  readonly synonyms: readonly { readonly name: string; readonly value: string | null; readonly source: ConfigSource }[];
}

export interface DescribedConfig extends ConfigResource {
  readonly entries: readonly ConfigEntry[];
}

export interface ConfigDetails {
  /** Only these properties; all where it is left out. */
  readonly names?: readonly string[];
  readonly includeSynonyms?: boolean;
  readonly includeDocumentation?: boolean;
}

/** A change of one property: `SET` gives it a value, `DELETE` takes it back; `APPEND` and `SUBTRACT` are for lists. */
export type ConfigChange =
  | { readonly name: string; readonly op: 'SET' | 'APPEND' | 'SUBTRACT'; readonly value: string }
  | { readonly name: string; readonly op: 'DELETE' };

export interface ConfigAlteration extends ConfigResource {
  readonly changes: readonly ConfigChange[];
}

const operations = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const;

function refuseUnknownTypes(resources: readonly ConfigResource[]): void {
  for (const { type, name } of resources) refuseUnknownValue(`the type of ${name} is one of`, type, resourceTypes);
}

export async function describeConfigsBy(
  call: AdminCall,
  resources: readonly ConfigResource[],
  { names, includeSynonyms = false, includeDocumentation = false }: ConfigDetails,
): Promise<DescribedConfig[]> {
  refuseUnknownTypes(resources);
  const items = labelled(resources, label);
  return askEach(call, 'DescribeConfigs', items, brokersOwn(anywhere), async (connection, left) => {
    const limits = includeDocumentation ? { min: 3 } : {};
    const body = { resources: asked(left, names ?? null), includeSynonyms, includeDocumentation };
    const { results } = await call.send(connection, describeConfigs, body, limits);
    return outcomesOf(call, results, left, ({ configs }, resource) => ({
      ...{ type: resource.type, name: resource.name },
      entries: configs.map((config) => ({
        name: config.name,
        value: config.value,
        source: sourceOf(config.configSource),
        isReadOnly: config.readOnly,
        isSensitive: config.isSensitive,
        type: types[config.configType as keyof typeof types] ?? 'UNKNOWN',
        documentation: includeDocumentation ? config.documentation : null,
        synonyms: config.synonyms.map(({ name, value, source }) => ({ name, value, source: sourceOf(source) })),
      })),
    }));
  });
}

export async function incrementalAlterConfigsBy(
  call: AdminCall,
  alterations: readonly ConfigAlteration[],
  validateOnly: boolean,
): Promise<void> {
  refuseUnknownTypes(alterations);
  for (const { op, name } of alterations.flatMap(({ changes }) => changes)) {
    refuseUnknownValue(`the op of a change of ${name} is one of`, op, operations);
  }
  const items = labelled(alterations, label);
  await askEach(call, 'IncrementalAlterConfigs', items, brokersOwn(toController), async (connection, left) => {
    const { responses } = await call.send(connection, incrementalAlterConfigs, {
      resources: [...left.values()].map(({ type, name: resourceName, changes }) => ({
        resourceType: resourceTypes[type],
        resourceName,
        configs: changes.map((change) => ({
          name: change.name,
          configOperation: operations[change.op],
          value: change.op === 'DELETE' ? null : change.value,
        })),
      })),
      validateOnly,
    });
    return outcomesOf(call, responses, left, () => undefined);
  });
}

export function listConfigResourcesBy(
  call: AdminCall,
  wanted: readonly ConfigResourceType[],
): Promise<ConfigResource[]> {
  // Version 0 knows client metrics only, and is all that Kafka 3.7 to 4.0 have.
  const onlyMetrics = wanted.length > 0 && wanted.every((type) => type === 'client-metrics');
  const limits = onlyMetrics ? { max: 0 } : { min: 1 };
  const body = onlyMetrics ? {} : { resourceTypes: wanted.map((type) => resourceTypes[type]) };
  const place = () => call.cluster.anyConnection();
  return call.ask('ListConfigResources', place, async (connection) => {
    const answer = await call.send(connection, listConfigResources, body, limits);
    if (answer.errorCode !== 0) throw brokerError(answer.errorCode, 'ListConfigResources');
    return answer.configResources.flatMap(({ resourceType, resourceName: name }) => {
      const type = typeOf(resourceType);
      return type === undefined ? [] : [{ type, name }];
    });
  });
}

/** `topic orders`, `broker 1`; `broker` alone for the cluster's default. */
function label({ type, name }: ConfigResource): string {
  return name === '' ? type : `${type} ${name}`;
}

/** A broker alone knows its own configuration; everything else goes another way. */
function brokersOwn(others: Route<unknown>): Route<ConfigResource> {
  return async (call, items) => {
    const rest = new Map([...items].filter(([, resource]) => idOf(resource) === undefined));
    const places = new Map(rest.size > 0 ? await others(call, rest) : []);
    if (rest.size < items.size) await call.cluster.refresh();
    for (const [name, resource] of items) {
      const id = idOf(resource);
      if (id !== undefined) places.set(name, brokerOf(call, id));
    }
    return places;
  };
}

function idOf({ type, name }: ConfigResource): number | undefined {
  const own = (type === 'broker' || type === 'broker-logger') && /^\d{1,9}$/.test(name);
  return own ? Number(name) : undefined;
}

function asked(items: Items<ConfigResource>, names: readonly string[] | null) {
  return [...items.values()].map(({ type, name }) => ({
    resourceType: resourceTypes[type],
    resourceName: name,
    configurationKeys: names === null ? null : [...names],
  }));
}

interface ResourceAnswer {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly resourceType: number;
  readonly resourceName: string;
}

function refusalOf(
  call: AdminCall,
  { type, name }: ConfigResource,
  code: number,
  what: string,
  detail: string | null,
): Outcome<never> {
  return type === 'topic' ? refusalOfTopic(call, name, code, what, detail) : refusal(code, what, detail);
}

function outcomesOf<A extends ResourceAnswer, V>(
  call: AdminCall,
  answers: readonly A[],
  items: Items<ConfigResource>,
  done: (answer: A, resource: ConfigResource) => V,
): Map<string, Outcome<V>> {
  const outcomes = new Map<string, Outcome<V>>();
  for (const answer of answers) {
    const type = typeOf(answer.resourceType);
    if (type === undefined) continue;
    const name = label({ type, name: answer.resourceName });
    const resource = items.get(name);
    if (resource === undefined) continue;
    const { errorCode, errorMessage } = answer;
    if (errorCode === 0) outcomes.set(name, { done: done(answer, resource) });
    else outcomes.set(name, refusalOf(call, resource, errorCode, `configuration of ${name}`, errorMessage));
  }
  return outcomes;
}

function typeOf(code: number): ConfigResourceType | undefined {
  const found = Object.entries(resourceTypes).find(([, type]) => type === code);
  return found?.[0] as ConfigResourceType | undefined;
}
function sourceOf(code: number): ConfigSource {
  return sources[code as keyof typeof sources] ?? 'UNKNOWN';
}
