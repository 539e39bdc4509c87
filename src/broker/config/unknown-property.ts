/** What is said of a property that is none of a broker's. */
import { nearestName, topicConfigs } from '../../controller/index.ts';
import { brokerConfigDefinition, brokerConfigs } from './broker-configs.ts';
import { isPrefixed } from './prefixed.ts';

/** What is wrong with the name of a property, with the cure; undefined: it is known. */
export function unknownBrokerProperty(name: string): string | undefined {
  return brokerConfigDefinition(name) !== undefined || isPrefixed(name) ? undefined : unknownProperty(name);
}

/** Names the property, the nearest known one, and the cure. */
function unknownProperty(name: string): string {
  if (Object.hasOwn(topicConfigs, name)) {
    const synonym = topicConfigs[name]!.synonyms?.[0]?.name;
    const cure = synonym === undefined ? 'set it on the topic' : `set ${synonym}, or set it on the topic`;
    return `${name} is a property of topics, not of the broker: ${cure}`;
  }
  const nearest = nearestName(name, Object.keys(brokerConfigs));
  const cure = nearest === undefined ? 'remove it' : `did you mean ${nearest}? Otherwise remove it`;
  return `unknown broker property ${name}: it would have no effect here. ${cure}`;
}
