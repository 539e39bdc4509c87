/** The cluster as a whole: what it speaks, who is in it, its quorum, its directories, its features. */
import {
  apiVersions,
  describeCluster,
  describeLogDirs,
  describeQuorum,
  electLeaders,
  findCoordinator,
  listPartitionReassignments,
  updateFeatures,
} from '../../../../src/wire/index.ts';
import { script } from '../harness/script.ts';
import { batch, send } from './requests.ts';

export const clusterScript = script('cluster', {
  'what it speaks, in every version': async (on) => {
    for (const version of on.versions(apiVersions)) {
      const ask = (as: string, clientSoftwareName: string, clientSoftwareVersion: string) =>
        on.call(apiVersions, version, { clientSoftwareName, clientSoftwareVersion }, { as });
      await ask('a client with a name', 'a-client', '1.0');
      await ask('a client without one', '', '');
      await ask('a name that is none', 'a client!', '1.0');
      await ask('a version that is none', 'a-client', '-1');
    }
  },

  'bytes that are no request': async (on) => {
    const frame = (...bytes: number[]) => Buffer.from([0, 0, 0, bytes.length, ...bytes]);
    const header = (key: number, version: number) => [0, key, 0, version, 0, 0, 0, 9, 0xff, 0xff];
    await on.raw(frame(...header(18, 99), 0, 1, 1, 0), 'ApiVersions v99');
    await on.raw(frame(...header(18, 3), 0), 'ApiVersions v3 cut short');
    await on.raw(frame(...header(18, 0), 1, 2, 3), 'bytes too many');
    await on.raw(frame(...header(200, 0)), 'an API that is not');
    await on.raw(frame(...header(3, 99)), 'Metadata v99');
    await on.raw(frame(...header(3, 1), 0xff, 0xff), 'Metadata v1 cut short');
    await on.raw(frame(...header(3, 1), 0x7f, 0xff, 0xff, 0xff), 'more topics than bytes');
    await on.raw(frame(), 'nothing');
    await on.raw(frame(0, 18), 'half a header');
    await on.raw(Buffer.from([0xff, 0xff, 0xff, 0xff]), 'a negative length');
    await on.raw(Buffer.from([0x7f, 0xff, 0xff, 0xff]), 'the greatest length');
  },

  'who is in it': async (on) => {
    for (const version of on.versions(describeCluster)) {
      await on.call(describeCluster, version, {});
      const includeClusterAuthorizedOperations = true;
      await on.call(describeCluster, version, { includeClusterAuthorizedOperations }, { as: 'with operations' });
      if (version >= 1) {
        for (const endpointType of [2, 3]) {
          await on.call(describeCluster, version, { endpointType }, { as: `endpoint type ${endpointType}` });
        }
      }
      if (version >= 2) await on.call(describeCluster, version, { includeFencedBrokers: true }, { as: 'fenced too' });
    }
  },

  'who coordinates': async (on) => {
    await on.quietly(findCoordinator, 2, { key: 'x', keyType: 0 });
    await on.quietly(findCoordinator, 2, { key: 'x', keyType: 1 });
    for (const version of on.versions(findCoordinator)) {
      const ask = (as: string, keyType: number, ...names: string[]) =>
        on.attempt(findCoordinator, version, { key: names[0] ?? '', keyType, coordinatorKeys: names }, { as });
      await ask('a group', 0, 'coordinated');
      await ask('an empty group', 0, '');
      if (version >= 1) {
        await ask('a transactional id', 1, 'coordinated');
        await ask('an empty transactional id', 1, '');
        await ask('another type', 9, 'coordinated');
      }
      if (version >= 4) {
        await ask('two', 0, 'coordinated-a', 'coordinated-b');
        await ask('the same twice', 0, 'coordinated', 'coordinated');
        await ask('none', 0);
      }
    }
  },

  'its quorum': async (on) => {
    for (const version of on.versions(describeQuorum)) {
      const ask = (as: string, topicName: string, ...partitions: number[]) => {
        const all = partitions.map((partitionIndex) => ({ partitionIndex }));
        return on.call(describeQuorum, version, { topics: [{ topicName, partitions: all }] }, { as });
      };
      await ask('the metadata', '__cluster_metadata', 0);
      await ask('another partition', '__cluster_metadata', 1);
      await ask('another topic', 'quorum-nowhere', 0);
      await on.call(describeQuorum, version, { topics: [] }, { as: 'nothing' });
    }
  },

  'its directories': async (on) => {
    const topic = { name: 'directories', id: await on.topic('directories', { partitions: 2 }) };
    await send(on, topic, batch(['a', 'b']));
    for (const version of on.versions(describeLogDirs)) {
      const ask = (as: string, name: string, ...partitions: number[]) =>
        on.call(describeLogDirs, version, { topics: [{ topic: name, partitions }] }, { as });
      await ask('two partitions', topic.name, 0, 1);
      await ask('a partition that is not there', topic.name, 0, 7);
      await ask('no topic', 'directories-nowhere', 0);
      await on.call(describeLogDirs, version, { topics: [] }, { as: 'nothing' });
    }
  },

  'reassignments and elections': async (on) => {
    await on.topic('elected', { partitions: 2 });
    const list = (as: string, topics: { name: string; partitionIndexes: number[] }[] | null) =>
      on.call(listPartitionReassignments, 0, { topics, timeoutMs: 5000 }, { as });
    await list('all', null);
    await list('of a topic', [{ name: 'elected', partitionIndexes: [0, 1] }]);
    await list('of none', []);
    await list('no topic', [{ name: 'elected-nowhere', partitionIndexes: [0] }]);
    for (const version of on.versions(electLeaders)) {
      for (const electionType of version === 0 ? [0] : [0, 1]) {
        const ask = (as: string, topicPartitions: { topic: string; partitions: number[] }[] | null) => {
          const body = { electionType, topicPartitions, timeoutMs: 5000 };
          return on.call(electLeaders, version, body, { as: `type ${electionType} ${as}` });
        };
        await ask('a topic', [{ topic: 'elected', partitions: [0, 1] }]);
        await ask('no partition', [{ topic: 'elected', partitions: [7] }]);
        await ask('no topic', [{ topic: 'elected-nowhere', partitions: [0] }]);
        await ask('nothing', []);
        await ask('all', null);
      }
      if (version >= 1) {
        const body = { electionType: 9, topicPartitions: [{ topic: 'elected', partitions: [0] }], timeoutMs: 5000 };
        await on.attempt(electLeaders, version, body, { as: 'a type that is none' });
      }
    }
  },

  'its features': async (on) => {
    for (const version of on.versions(updateFeatures)) {
      const ask = (as: string, feature: string, maxVersionLevel: number, more: object = {}) => {
        const featureUpdates = [{ feature, maxVersionLevel, ...more }];
        return on.call(updateFeatures, version, { featureUpdates, timeoutMs: 10_000 }, { as });
      };
      // Brokers learn of a level after it was answered.
      const at = (level: number, as: string) =>
        on.until(
          apiVersions,
          4,
          { clientSoftwareName: 'a', clientSoftwareVersion: '1' },
          ({ finalizedFeatures }) => {
            const found = finalizedFeatures.find(({ name }) => name === 'transaction.version');
            return (found?.maxVersionLevel ?? 0) === level;
          },
          { as },
        );
      const down = version === 0 ? { allowDowngrade: true } : { upgradeType: 2 };
      await ask('as it is', 'transaction.version', 2);
      await ask('too high', 'transaction.version', 9);
      await ask('down as an upgrade', 'transaction.version', 1);
      await ask('down', 'transaction.version', 1, down);
      await at(version === 0 ? 2 : 1, 'at 1');
      await ask('off', 'transaction.version', 0, down);
      await at(version === 0 ? 2 : 0, 'at 0');
      await ask('up again', 'transaction.version', 2);
      await ask('a feature that is not known', 'no.such.feature', 1);
      await ask('a negative level', 'transaction.version', -3, down);
      await on.call(updateFeatures, version, { featureUpdates: [], timeoutMs: 10_000 }, { as: 'nothing' });
      const twice = [1, 2].map(() => ({ feature: 'transaction.version', maxVersionLevel: 2 }));
      await on.call(updateFeatures, version, { featureUpdates: twice, timeoutMs: 10_000 }, { as: 'twice' });
      if (version < 1) continue;
      const featureUpdates = [{ feature: 'transaction.version', maxVersionLevel: 1, upgradeType: 2 }];
      const validateOnly = true;
      await on.call(updateFeatures, version, { featureUpdates, validateOnly, timeoutMs: 10_000 }, { as: 'validated' });
      await ask('unsafely down', 'transaction.version', 1, { upgradeType: 3 });
      await ask('up', 'transaction.version', 2, { upgradeType: 1 });
      await ask('a kind that is none', 'transaction.version', 2, { upgradeType: 7 });
    }
  },
});
