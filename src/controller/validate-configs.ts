/** Checks what would be set on a topic: known names, right values, and values that fit together. */
import { KafkaError } from '../core/index.ts';
import { nearestName, parseConfigValue } from './config-definitions.ts';
import type { MetadataImage } from './image.ts';
import type { ResourceRules } from './resource-rules.ts';
import { topicConfigs } from './topic-configs.ts';
import { topicNameProblem } from './topic-names.ts';

/** The properties given with a new topic; of two of one name the last counts. @throws KafkaError INVALID_CONFIG */
export function newTopicConfigs(
  given: Iterable<{ readonly name: string; readonly value: string | null }>,
): ReadonlyMap<string, string> {
  const configs = new Map<string, string>();
  for (const { name, value } of given) {
    if (value === null) throw new KafkaError('INVALID_CONFIG', `Null value not supported for topic configs: ${name}`);
    configs.set(name, value);
  }
  checkTopicConfigs(configs);
  return configs;
}

/** The rules of topics that are there. */
export function topicRules(image: MetadataImage): ResourceRules {
  return {
    isList: (name) => definitionOf(name)?.type === 'list',
    defaultText: (name) => definitionOf(name)?.defaultText ?? null,
    check(name, configs) {
      if (name === '') throw new KafkaError('INVALID_REQUEST', 'Default topic resources are not allowed.');
      const problem = topicNameProblem(name);
      if (problem !== undefined) throw new KafkaError('INVALID_TOPIC_EXCEPTION', problem);
      if (image.topic(name) === undefined) {
        throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${name}' does not exist.`);
      }
      checkTopicConfigs(configs);
    },
  };
}

/** @throws KafkaError INVALID_CONFIG naming the first bad one */
function checkTopicConfigs(configs: ReadonlyMap<string, string>): void {
  const parsed = new Map<string, unknown>();
  for (const [name, text] of configs) {
    const definition = definitionOf(name);
    if (definition === undefined) {
      const nearest = nearestName(name, Object.keys(topicConfigs));
      const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
      throw new KafkaError('INVALID_CONFIG', `Unknown topic config name: ${name}${hint}`);
    }
    parsed.set(name, parseConfigValue(name, definition, text));
  }
  const shortest = parsed.get('min.compaction.lag.ms') as number | undefined;
  const longest = parsed.get('max.compaction.lag.ms') as number | undefined;
  if (shortest !== undefined && longest !== undefined && shortest > longest) {
    const what = `min.compaction.lag.ms (${shortest}) > max.compaction.lag.ms (${longest})`;
    throw new KafkaError('INVALID_CONFIG', `conflict topic config setting ${what}`);
  }
  if (parsed.get('remote.storage.enable') === true) {
    const why = 'Topic cannot be configured with remote log storage.';
    throw new KafkaError('INVALID_CONFIG', `Tiered Storage functionality is disabled in the broker. ${why}`);
  }
}

function definitionOf(name: string) {
  return Object.hasOwn(topicConfigs, name) ? topicConfigs[name] : undefined;
}
