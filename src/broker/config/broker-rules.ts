/**
 * What may be set on a running broker, or on all brokers at once (resource name ""): the properties that Kafka calls dynamic,
 * each where it may be. As in Kafka, a name that nobody knows is kept, for plug-ins, and never shown.
 */
import { ConfigResource, type MetadataImage, parseConfigValue, type ResourceRules } from '../../controller/index.ts';
import { KafkaError } from '../../core/index.ts';
import { brokerConfigDefinition } from './broker-configs.ts';
import type { BrokerConfiguration } from './broker-configuration.ts';

/** Kafka opens and closes listeners while it runs; this broker does not. */
export const FIXED_AT_START: readonly string[] = ['listeners', 'listener.security.protocol.map'];
const KEYS_AND_CERTIFICATES = /^ssl\.(keystore|truststore|key)\./;
/** A pool of threads grows and shrinks by no more than half at a time. */
const THREADS = [
  'background.threads',
  'num.io.threads',
  'num.network.threads',
  'num.recovery.threads.per.data.dir',
  'num.replica.fetchers',
  'log.cleaner.threads',
];

export function brokerRules(
  configuration: BrokerConfiguration,
  nodeId: number,
  image: () => MetadataImage,
): ResourceRules {
  const others = (name: string) => image().configsOf(ConfigResource.BROKER, name);
  return {
    isList: (name) => brokerConfigDefinition(name)?.type === 'list',
    defaultText: (name) => brokerConfigDefinition(name)?.defaultText ?? null,
    check(resourceName, configs) {
      checkBrokerName(resourceName, nodeId);
      try {
        refuseUnchangeable([...configs.keys()], resourceName === '');
        for (const [name, text] of configs) {
          const definition = brokerConfigDefinition(name);
          if (definition === undefined) continue;
          const value = parseConfigValue(name, definition, text);
          if (THREADS.includes(name)) checkThreads(name, value as number, configuration);
        }
        if (resourceName === '') configuration.checkDynamic(others(String(nodeId)), configs);
        else configuration.checkDynamic(configs, others(''));
      } catch (error) {
        if (KafkaError.is(error) && error.code !== 'INVALID_CONFIG') throw error;
        throw new KafkaError('INVALID_REQUEST', error instanceof Error ? error.message : String(error));
      }
    },
  };
}

/** @throws KafkaError INVALID_REQUEST where it is neither this broker nor all of them */
function checkBrokerName(resourceName: string, nodeId: number): void {
  if (resourceName === '' || resourceName === String(nodeId)) return;
  if (!/^[+-]?\d{1,10}$/.test(resourceName)) {
    throw new KafkaError('INVALID_REQUEST', `Node id must be an integer, but it is: ${resourceName}`);
  }
  throw new KafkaError('INVALID_REQUEST', `Unexpected broker id, expected ${nodeId}, but received ${resourceName}`);
}

function refuseUnchangeable(names: readonly string[], ofAll: boolean): void {
  const refuse = (why: string, bad: readonly string[]) => {
    if (bad.length > 0) throw new KafkaError('INVALID_REQUEST', `${why}: [${bad.join(', ')}]`);
  };
  const known = names.filter((name) => brokerConfigDefinition(name) !== undefined);
  const update = (name: string) => brokerConfigDefinition(name)!.update;
  refuse(
    'Cannot update these configs dynamically',
    known.filter((name) => update(name) === undefined),
  );
  refuse(
    'These security configs can be dynamically updated only per-listener using the listener prefix',
    known.filter((name) => KEYS_AND_CERTIFICATES.test(name)),
  );
  if (ofAll) {
    refuse(
      'Cannot update these configs at default cluster level, broker id must be specified',
      known.filter((name) => update(name) === 'per-broker'),
    );
  }
  refuse(
    'This broker’s listeners are fixed at its start, change them in its configuration and start it again',
    known.filter((name) => FIXED_AT_START.includes(name)),
  );
}

function checkThreads(name: string, wanted: number, configuration: BrokerConfiguration): void {
  const now = configuration.values[name as 'num.io.threads'];
  const why = (bound: string) =>
    new KafkaError(
      'INVALID_REQUEST',
      `Dynamic thread count update validation failed for ${name}=${wanted}, value should ${bound} the current value ${now}`,
    );
  if (wanted < now / 2) throw why('be at least half');
  if (wanted > now * 2) throw why('not be greater than double');
}
