/** What another coordinator knows that takes over the log, and what becomes of who waited for the one before. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ErrorCode } from '../../core/index.ts';
import { settle } from '../../replay/index.ts';
import { bytes, Client, context, Follow, Scene, stabilize, text } from './scene.ts';

const { REBALANCE_IN_PROGRESS, UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, NOT_COORDINATOR } = ErrorCode;

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
