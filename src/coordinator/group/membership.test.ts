/** How a classic group comes about, rebalances and ends, with members that do what they should. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ErrorCode, KafkaError } from '../../core/index.ts';
import { settle } from '../../replay/index.ts';
import { encodeResponseFrame, heartbeat, joinGroup, leaveGroup, syncGroup } from '../../wire/index.ts';
import { bytes, Client, context, Follow, Scene, stabilize, text } from './scene.ts';

const {
  REBALANCE_IN_PROGRESS,
  UNKNOWN_MEMBER_ID,
  ILLEGAL_GENERATION,
  INCONSISTENT_GROUP_PROTOCOL,
  MEMBER_ID_REQUIRED,
  GROUP_MAX_SIZE_REACHED,
  INVALID_SESSION_TIMEOUT,
  INVALID_GROUP_ID,
} = ErrorCode;

describe('a classic group', () => {
  it('becomes stable: all join, the leader assigns, all learn their share', async () => {
    const scene = await Scene.start();
    const [a, b] = [new Client(scene), new Client(scene)];
    const shares = await stabilize(scene, [a, b]);
    assert.deepEqual(
      shares.map(({ errorCode, assignment }) => [errorCode, text(assignment)]),
      [
        [0, 'share 0'],
        [0, 'share 1'],
      ],
    );
    assert.equal(await scene.groupState(), 'Stable');
    assert.equal(a.joined?.leader, a.memberId);
    assert.equal(b.joined?.leader, a.memberId);
    assert.deepEqual(
      a.joined?.members.map(({ memberId, metadata }) => [memberId, text(metadata)]),
      [
        [a.memberId, 'topics'],
        [b.memberId, 'topics'],
      ],
    );
    assert.deepEqual(b.joined?.members, [], 'only the leader learns who is there');
    assert.equal(a.joined?.protocolName, 'range');
    assert.equal(a.joined?.protocolType, 'consumer');
    assert.deepEqual([a.heartbeat(), b.heartbeat()], [0, 0]);
  });

  it('gives a new member its id first, since version 4', async () => {
    const scene = await Scene.start();
    const client = new Client(scene);
    const first = await client.join();
    assert.equal(first.errorCode, MEMBER_ID_REQUIRED);
    assert.match(first.memberId, /^client-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const second = client.join();
    await scene.time.advance(0);
    assert.equal((await second).errorCode, 0);
    const older = new Client(scene);
    older.joinVersion = 3;
    const direct = older.join();
    await settle();
    assert.equal(client.heartbeat(), REBALANCE_IN_PROGRESS);
    client.join();
    assert.equal((await direct).errorCode, 0);
  });

  it('forgets a member id that was not used to join', async () => {
    const scene = await Scene.start();
    const client = new Client(scene);
    await client.join();
    await scene.time.advance(10_001);
    assert.equal((await client.join()).errorCode, UNKNOWN_MEMBER_ID);
    assert.equal((await scene.coordinator.listGroups()).groups.length, 0);
  });

  it('waits for more members before its first rebalance, longer while they come', async () => {
    const scene = await Scene.start({ 'group.initial.rebalance.delay.ms': 3000 });
    const [a, b, c] = [new Client(scene), new Client(scene), new Client(scene)];
    const first = new Follow(a.enter());
    await scene.time.advance(2900);
    const second = new Follow(b.enter());
    await scene.time.advance(2900);
    assert.ok(first.waiting && second.waiting);
    const third = new Follow(c.enter());
    await scene.time.advance(200);
    assert.ok(third.waiting, 'extended again');
    await scene.time.advance(3000);
    assert.deepEqual([first.now?.errorCode, second.now?.errorCode, third.now?.errorCode], [0, 0, 0]);
    assert.deepEqual(
      [a, b, c].map(({ generationId }) => generationId),
      [1, 1, 1],
    );
  });

  it('does not extend its first rebalance beyond the rebalance timeout', async () => {
    const scene = await Scene.start({ 'group.initial.rebalance.delay.ms': 3000 });
    const first = new Client(scene);
    first.rebalanceTimeoutMs = 7000;
    const joined = new Follow(first.enter());
    for (let at = 0; at < 7000; at += 500) {
      const other = new Client(scene);
      other.rebalanceTimeoutMs = 7000;
      other.enter();
      await scene.time.advance(500);
    }
    assert.equal(joined.now?.errorCode, 0);
  });

  it('holds every SyncGroup until the leader’s arrives and is committed', async () => {
    const scene = await Scene.start();
    const [a, b] = [new Client(scene), new Client(scene)];
    const joins = [a.enter(), b.enter()];
    await scene.time.advance(0);
    await Promise.all(joins);
    scene.log.holdCommits();
    const follower = new Follow(b.sync());
    await settle();
    assert.ok(follower.waiting);
    assert.equal(b.heartbeat(), 0);
    const leader = new Follow(a.sync({ [a.memberId]: 'A', [b.memberId]: 'B', stranger: 'X' }));
    await settle();
    assert.ok(follower.waiting && leader.waiting, 'not committed yet');
    scene.log.commit();
    await settle();
    assert.deepEqual([text(leader.now!.assignment), text(follower.now!.assignment)], ['A', 'B']);
    assert.equal(follower.now?.protocolName, 'range');
  });

  it('drops the assignments that a join overtakes, also while they are being written', async () => {
    const scene = await Scene.start();
    const [a, b, c] = [new Client(scene), new Client(scene), new Client(scene)];
    const joins = [a.enter(), b.enter()];
    await scene.time.advance(0);
    await Promise.all(joins);
    scene.log.holdCommits();
    const follower = new Follow(b.sync());
    const leader = new Follow(a.sync({ [a.memberId]: 'A', [b.memberId]: 'B' }));
    await settle();
    const joining = new Follow(c.enter());
    await settle();
    assert.equal(follower.now?.errorCode, REBALANCE_IN_PROGRESS);
    assert.equal(leader.now?.errorCode, REBALANCE_IN_PROGRESS);
    scene.log.releaseCommits();
    assert.equal(await scene.groupState(), 'PreparingRebalance');
    const rejoins = [a.join(), b.join()];
    assert.deepEqual(
      (await Promise.all(rejoins)).map(({ generationId }) => generationId),
      [2, 2],
    );
    assert.equal(joining.now?.generationId, 2);
  });

  it('takes a member without an assignment to have an empty one', async () => {
    const scene = await Scene.start();
    const [a, b] = [new Client(scene), new Client(scene)];
    const joins = [a.enter(), b.enter()];
    await scene.time.advance(0);
    await Promise.all(joins);
    const syncs = [a.sync({ [a.memberId]: 'A' }), b.sync()];
    assert.deepEqual(
      (await Promise.all(syncs)).map(({ assignment }) => text(assignment)),
      ['A', ''],
    );
  });

  it('rebalances when a member joins: the others learn it by heartbeat and rejoin', async () => {
    const scene = await Scene.start();
    const [a, b] = [new Client(scene), new Client(scene)];
    await stabilize(scene, [a]);
    const joining = new Follow(b.enter());
    await settle();
    assert.equal(await scene.groupState(), 'PreparingRebalance');
    assert.equal(a.heartbeat(), REBALANCE_IN_PROGRESS);
    assert.equal((await a.sync()).errorCode, REBALANCE_IN_PROGRESS);
    const rejoining = await a.join();
    await settle();
    assert.equal(rejoining.generationId, 2);
    assert.equal(joining.now?.generationId, 2);
    assert.equal(await scene.groupState(), 'CompletingRebalance');
  });

  it('becomes empty when the last member leaves, and keeps its generation', async () => {
    const scene = await Scene.start();
    const client = new Client(scene);
    await stabilize(scene, [client]);
    assert.equal(client.leave(), 0);
    await settle();
    assert.equal(await scene.groupState(), 'Empty');
    assert.equal((await client.join()).errorCode, UNKNOWN_MEMBER_ID);
    const next = new Client(scene);
    await stabilize(scene, [next]);
    assert.equal(next.generationId, 3);
  });

  it('lets several members leave at once, each with its own answer', async () => {
    const scene = await Scene.start();
    const clients = [new Client(scene), new Client(scene, { instance: 'one' }), new Client(scene, { instance: 'two' })];
    await stabilize(scene, clients);
    const [a, b] = clients as [Client, Client, Client];
    const members = [
      { memberId: a.memberId, groupInstanceId: null },
      { memberId: '', groupInstanceId: 'two' },
      { memberId: b.memberId, groupInstanceId: 'two' },
      { memberId: 'nobody', groupInstanceId: null },
      { memberId: '', groupInstanceId: 'nobody' },
    ];
    const response = scene.coordinator.leaveGroup({ groupId: 'g', memberId: '', members }, context(5));
    assert.equal(response.errorCode, 0);
    assert.deepEqual(
      response.members.map(({ errorCode }) => errorCode),
      [0, 0, UNKNOWN_MEMBER_ID, UNKNOWN_MEMBER_ID, UNKNOWN_MEMBER_ID],
    );
    assert.equal(b.heartbeat(), REBALANCE_IN_PROGRESS);
    const single = { groupId: 'g', memberId: 'nobody', members: [] };
    assert.equal(scene.coordinator.leaveGroup(single, context(2)).errorCode, UNKNOWN_MEMBER_ID);
  });

  it('answers a repeated join of an unchanged follower with the current generation', async () => {
    const scene = await Scene.start();
    const [a, b] = [new Client(scene), new Client(scene)];
    await stabilize(scene, [a, b]);
    assert.equal((await b.join()).generationId, 1);
    assert.equal(await scene.groupState(), 'Stable');
    assert.equal(text((await b.sync()).assignment), 'share 1');
  });

  it('rebalances when the leader joins again, or a follower with other metadata', async () => {
    for (const who of ['leader', 'follower'] as const) {
      const scene = await Scene.start();
      const [a, b] = [new Client(scene), new Client(scene)];
      await stabilize(scene, [a, b]);
      if (who === 'follower') b.protocols = [{ name: 'range', metadata: bytes('other topics') }];
      const rejoining = who === 'leader' ? a.join() : b.join();
      await settle();
      assert.equal(await scene.groupState(), 'PreparingRebalance');
      const other = who === 'leader' ? b : a;
      assert.equal((await other.join()).generationId, 2);
      assert.equal((await rejoining).generationId, 2);
    }
  });

  it('answers a join again while it completes the rebalance, when the first answer was lost', async () => {
    const scene = await Scene.start();
    const [a, b] = [new Client(scene), new Client(scene)];
    const joins = [a.enter(), b.enter()];
    await scene.time.advance(0);
    await Promise.all(joins);
    assert.equal((await a.join()).members.length, 2);
    assert.equal((await b.join()).generationId, 1);
    assert.equal(await scene.groupState(), 'CompletingRebalance');
  });

  it('elects the protocol that all support and most prefer', async () => {
    const scene = await Scene.start();
    const clients = [
      new Client(scene, { protocols: { sticky: 's1', range: 'r1' } }),
      new Client(scene, { protocols: { range: 'r2', sticky: 's2' } }),
      new Client(scene, { protocols: { rare: 'x', range: 'r3', sticky: 's3' } }),
    ];
    await stabilize(scene, clients);
    assert.equal(clients[0]?.joined?.protocolName, 'range');
    assert.deepEqual(
      clients[0]?.joined?.members.map(({ metadata }) => text(metadata)),
      ['r1', 'r2', 'r3'],
    );
    const stranger = new Client(scene, { protocols: { rare: 'x' } });
    assert.equal((await stranger.enter()).errorCode, INCONSISTENT_GROUP_PROTOCOL);
    const other = await new Client(scene).join({ protocolType: 'connect' });
    assert.equal(other.errorCode, INCONSISTENT_GROUP_PROTOCOL);
    assert.equal(await scene.groupState(), 'Stable');
  });

  it('refuses requests that make no sense', async () => {
    const scene = await Scene.start({ 'group.max.size': 2 });
    const client = new Client(scene);
    assert.equal((await client.join({ sessionTimeoutMs: 5999 })).errorCode, INVALID_SESSION_TIMEOUT);
    assert.equal((await client.join({ sessionTimeoutMs: 1_800_001 })).errorCode, INVALID_SESSION_TIMEOUT);
    assert.equal((await client.join({ groupId: '' })).errorCode, INVALID_GROUP_ID);
    assert.equal((await client.join({ protocols: [] })).errorCode, INCONSISTENT_GROUP_PROTOCOL);
    assert.equal((await client.join({ memberId: 'nobody' })).errorCode, UNKNOWN_MEMBER_ID);
    assert.equal((await client.sync()).errorCode, UNKNOWN_MEMBER_ID);
    assert.equal(client.heartbeat(), UNKNOWN_MEMBER_ID);
    assert.equal(client.leave(), UNKNOWN_MEMBER_ID);
    const [a, b] = [new Client(scene), new Client(scene)];
    await stabilize(scene, [a, b]);
    assert.equal((await new Client(scene).join()).errorCode, GROUP_MAX_SIZE_REACHED);
    assert.equal((await a.sync({}, { generationId: 7 })).errorCode, ILLEGAL_GENERATION);
    assert.equal((await a.sync({}, { protocolName: 'sticky' })).errorCode, INCONSISTENT_GROUP_PROTOCOL);
    assert.equal((await a.sync({}, { protocolType: null })).errorCode, INCONSISTENT_GROUP_PROTOCOL);
    a.generationId = 7;
    assert.equal(a.heartbeat(), ILLEGAL_GENERATION);
  });

  it('starts over when the log refuses the assignments', async () => {
    const scene = await Scene.start();
    const client = new Client(scene);
    const join = client.enter();
    await scene.time.advance(0);
    await join;
    scene.log.refuseWith(new KafkaError('NOT_ENOUGH_REPLICAS'));
    assert.equal((await client.sync()).errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE);
    assert.equal(await scene.groupState(), 'PreparingRebalance');
    scene.log.refuseWith(undefined);
    assert.equal((await client.join()).generationId, 2);
    assert.equal((await client.sync({ [client.memberId]: 'A' })).errorCode, 0);
  });

  it('answers in messages that the wire takes', async () => {
    const scene = await Scene.start();
    const client = new Client(scene);
    for (const version of [0, 9]) {
      client.joinVersion = version;
      encodeResponseFrame(joinGroup, version, 1, await client.join({ sessionTimeoutMs: 1 }));
    }
    await stabilize(scene, [client]);
    encodeResponseFrame(joinGroup, 9, 1, client.joined!);
    encodeResponseFrame(syncGroup, 5, 1, await client.sync());
    encodeResponseFrame(heartbeat, 4, 1, { errorCode: client.heartbeat() });
    const leaving = { groupId: 'g', memberId: '', members: [client.identity] };
    encodeResponseFrame(leaveGroup, 5, 1, scene.coordinator.leaveGroup(leaving, context(5)));
  });
});
