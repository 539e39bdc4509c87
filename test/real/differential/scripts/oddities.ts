/** Requests that no client sends on purpose: things twice, limits below zero, ids that are zero. */
import {
  createTopics,
  describeGroups,
  fetch,
  heartbeat,
  listOffsets,
  metadata,
  offsetCommit,
  offsetFetch,
  produce,
} from '../../../../src/wire/index.ts';
import { script } from '../harness/script.ts';
import { fetchOf, groupIsReady } from './committed.ts';
import { enter } from './group-member.ts';
import { batch, fetchRequest, send } from './requests.ts';

export const odditiesScript = script('oddities', {
  'partitions and topics twice in one request': async (on) => {
    const topic = { name: 'twice', id: await on.topic('twice') };
    await send(on, topic, batch(['a']));
    const doubled = { name: 'twice-produced', id: await on.topic('twice-produced') };
    for (const version of on.versions(produce, produce.minVersion)) {
      const partitionData = ['x', 'y'].map((value) => ({ index: 0, records: batch([value]) }));
      const topicData = [{ name: doubled.name, topicId: doubled.id, partitionData }];
      await on.attempt(produce, version, { acks: -1, timeoutMs: 1000, topicData }, { as: 'a partition twice' });
    }
    for (const version of on.versions(fetch)) {
      const partitions = [0, 0].map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: 60 }));
      await on.attempt(fetch, version, fetchRequest(topic, partitions), { as: 'a partition twice' });
    }
    await groupIsReady(on, 'twice');
    for (const version of on.versions(offsetCommit)) {
      const partitions = [1, 2].map((committedOffset) => ({
        partitionIndex: 0,
        committedOffset,
        committedMetadata: '',
      }));
      const topics = [{ name: topic.name, topicId: topic.id, partitions }];
      await on.attempt(offsetCommit, version, { groupId: 'twice', topics }, { as: 'a partition twice' });
    }
    for (const version of on.versions(offsetFetch)) {
      await on.attempt(offsetFetch, version, fetchOf('twice', topic, [0, 0]), { as: 'a partition twice' });
    }
    for (const version of on.versions(describeGroups)) {
      await on.call(describeGroups, version, { groups: ['twice', 'twice'] }, { as: 'a group twice' });
      await on.call(describeGroups, version, { groups: [] }, { as: 'no groups' });
    }
  },

  'limits below zero': async (on) => {
    const topic = { name: 'negative', id: await on.topic('negative') };
    await send(on, topic, batch(['a']));
    for (const version of on.versions(fetch)) {
      const ask = (as: string, request: object, partitionMaxBytes = 1000) =>
        on.attempt(
          fetch,
          version,
          fetchRequest(topic, [{ partition: 0, fetchOffset: 0, partitionMaxBytes }], { request }),
          { as },
        );
      await ask('min bytes', { minBytes: -5 });
      await ask('max bytes', { maxBytes: -5 });
      await ask('wait', { maxWaitMs: -5 });
      await ask('min above max', { minBytes: 2000, maxBytes: 100 });
      await ask('partition bytes', {}, -5);
    }
    for (const version of on.versions(listOffsets)) {
      const topics = [{ name: topic.name, partitions: [{ partitionIndex: 0, timestamp: -99 }] }];
      await on.attempt(listOffsets, version, { replicaId: -1, isolationLevel: version >= 2 ? 7 : 0, topics });
    }
  },

  'topics by the id that is none': async (on) => {
    const none = { name: '', id: 'AAAAAAAAAAAAAAAAAAAAAA' };
    for (const version of on.versions(produce, 13))
      await on.attempt(produce, version, {
        acks: -1,
        timeoutMs: 1,
        topicData: [{ topicId: none.id, partitionData: [{ index: 0, records: batch(['a']) }] }],
      });
    for (const version of on.versions(fetch, 13)) {
      await on.attempt(fetch, version, fetchRequest(none, [{ partition: 0, fetchOffset: 0 }]));
    }
    await groupIsReady(on, 'none');
    for (const version of on.versions(offsetCommit, 10)) {
      const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }];
      await on.attempt(offsetCommit, version, { groupId: 'none', topics: [{ topicId: none.id, partitions }] });
    }
    for (const version of on.versions(offsetFetch, 10)) await on.attempt(offsetFetch, version, fetchOf('none', none));
    for (const version of on.versions(metadata, 4)) {
      await on.attempt(metadata, version, { topics: [{ name: '__consumer_offsets' }], allowAutoTopicCreation: false });
    }
  },

  'internal topics by their names': async (on) => {
    for (const version of on.versions(createTopics)) {
      const topics = [{ name: '__consumer_offsets', numPartitions: 1, replicationFactor: 1 }];
      await on.attempt(createTopics, version, { topics, timeoutMs: 1000 });
    }
  },

  'a heartbeat before the first assignment': async (on) => {
    await groupIsReady(on, 'early');
    const { generationId, memberId } = await enter(on, 'early');
    for (const version of on.versions(heartbeat)) {
      await on.call(heartbeat, version, { groupId: 'early', generationId, memberId });
    }
  },
});
