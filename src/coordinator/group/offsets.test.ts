import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ErrorCode, KafkaError } from '../../core/index.ts';
import { batchesOf } from '../../records/index.ts';
import { settle } from '../../replay/index.ts';
import { encodeResponseFrame, offsetCommit, offsetFetch, txnOffsetCommit } from '../../wire/index.ts';
import { partitionFor } from '../partition-for.ts';
import type { OffsetCommitRequest, OffsetFetchRequest } from './messages.ts';
import { Client, context, Follow, Scene, stabilize } from './scene.ts';

const {
  ILLEGAL_GENERATION,
  UNKNOWN_MEMBER_ID,
  FENCED_INSTANCE_ID,
  GROUP_ID_NOT_FOUND,
  NON_EMPTY_GROUP,
  REBALANCE_IN_PROGRESS,
  OFFSET_METADATA_TOO_LARGE,
  NOT_COORDINATOR,
} = ErrorCode;
const UNSTABLE = -ErrorCode.UNSTABLE_OFFSET_COMMIT;

describe('committed offsets', () => {
  it('are read back, with their metadata and leader epoch, also after a restart', async () => {
    const scene = await Scene.start();
    assert.equal(await scene.commit(12, { metadata: 'where I was' }), 0);
    for (const restarted of [false, true]) {
      if (restarted) await scene.restart();
      const request = { groupId: 'g', topics: null, groups: [], requireStable: false };
      const { topics, errorCode } = await scene.coordinator.fetchOffsets(request, context(7));
      assert.equal(errorCode, 0);
      assert.deepEqual(topics, [
        {
          name: 'orders',
          partitions: [
            {
              partitionIndex: 0,
              committedOffset: 12,
              committedLeaderEpoch: 4,
              metadata: 'where I was',
              errorCode: 0,
            },
          ],
        },
      ]);
    }
    assert.equal(await scene.fetch(1), -1, 'nothing committed there');
  });

  it('are acknowledged, and shown, when they are committed', async () => {
    const scene = await Scene.start();
    scene.log.holdCommits();
    const commit = new Follow(scene.commit(12));
    const fetch = new Follow(scene.fetch());
    await settle();
    assert.ok(commit.waiting && fetch.waiting);
    scene.log.commit();
    await settle();
    assert.deepEqual([commit.now, fetch.now], [0, 12]);
  });

  it('are refused to whoever is not of the current generation', async () => {
    const scene = await Scene.start();
    const [a, b] = [new Client(scene), new Client(scene, { instance: 'one' })];
    assert.equal(await scene.commit(1, { generationId: 3, memberId: 'x' }), ILLEGAL_GENERATION, 'no such group');
    await stabilize(scene, [a, b]);
    assert.equal(await scene.commit(5, a.identity), 0);
    assert.equal(await scene.commit(6, { ...a.identity, generationId: 0 }), ILLEGAL_GENERATION);
    assert.equal(await scene.commit(6, { ...a.identity, memberId: 'x' }), UNKNOWN_MEMBER_ID);
    assert.equal(await scene.commit(6, { ...b.identity, memberId: 'x' }), FENCED_INSTANCE_ID);
    assert.equal(await scene.commit(6), UNKNOWN_MEMBER_ID, 'from outside, while there are members');
    assert.equal(await scene.fetch(), 5);
    const rejoining = a.join();
    await b.join();
    await rejoining;
    assert.equal(await scene.commit(7, a.identity), REBALANCE_IN_PROGRESS);
    a.leave();
    b.leave();
    await settle();
    assert.equal(await scene.commit(8), 0, 'from outside, once the group is empty');
    assert.equal(await scene.fetch(), 8);
  });

  it('may be committed while the group prepares a rebalance, so that nothing is processed twice', async () => {
    const scene = await Scene.start();
    const client = new Client(scene);
    await stabilize(scene, [client]);
    new Client(scene).enter();
    await settle();
    assert.equal(client.heartbeat(), REBALANCE_IN_PROGRESS);
    assert.equal(await scene.commit(5, client.identity), 0);
  });

  it('are refused one by one when their metadata is too long', async () => {
    const scene = await Scene.start({ 'offset.metadata.max.bytes': 10 });
    const request: OffsetCommitRequest = {
      groupId: 'g',
      generationIdOrMemberEpoch: -1,
      memberId: '',
      groupInstanceId: null,
      topics: [
        {
          name: 'orders',
          partitions: ['short', 'much too long', null].map((committedMetadata, partitionIndex) => ({
            partitionIndex,
            committedOffset: 1,
            committedLeaderEpoch: -1,
            committedMetadata,
          })),
        },
      ],
    };
    const response = await scene.coordinator.commitOffsets(request, context(8));
    assert.deepEqual(
      response.topics[0]?.partitions.map(({ errorCode }) => errorCode),
      [0, OFFSET_METADATA_TOO_LARGE, 0],
    );
    assert.deepEqual([await scene.fetch(0), await scene.fetch(1), await scene.fetch(2)], [1, -1, 1]);
    encodeResponseFrame(offsetCommit, 8, 1, response);
    encodeResponseFrame(txnOffsetCommit, 3, 1, response);
  });

  it('of several groups come in one answer since version 8, each with its own error', async () => {
    const scene = await Scene.start();
    await scene.commit(12);
    const topics = [{ name: 'orders', partitionIndexes: [0, 1] }];
    const request: OffsetFetchRequest = {
      groupId: '',
      topics: null,
      groups: [
        { groupId: 'g', topics: null },
        { groupId: 'other', topics },
      ],
      requireStable: false,
    };
    const response = await scene.coordinator.fetchOffsets(request, context(8));
    encodeResponseFrame(offsetFetch, 8, 1, response);
    const shown = () =>
      response.groups.map((group) => [
        group.groupId,
        group.errorCode,
        group.topics.flatMap(({ partitions }) => partitions.map(({ committedOffset }) => committedOffset)),
      ]);
    assert.deepEqual(shown(), [
      ['g', 0, [12]],
      ['other', 0, [-1, -1]],
    ]);
    scene.coordinator.onResignation(0);
    const older = { ...request, groupId: 'g', topics };
    const refused = await scene.coordinator.fetchOffsets(older, context(1));
    assert.deepEqual(
      refused.topics[0]?.partitions.map(({ errorCode }) => errorCode),
      [NOT_COORDINATOR, NOT_COORDINATOR],
    );
    assert.equal((await scene.coordinator.fetchOffsets(older, context(7))).errorCode, NOT_COORDINATOR);
    assert.equal((await scene.coordinator.fetchOffsets(request, context(8))).groups[0]?.errorCode, NOT_COORDINATOR);
    assert.equal(await scene.commit(1), NOT_COORDINATOR);
  });

  it('are not committed when the log refuses them', async () => {
    const scene = await Scene.start();
    scene.log.refuseWith(new KafkaError('NOT_ENOUGH_REPLICAS'));
    assert.equal(await scene.commit(1), ErrorCode.COORDINATOR_NOT_AVAILABLE);
    scene.log.refuseWith(new KafkaError('MESSAGE_TOO_LARGE'));
    assert.equal(await scene.commit(1), ErrorCode.INVALID_COMMIT_OFFSET_SIZE);
    scene.log.refuseWith(new KafkaError('NOT_LEADER_OR_FOLLOWER'));
    assert.equal(await scene.commit(1), NOT_COORDINATOR);
    scene.log.refuseWith(undefined);
    assert.equal(await scene.fetch(), -1);
  });
});

