/** Configurations: described, altered and listed. */
import {
  alterConfigs,
  describeConfigs,
  incrementalAlterConfigs,
  listConfigResources,
} from '../../../../src/wire/index.ts';
import { script } from '../harness/script.ts';

const TOPIC = 2;
const BROKER = 4;
const BROKER_LOGGER = 8;
const CLIENT_METRICS = 16;
const GROUP = 32;
const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3];

const keys = ['retention.ms', 'cleanup.policy', 'segment.bytes', 'max.message.bytes'];

/** A configuration and the value that it comes to have. */
type Expected = readonly [name: string, value: string];

/** Brokers learn of a change after it was answered. */
function shows(expected: Expected | undefined) {
  return ({ results }: { results: { configs: { name: string; value: string | null }[] }[] }): boolean =>
    expected === undefined ||
    results[0]!.configs.some(({ name, value }) => name === expected[0] && value === expected[1]);
}

export const configsScript = script('configs', {
  'a topic is described in every version': async (on) => {
    const configs = { 'retention.ms': '1000', 'cleanup.policy': 'compact,delete' };
    await on.topic('configs-described', { configs });
    for (const version of on.versions(describeConfigs)) {
      const ask = (as: string, resources: object[], more: object = {}) =>
        on.call(describeConfigs, version, { resources: resources as [], ...more }, { as });
      const topic = (resourceName: string, configurationKeys: string[] | null = null) => ({
        resourceType: TOPIC,
        resourceName,
        configurationKeys,
      });
      await ask('all', [topic('configs-described')]);
      await ask('synonyms', [topic('configs-described', keys)], { includeSynonyms: true });
      await ask('some', [topic('configs-described', [...keys, 'no.such.thing'])]);
      await ask('none', [topic('configs-described', [])]);
      await ask('no topic', [topic('configs-nowhere')]);
      await ask('not a name', [topic('a/b')]);
      await ask('nothing', []);
      await ask('twice', [topic('configs-described', keys), topic('configs-described', ['retention.ms'])]);
    }
  },

  'brokers and what else there is': async (on) => {
    for (const version of on.versions(describeConfigs)) {
      const ask = (as: string, resourceType: number, resourceName: string, configurationKeys: string[] | null) => {
        const resources = [{ resourceType, resourceName, configurationKeys }];
        return on.call(describeConfigs, version, { resources, includeSynonyms: true }, { as });
      };
      const some = ['log.retention.ms', 'num.partitions', 'message.max.bytes', 'offsets.topic.num.partitions'];
      await ask('this broker', BROKER, '1', some);
      await ask('the default of brokers', BROKER, '', null);
      await ask('another broker', BROKER, '7', null);
      await ask('not a broker', BROKER, 'x', null);
      await ask('a group', GROUP, 'configs-group', null);
      await ask('an empty group', GROUP, '', null);
      await ask('client metrics', CLIENT_METRICS, 'configs-metrics', null);
      await ask('a logger of another broker', BROKER_LOGGER, '7', null);
      await ask('no such type', 77, 'x', null);
    }
  },

  'configurations are altered one by one': async (on) => {
    for (const version of on.versions(incrementalAlterConfigs)) {
      const name = `altered-${version}`;
      await on.topic(name, { configs: { 'cleanup.policy': 'delete' } });
      const see = (as: string, expected: Expected | undefined) => {
        const resources = [{ resourceType: TOPIC, resourceName: name, configurationKeys: keys }];
        return on.until(describeConfigs, 4, { resources, includeSynonyms: true }, shows(expected), { as });
      };
      const ask = async (
        as: string,
        changes: [string, number, string | null][],
        resource: { type?: number; name?: string; validateOnly?: boolean; shows?: Expected } = {},
      ) => {
        const { type = TOPIC, name: resourceName = name, validateOnly = false } = resource;
        const configs = changes.map(([key, configOperation, value]) => ({ name: key, configOperation, value }));
        const resources = [{ resourceType: type, resourceName, configs }];
        await on.call(incrementalAlterConfigs, version, { resources, validateOnly }, { as });
        await see(`after ${as}`, resource.shows);
      };
      await ask('only validated', [['retention.ms', SET, '5000']], { validateOnly: true });
      await ask('set', [['retention.ms', SET, '5000']], { shows: ['retention.ms', '5000'] });
      await ask('deleted', [['retention.ms', DELETE, null]], { shows: ['retention.ms', '604800000'] });
      await ask('deleted again', [['retention.ms', DELETE, null]]);
      await ask('appended', [['cleanup.policy', APPEND, 'compact']], { shows: ['cleanup.policy', 'delete,compact'] });
      await ask('appended again', [['cleanup.policy', APPEND, 'compact']]);
      await ask('subtracted', [['cleanup.policy', SUBTRACT, 'delete']], { shows: ['cleanup.policy', 'compact'] });
      await ask('subtracted what is not there', [['cleanup.policy', SUBTRACT, 'delete']]);
      await ask('appended to what is no list', [['retention.ms', APPEND, '1']]);
      await ask('a value that is none', [['retention.ms', SET, 'soon']]);
      await ask('no value', [['retention.ms', SET, null]]);
      await ask('a name that is not known', [['no.such.thing', SET, '1']]);
      await ask('an operation that is not known', [['retention.ms', 9, '1']]);
      await ask('one name twice', [
        ['retention.ms', SET, '1'],
        ['retention.ms', SET, '2'],
      ]);
      await ask('a good one and a bad one', [
        ['segment.bytes', SET, '1048576'],
        ['retention.ms', SET, 'soon'],
      ]);
      await ask('nothing', []);
      await ask('no topic', [['retention.ms', SET, '1']], { name: 'altered-nowhere' });
      await ask('not a name', [['retention.ms', SET, '1']], { name: 'a/b' });
      await ask('no such type', [['retention.ms', SET, '1']], { type: 77 });
      await ask('another broker', [['log.retention.ms', SET, '1']], { type: BROKER, name: '7' });
      await ask('not a broker', [['log.retention.ms', SET, '1']], { type: BROKER, name: 'x' });
      await ask('what only a start can set', [['num.io.threads.x', SET, '1']], { type: BROKER, name: '1' });
      await ask('read only', [['broker.id', SET, '3']], { type: BROKER, name: '1' });
      const broker = async (as: string, resourceName: string, value: string | null, shown: string) => {
        const change: [string, number, string | null] = ['log.retention.ms', value === null ? DELETE : SET, value];
        await ask(as, [change], { type: BROKER, name: resourceName, shows: ['retention.ms', shown] });
      };
      await broker('of all brokers', '', '77777777', '77777777');
      await broker('of this broker', '1', '66666666', '66666666');
      await broker('no more of this broker', '1', null, '77777777');
      await broker('no more of all', '', null, '604800000');
      const resource = {
        resourceType: TOPIC,
        resourceName: name,
        configs: [{ name: 'retention.ms', configOperation: SET, value: '9' }],
      };
      await on.call(incrementalAlterConfigs, version, { resources: [resource, resource] }, { as: 'a topic twice' });
      await on.call(incrementalAlterConfigs, version, { resources: [] }, { as: 'no resources' });
    }
  },

  'configurations are replaced': async (on) => {
    for (const version of on.versions(alterConfigs)) {
      const name = `replaced-${version}`;
      await on.topic(name, { configs: { 'cleanup.policy': 'compact' } });
      const ask = async (as: string, entries: Record<string, string | null>, then?: string, more: object = {}) => {
        const configs = Object.entries(entries).map(([key, value]) => ({ name: key, value }));
        const resources = [{ resourceType: TOPIC, resourceName: name, configs, ...more }];
        await on.call(alterConfigs, version, { resources, validateOnly: false }, { as });
        const described = [{ resourceType: TOPIC, resourceName: name, configurationKeys: keys }];
        const expected: Expected | undefined = then === undefined ? undefined : ['retention.ms', then];
        await on.until(describeConfigs, 4, { resources: described }, shows(expected), { as: `after ${as}` });
      };
      await ask('one for another', { 'retention.ms': '5000' }, '5000');
      await ask('two', { 'retention.ms': '6000', 'segment.bytes': '1048576' }, '6000');
      await ask('a value that is none', { 'retention.ms': 'soon' });
      await ask('no value', { 'retention.ms': null });
      await ask('a name that is not known', { 'no.such.thing': '1' });
      await ask('none', {}, '604800000');
      await ask('no topic', { 'retention.ms': '1' }, undefined, { resourceName: 'replaced-nowhere' });
      await ask('no such type', { 'retention.ms': '1' }, undefined, { resourceType: 77 });
      const resources = [{ resourceType: TOPIC, resourceName: name, configs: [{ name: 'retention.ms', value: '8' }] }];
      await on.call(alterConfigs, version, { resources, validateOnly: true }, { as: 'only validated' });
    }
  },

  'resources are listed': async (on) => {
    await on.topic('listed-configs');
    for (const version of on.versions(listConfigResources)) {
      if (version === 0) await on.call(listConfigResources, version, {});
      else {
        for (const type of [TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP, 77]) {
          await on.call(listConfigResources, version, { resourceTypes: [type] }, { as: `type ${type}` });
        }
        await on.call(listConfigResources, version, { resourceTypes: [BROKER, GROUP] }, { as: 'two types' });
        await on.call(listConfigResources, version, { resourceTypes: [] }, { as: 'all types' });
      }
    }
  },
});
