/** Our admin client and a group of the consumer protocol (KIP-848), which Java's consumers form on Apache Kafka. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Admin, Consumer } from '../../src/client/index.ts';
import { eventually, onCluster, unique } from '../conformance/cluster.ts';
import { apacheKafkaVersion, start, startTool } from './apache-kafka.ts';

onCluster(`groups of the consumer protocol on Apache Kafka ${apacheKafkaVersion}`, start, (bootstrap) => {
  test('they are listed and described as such, beside classic ones; their offsets are told like others', async () => {
    await using admin = new Admin({ bootstrapServers: bootstrap() });
    const [topic, modern, classic] = [unique('topic'), unique('modern'), unique('classic')];
    await admin.createTopics([{ name: topic, partitions: 2 }]);
    await using consumer = new Consumer({ bootstrapServers: bootstrap(), groupId: classic });
    consumer.subscribe([topic]);
    const member = startTool('org.apache.kafka.tools.VerifiableConsumer', [
      ...['--bootstrap-server', bootstrap(), '--group-id', modern, '--topic', topic],
      ...['--group-protocol', 'consumer', '--group-instance-id', 'static'],
    ]);
    try {
      await eventually('both groups are stable', async () => {
        await consumer.poll({ timeoutMs: 100 });
        const states = new Map((await admin.listGroups()).map(({ groupId, state }) => [groupId, state]));
        return states.get(modern) === 'Stable' && states.get(classic) === 'Stable';
      });
      const listed = async (type: string) =>
        (await admin.listGroups({ types: [type] })).map(({ groupId, type: told }) => [groupId, told]);
      assert.deepEqual(await listed('consumer'), [[modern, 'consumer']]);
      assert.deepEqual(await listed('classic'), [[classic, 'classic']]);

      const [described, other] = await admin.describeConsumerGroups([modern, classic]);
      assert.deepEqual([other!.type, other!.members.length], ['classic', 1]);
      const { members, groupEpoch, assignmentEpoch, ...group } = described!;
      assert.deepEqual(group, {
        ...{ groupId: modern, type: 'consumer', state: 'Stable' },
        ...{ protocolType: 'consumer', partitionAssignor: 'uniform' },
      });
      assert.ok(groupEpoch! >= 1 && assignmentEpoch! >= 1);
      const [{ groupInstanceId, memberEpoch, assignment, targetAssignment }] = members as [(typeof members)[number]];
      const both = [0, 1].map((partition) => ({ topic, partition }));
      assert.deepEqual([members.length, groupInstanceId, memberEpoch! >= 1], [1, 'static', true]);
      const inOrder = (partitions: typeof assignment) => [...partitions].sort((a, b) => a.partition - b.partition);
      assert.deepEqual([inOrder(assignment), inOrder(targetAssignment!)], [both, both]);
    } finally {
      member.kill('SIGKILL');
      await new Promise((resolve) => member.once('close', resolve));
    }
  });
});
