/** DescribeQuorum, UpdateFeatures, DescribeCluster, FindCoordinator. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as wire from '../../../src/wire/index.ts';
import { eventually } from '../cluster.ts';
import { type Raw, ZERO_ID } from './raw.ts';

export function clusterScenarios(raw: Raw): void {
  test('one node keeps the metadata log', async () => {
    const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }];
    for (const version of [0, 1, 2]) {
      const answer = await raw.call(wire.describeQuorum, version, { topics });
      assert.equal(answer.errorCode, 0);
      const [{ topicName, partitions } = assert.fail()] = answer.topics;
      assert.equal(topicName, '__cluster_metadata');
      const [{ partitionIndex, errorCode, leaderId, highWatermark, currentVoters, observers } = assert.fail()] =
        partitions;
      assert.deepEqual([partitionIndex, errorCode, leaderId, observers], [0, 0, 1, []]);
      const [voter = assert.fail()] = currentVoters;
      assert.deepEqual([currentVoters.length, voter.replicaId], [1, 1]);
      assert.ok(highWatermark > 0 && voter.logEndOffset >= highWatermark);
      assert.equal(voter.replicaDirectoryId !== ZERO_ID, version >= 2);
      assert.equal(voter.lastFetchTimestamp > TIME_OF_WRITING, version >= 1);
      assert.equal(voter.lastCaughtUpTimestamp > TIME_OF_WRITING, version >= 1);
      const nodes = answer.nodes.map(({ nodeId, listeners }) => [nodeId, listeners.length]);
      assert.deepEqual(nodes, version >= 2 ? [[1, 1]] : []);
    }
  });

  test('no other partition has a quorum, nor has the log in company', async () => {
    const ask = async (...topics: [string, number[]][]) => {
      const answer = await raw.call(wire.describeQuorum, 2, {
        topics: topics.map(([topicName, partitions]) => ({
          topicName,
          partitions: partitions.map((partitionIndex) => ({ partitionIndex })),
        })),
      });
      assert.deepEqual([answer.errorCode, answer.nodes], [0, []]);
      return answer.topics.map(({ partitions }) =>
        partitions.map(({ errorCode, errorMessage }) => [errorCode, errorMessage]),
      );
    };
    const unknown = [3, 'This server does not host this topic-partition.'];
    assert.deepEqual(await ask(['foo', [0]]), [[unknown]]);
    assert.deepEqual(await ask(['__cluster_metadata', [1]]), [[unknown]]);
    assert.deepEqual(await ask(['__cluster_metadata', [0, 1]]), [[unknown, unknown]]);
    assert.deepEqual(await ask(['__cluster_metadata', [0]], ['foo', [0]]), [[unknown], [unknown]]);
    assert.deepEqual(await ask(), []);
  });

  test('levels of features move as Kafka allows it, all or none', async () => {
    const name = 'transaction.version';
    const update = async (
      version: number,
      updates: [feature: string, level: number, type?: number][],
      validateOnly = true,
    ) => {
      const answer = await raw.call(wire.updateFeatures, version, {
        timeoutMs: 10_000,
        featureUpdates: updates.map(([feature, maxVersionLevel, upgradeType]) => ({
          feature,
          maxVersionLevel,
          ...(version >= 1 ? { upgradeType: upgradeType ?? 1 } : {}),
        })),
        ...(version >= 1 ? { validateOnly } : {}),
      });
      const results = answer.results.map((each) => [each.feature, each.errorCode, each.errorMessage]);
      return { errorCode: answer.errorCode, errorMessage: answer.errorMessage, results };
    };
    const done = (...features: string[]) => ({
      errorCode: 0,
      errorMessage: null,
      results: features.map((each) => [each, 0, 'NONE']),
    });
    const refused = (why: string) => ({
      errorCode: 95,
      errorMessage: `The update failed for all features since the following feature had an error: ${why}`,
      results: [],
    });
    const invalid = (level: number, feature: string, why: string) =>
      refused(`Invalid update version ${level} for feature ${feature}. ${why}`);
    const noDowngrade =
      "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.";
    for (const version of [0, 1, 2]) {
      assert.deepEqual(await update(version, [[name, 2]]), version === 2 ? done() : done(name));
      assert.deepEqual(await update(version, [[name, 1]]), invalid(1, name, noDowngrade));
      assert.deepEqual(
        await update(version, [[name, 9]]),
        invalid(9, name, 'Local controller 1 only supports versions 0-2'),
      );
      assert.deepEqual(await update(version, []), done());
    }
    assert.deepEqual(await update(1, [[name, -1]]), invalid(-1, name, 'A feature version cannot be less than 0.'));
    assert.deepEqual(
      await update(1, [['foo', 1]]),
      invalid(1, 'foo', 'Local controller 1 does not support this feature.'),
    );
    assert.deepEqual(await update(1, [['foo', 0, 2]]), invalid(0, 'foo', 'Feature foo not found.'));
    assert.deepEqual(
      await update(1, [[name, 1, 9]]),
      invalid(1, name, 'The controller does not support the given upgrade type.'),
    );
    assert.deepEqual(
      await update(1, [
        [name, 2],
        ['foo', 1],
      ]),
      invalid(1, 'foo', 'Local controller 1 does not support this feature.'),
    );
    assert.deepEqual(
      await update(2, [['metadata.version', 25, 3]]),
      refused(
        'Unsupported metadata.version downgrade from 30 to 25. Unsafe metadata downgrade is not supported in this version.',
      ),
    );
    assert.deepEqual(await update(1, [[name, 1, 2]]), done(name));
    assert.deepEqual(await update(1, [[name, 1, 2]], false), done(name));
    assert.deepEqual(await update(1, [[name, 2, 2]]), invalid(2, name, "Can't downgrade to a newer version."));
    assert.deepEqual(await update(1, [[name, 2]], false), done(name));
  });

  test('the cluster is described to those who ask for its brokers', async () => {
    for (const version of [0, 1, 2]) {
      const answer = await raw.call(wire.describeCluster, version, { includeClusterAuthorizedOperations: true });
      const { errorCode, errorMessage, endpointType, controllerId, brokers, clusterAuthorizedOperations } = answer;
      assert.deepEqual([errorCode, errorMessage, endpointType, controllerId], [0, null, 1, 1]);
      assert.deepEqual(
        brokers.map(({ brokerId, host, rack, isFenced }) => [brokerId, host, rack, isFenced]),
        [[1, '127.0.0.1', null, false]],
      );
      assert.equal(clusterAuthorizedOperations, 8096);
    }
    const ask = (endpointType: number) => raw.call(wire.describeCluster, 1, { endpointType });
    const empty = {
      throttleTimeMs: 0,
      endpointType: 1,
      clusterId: '',
      controllerId: -1,
      brokers: [],
      clusterAuthorizedOperations: -0x80000000,
    };
    assert.deepEqual(await ask(2), {
      ...empty,
      errorCode: 114,
      errorMessage: 'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER',
    });
    assert.deepEqual(await ask(3), { ...empty, errorCode: 115, errorMessage: 'Unsupported endpoint type 3' });
  });

  test('coordinators are found in every version, and not of kinds that there are none of', async () => {
    await eventually('the coordinators are there', async () => {
      const asked = [0, 1].map((keyType) => raw.call(wire.findCoordinator, 4, { keyType, coordinatorKeys: ['a'] }));
      return (await Promise.all(asked)).every(({ coordinators }) => coordinators[0]!.errorCode === 0);
    });
    for (const version of [0, 1, 2, 3]) {
      const { errorCode, errorMessage, nodeId, host } = await raw.call(wire.findCoordinator, version, { key: 'a' });
      assert.deepEqual([errorCode, errorMessage, nodeId, host], [0, version >= 1 ? 'NONE' : '', 1, '127.0.0.1']);
    }
    for (const version of [4, 5, 6]) {
      const { coordinators } = await raw.call(wire.findCoordinator, version, {
        keyType: 1,
        coordinatorKeys: ['a', '', 'a'],
      });
      assert.deepEqual(
        coordinators.map(({ key, nodeId, errorCode, errorMessage }) => [key, nodeId, errorCode, errorMessage]),
        ['a', '', 'a'].map((key) => [key, 1, 0, '']),
      );
    }
    assert.deepEqual((await raw.call(wire.findCoordinator, 4, { coordinatorKeys: [] })).coordinators, []);
    const refused = { nodeId: -1, host: '', port: -1, errorCode: 42 };
    const old = await raw.call(wire.findCoordinator, 3, { keyType: 5, key: 'a' });
    const message =
      'This most likely occurs because of a request being malformed by the client library or the message was sent to an ' +
      'incompatible broker. See the broker logs for more details.';
    assert.deepEqual([old.errorCode, old.errorMessage, old.nodeId, old.port], [42, message, -1, -1]);
    const { coordinators } = await raw.call(wire.findCoordinator, 4, { keyType: 5, coordinatorKeys: ['a'] });
    assert.deepEqual(coordinators, [{ key: 'a', ...refused, errorMessage: message }]);
  });
}

/** Of these scenarios: every clock that is right is later. */
const TIME_OF_WRITING = 1_700_000_000_000;
