/** Between which of the broker's properties a property of groups must lie: `group.consumer.min.…` and its like. */
import { groupConfigs } from '../../controller/index.ts';
import { type BrokerConfig, type BrokerConfigName, brokerConfigDefinition } from './broker-configs.ts';

interface GroupBounds {
  /** Of the group. */
  readonly name: string;
  /** The broker's default for it. */
  readonly byDefault: BrokerConfigName;
  readonly min?: BrokerConfigName;
  readonly max?: BrokerConfigName;
}

function boundsOf(name: string): GroupBounds | undefined {
  const byDefault = groupConfigs[name]!.synonyms?.[0]?.name as BrokerConfigName | undefined;
  if (byDefault === undefined) return undefined;
  const [kind, ...words] = name.split('.');
  // `num.standby.replicas` has `max.standby.replicas`.
  const rest = words.join('.').replace(/^num\./, '');
  const bound = (word: string) => {
    const candidate = `group.${kind}.${word}.${rest}`;
    return brokerConfigDefinition(candidate) === undefined ? {} : { [word]: candidate };
  };
  return { name, byDefault, ...bound('min'), ...bound('max') };
}

export const groupBounds: readonly GroupBounds[] = Object.keys(groupConfigs)
  .map(boundsOf)
  .filter((bounds) => bounds !== undefined);

/** Why `value` is out of bounds, in Kafka's words, or undefined. */
export function outOfBounds(
  name: string,
  value: number,
  bounds: GroupBounds,
  config: BrokerConfig,
): string | undefined {
  const { min, max } = bounds;
  if (min !== undefined && value < (config[min] as number)) return `${name} must be greater than or equal to ${min}`;
  if (max !== undefined && value > (config[max] as number)) return `${name} must be less than or equal to ${max}`;
  return undefined;
}
