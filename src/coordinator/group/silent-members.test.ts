/** How long a member may be silent: until its session, or the rebalance, is over; and what counts as a sign of life. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ErrorCode } from '../../core/index.ts';
import { settle } from '../../replay/index.ts';
import { bytes, Client, Follow, Scene, stabilize, text } from './scene.ts';

const { REBALANCE_IN_PROGRESS, UNKNOWN_MEMBER_ID } = ErrorCode;

describe('a member of a classic group that is silent', () => {
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
      assert.equal(a.heartbeat(), 0);
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
});
