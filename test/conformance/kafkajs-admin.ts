/** kafkajs's admin client against a cluster: topics, configurations, groups, offsets, records, the cluster. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Admin, type ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import { eventually, onCluster, type StartCluster, unique, values } from './cluster.ts';

/** The enumeration itself is not among what an ES module may import. */
const TOPIC: ConfigResourceTypes = 2;
const firstTimestamp = 1_700_000_000_000;

export function kafkajsAdminScenarios(clusterName: string, start: StartCluster): void {
  process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
  onCluster(`kafkajs's admin client on ${clusterName}`, start, (bootstrap) => {
    const client = () =>
      new Kafka({ brokers: [bootstrap()], clientId: 'kafkajs', logLevel: logLevel.NOTHING, retry: { retries: 2 } });

    async function connected(): Promise<Admin & AsyncDisposable> {
      const admin = client().admin();
      await admin.connect();
      return Object.assign(admin, { [Symbol.asyncDispose]: () => admin.disconnect() });
    }

    async function createTopic(admin: Admin, name: string, numPartitions = 1): Promise<string> {
      const topic = unique(name);
      assert.equal(await admin.createTopics({ topics: [{ topic, numPartitions }] }), true);
      await ready(admin, topic);
      return topic;
    }

    /** Apache Kafka names leaders that do not know of it yet. */
    const ready = (admin: Admin, topic: string) =>
      eventually('every leader answers', () =>
        admin.fetchTopicOffsets(topic).then(
          () => true,
          () => false,
        ),
      );

    /** A record a second in each partition, from the first timestamp on. */
    async function send(topic: string, partitions: number, count: number): Promise<void> {
      const producer = client().producer();
      await producer.connect();
      const messages = Array.from({ length: partitions }, (_, partition) =>
        values('v', count).map((value, n) => ({ value, partition, timestamp: String(firstTimestamp + n * 1000) })),
      ).flat();
      await producer.send({ topic, messages });
      await producer.disconnect();
    }

    /** The error's name in the protocol, or those of the errors that it stands for. */
    const refused = (type: string) => (error: unknown) => {
      assert.ok(error instanceof Error);
      const { errors = [error] } = error as Error & { errors?: readonly Error[] };
      const causes = errors.map((one) => (one.cause instanceof Error ? one.cause : one));
      assert.deepEqual(
        causes.map((one) => ('type' in one ? one.type : one.message)),
        [type],
      );
      return true;
    };

    const sorted = <T extends { partition: number } | { partitionIndex: number }>(entries: readonly T[]): T[] => {
      const index = (entry: T) => ('partition' in entry ? entry.partition : entry.partitionIndex);
      return [...entries].sort((a, b) => index(a) - index(b));
    };

    describe('topics', () => {
      test('are created with assignments and configurations, described, listed and deleted', async () => {
        await using admin = await connected();
        const topic = unique('kafkajs-topics');
        const created = await admin.createTopics({
          topics: [
            {
              topic,
              replicaAssignment: [
                { partition: 0, replicas: [1] },
                { partition: 1, replicas: [1] },
              ],
              configEntries: [{ name: 'retention.ms', value: '12345' }],
            },
          ],
        });
        assert.equal(created, true);
        const metadata = await admin.fetchTopicMetadata({ topics: [topic] });
        assert.deepEqual(
          metadata.topics.map(({ name, partitions }) => ({ name, partitions: sorted(partitions.map(plain)) })),
          [{ name: topic, partitions: [0, 1].map((partition) => ({ partition, leader: 1, replicas: [1], isr: [1] })) }],
        );
        assert.ok((await admin.listTopics()).includes(topic));
        await admin.deleteTopics({ topics: [topic] });
        await eventually('it is gone', async () => !(await admin.listTopics()).includes(topic));
        await assert.rejects(admin.deleteTopics({ topics: [topic] }), refused('UNKNOWN_TOPIC_OR_PARTITION'));
      });

      test('are refused where they exist, or cannot', async () => {
        await using admin = await connected();
        const topic = await createTopic(admin, 'kafkajs-twice');
        assert.equal(await admin.createTopics({ topics: [{ topic }] }), false, 'it exists');
        for (const [wrong, type] of [
          [{ topic: 'a/b' }, 'INVALID_TOPIC_EXCEPTION'],
          [{ topic: unique('many'), replicationFactor: 3 }, 'INVALID_REPLICATION_FACTOR'],
          [{ topic: unique('none'), numPartitions: 0 }, 'INVALID_PARTITIONS'],
          [{ topic: unique('odd'), configEntries: [{ name: 'no.such', value: '1' }] }, 'INVALID_CONFIG'],
        ] as const) {
          await assert.rejects(admin.createTopics({ topics: [wrong as { topic: string }] }), refused(type));
        }
        const proposed = unique('kafkajs-proposed');
        const only = { validateOnly: true, waitForLeaders: false };
        assert.equal(await admin.createTopics({ ...only, topics: [{ topic: proposed }] }), true);
        assert.ok(!(await admin.listTopics()).includes(proposed));
      });

      test('get more partitions, never fewer', async () => {
        await using admin = await connected();
        const topic = await createTopic(admin, 'kafkajs-partitions', 2);
        await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
        const partitions = async () => (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]!.partitions;
        await eventually('four partitions', async () => (await partitions()).length === 4);
        await eventually('all of them have a leader', async () =>
          (await partitions()).every((one) => one.leader === 1),
        );
        await send(topic, 4, 2);
        const fewer = admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
        await assert.rejects(fewer, refused('INVALID_PARTITIONS'));
        const unknown = admin.createPartitions({ topicPartitions: [{ topic: unique('nowhere'), count: 3 }] });
        await assert.rejects(unknown, refused('UNKNOWN_TOPIC_OR_PARTITION'));
      });
    });

    test('configurations are altered, described with their sources, and refused', async () => {
      await using admin = await connected();
      const topic = await createTopic(admin, 'kafkajs-configs');
      const resource = { type: TOPIC, name: topic };
      const alter = (...configEntries: readonly { name: string; value: string }[]) =>
        admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries: [...configEntries] }] });
      const config = async (...configNames: readonly string[]) => {
        const resources = [{ ...resource, configNames: [...configNames] }];
        const described = await admin.describeConfigs({ includeSynonyms: true, resources });
        return described.resources[0]!.configEntries.map(({ configName, configValue, configSource }) => [
          configName,
          configValue,
          configSource,
        ]);
      };
      await alter({ name: 'retention.ms', value: '777' }, { name: 'cleanup.policy', value: 'compact' });
      const wanted = ['cleanup.policy', 'retention.ms', 'segment.bytes'];
      await eventually('the new values', async () => String(await config('retention.ms')).includes('777'));
      assert.deepEqual((await config(...wanted)).sort(), [
        ['cleanup.policy', 'compact', 1],
        ['retention.ms', '777', 1],
        ['segment.bytes', '1073741824', 5],
      ]);
      await alter({ name: 'retention.ms', value: '888' });
      await eventually('what is not named goes back to its default', async () =>
        String(await config('cleanup.policy')).includes('delete,5'),
      );
      await assert.rejects(alter({ name: 'retention.ms', value: 'soon' }), refused('INVALID_CONFIG'));
      await assert.rejects(alter({ name: 'no.such', value: '1' }), refused('INVALID_CONFIG'));
      assert.deepEqual(await config('retention.ms'), [['retention.ms', '888', 1]]);
    });

    test('groups and their offsets are listed, described, set, reset and deleted', async () => {
      await using admin = await connected();
      const topic = await createTopic(admin, 'kafkajs-groups', 2);
      const groupId = unique('group');
      await send(topic, 2, 10);
      const consumer = client().consumer({ groupId, maxWaitTimeInMs: 200 });
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      let seen = 0;
      await consumer.run({ autoCommitThreshold: 1, eachMessage: async () => void seen++ });
      await eventually('all records', () => seen === 20);
      assert.ok(
        (await admin.listGroups()).groups.some((one) => one.groupId === groupId && one.protocolType === 'consumer'),
      );
      const [group] = (await admin.describeGroups([groupId])).groups;
      assert.deepEqual(
        [group!.state, group!.protocol, group!.protocolType],
        ['Stable', 'RoundRobinAssigner', 'consumer'],
      );
      assert.deepEqual(
        group!.members.map(({ clientId, clientHost }) => [clientId, clientHost]),
        [['kafkajs', '/127.0.0.1']],
      );
      await assert.rejects(
        admin.deleteGroups([groupId]),
        (error: Error & { groups?: { error?: { type: string } }[] }) => {
          assert.deepEqual(
            error.groups?.map((one) => one.error?.type),
            ['NON_EMPTY_GROUP'],
          );
          return true;
        },
      );
      await consumer.disconnect();
      await eventually(
        'the group is empty',
        async () => (await admin.describeGroups([groupId])).groups[0]!.state === 'Empty',
      );

      const committed = async () => {
        const [answer] = await admin.fetchOffsets({ groupId, topics: [topic] });
        return sorted(answer!.partitions).map(({ offset }) => offset);
      };
      assert.deepEqual(await committed(), ['10', '10']);
      await admin.setOffsets({ groupId, topic, partitions: [{ partition: 1, offset: '4' }] });
      assert.deepEqual(await committed(), ['10', '4']);
      await admin.resetOffsets({ groupId, topic, earliest: true });
      const [resolved] = await admin.fetchOffsets({ groupId, topics: [topic], resolveOffsets: true });
      assert.deepEqual(
        sorted(resolved!.partitions).map(({ offset }) => offset),
        ['0', '0'],
      );
      assert.deepEqual(
        (await admin.deleteGroups([groupId])).map((one) => [one.groupId, one.errorCode]),
        [[groupId, 0]],
      );
      assert.equal((await admin.describeGroups([groupId])).groups[0]!.state, 'Dead');
    });

    test('offsets are found by time, and records are deleted up to an offset', async () => {
      await using admin = await connected();
      const topic = await createTopic(admin, 'kafkajs-records', 2);
      await send(topic, 2, 10);
      const bounds = async () =>
        sorted(await admin.fetchTopicOffsets(topic))
          .map(({ low, high }) => `${low}-${high}`)
          .join(' ');
      assert.equal(await bounds(), '0-10 0-10');
      const byTime = sorted(await admin.fetchTopicOffsetsByTimestamp(topic, firstTimestamp + 2500));
      assert.deepEqual(
        byTime.map(({ offset }) => offset),
        ['3', '3'],
      );
      await admin.deleteTopicRecords({
        topic,
        partitions: [
          { partition: 0, offset: '4' },
          { partition: 1, offset: '-1' },
        ],
      });
      assert.equal(await bounds(), '4-10 10-10');
      await assert.rejects(admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '99' }] }));
      assert.equal(await bounds(), '4-10 10-10');
    });

    test('the cluster has one broker, which is its controller, and no reassignment', async () => {
      await using admin = await connected();
      const { brokers, controller, clusterId } = await admin.describeCluster();
      const [host, port] = bootstrap().split(':');
      assert.deepEqual(brokers, [{ nodeId: 1, host, port: Number(port) }]);
      assert.equal(controller, 1);
      assert.match(clusterId, /^[\w-]{22}$/);
      assert.deepEqual((await admin.listPartitionReassignments({})).topics, []);
    });
  });
}

interface PartitionMetadata {
  readonly partitionId: number;
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
}

function plain({ partitionId, leader, replicas, isr }: PartitionMetadata) {
  return { partition: partitionId, leader, replicas, isr };
}
