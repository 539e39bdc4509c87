/** Topics: created, described, grown, cut and deleted. */
import {
  createPartitions,
  createTopics,
  deleteRecords,
  deleteTopics,
  describeTopicPartitions,
  listOffsets,
  metadata,
} from '../../../../src/wire/index.ts';
import { script } from '../harness/script.ts';
import { batch, read, send } from './requests.ts';

const MISSING_ID = 'AAAAAAAAAAAAAAAAAAAAEA';

export const topicsScript = script('topics', {
  'topics are created in every version': async (on) => {
    for (const version of on.versions(createTopics)) {
      const ask = (as: string, topic: object, more: object = {}) => {
        const one = { name: `created-${version}`, numPartitions: 2, replicationFactor: 1, ...topic };
        return on.call(createTopics, version, { topics: [one], timeoutMs: 10_000, ...more }, { as });
      };
      const name = (suffix: string) => ({ name: `created-${version}-${suffix}` });
      const config = (key: string, value: string | null) => ({ configs: [{ name: key, value }] });
      await ask('only validated', {}, { validateOnly: true });
      await ask('a topic', {});
      await ask('again', {});
      await ask('again, only validated', {}, { validateOnly: true });
      if (version >= 4) await ask('defaults', { ...name('defaults'), numPartitions: -1, replicationFactor: -1 });
      await ask('no partitions', { ...name('none'), numPartitions: 0 });
      await ask('negative partitions', { ...name('negative'), numPartitions: -2 });
      await ask('two replicas', { ...name('replicas'), replicationFactor: 2 });
      await ask('no replicas', { ...name('no-replicas'), replicationFactor: 0 });
      for (const bad of ['', '.', '..', 'a/b', 'a b', 'é', 'x'.repeat(250)]) await ask(`named ${bad}`, { name: bad });
      await ask('the longest name', { name: `${version}${'x'.repeat(248)}` });
      await ask('a name that collides', { name: `created_${version}` });
      await ask('another that collides', { name: `created.${version}` });
      await ask('a configuration', { ...name('config'), ...config('retention.ms', '1000') });
      await ask('one that is not known', { ...name('unknown'), ...config('no.such.thing', '1') });
      await ask('a value that is none', { ...name('value'), ...config('retention.ms', 'soon') });
      await ask('a value out of range', { ...name('range'), ...config('min.cleanable.dirty.ratio', '3') });
      await ask('no value', { ...name('null'), ...config('retention.ms', null) });
      const assignments = (...all: number[][]) => ({
        numPartitions: -1,
        replicationFactor: -1,
        assignments: all.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
      });
      await ask('assigned', { ...name('assigned'), ...assignments([1], [1]) });
      await ask('assigned to nobody', { ...name('nobody'), ...assignments([]) });
      await ask('assigned to a broker that is not there', { ...name('stranger'), ...assignments([7]) });
      await ask('assigned twice', { ...name('twice'), ...assignments([1, 1]) });
      await ask('assigned, and counted', { ...name('counted'), ...assignments([1]), numPartitions: 1 });
      await ask('assigned with a gap', {
        ...name('gap'),
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [{ partitionIndex: 1, brokerIds: [1] }],
      });
      const two = { numPartitions: 1, replicationFactor: 1 };
      const topics = [
        { ...name('same'), ...two },
        { ...name('same'), ...two },
        { ...name('other'), ...two },
      ];
      await on.call(createTopics, version, { topics, timeoutMs: 10_000 }, { as: 'one name twice' });
      await on.call(createTopics, version, { topics: [], timeoutMs: 10_000 }, { as: 'nothing' });
      await ask('no time', name('late'), { timeoutMs: 0 });
    }
  },

  'topics are deleted in every version': async (on) => {
    for (const version of on.versions(deleteTopics)) {
      const prefix = `deleted-${version}`;
      const ids = await Promise.all(['a', 'b', 'c'].map(async (name) => on.topic(`${prefix}-${name}`)));
      const ask = (as: string, ...names: string[]) => {
        const topics = names.map((name) => ({ name }));
        return on.call(deleteTopics, version, { topicNames: names, topics, timeoutMs: 10_000 }, { as });
      };
      await ask('one', `${prefix}-a`);
      await ask('one that is not there, and one that is', `${prefix}-nowhere`, `${prefix}-b`);
      await ask('the same name twice', `${prefix}-c`, `${prefix}-c`);
      await ask('not a name', 'a/b');
      await ask('nothing');
      const late = { topicNames: [`${prefix}-z`], topics: [{ name: `${prefix}-z` }], timeoutMs: 0 };
      await on.call(deleteTopics, version, late, { as: 'no time' });
      if (version < 6) continue;
      const byId = (as: string, ...topics: object[]) =>
        on.call(deleteTopics, version, { topics, timeoutMs: 10_000 }, { as });
      await byId('by id', { topicId: ids[2] });
      await byId('by an id that is gone', { topicId: ids[0] });
      await byId('by an id that is not known', { topicId: MISSING_ID });
      await byId('by neither', {});
      await byId('by both', { name: `${prefix}-d`, topicId: MISSING_ID });
      const again = await on.topic(`${prefix}-e`);
      await byId('by name and by id', { name: `${prefix}-e` }, { topicId: again });
    }
  },

  'metadata in every version': async (on) => {
    const id = await on.topic('described-topic', { partitions: 3 });
    for (const version of on.versions(metadata)) {
      const ask = (as: string, topics: object[] | null, more: object = {}) =>
        on.call(metadata, version, { topics, allowAutoTopicCreation: false, ...more }, { as });
      await ask('one', [{ name: 'described-topic' }]);
      await ask('with operations', [{ name: 'described-topic' }], {
        includeClusterAuthorizedOperations: version >= 8 && version <= 10,
        includeTopicAuthorizedOperations: version >= 8,
      });
      if (version >= 4) await ask('one that is not there', [{ name: 'described-nowhere' }]);
      await ask('not a name', [{ name: 'a/b' }]);
      await ask('an empty name', [{ name: '' }]);
      await ask('twice', [{ name: 'described-topic' }, { name: 'described-topic' }]);
      if (version >= 1) await ask('nothing', []);
      const created = `auto-created-${version}`;
      await ask('a topic that is created', [{ name: created }], { allowAutoTopicCreation: true });
      await on.ready(created);
      await ask('the topic that was created', [{ name: created }]);
      if (version < 10) continue;
      await ask('by id', [{ name: null, topicId: id }]);
      await ask('by an id that is not known', [{ name: null, topicId: MISSING_ID }]);
      if (version >= 12) await ask('by both', [{ name: 'described-topic', topicId: id }]);
      await ask('by neither', [{ name: null }]);
    }
  },

  'all topics of a cluster': async (on) => {
    for (const version of on.versions(metadata)) {
      await on.call(metadata, version, { topics: version === 0 ? [] : null });
    }
  },

  'partitions, page by page': async (on) => {
    await on.topic('paged-a', { partitions: 3 });
    await on.topic('paged-b', { partitions: 2 });
    const ask = (as: string, names: string[], more: object = {}) =>
      on.call(
        describeTopicPartitions,
        0,
        { topics: names.map((name) => ({ name })), responsePartitionLimit: 2000, ...more },
        { as },
      );
    await ask('both', ['paged-b', 'paged-a']);
    for (const limit of [1, 2, 3, 4, 5, 0, -1]) {
      await ask(`${limit} at a time`, ['paged-a', 'paged-b'], { responsePartitionLimit: limit });
    }
    for (const [topicName, partitionIndex] of [
      ['paged-a', 1],
      ['paged-a', 3],
      ['paged-b', 0],
      ['paged-aa', 0],
      ['paged-z', 0],
      ['paged-a', -1],
    ] as const) {
      const cursor = { topicName, partitionIndex };
      await ask(`from ${topicName} ${partitionIndex}`, ['paged-a', 'paged-b'], { cursor });
      await ask(`${topicName} ${partitionIndex} by two`, ['paged-a', 'paged-b'], { cursor, responsePartitionLimit: 2 });
    }
    await ask('one that is not there', ['paged-nowhere', 'paged-a']);
    await ask('not a name', ['a/b']);
    await ask('twice', ['paged-a', 'paged-a']);
  },

  'partitions are added': async (on) => {
    for (const version of on.versions(createPartitions)) {
      const name = `grown-${version}`;
      await on.topic(name);
      const ask = (as: string, topic: object, more: object = {}) =>
        on.call(
          createPartitions,
          version,
          {
            topics: [{ name, count: 3, assignments: null, ...topic }],
            timeoutMs: 10_000,
            validateOnly: false,
            ...more,
          },
          { as },
        );
      const to = (...all: number[][]) => ({ assignments: all.map((brokerIds) => ({ brokerIds })) });
      await ask('only validated', {}, { validateOnly: true });
      await ask('no time', {}, { timeoutMs: 0 });
      await ask('to three', {});
      await ask('to three again', {});
      await ask('to two', { count: 2 });
      await ask('to none', { count: 0 });
      await ask('to less than none', { count: -1 });
      await ask('assigned', { count: 5, ...to([1], [1]) });
      await ask('too few assignments', { count: 7, ...to([1]) });
      await ask('assigned to a stranger', { count: 6, ...to([9]) });
      await ask('assigned twice', { count: 6, ...to([1, 1]) });
      await ask('assigned to nobody', { count: 6, ...to([]) });
      await ask('no topic', { name: 'grown-nowhere' });
      await ask('not a name', { name: 'a/b' });
      const twice = [
        { name, count: 6, assignments: null },
        { name, count: 7, assignments: null },
      ];
      await on.call(createPartitions, version, { topics: twice, timeoutMs: 10_000 }, { as: 'twice' });
      await on.call(createPartitions, version, { topics: [], timeoutMs: 10_000 }, { as: 'nothing' });
      const grown = { topics: [{ name }], allowAutoTopicCreation: false };
      await on.until(metadata, 8, grown, ({ topics }) => topics[0]!.partitions.length >= 5);
    }
  },

  'records are deleted': async (on) => {
    for (const version of on.versions(deleteRecords)) {
      const name = `cut-${version}`;
      const topic = { name, id: await on.topic(name, { partitions: 2 }) };
      for (let count = 0; count < 4; count++) await send(on, topic, batch(['a', 'b']));
      const ask = (as: string, topic: string, ...partitions: [number, number][]) => {
        const all = partitions.map(([partitionIndex, offset]) => ({ partitionIndex, offset }));
        return on.call(deleteRecords, version, { topics: [{ name: topic, partitions: all }], timeoutMs: 5000 }, { as });
      };
      await ask('up to 3', name, [0, 3]);
      await ask('up to 2', name, [0, 2]);
      for (const offset of [0, 2, 3, 8]) await read(on, topic, offset, { as: `from ${offset}` });
      for (const timestamp of [-1, -2, -4]) {
        const topics = [{ name, partitions: [{ partitionIndex: 0, timestamp }] }];
        await on.call(listOffsets, 8, { replicaId: -1, topics }, { as: `${timestamp}` });
      }
      await ask('beyond the end', name, [0, 9]);
      await ask('less than nothing', name, [0, -2]);
      await ask('all', name, [0, -1]);
      await read(on, topic, 8, { as: 'at the end' });
      await ask('no partition, and an empty one', name, [7, 0], [1, 0]);
      await ask('no topic', 'cut-nowhere', [0, 0]);
      await ask('not a name', 'a/b', [0, 0]);
      await send(on, topic, batch(['c']), { as: 'after all that' });
      await on.call(deleteRecords, version, { topics: [], timeoutMs: 5000 }, { as: 'nothing' });
    }
    const compacted = 'cut-compacted';
    await on.topic(compacted, { configs: { 'cleanup.policy': 'compact' } });
    const topics = [{ name: compacted, partitions: [{ partitionIndex: 0, offset: 0 }] }];
    await on.call(deleteRecords, 2, { topics, timeoutMs: 5000 }, { as: 'of a compacted topic' });
  },
});
