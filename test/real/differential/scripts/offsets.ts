/** ListOffsets: offsets by time, and what the special timestamps stand for. OffsetForLeaderEpoch: where an epoch ended. */
import { encodeBatch } from '../../../../src/records/index.ts';
import { listOffsets, offsetForLeaderEpoch } from '../../../../src/wire/index.ts';
import { script } from '../harness/script.ts';
import { batch, now, send } from './requests.ts';
import { beginTransaction } from './transactional-producer.ts';

const SPECIAL = [-1, -2, -3, -4, -5, -6, -7];

export const offsetsScript = script('offsets', {
  'special timestamps and those of records': async (on) => {
    const name = 'offsets-versions';
    const topic = { name, id: await on.topic(name, { partitions: 2 }) };
    const at = (...timestamps: number[]) =>
      encodeBatch({ records: timestamps.map((timestamp) => ({ timestamp, key: 'k', value: 'v' })) });
    await send(on, topic, at(now - 1000, now - 900));
    await send(on, topic, at(now + 5000, now - 800));
    await send(on, topic, at(now - 700, now - 600, now - 600));
    const stamps = [...SPECIAL, 0, now - 1000, now - 950, now - 900, now - 650, now - 600, now, now + 5000, now + 9000];
    for (const version of on.versions(listOffsets)) {
      for (const [at, timestamp] of stamps.entries()) {
        for (const partitionIndex of [0, 1]) {
          const topics = [{ name, partitions: [{ partitionIndex, timestamp }] }];
          const as = `stamp ${at < SPECIAL.length ? timestamp : timestamp - now} of partition ${partitionIndex}`;
          await on.attempt(listOffsets, version, { replicaId: -1, topics }, { as });
        }
      }
    }
  },

  'compressed batches are looked into': async (on) => {
    const name = 'offsets-compressed';
    const topic = { name, id: await on.topic(name) };
    for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
      await send(on, topic, batch(['a', 'b', 'c'], { compression }));
    }
    for (const timestamp of [now, now + 1, now + 2, now + 3, -3]) {
      const topics = [{ name, partitions: [{ partitionIndex: 0, timestamp }] }];
      await on.call(listOffsets, 8, { replicaId: -1, topics });
    }
  },

  'topics, partitions and epochs that are not there': async (on) => {
    const name = 'offsets-missing';
    const topic = { name, id: await on.topic(name) };
    await send(on, topic, batch(['a']));
    for (const version of on.versions(listOffsets)) {
      const ask = (name: string, partitionIndex: number, currentLeaderEpoch: number, as: string) => {
        const partition = { partitionIndex, timestamp: -1, currentLeaderEpoch };
        return on.call(listOffsets, version, { replicaId: -1, topics: [{ name, partitions: [partition] }] }, { as });
      };
      await ask('offsets-no-such-topic', 0, -1, 'no topic');
      await ask('not/a/name', 0, -1, 'not a name');
      await ask(name, 1, -1, 'no partition');
      await ask(name, -1, -1, 'a negative partition');
      if (version >= 4) for (const epoch of [0, 1]) await ask(name, 0, epoch, `epoch ${epoch}`);
      const twice = [-1, -2].map((timestamp) => ({ partitionIndex: 0, timestamp }));
      await on.call(listOffsets, version, { replicaId: -1, topics: [{ name, partitions: twice }] }, { as: 'twice' });
      await on.call(listOffsets, version, { replicaId: -1, topics: [] }, { as: 'nothing' });
      for (const replicaId of [-2, 1, 5]) {
        const topics = [{ name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }];
        await on.call(listOffsets, version, { replicaId, topics }, { as: `replica ${replicaId}` });
      }
    }
  },

  'isolation levels around an open transaction': async (on) => {
    const name = 'offsets-isolation';
    const topic = { name, id: await on.topic(name) };
    await send(on, topic, batch(['a']));
    const transaction = await beginTransaction(on, 'offsets-isolation', 2);
    await transaction.send(topic, ['b', 'c']);
    await send(on, topic, batch(['d']));
    const stamps = [-1, -2, -3, -4, -6, now, now + 1, now + 2];
    const all = async (when: string) => {
      for (const version of on.versions(listOffsets, 2)) {
        for (const isolationLevel of [0, 1]) {
          for (const [at, timestamp] of stamps.entries()) {
            if (timestamp === -3 && version < 7) continue;
            const topics = [{ name, partitions: [{ partitionIndex: 0, timestamp }] }];
            const as = `${when}, stamp ${at}, isolation ${isolationLevel}`;
            await on.call(listOffsets, version, { replicaId: -1, isolationLevel, topics }, { as });
          }
        }
      }
    };
    await all('open');
    await transaction.end(false);
    await all('aborted');
  },

  'where a leader epoch ended': async (on) => {
    const name = 'offsets-epochs';
    const topic = { name, id: await on.topic(name) };
    await send(on, topic, batch(['a', 'b']));
    for (const version of on.versions(offsetForLeaderEpoch)) {
      const ask = (topic: string, partition: number, leaderEpoch: number, currentLeaderEpoch: number, as: string) =>
        on.call(
          offsetForLeaderEpoch,
          version,
          { topics: [{ topic, partitions: [{ partition, leaderEpoch, currentLeaderEpoch }] }] },
          { as },
        );
      for (const epoch of [0, 1, 5, -1]) await ask(name, 0, epoch, -1, `epoch ${epoch}`);
      for (const current of [0, 1]) await ask(name, 0, 0, current, `current epoch ${current}`);
      await ask(name, 3, 0, -1, 'no partition');
      await ask('offsets-no-such-topic', 0, 0, -1, 'no topic');
      await on.call(offsetForLeaderEpoch, version, { topics: [] }, { as: 'nothing' });
      if (version >= 3) {
        for (const replicaId of [-1, -2, 1]) {
          const topics = [{ topic: name, partitions: [{ partition: 0, leaderEpoch: 0 }] }];
          await on.call(offsetForLeaderEpoch, version, { replicaId, topics }, { as: `replica ${replicaId}` });
        }
      }
    }
  },
});