describe('offsets committed in a transaction', () => {
  it('count from the commit marker on, and not before', async () => {
    for (const restarted of [false, true]) {
      const scene = await Scene.start();
      await scene.commit(5);
      assert.equal(await scene.commitInTransaction(9), 0);
      if (restarted) await scene.restart();
      assert.equal(await scene.fetch(0, false), 5);
      assert.equal(await scene.fetch(0, true), UNSTABLE);
      assert.equal(await scene.mark('commit'), 0);
      assert.equal(await scene.fetch(0, true), 9);
      if (restarted) await scene.restart();
      assert.equal(await scene.fetch(0, true), 9);
    }
  });

  it('are dropped by the abort marker', async () => {
    const scene = await Scene.start();
    await scene.commit(5);
    await scene.commitInTransaction(9);
    await scene.commitInTransaction(10, { partition: 1 });
    await scene.mark('abort');
    assert.deepEqual([await scene.fetch(0, true), await scene.fetch(1, true)], [5, -1]);
    await scene.mark('commit');
    assert.equal(await scene.fetch(0, true), 5, 'a marker sent again changes nothing');
  });

  it('are settled when the marker is acknowledged, and not acknowledged before they are', async () => {
    const scene = await Scene.start();
    await scene.commitInTransaction(9);
    scene.log.holdCommits();
    const acknowledged = new Follow(scene.mark('commit'));
    const fetched = new Follow(scene.fetch(0, true));
    await settle();
    assert.ok(acknowledged.waiting && fetched.waiting);
    scene.log.commit();
    await settle();
    assert.deepEqual([acknowledged.now, fetched.now], [0, 9]);
  });

  it('do not replace what was committed after them', async () => {
    const scene = await Scene.start();
    await scene.commitInTransaction(9);
    await scene.commit(20);
    await scene.mark('commit');
    assert.equal(await scene.fetch(), 20);
    await scene.commitInTransaction(30);
    await scene.mark('commit');
    assert.equal(await scene.fetch(), 30);
  });

  it('of several producers are kept apart', async () => {
    const scene = await Scene.start();
    await scene.commitInTransaction(9, { producerId: 1 });
    await scene.commitInTransaction(19, { producerId: 2, partition: 1 });
    await scene.mark('abort', 1);
    assert.deepEqual([await scene.fetch(0, true), await scene.fetch(1, true)], [-1, UNSTABLE]);
    await scene.mark('commit', 2);
    assert.deepEqual([await scene.fetch(0, true), await scene.fetch(1, true)], [-1, 19]);
  });

  it('show as unstable also where everything is asked for that has been committed', async () => {
    const scene = await Scene.start();
    await scene.commit(5);
    await scene.commit(7, { partition: 1 });
    await scene.commitInTransaction(9, { partition: 1 });
    await scene.commitInTransaction(9, { partition: 2 });
    const request = { groupId: 'g', topics: null, groups: [], requireStable: true };
    const { topics } = await scene.coordinator.fetchOffsets(request, context(7));
    assert.deepEqual(
      topics[0]?.partitions.map(({ partitionIndex, committedOffset, errorCode }) => [
        partitionIndex,
        committedOffset,
        errorCode,
      ]),
      [
        [0, 5, 0],
        [1, -1, -UNSTABLE],
      ],
    );
  });

  it('are refused to a zombie of an earlier generation, and taken from clients that name nobody', async () => {
    const scene = await Scene.start();
    const member = { generationId: 3, memberId: 'x' };
    assert.equal(await scene.commitInTransaction(1, member), ILLEGAL_GENERATION, 'no such group');
    assert.equal(await scene.commitInTransaction(1, { ...member, apiVersion: 6 }), GROUP_ID_NOT_FOUND);
    const [a, b] = [new Client(scene), new Client(scene, { instance: 'one' })];
    await stabilize(scene, [a, b]);
    assert.equal(await scene.commitInTransaction(1, a.identity), 0);
    assert.equal(await scene.commitInTransaction(2, { ...a.identity, generationId: 0 }), ILLEGAL_GENERATION);
    assert.equal(await scene.commitInTransaction(2, { ...a.identity, memberId: 'x' }), UNKNOWN_MEMBER_ID);
    assert.equal(await scene.commitInTransaction(2, { ...b.identity, memberId: 'x' }), FENCED_INSTANCE_ID);
    assert.equal(await scene.commitInTransaction(3), 0);
    const rejoining = a.join();
    await b.join();
    await rejoining;
    assert.equal(await scene.commitInTransaction(4, a.identity), 0, 'the rebalance does not matter');
  });

  it('are refused when the log refuses them', async () => {
    const scene = await Scene.start();
    scene.log.refuseWith(new KafkaError('INVALID_PRODUCER_EPOCH'));
    assert.equal(await scene.commitInTransaction(1), ErrorCode.INVALID_PRODUCER_EPOCH);
    scene.log.refuseWith(undefined);
    assert.equal(await scene.fetch(0, true), -1);
  });

  it('have the same state live and loaded, whatever happened', async () => {
    const step = fc.record({
      what: fc.constantFrom('commit', 'transaction', 'mark commit', 'mark abort', 'delete topic', 'refuse', 'accept'),
      partition: fc.nat(1),
      offset: fc.nat(50),
      producerId: fc.constantFrom(1, 2),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const scene = await Scene.start();
        for (const { what, partition, offset, producerId } of steps) {
          if (what === 'commit') await scene.commit(offset, { partition });
          else if (what === 'transaction') await scene.commitInTransaction(offset, { partition, producerId });
          else if (what === 'delete topic') await scene.coordinator.onTopicsDeleted(['orders']);
          else if (what === 'accept') scene.log.refuseWith(undefined);
          else if (what === 'refuse') scene.log.refuseWith(new KafkaError('NOT_ENOUGH_REPLICAS'));
          else {
            scene.log.refuseWith(undefined);
            await scene.mark(what === 'mark commit' ? 'commit' : 'abort', producerId);
          }
        }
        const live = [
          await scene.fetch(0, true),
          await scene.fetch(1, true),
          await scene.fetch(0),
          await scene.fetch(1),
        ];
        await scene.restart();
        const loaded = [
          await scene.fetch(0, true),
          await scene.fetch(1, true),
          await scene.fetch(0),
          await scene.fetch(1),
        ];
        assert.deepEqual(loaded, live);
      }),
      { numRuns: 150 },
    );
  });
});

