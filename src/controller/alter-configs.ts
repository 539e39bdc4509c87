/**
 * Decides on AlterConfigs and IncrementalAlterConfigs: what is refused and why, and the records of the rest. Pure over the
 * image. Codes and wording follow Kafka's.
 */
import { ErrorCode, KafkaError } from '../core/index.ts';
import { checkRecordCount } from './bounded-requests.ts';
import { ConfigResource, type MetadataImage } from './image.ts';
import type { NewMetadataRecord } from './metadata-records.ts';
import type { ResourceRules } from './resource-rules.ts';
import { topicRules } from './validate-configs.ts';

/** Of IncrementalAlterConfigs (KIP-339). */
export const ConfigOperation = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const;

export interface ConfigChange {
  readonly name: string;
  readonly operation: number;
  readonly value: string | null;
}

export interface ResourceChange {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly changes: readonly ConfigChange[];
  /** Does what is not named go back to its default (AlterConfigs)? */
  readonly replaces: boolean;
}

export interface AlteredResource {
  readonly resourceType: number;
  readonly resourceName: string;
  /** 0: changed. */
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

/** Of resources other than topics, by their type. */
export type RulesByType = ReadonlyMap<number, ResourceRules>;

export function decideAlterConfigs(
  image: MetadataImage,
  resources: readonly ResourceChange[],
  rules: RulesByType,
): { results: AlteredResource[]; records: NewMetadataRecord[] } {
  const records: NewMetadataRecord[] = [];
  const given = new Map<string, number>();
  const keyOf = ({ resourceType, resourceName }: ResourceChange) => `${resourceType}:${resourceName}`;
  for (const resource of resources) given.set(keyOf(resource), (given.get(keyOf(resource)) ?? 0) + 1);
  const results = resources.map((resource): AlteredResource => {
    const { resourceType, resourceName } = resource;
    try {
      if (given.get(keyOf(resource)) !== 1) {
        throw new KafkaError('INVALID_REQUEST', 'Each resource must appear at most once.');
      }
      checkKeys(resource.changes);
      const rule = resourceType === ConfigResource.TOPIC ? topicRules(image) : rules.get(resourceType);
      if (rule === undefined) throw new KafkaError('INVALID_REQUEST', `Unknown resource type ${resourceType}`);
      const before = image.configsOf(resourceType, resourceName);
      const after = applied(before, resource, rule);
      rule.check(resourceName, after);
      addRecords(records, resource, before, after);
      return { resourceType, resourceName, errorCode: ErrorCode.NONE, errorMessage: null };
    } catch (error) {
      if (!KafkaError.is(error)) throw error;
      return { resourceType, resourceName, errorCode: error.errorCode, errorMessage: error.message };
    }
  });
  checkRecordCount(records);
  return { results, records };
}

/** @throws KafkaError INVALID_REQUEST where a name comes twice or a value is missing */
export function checkKeys(changes: readonly ConfigChange[]): void {
  if (new Set(changes.map(({ name }) => name)).size < changes.length) {
    throw new KafkaError('INVALID_REQUEST', 'Error due to duplicate config keys');
  }
  const missing = changes.filter(({ operation, value }) => value === null && operation !== ConfigOperation.DELETE);
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name).join(',');
    throw new KafkaError('INVALID_REQUEST', `Null value not supported for : ${names}`);
  }
}

function applied(
  before: ReadonlyMap<string, string>,
  { changes, replaces }: ResourceChange,
  rules: ResourceRules,
): ReadonlyMap<string, string> {
  const after = replaces ? new Map<string, string>() : new Map(before);
  for (const { name, operation, value } of changes) {
    switch (operation) {
      case ConfigOperation.SET:
        after.set(name, value!);
        break;
      case ConfigOperation.DELETE:
        after.delete(name);
        break;
      case ConfigOperation.APPEND:
      case ConfigOperation.SUBTRACT: {
        const word = operation === ConfigOperation.APPEND ? 'APPEND' : 'SUBTRACT';
        if (!rules.isList(name)) {
          throw new KafkaError('INVALID_CONFIG', `Can't ${word} to key ${name} because its type is not LIST.`);
        }
        const current = entries(after.get(name) ?? rules.defaultText(name) ?? '');
        const named = entries(value!);
        const next =
          operation === ConfigOperation.APPEND
            ? [...current, ...named.filter((each) => !current.includes(each))]
            : current.filter((each) => !named.includes(each));
        after.set(name, next.join(','));
        break;
      }
      default:
        throw new KafkaError('INVALID_REQUEST', `Unknown operation ${operation} on ${name}: 0 to 3 are known.`);
    }
  }
  return after;
}

function entries(text: string): string[] {
  return text.trim() === '' ? [] : text.split(',').map((entry) => entry.trim());
}

function addRecords(
  records: NewMetadataRecord[],
  { resourceType, resourceName }: ResourceChange,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): void {
  const record = (name: string, value: string | null): NewMetadataRecord => ({
    type: 'ConfigRecord',
    value: { resourceType, resourceName, name, value },
  });
  for (const [name, value] of after) if (before.get(name) !== value) records.push(record(name, value));
  for (const name of before.keys()) if (!after.has(name)) records.push(record(name, null));
}
