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
  FENCED_INSTANCE_ID,
  INCONSISTENT_GROUP_PROTOCOL,
  MEMBER_ID_REQUIRED,
  GROUP_MAX_SIZE_REACHED,
  INVALID_SESSION_TIMEOUT,
  INVALID_GROUP_ID,
  NOT_COORDINATOR,
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

  it('removes who does not rejoin within the rebalance timeout', async () => {
    const scene = await Scene.start();
    const [a, b, c] = [new Client(scene), new Client(scene), new Client(scene)];
    a.sessionTimeoutMs = b.sessionTimeoutMs = 300_000;
    await stabilize(scene, [a, b]);
    const joining = new Follow(c.enter());
    await settle();
    const rejoining = new Follow(b.join());
    await scene.time.advance(59_000);
    assert.ok(joining.waiting);
    await scene.time.advance(2000);
    assert.equal(joining.now?.generationId, 2);
    assert.equal(joining.now?.leader, b.memberId, 'the leader is gone, one that rejoined leads');
    assert.equal(rejoining.now?.members.length, 2);
    assert.equal(a.heartbeat(), UNKNOWN_MEMBER_ID);
  });

  it('removes who joined but does not sync within the rebalance timeout', async () => {
    const scene = await Scene.start();
    const [a, b] = [new Client(scene), new Client(scene)];
    a.sessionTimeoutMs = b.sessionTimeoutMs = 300_000;
    const joins = [a.enter(), b.enter()];
    await scene.time.advance(0);
    await Promise.all(joins);
    const share = new Follow(a.sync({ [a.memberId]: 'A' }));
    await settle();
    assert.equal(share.now?.errorCode, 0);
    await scene.time.advance(61_000);
    assert.equal(a.heartbeat(), REBALANCE_IN_PROGRESS);
    assert.equal(b.heartbeat(), UNKNOWN_MEMBER_ID);
  });

  it('removes a silent member after its session timeout, and rebalances', async () => {
    const scene = await Scene.start();
    const [a, b] = [new Client(scene), new Client(scene)];
    await stabilize(scene, [a, b]);
    for (let second = 0; second < 12; second += 3) {
      assert.equal(a.heartbeat(), second < 12 ? 0 : REBALANCE_IN_PROGRESS);
      await scene.time.advance(3000);
    }
    assert.equal(b.heartbeat(), UNKNOWN_MEMBER_ID);
    assert.equal(a.heartbeat(), REBALANCE_IN_PROGRESS);
    assert.equal((await a.join()).generationId, 2);
  });

  it('expects a member to be heard from as soon as its join is answered', async () => {
    const scene = await Scene.start();
    const [a, b] = [new Client(scene), new Client(scene)];
    await stabilize(scene, [a]);
    a.sessionTimeoutMs = 40_000;
    const joining = b.enter();
    await settle();
    await a.join();
    await joining;
    await scene.time.advance(11_000);
    assert.equal(b.heartbeat(), UNKNOWN_MEMBER_ID, 'new, and silent since');
    const rejoining = new Follow(a.join());
    await settle();
    assert.equal(rejoining.now?.generationId, 3);
    await scene.time.advance(41_000);
    assert.equal(await scene.groupState(), 'Empty');
  });

  it('expects a member to be heard from again after it waited for long', async () => {
    const scene = await Scene.start();
    const [a, b] = [new Client(scene), new Client(scene)];
    b.sessionTimeoutMs = 50_000;
    await stabilize(scene, [a, b]);
    b.protocols = [{ name: 'range', metadata: bytes('other topics') }];
    const waiting = new Follow(a.join());
    await scene.time.advance(20_000);
    assert.ok(waiting.waiting, 'past its session timeout');
    await b.join();
    await scene.time.advance(11_000);
    assert.equal(a.heartbeat(), UNKNOWN_MEMBER_ID);
  });

  it('counts a commit as a sign of life', async () => {
    const scene = await Scene.start();
    const client = new Client(scene);
    await stabilize(scene, [client]);
    for (let at = 0; at < 5; at++) {
      await scene.time.advance(8000);
      assert.equal(await scene.commit(at, client.identity), 0);
    }
    assert.equal(client.heartbeat(), 0);
  });

  it('keeps a member while it owes it an answer, however long that takes', async () => {
    const scene = await Scene.start();
    const [a, b] = [new Client(scene), new Client(scene)];
    a.rebalanceTimeoutMs = b.rebalanceTimeoutMs = 100_000;
    await stabilize(scene, [a, b]);
    a.leave();
    const c = new Client(scene);
    c.rebalanceTimeoutMs = 100_000;
    const joining = c.enter();
    await settle();
    await Promise.all([b.join(), joining]);
    const [leader, follower] = b.joined?.leader === b.memberId ? [b, c] : [c, b];
    const parked = new Follow(follower.sync());
    for (let at = 0; at < 40_000; at += 5000) {
      await scene.time.advance(5000);
      assert.equal(leader.heartbeat(), 0);
    }
    assert.ok(parked.waiting);
    await leader.sync({ [follower.memberId]: 'late' });
    await settle();
    assert.equal(text(parked.now!.assignment), 'late');
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

describe('a static member', () => {
  it('that comes back takes its place without a rebalance, and its old self is fenced', async () => {
    const scene = await Scene.start();
    const [a, b] = [new Client(scene), new Client(scene, { instance: 'one' })];
    await stabilize(scene, [a, b]);
    const returned = new Client(scene, { instance: 'one' });
    const response = await returned.join();
    assert.equal(response.errorCode, 0);
    assert.equal(response.generationId, 1);
    assert.equal(response.skipAssignment, false);
    assert.equal(await scene.groupState(), 'Stable');
    assert.equal(text((await returned.sync()).assignment), 'share 1');
    assert.equal(b.heartbeat(), FENCED_INSTANCE_ID);
    assert.equal((await b.join()).errorCode, FENCED_INSTANCE_ID);
    assert.equal((await b.sync()).errorCode, FENCED_INSTANCE_ID);
    assert.equal(await scene.commit(1, b.identity), FENCED_INSTANCE_ID);
    assert.equal(returned.heartbeat(), 0);
    await scene.restart();
    assert.equal(returned.heartbeat(), 0, 'the new id was written');
    assert.equal(b.heartbeat(), FENCED_INSTANCE_ID);
  });

  it('that leads is told to skip the assignment since version 9, and before it that another leads', async () => {
    for (const version of [5, 9]) {
      const scene = await Scene.start();
      const [leader, follower] = [new Client(scene, { instance: 'one' }), new Client(scene)];
      await stabilize(scene, [leader, follower]);
      const returned = new Client(scene, { instance: 'one' });
      returned.joinVersion = version;
      const response = await returned.join();
      if (version === 9) {
        assert.equal(response.leader, returned.memberId);
        assert.equal(response.skipAssignment, true);
        assert.equal(response.members.length, 2);
      } else {
        assert.equal(response.leader, leader.memberId);
        assert.equal(response.members.length, 0);
      }
      assert.equal(await scene.groupState(), 'Stable');
    }
  });

  it('that comes back with another protocol brings a rebalance', async () => {
    const scene = await Scene.start();
    const both = { protocols: { range: 'r', sticky: 's' } };
    const [a, b] = [new Client(scene, both), new Client(scene, { instance: 'one', ...both })];
    await stabilize(scene, [a, b]);
    const returned = new Client(scene, { instance: 'one', protocols: { sticky: 's' } });
    const joining = new Follow(returned.join());
    await settle();
    assert.equal(await scene.groupState(), 'PreparingRebalance');
    await a.join();
    await settle();
    assert.equal(joining.now?.protocolName, 'sticky');
  });

  it('that comes back twice at once: the earlier one is fenced while it waits', async () => {
    const scene = await Scene.start();
    const [a, b] = [new Client(scene), new Client(scene, { instance: 'one' })];
    await stabilize(scene, [a, b]);
    const stranger = new Follow(new Client(scene).enter());
    await settle();
    const parked = new Follow(b.join());
    await settle();
    assert.ok(stranger.waiting && parked.waiting);
    const returned = new Client(scene, { instance: 'one' });
    const joining = new Follow(returned.join());
    await settle();
    assert.equal(parked.now?.errorCode, FENCED_INSTANCE_ID);
    await a.join();
    await settle();
    assert.deepEqual([joining.now?.errorCode, joining.now?.generationId], [0, 2]);
    assert.deepEqual([stranger.now?.errorCode, a.joined?.members.length], [0, 3]);
  });

  it('that is away keeps its place through a rebalance until its session ends', async () => {
    const scene = await Scene.start();
    const [a, b] = [new Client(scene), new Client(scene, { instance: 'one' })];
    a.sessionTimeoutMs = 300_000;
    b.sessionTimeoutMs = 100_000;
    await stabilize(scene, [a, b]);
    const rejoining = new Follow(a.join());
    await scene.time.advance(61_000);
    assert.equal(rejoining.now?.generationId, 2);
    assert.deepEqual(
      rejoining.now?.members.map(({ groupInstanceId }) => groupInstanceId),
      [null, 'one'],
    );
  });

  it('keeps the old member when the log refuses the new id', async () => {
    const scene = await Scene.start();
    const [a, b] = [new Client(scene), new Client(scene, { instance: 'one' })];
    await stabilize(scene, [a, b]);
    scene.log.refuseWith(new KafkaError('NOT_ENOUGH_REPLICAS'));
    const returned = new Client(scene, { instance: 'one' });
    assert.equal((await returned.join()).errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE);
    assert.equal(b.heartbeat(), 0);
    scene.log.refuseWith(undefined);
    assert.equal((await returned.join()).errorCode, 0);
  });
});

describe('a restarted group coordinator', () => {
  it('has the groups as they were; members that are heard from stay, the others go', async () => {
    const scene = await Scene.start();
    const [a, b] = [new Client(scene), new Client(scene)];
    await stabilize(scene, [a, b]);
    await scene.restart();
    assert.equal(await scene.groupState(), 'Stable');
    await scene.time.advance(6000);
    assert.equal(a.heartbeat(), 0);
    await scene.time.advance(6000);
    assert.equal(b.heartbeat(), UNKNOWN_MEMBER_ID);
    assert.equal(a.heartbeat(), REBALANCE_IN_PROGRESS);
    assert.equal((await a.join()).generationId, 2);
  });

  it('gives a member its assignment again, and lets it rejoin', async () => {
    const scene = await Scene.start();
    const [a, b] = [new Client(scene), new Client(scene)];
    await stabilize(scene, [a, b]);
    await scene.restart();
    assert.equal(text((await b.sync()).assignment), 'share 1');
    assert.equal((await b.join()).generationId, 1, 'nothing changed');
    const rejoining = a.join();
    await settle();
    assert.equal(b.heartbeat(), REBALANCE_IN_PROGRESS);
    await b.join();
    const response = await rejoining;
    assert.equal(response.generationId, 2);
    assert.equal(response.leader, a.memberId, 'the leader stays');
  });

  it('knows who leads', async () => {
    const scene = await Scene.start();
    const [away, stays] = [new Client(scene, { instance: 'one' }), new Client(scene)];
    away.sessionTimeoutMs = 300_000;
    stays.sessionTimeoutMs = 300_000;
    await stabilize(scene, [away, stays]);
    assert.equal(stays.joined?.leader, away.memberId);
    stays.protocols = [{ name: 'range', metadata: bytes('other topics') }];
    const rejoining = stays.join();
    await scene.time.advance(61_000);
    assert.equal((await rejoining).leader, stays.memberId);
    await stays.sync({ [stays.memberId]: 'all' });
    await scene.restart();
    const [group] = await scene.coordinator.describeGroups(['g'], context(5));
    assert.equal(group?.members[0]?.memberId, away.memberId, 'first, but not leading');
    stays.join();
    await settle();
    assert.equal(await scene.groupState(), 'PreparingRebalance', 'as when a leader joins again');
  });

  it('knows an empty group and its generation', async () => {
    const scene = await Scene.start();
    const client = new Client(scene);
    await stabilize(scene, [client]);
    client.leave();
    await settle();
    await scene.restart();
    assert.equal(await scene.groupState(), 'Empty');
    const next = new Client(scene);
    await stabilize(scene, [next]);
    assert.equal(next.generationId, 3);
  });

  it('forgets a rebalance that was under way, and the members start it again', async () => {
    const scene = await Scene.start();
    const [a, b] = [new Client(scene), new Client(scene)];
    await stabilize(scene, [a]);
    const joining = new Follow(b.enter());
    await settle();
    const parked = new Follow(a.join());
    await settle();
    const syncing = new Follow(b.sync());
    await settle();
    assert.equal(parked.now?.generationId, 2);
    assert.equal(joining.now?.generationId, 2);
    await scene.restart();
    assert.equal(syncing.now?.errorCode, NOT_COORDINATOR);
    assert.equal(a.heartbeat(), ILLEGAL_GENERATION);
    assert.equal(b.heartbeat(), UNKNOWN_MEMBER_ID);
  });

  it('sends away who waits for a join when it resigns', async () => {
    const scene = await Scene.start({ 'group.initial.rebalance.delay.ms': 3000 });
    const parked = new Follow(new Client(scene).enter());
    await settle();
    assert.ok(parked.waiting);
    scene.coordinator.onResignation(0);
    await settle();
    assert.equal(parked.now?.errorCode, NOT_COORDINATOR);
    assert.equal(scene.time.waiting, 0);
  });

  it('sends away who waits for a sync that cannot be committed, and is not trusted any more', async () => {
    const scene = await Scene.start();
    const client = new Client(scene);
    const join = client.enter();
    await scene.time.advance(0);
    await join;
    scene.log.holdCommits();
    const parked = new Follow(client.sync());
    await settle();
    scene.log.loseUncommitted();
    await settle();
    assert.equal(parked.now?.errorCode, NOT_COORDINATOR);
    assert.equal(client.heartbeat(), NOT_COORDINATOR);
    await scene.coordinator.onElection(0, 1);
    assert.equal(client.heartbeat(), UNKNOWN_MEMBER_ID);
  });
});
