/** Static members (KIP-345): who comes back under its name takes the place of who had it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ErrorCode, KafkaError } from '../../core/index.ts';
import { settle } from '../../replay/index.ts';
import { Client, Follow, Scene, stabilize, text } from './scene.ts';

const { FENCED_INSTANCE_ID } = ErrorCode;

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
