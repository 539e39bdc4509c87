/** Scenarios: the admin client and the cluster: brokers, their disks, features, elections; deadlines and signals. */
import assert from 'node:assert/strict';
import type { ReplicaInfo } from '../../src/client/index.ts';
import { failsFor } from './admin-aids.ts';
import type { UnderTest } from './context.ts';

export function adminCluster(cluster: UnderTest): void {
  cluster.scenario('the cluster tells its id, its controller and its brokers', async () => {
    const { clusterId, controllerId, brokers } = await cluster.admin().describeCluster({ includeFencedBrokers: true });
    assert.match(clusterId!, /^[\w-]{22}$/);
    const [broker] = brokers;
    assert.deepEqual([brokers.length, broker!.id, broker!.isFenced], [1, controllerId, false]);
    assert.equal(`${broker!.host}:${broker!.port}`, cluster.bootstrap());
  });

  cluster.scenario('data directories tell what lies in them', async () => {
    const admin = cluster.admin();
    const topic = await cluster.topic('stored', 2);
    await cluster.producer().sendAndWait({ topic, partition: 1, value: 'x'.repeat(1000) });
    const [directory] = await cluster.eventually('the partitions are there', async () => {
      const found = await admin.describeLogDirs();
      return found[0]!.replicas.filter((replica) => replica.topic === topic).length === 2 ? found : undefined;
    });
    assert.equal(directory!.error, undefined);
    assert.ok(directory!.path.startsWith('/') && directory!.totalBytes > 0 && directory!.usableBytes > 0);
    const { brokerId } = directory!;
    const only = { partitions: [{ topic, partition: 1 }] };
    const [narrow, ...others] = await admin.describeLogDirs([brokerId], only);
    assert.deepEqual(others, []);
    const [{ size, ...replica }, ...more] = narrow!.replicas as [ReplicaInfo];
    assert.deepEqual([replica, more], [{ topic, partition: 1, offsetLag: 0, isFuture: false }, []]);
    assert.ok(size > 1000);
    const results = await failsFor(admin.describeLogDirs([99, brokerId], only), {
      'broker 99': 'BROKER_ID_NOT_REGISTERED',
    });
    assert.equal(results.length, 1);
  });

  cluster.scenario('features tell their levels, and do not go where they cannot', async () => {
    const admin = cluster.admin();
    const { finalizedFeatures, supportedFeatures, finalizedFeaturesEpoch } = await admin.describeFeatures();
    const level = finalizedFeatures.get('transaction.version')!;
    const range = supportedFeatures.get('transaction.version')!;
    assert.ok(level >= range.minVersion && level <= range.maxVersion && finalizedFeaturesEpoch >= 0);
    const feature = 'transaction.version';
    await assert.rejects(admin.updateFeatures([{ feature, level: 99 }]), { code: 'INVALID_UPDATE_VERSION' });
    await assert.rejects(admin.updateFeatures([{ feature, level: level - 1 }]), { code: 'INVALID_UPDATE_VERSION' });
    await admin.updateFeatures([{ feature, level: level - 1, upgradeType: 'SAFE_DOWNGRADE' }], { validateOnly: true });
    assert.equal((await admin.describeFeatures()).finalizedFeatures.get(feature), level);
    await admin.updateFeatures([{ feature, level: level - 1, upgradeType: 'SAFE_DOWNGRADE' }]);
    await admin.updateFeatures([{ feature, level }]);
    const after = await cluster.eventually('it is back', async () => {
      const found = await admin.describeFeatures();
      return found.finalizedFeatures.get(feature) === level ? found : undefined;
    });
    assert.ok(after.finalizedFeaturesEpoch > finalizedFeaturesEpoch);
  });

  cluster.scenario('leaders that lead already are not elected again', async () => {
    const admin = cluster.admin();
    const topic = await cluster.topic('led', 2);
    for (const type of ['preferred', 'unclean'] as const) {
      const partitions = [0, 1, 7].map((partition) => ({ topic, partition }));
      const results = await failsFor(admin.electLeaders(type, partitions), {
        [`${topic}-0`]: 'ELECTION_NOT_NEEDED',
        [`${topic}-1`]: 'ELECTION_NOT_NEEDED',
        [`${topic}-7`]: 'UNKNOWN_TOPIC_OR_PARTITION',
      });
      assert.deepEqual(results, []);
      assert.deepEqual(await admin.electLeaders(type), []);
    }
  });

  cluster.scenario('no replica is on the move', async () => {
    const admin = cluster.admin();
    const topic = await cluster.topic('still');
    assert.deepEqual(await admin.listPartitionReassignments(), []);
    assert.deepEqual(await admin.listPartitionReassignments([{ topic, partition: 0 }]), []);
  });

  cluster.scenario('a call ends with its signal, its deadline and its client', async () => {
    const silent = { name: 'silent', api: 'CreateTopics', action: 'drop-reply' as const, count: 100 };
    const { cluster: proxied } = await cluster.through([silent]);
    const admin = proxied.admin({ requestTimeoutMs: 60_000 });
    const [aborted, late, closed] = ['aborted', 'late', 'closed'].map(cluster.unique) as [string, string, string];
    const controller = new AbortController();
    const call = admin.createTopics([{ name: aborted }], { signal: controller.signal });
    cluster.ports.timers.after(50, () => controller.abort(new Error('enough')));
    await assert.rejects(call, { message: 'enough' });
    await assert.rejects(admin.listTopics({ signal: controller.signal }), { message: 'enough' });
    await failsFor(admin.createTopics([{ name: late }], { timeoutMs: 100 }), { [late]: 'REQUEST_TIMED_OUT' });
    const left = admin.createTopics([{ name: closed }]);
    left.catch(() => {});
    await admin.close();
    await assert.rejects(left, { name: 'ClosedError' });
    await assert.rejects(admin.listTopics(), { name: 'ClosedError' });
  });

  cluster.scenario('a call goes on after its connection was cut', async () => {
    const topic = await cluster.topic('twice', 2);
    const { cluster: proxied, proxy } = await cluster.through([
      { name: 'cut', api: 'ListOffsets', action: 'cut', count: 2 },
      { name: 'lost', api: 'ListGroups', action: 'cut', count: 1 },
    ]);
    const admin = proxied.admin();
    const partitions = [1, 0].map((partition) => ({ topic, partition, at: 'latest' as const }));
    assert.deepEqual(
      (await admin.listOffsets(partitions)).map(({ partition, offset }) => [partition, offset]),
      [
        [1, 0],
        [0, 0],
      ],
    );
    assert.ok(Array.isArray(await admin.listGroups()));
    assert.equal(proxy.hits.length, 3);
  });
}
