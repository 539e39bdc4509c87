/** Fetch without sessions: what is read, in every version, and what is refused. */
import { fetch } from '../../../../src/wire/index.ts';
import { script } from '../harness/script.ts';
import { batch, fetchRequest, read, send } from './requests.ts';

const MISSING_ID = 'AAAAAAAAAAAAAAAAAAAAEA';

export const fetchScript = script('fetch', {
  'every version reads whole batches from the one that holds the offset': async (on) => {
    const topic = { name: 'fetch-versions', id: await on.topic('fetch-versions') };
    await send(on, topic, batch(['a', 'b', 'c']));
    await send(on, topic, batch(['d', 'e']));
    for (const version of on.versions(fetch)) {
      for (const offset of [0, 1, 3, 4, 5]) await read(on, topic, offset, { version, as: `from ${offset}` });
      await read(on, topic, 0, { version, committed: true, as: 'read committed' });
    }
  },

  'offsets out of range': async (on) => {
    const topic = { name: 'fetch-range', id: await on.topic('fetch-range') };
    await send(on, topic, batch(['a', 'b', 'c']));
    for (const version of on.versions(fetch)) {
      for (const offset of [4, 1000, -1, -2]) await read(on, topic, offset, { version, as: `from ${offset}` });
    }
  },

  'leader epochs that are not of today': async (on) => {
    const topic = { name: 'fetch-epochs', id: await on.topic('fetch-epochs') };
    await send(on, topic, batch(['a']));
    for (const version of on.versions(fetch, 9)) {
      for (const currentLeaderEpoch of [0, 1, 100]) {
        const body = fetchRequest(topic, [{ partition: 0, fetchOffset: 0, currentLeaderEpoch }]);
        await on.call(fetch, version, body, { as: `epoch ${currentLeaderEpoch}` });
      }
    }
    for (const version of on.versions(fetch, 12)) {
      for (const lastFetchedEpoch of [0, 5]) {
        const body = fetchRequest(topic, [{ partition: 0, fetchOffset: 1, lastFetchedEpoch }]);
        await on.call(fetch, version, body, { as: `last fetched epoch ${lastFetchedEpoch}` });
      }
    }
  },

  'topics and partitions that are not there': async (on) => {
    const topic = { name: 'fetch-missing', id: await on.topic('fetch-missing') };
    await send(on, topic, batch(['a']));
    for (const version of on.versions(fetch)) {
      const missing = { name: 'fetch-no-such-topic', id: MISSING_ID };
      await read(on, missing, 0, { version, as: 'a topic that is not there' });
      const partitions = [3, 0, -1].map((partition) => ({ partition, fetchOffset: 0 }));
      await on.call(fetch, version, fetchRequest(topic, partitions), { as: 'one of three partitions' });
      await on.call(fetch, version, { ...fetchRequest(topic, []), topics: [] }, { as: 'nothing' });
    }
  },

  'limits in bytes': async (on) => {
    const topic = { name: 'fetch-limits', id: await on.topic('fetch-limits', { partitions: 2 }) };
    for (const partition of [0, 1]) {
      for (const value of ['a', 'b', 'c']) await send(on, topic, batch([value.repeat(100)]), { partition });
    }
    for (const version of on.versions(fetch)) {
      for (const most of [0, 1, 170, 172, 350, 10_000]) {
        const partitions = [0, 1].map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: most }));
        await on.call(fetch, version, fetchRequest(topic, partitions), { as: `${most} of each partition` });
        const request = { maxBytes: most };
        const all = [0, 1].map((partition) => ({ partition, fetchOffset: 0 }));
        await on.call(fetch, version, fetchRequest(topic, all, { request }), { as: `${most} in all` });
      }
    }
  },

  'waiting for bytes that come, and for bytes that do not': async (on) => {
    const topic = { name: 'fetch-wait', id: await on.topic('fetch-wait') };
    const reader = on.client('reader');
    for (const version of [4, 12, 18]) {
      const offset = { 4: 0, 12: 1, 18: 2 }[version]!;
      const request = { maxWaitMs: 5000, minBytes: 1 };
      const waiting = read(reader, topic, offset, { version, request, as: 'until something comes' });
      await send(on, topic, batch(['a']));
      await waiting;
      const patient = { maxWaitMs: 50, minBytes: 1000 };
      await read(reader, topic, offset, { version, request: patient, as: 'less than asked for' });
      await read(reader, topic, offset + 1, { version, request: patient, as: 'nothing' });
    }
  },

  'zstd for readers that do not know it': async (on) => {
    const topic = { name: 'fetch-zstd', id: await on.topic('fetch-zstd') };
    await send(on, topic, batch(['a'.repeat(100)], { compression: 'zstd' }));
    for (const version of on.versions(fetch)) await read(on, topic, 0, { version });
  },

  'a follower that is not one': async (on) => {
    const topic = { name: 'fetch-follower', id: await on.topic('fetch-follower') };
    await send(on, topic, batch(['a']));
    for (const version of on.versions(fetch)) {
      const request = { replicaId: 9, replicaState: { replicaId: 9, replicaEpoch: 1 } };
      await read(on, topic, 0, { version, request });
    }
  },

  'an isolation level that is none': async (on) => {
    const topic = { name: 'fetch-isolation', id: await on.topic('fetch-isolation') };
    await send(on, topic, batch(['a']));
    for (const version of on.versions(fetch)) {
      const body = { ...fetchRequest(topic, [{ partition: 0, fetchOffset: 0 }]), isolationLevel: 7 };
      await on.attempt(fetch, version, body);
    }
  },
});
