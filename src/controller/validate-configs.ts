/** Checks the properties that somebody wants to set on a topic. */
import { KafkaError } from '../core/index.ts';
import { nearestName, parseConfigValue } from './config-definitions.ts';
import { topicConfigs } from './topic-configs.ts';

/** Checks the properties given for a topic. @throws KafkaError INVALID_CONFIG naming the first bad one */
export function validateTopicConfigs(given: Iterable<{ readonly name: string; readonly value: string | null }>): void {
  const seen = new Set<string>();
  for (const { name, value } of given) {
    const definition = Object.hasOwn(topicConfigs, name) ? topicConfigs[name] : undefined;
    if (definition === undefined) {
      const nearest = nearestName(name, Object.keys(topicConfigs));
      const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
      throw new KafkaError('INVALID_CONFIG', `Unknown topic config name: ${name}${hint}`);
    }
    if (seen.has(name)) throw new KafkaError('INVALID_CONFIG', `Topic config ${name} is given twice`);
    seen.add(name);
    if (value === null) throw new KafkaError('INVALID_CONFIG', `Null value not supported for topic configs: ${name}`);
    parseConfigValue(name, definition, value);
  }
}
