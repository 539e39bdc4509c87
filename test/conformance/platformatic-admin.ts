/** @platformatic/kafka's admin client against a cluster: topics, configurations, groups, offsets, records, log directories. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Admin,
  ConfigResourceTypes,
  Consumer,
  FindCoordinatorKeyTypes,
  IncrementalAlterConfigOperationTypes,
  ListOffsetTimestamps,
  MessagesStreamModes,
  ProduceAcks,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka';
import { eventually, onCluster, type StartCluster, unique, values } from './cluster.ts';

const firstTimestamp = 1_700_000_000_000;

export function platformaticAdminScenarios(clusterName: string, start: StartCluster): void {
  onCluster(`@platformatic/kafka's admin client on ${clusterName}`, start, (bootstrap) => {
    const admin = (): Admin & AsyncDisposable => {
      const made = new Admin({ clientId: 'platformatic', bootstrapBrokers: [bootstrap()], retries: 2 });
      return Object.assign(made, { [Symbol.asyncDispose]: () => made.close() });
    };

    /** A consumer that leaves its group at the latest at the end of the test. */
    const member = (groupId: string) => {
      const itself = new Consumer({
        clientId: 'platformatic',
        groupId,
        bootstrapBrokers: [bootstrap()],
        deserializers: stringDeserializers,
        autocommit: true,
        maxWaitTime: 200,
      });
      const leave = async () => {
        if (!itself.closed) await itself.close(true);
      };
      return { itself, leave, [Symbol.asyncDispose]: leave };
    };

    const offsetsAt = async (of: Admin, topic: string, timestamp: bigint): Promise<string> => {
      const partitions = [0, 1].map((partitionIndex) => ({ partitionIndex, timestamp }));
      const [found] = await of.listOffsets({ topics: [{ name: topic, partitions }] });
      const sorted = [...found!.partitions].sort((a, b) => a.partitionIndex - b.partitionIndex);
      return sorted.map(({ offset }) => offset).join(' ');
    };

    /** Two partitions that are ready, with ten records in each, a second apart. */
    async function filled(of: Admin, name: string): Promise<string> {
      const topic = unique(name);
      await of.createTopics({ topics: [topic], partitions: 2, replicas: 1 });
      const ready = () =>
        offsetsAt(of, topic, ListOffsetTimestamps.LATEST).then(
          (found) => found === '0 0',
          () => false,
        );
      await eventually('both leaders', ready);
      const producer = new Producer({
        clientId: 'platformatic',
        bootstrapBrokers: [bootstrap()],
        serializers: stringSerializers,
      });
      const messages = [0, 1].flatMap((partition) =>
        values('v', 10).map((value, n) => ({ topic, value, partition, timestamp: BigInt(firstTimestamp + n * 1000) })),
      );
      await producer.send({ messages, acks: ProduceAcks.ALL });
      await producer.close();
      return topic;
    }

    test('topics are created with assignments and configurations, grown, listed and deleted', async () => {
      await using of = admin();
      const topic = unique('platformatic-topics');
      const created = await of.createTopics({
        topics: [{ topic, assignments: [0, 1].map((partition) => ({ partition, brokers: [1] })) }],
        configs: [{ name: 'retention.ms', value: '12345' }],
      });
      assert.deepEqual(
        created.map(({ name, partitions, replicas, configuration }) => [
          name,
          partitions,
          replicas,
          configuration['retention.ms'],
        ]),
        [[topic, 2, 1, '12345']],
      );
      assert.ok((await of.listTopics()).includes(topic));
      await of.createPartitions({ topics: [{ name: topic, count: 3, assignments: [{ brokerIds: [1] }] }] });
      const partitions = async () => (await of.metadata({ topics: [topic], forceUpdate: true })).topics.get(topic);
      await eventually('three partitions', async () => (await partitions())?.partitionsCount === 3);
      await assert.rejects(of.createPartitions({ topics: [{ name: topic, count: 2 }] }));
      await assert.rejects(of.createTopics({ topics: [topic], partitions: 1, replicas: 1 }));
      await assert.rejects(of.createTopics({ topics: [unique('many')], partitions: 1, replicas: 3 }));
      await of.deleteTopics({ topics: [topic] });
      await eventually('it is gone', async () => !(await of.listTopics()).includes(topic));
    });

    test('configurations are set, appended to, deleted and described with their sources', async () => {
      await using of = admin();
      const topic = await filled(of, 'platformatic-configs');
      const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic };
      const { SET, APPEND, DELETE } = IncrementalAlterConfigOperationTypes;
      const config = async () => {
        const configurationKeys = ['cleanup.policy', 'retention.ms', 'segment.bytes'];
        const [described] = await of.describeConfigs({ resources: [{ ...resource, configurationKeys }] });
        const told = described!.configs.map(({ name, value, configSource }) => `${name}=${value} (${configSource})`);
        return told.sort().join(', ');
      };
      const alter = (...configs: Parameters<Admin['incrementalAlterConfigs']>[0]['resources'][number]['configs']) =>
        of.incrementalAlterConfigs({ resources: [{ ...resource, configs }] });
      const told = (wanted: string) => eventually(wanted, async () => (await config()) === wanted, { state: config });
      await told('cleanup.policy=delete (5), retention.ms=604800000 (5), segment.bytes=1073741824 (5)');
      await alter(
        { name: 'retention.ms', configOperation: SET, value: '777' },
        { name: 'cleanup.policy', configOperation: APPEND, value: 'compact' },
      );
      await told('cleanup.policy=delete,compact (1), retention.ms=777 (1), segment.bytes=1073741824 (5)');
      await alter({ name: 'retention.ms', configOperation: DELETE });
      await told('cleanup.policy=delete,compact (1), retention.ms=604800000 (5), segment.bytes=1073741824 (5)');
      await of.alterConfigs({ resources: [{ ...resource, configs: [{ name: 'segment.bytes', value: '2097152' }] }] });
      await told('cleanup.policy=delete (5), retention.ms=604800000 (5), segment.bytes=2097152 (1)');
      await assert.rejects(alter({ name: 'retention.ms', configOperation: SET, value: 'soon' }));
      await assert.rejects(alter({ name: 'no.such', configOperation: SET, value: '1' }));
    });

    test('groups and their offsets are listed, described, altered and deleted', async () => {
      await using of = admin();
      const topic = await filled(of, 'platformatic-groups');
      const groupId = unique('group');
      await using consumer = member(groupId);
      const stream = await consumer.itself.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST });
      let seen = 0;
      stream.on('data', () => {
        seen++;
      });
      await eventually('all records', () => seen === 20);
      assert.equal((await of.listGroups({ states: ['STABLE'] })).get(groupId)?.protocolType, 'consumer');
      const group = (await of.describeGroups({ groups: [groupId] })).get(groupId)!;
      assert.deepEqual([group.state, group.protocolType], ['Stable', 'consumer']);
      assert.deepEqual(
        [...group.members.values()].map(({ clientId, clientHost }) => [clientId, clientHost]),
        [['platformatic', '/127.0.0.1']],
      );
      await assert.rejects(of.deleteGroups({ groups: [groupId] }));
      const coordinators = await of.findCoordinator({ keyType: FindCoordinatorKeyTypes.GROUP, keys: [groupId] });
      assert.deepEqual(
        coordinators.map(({ key, nodeId, host, port }) => [key, nodeId, `${host}:${port}`]),
        [[groupId, 1, bootstrap()]],
      );
      await stream.close();
      await consumer.leave();
      const state = async () => (await of.describeGroups({ groups: [groupId] })).get(groupId)?.state;
      await eventually('the group is empty', async () => (await state()) === 'Empty', { state });

      const committed = async () => {
        const [found] = await of.listConsumerGroupOffsets({ groups: [groupId] });
        const partitions = found!.topics.flatMap((one) => one.partitions);
        const told = partitions.map(({ partitionIndex, committedOffset }) => `${partitionIndex}:${committedOffset}`);
        return told.sort().join(' ');
      };
      assert.equal(await committed(), '0:10 1:10');
      const partitionOffsets = [{ partition: 1, offset: 4n }];
      await of.alterConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionOffsets }] });
      assert.equal(await committed(), '0:10 1:4');
      await of.deleteConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionIndexes: [0] }] });
      assert.equal(await committed(), '1:4');
      await of.deleteGroups({ groups: [groupId] });
      assert.ok(!(await of.listGroups()).has(groupId));
    });

    test('offsets are found by time, records are deleted up to an offset, and the log directory shows their size', async () => {
      await using of = admin();
      const topic = await filled(of, 'platformatic-records');
      const { EARLIEST, LATEST, MAX, EARLIEST_LOCAL, LATEST_TIERED } = ListOffsetTimestamps;
      assert.equal(await offsetsAt(of, topic, EARLIEST), '0 0');
      assert.equal(await offsetsAt(of, topic, LATEST), '10 10');
      assert.equal(await offsetsAt(of, topic, MAX), '9 9');
      assert.equal(await offsetsAt(of, topic, BigInt(firstTimestamp + 2500)), '3 3');
      const partitions = [
        { partition: 0, offset: 4n },
        { partition: 1, offset: -1n },
      ];
      const deleted = await of.deleteRecords({ topics: [{ name: topic, partitions }] });
      assert.deepEqual(
        deleted
          .flatMap((one) => one.partitions.map(({ partition, lowWatermark }) => `${partition}:${lowWatermark}`))
          .sort(),
        ['0:4', '1:10'],
      );
      assert.equal(await offsetsAt(of, topic, EARLIEST), '4 10');
      assert.equal(await offsetsAt(of, topic, EARLIEST_LOCAL), '4 10');
      assert.equal(await offsetsAt(of, topic, LATEST_TIERED), '-1 -1');
      await assert.rejects(
        of.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: 99n }] }] }),
      );
      const [directories] = await of.describeLogDirs({ topics: [{ name: topic, partitions: [0, 1] }] });
      assert.equal(directories!.broker, 1);
      const sizes = directories!.results
        .flatMap((one) => one.topics)
        .flatMap((one) => one.partitions)
        .sort((a, b) => a.partitionIndex - b.partitionIndex);
      assert.deepEqual(
        sizes.map(({ partitionIndex, partitionSize, offsetLag }) => [partitionIndex, partitionSize > 100n, offsetLag]),
        [
          [0, true, 0n],
          [1, true, 0n],
        ],
      );
    });
  });
}