describe('groups as an administrator sees them', () => {
  it('are listed with their states', async () => {
    const scene = await Scene.start();
    await scene.commit(1);
    assert.deepEqual((await scene.coordinator.listGroups()).groups, [
      { groupId: 'g', protocolType: '', groupState: 'Empty', groupType: 'classic' },
    ]);
    await stabilize(scene, [new Client(scene)]);
    const { groups } = await scene.coordinator.listGroups(['stable'], ['Classic']);
    assert.deepEqual(groups, [{ groupId: 'g', protocolType: 'consumer', groupState: 'Stable', groupType: 'classic' }]);
    assert.deepEqual((await scene.coordinator.listGroups(['Empty'])).groups, []);
    assert.deepEqual((await scene.coordinator.listGroups([], ['consumer'])).groups, []);
  });

  it('are described with their members', async () => {
    const scene = await Scene.start();
    const client = new Client(scene, { instance: 'one' });
    await stabilize(scene, [client]);
    const [group] = await scene.coordinator.describeGroups(['g'], context(5));
    const { members, ...rest } = group!;
    assert.deepEqual(rest, {
      errorCode: 0,
      errorMessage: null,
      groupId: 'g',
      groupState: 'Stable',
      protocolType: 'consumer',
      protocolData: 'range',
    });
    assert.deepEqual(
      members.map((member) => [member.memberId, member.groupInstanceId, member.clientId, member.clientHost]),
      [[client.memberId, 'one', 'client', '/127.0.0.1']],
    );
    assert.equal(Buffer.from(members[0]!.memberAssignment).toString(), 'share 0');
    const [missing] = await scene.coordinator.describeGroups(['nobody'], context(5));
    assert.deepEqual([missing?.errorCode, missing?.groupState], [0, 'Dead']);
    const [gone] = await scene.coordinator.describeGroups(['nobody'], context(6));
    assert.deepEqual([gone?.errorCode, gone?.groupState], [GROUP_ID_NOT_FOUND, 'Dead']);
  });

  it('are deleted when they are empty, with their offsets', async () => {
    const scene = await Scene.start();
    const client = new Client(scene);
    await stabilize(scene, [client]);
    await scene.commit(5, client.identity);
    await scene.commitInTransaction(6, { partition: 1 });
    assert.deepEqual(await scene.coordinator.deleteGroups(['g', 'nobody']), [
      { groupId: 'g', errorCode: NON_EMPTY_GROUP },
      { groupId: 'nobody', errorCode: GROUP_ID_NOT_FOUND },
    ]);
    client.leave();
    await settle();
    assert.deepEqual(await scene.coordinator.deleteGroups(['g']), [{ groupId: 'g', errorCode: 0 }]);
    await scene.mark('commit');
    for (const restarted of [false, true]) {
      if (restarted) await scene.restart();
      assert.deepEqual([await scene.fetch(0), await scene.fetch(1)], [-1, -1]);
      assert.deepEqual((await scene.coordinator.listGroups()).groups, []);
    }
  });

  it('lose the offsets of topics that are deleted, and no others', async () => {
    const scene = await Scene.start();
    await scene.commit(5);
    await scene.commit(6, { topic: 'payments' });
    await scene.coordinator.onTopicsDeleted(['payments', 'unheard-of']);
    await scene.restart();
    const request = { groupId: 'g', topics: null, groups: [], requireStable: false };
    const { topics } = await scene.coordinator.fetchOffsets(request, context(7));
    assert.deepEqual(
      topics.map(({ name }) => name),
      ['orders'],
    );
  });

  it('lose their offsets when they have been empty for long, unless a transaction holds them', async () => {
    const scene = await Scene.start({
      'offsets.retention.minutes': 60,
      'offsets.retention.check.interval.ms': 600_000,
    });
    const client = new Client(scene);
    client.sessionTimeoutMs = 1_800_000;
    await stabilize(scene, [client]);
    await scene.commit(5, client.identity);
    await scene.commit(7, { partition: 2, ...client.identity });
    for (let hour = 0; hour < 6; hour++) {
      await scene.time.advance(1_700_000);
      assert.equal(client.heartbeat(), 0);
    }
    assert.equal(await scene.fetch(), 5, 'a group with members keeps them');
    await scene.commitInTransaction(6, { partition: 1, ...client.identity });
    await scene.commitInTransaction(8, { partition: 2, ...client.identity });
    client.leave();
    await scene.time.advance(3_500_000);
    assert.equal(await scene.fetch(), 5);
    await scene.time.advance(800_000);
    assert.equal(await scene.fetch(), -1);
    assert.equal(await scene.fetch(1, true), UNSTABLE);
    assert.equal(await scene.fetch(2), 7);
    assert.equal((await scene.coordinator.listGroups()).groups.length, 1);
    await scene.mark('abort');
    await scene.time.advance(700_000);
    assert.equal((await scene.coordinator.listGroups()).groups.length, 0);
    assert.equal((await scene.loaded()).groups.size, 0);
  });
});

describe('a group’s partition', () => {
  it('is the one that Apache Kafka chooses', () => {
    // org.apache.kafka.common.utils.Utils.abs(id.hashCode()) % 50
    assert.equal(partitionFor('', 50), 0);
    assert.equal(partitionFor('my-group', 50), 12);
    assert.equal(partitionFor('polygenelubricants', 50), 0);
    assert.equal(partitionFor('κατανάλωση', 50), 47);
  });
});

it('offsets.topic.compression.codec: what is written is compressed so, and read again', async () => {
  const scene = await Scene.start({ 'offsets.topic.compression.codec': 1 });
  assert.equal(await scene.commit(12, { metadata: 'x'.repeat(1000) }), 0);
  const codecs = [...scene.log.readAll(0)]
    .flatMap((chunk) => [...batchesOf(chunk)])
    .map(({ header }) => header.attributes & 7);
  assert.deepEqual(new Set(codecs), new Set([1]));
  await scene.restart();
  const { topics } = await scene.coordinator.fetchOffsets(
    { groupId: 'g', topics: null, groups: [], requireStable: false },
    context(7),
  );
  assert.equal(topics[0]!.partitions[0]!.committedOffset, 12);
});
