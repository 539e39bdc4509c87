/** Scenarios: the admin client, groups and what they have committed. */
import assert from 'node:assert/strict';
import type { Consumer } from '../../src/client/index.ts';
import { failsFor } from './admin-aids.ts';
import type { UnderTest } from './context.ts';

/** Long enough to be sure that a topic is not only new. */
const SOON = { timeoutMs: 500 };

export function adminGroups(cluster: UnderTest): void {
  /** A member that has its partitions; it is not polled any more, so it does not come back by itself. */
  const joined = async (groupId: string, topic: string, more: { groupInstanceId?: string } = {}): Promise<Consumer> => {
    const consumer = cluster.consumer({ groupId, enableAutoCommit: false, ...more });
    consumer.subscribe([topic]);
    await cluster.eventually('it is assigned', async () => {
      await consumer.poll({ timeoutMs: 50 });
      return consumer.assignment().length > 0;
    });
    return consumer;
  };
  /** A group without members. */
  const committed = async (topic: string, partitions: readonly number[]): Promise<string> => {
    const groupId = cluster.unique('simple');
    const offsets = partitions.map((partition) => ({ topic, partition, offset: 5 + partition }));
    await cluster.admin().alterConsumerGroupOffsets(groupId, offsets);
    return groupId;
  };

  cluster.scenario('groups are listed, by state and by type', async () => {
    const admin = cluster.admin();
    const topic = await cluster.topic('listed');
    const [simple, full] = [await committed(topic, [0]), cluster.unique('full')];
    await joined(full, topic);
    const ours = async (filter: Parameters<typeof admin.listGroups>[0]) =>
      (await admin.listGroups(filter))
        .filter(({ groupId }) => groupId === simple || groupId === full)
        .sort((a, b) => a.groupId.localeCompare(b.groupId));
    const [stable, empty] = [
      { groupId: full, protocolType: 'consumer', state: 'Stable', type: 'classic' },
      { groupId: simple, protocolType: '', state: 'Empty', type: 'classic' },
    ];
    assert.deepEqual(await ours({}), [stable, empty]);
    assert.deepEqual(await ours({ states: ['Empty'] }), [empty]);
    assert.deepEqual(await ours({ states: ['Stable'], types: ['classic'] }), [stable]);
    assert.deepEqual(await ours({ types: ['share'] }), []);
  });

  cluster.scenario('groups are described with their members, and those that are not there are named', async () => {
    const admin = cluster.admin();
    const topic = await cluster.topic('described', 2);
    const [simple, full] = [await committed(topic, [0]), cluster.unique('full')];
    await joined(full, topic, { groupInstanceId: 'static' });
    const results = await failsFor(admin.describeConsumerGroups([full, 'no-such-group', simple]), {
      'no-such-group': 'GROUP_ID_NOT_FOUND',
    });
    const [described, empty] = results as Awaited<ReturnType<typeof admin.describeConsumerGroups>>;
    const { members, ...group } = described!;
    const common = { groupId: full, type: 'classic', protocolType: 'consumer' };
    assert.deepEqual(group, { ...common, state: 'Stable', partitionAssignor: 'range' });
    const [{ memberId, host, ...member }] = members as [(typeof members)[number]];
    assert.ok(memberId.startsWith('static') && host.length > 0);
    assert.deepEqual(
      [members.length, member],
      [
        1,
        {
          groupInstanceId: 'static',
          clientId: 'onceward',
          assignment: [
            { topic, partition: 0 },
            { topic, partition: 1 },
          ],
        },
      ],
    );
    assert.deepEqual([empty!.groupId, empty!.state, empty!.members], [simple, 'Empty', []]);
  });

  cluster.scenario('groups without members are deleted, the others stay', async () => {
    const admin = cluster.admin();
    const topic = await cluster.topic('deleted');
    const [simple, full] = [await committed(topic, [0]), cluster.unique('full')];
    await joined(full, topic);
    await failsFor(admin.deleteConsumerGroups([full, simple, 'no-such-group']), {
      [full]: 'NON_EMPTY_GROUP',
      'no-such-group': 'GROUP_ID_NOT_FOUND',
    });
    assert.deepEqual(await admin.listConsumerGroupOffsets(simple), []);
    await failsFor(admin.describeConsumerGroups([simple]), { [simple]: 'GROUP_ID_NOT_FOUND' });
  });

  cluster.scenario('members are removed: by static name, by id, or all', async () => {
    const admin = cluster.admin();
    const topic = await cluster.topic('removed');
    const groupId = cluster.unique('group');
    await joined(groupId, topic, { groupInstanceId: 'static' });
    await failsFor(
      admin.removeMembersFromConsumerGroup(groupId, [
        { groupInstanceId: 'stranger' },
        { groupInstanceId: 'static' },
        { memberId: 'nobody' },
      ]),
      { stranger: 'UNKNOWN_MEMBER_ID', nobody: 'UNKNOWN_MEMBER_ID' },
    );
    const state = async () => (await admin.describeConsumerGroups([groupId]))[0]!.state;
    assert.equal(await state(), 'Empty');
    const other = cluster.unique('group');
    await joined(other, topic);
    await admin.removeMembersFromConsumerGroup(other, undefined, { reason: 'moving house' });
    assert.equal((await admin.describeConsumerGroups([other]))[0]!.state, 'Empty');
    await admin.removeMembersFromConsumerGroup(other);
    await failsFor(admin.removeMembersFromConsumerGroup('no-such-group'), { 'no-such-group': 'GROUP_ID_NOT_FOUND' });
  });

  cluster.scenario('offsets are set from outside while nobody is in the group', async () => {
    const admin = cluster.admin();
    const topic = await cluster.topic('set', 2);
    const groupId = await committed(topic, [0]);
    await failsFor(
      admin.alterConsumerGroupOffsets(
        groupId,
        [
          { topic, partition: 9, offset: 1 },
          { topic, partition: 1, offset: 42, leaderEpoch: 0, metadata: 'note' },
          { topic: 'no-such-topic', partition: 0, offset: 1 },
          { topic, partition: 0, offset: 1, metadata: 'x'.repeat(5000) },
        ],
        SOON,
      ),
      {
        [`${topic}-9`]: 'UNKNOWN_TOPIC_OR_PARTITION',
        'no-such-topic-0': 'UNKNOWN_TOPIC_OR_PARTITION',
        [`${topic}-0`]: 'OFFSET_METADATA_TOO_LARGE',
      },
    );
    await assert.rejects(admin.alterConsumerGroupOffsets(groupId, [{ topic, partition: 1, offset: -1 }]), {
      code: 'INVALID_REQUEST',
    });
    const found = await admin.listConsumerGroupOffsets(groupId);
    assert.deepEqual(
      found.sort((a, b) => a.partition - b.partition),
      [
        { topic, partition: 0, offset: 5, leaderEpoch: -1, metadata: '' },
        { topic, partition: 1, offset: 42, leaderEpoch: 0, metadata: 'note' },
      ],
    );
    const only = [
      { topic, partition: 1 },
      { topic, partition: 9 },
    ];
    assert.deepEqual(
      (await admin.listConsumerGroupOffsets(groupId, only)).map(({ offset }) => offset),
      [42],
    );
    const full = cluster.unique('full');
    await joined(full, topic);
    await failsFor(admin.alterConsumerGroupOffsets(full, [{ topic, partition: 0, offset: 1 }]), {
      [`${topic}-0`]: 'UNKNOWN_MEMBER_ID',
    });
    assert.deepEqual(await admin.listConsumerGroupOffsets('no-such-group'), []);
  });

  cluster.scenario('offsets are forgotten, but not those of topics that members read', async () => {
    const admin = cluster.admin();
    const [read, left] = [await cluster.topic('read'), await cluster.topic('left', 2)];
    const groupId = await committed(left, [0, 1]);
    await admin.alterConsumerGroupOffsets(groupId, [{ topic: read, partition: 0, offset: 0 }]);
    await joined(groupId, read);
    await failsFor(
      admin.deleteConsumerGroupOffsets(
        groupId,
        [
          { topic: read, partition: 0 },
          { topic: left, partition: 1 },
          { topic: left, partition: 7 },
        ],
        SOON,
      ),
      { [`${read}-0`]: 'GROUP_SUBSCRIBED_TO_TOPIC', [`${left}-7`]: 'UNKNOWN_TOPIC_OR_PARTITION' },
    );
    const names = (await admin.listConsumerGroupOffsets(groupId)).map(
      ({ topic, partition }) => `${topic}-${partition}`,
    );
    assert.deepEqual(names.sort(), [`${left}-0`, `${read}-0`]);
    await failsFor(admin.deleteConsumerGroupOffsets('no-such-group', [{ topic: left, partition: 0 }]), {
      [`${left}-0`]: 'GROUP_ID_NOT_FOUND',
    });
  });
}
