/** What may be set on a group: its known properties, within the bounds that this broker sets. */
import { groupConfigs, parseConfigValue, type ResourceRules } from '../../controller/index.ts';
import { KafkaError } from '../../core/index.ts';
import type { BrokerConfig } from './broker-configs.ts';
import { groupBounds, outOfBounds } from './group-bounds.ts';

/** `config` is read at each check: it may change. */
export function groupRules(config: BrokerConfig): ResourceRules {
  return {
    isList: () => false,
    defaultText: (name) => groupConfigs[name]?.defaultText ?? null,
    check(groupId, configs) {
      if (groupId === '') throw new KafkaError('INVALID_REQUEST', 'Default group resources are not allowed.');
      for (const [name, text] of configs) {
        const definition = Object.hasOwn(groupConfigs, name) ? groupConfigs[name] : undefined;
        if (definition === undefined) throw new KafkaError('INVALID_CONFIG', `Unknown group config name: ${name}`);
        const value = parseConfigValue(name, definition, text);
        const bounds = groupBounds.find((each) => each.name === name);
        const problem = bounds && outOfBounds(name, value as number, bounds, config);
        if (problem !== undefined) throw new KafkaError('INVALID_CONFIG', problem);
      }
    },
  };
}
