import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorName } from '../../core/index.ts';
import { settle } from '../../replay/index.ts';
import { consumerProtocolSubscription, encodeVersioned } from '../../wire/index.ts';
import { Client, Scene, stabilize } from './scene.ts';

const subscription = (...topics: string[]) =>
  Buffer.from(encodeVersioned(consumerProtocolSubscription, 0, { topics, userData: null }));

/** The error of the group, or that of the partition. */
async function remove(scene: Scene, topic: string, groupId = 'g', partitionIndex = 0): Promise<string> {
  const { errorCode, topics } = await scene.coordinator.deleteOffsets({
    groupId,
    topics: [{ name: topic, partitions: [{ partitionIndex }] }],
  });
  return errorCode === 0 ? errorName(topics[0]!.partitions[0]!.errorCode) : `group: ${errorName(errorCode)}`;
}

test('an offset that is deleted is gone, also for a coordinator that takes over', async () => {
  const scene = await Scene.start();
  await scene.commit(12);
  await scene.commit(5, { partition: 1 });
  assert.equal(await remove(scene, 'orders'), 'NONE');
  assert.deepEqual([await scene.fetch(0), await scene.fetch(1)], [-1, 5]);
  await scene.restart();
  assert.deepEqual([await scene.fetch(0), await scene.fetch(1)], [-1, 5]);
});

test('deleting what was never committed succeeds and writes nothing', async () => {
  const scene = await Scene.start();
  await scene.commit(12);
  const { endOffset } = scene.log;
  assert.equal(await remove(scene, 'orders', 'g', 7), 'NONE');
  assert.equal(scene.log.endOffset, endOffset);
  assert.equal(await remove(scene, 'orders', 'unknown'), 'group: GROUP_ID_NOT_FOUND');
  assert.equal(await remove(scene, 'orders', ''), 'group: INVALID_GROUP_ID');
});

test('an offset that waits for the end of its transaction is deleted too', async () => {
  const scene = await Scene.start();
  await scene.commit(5, { partition: 1 });
  await scene.commitInTransaction(9, { producerId: 1 });
  assert.equal(await remove(scene, 'orders'), 'NONE');
  assert.equal(await scene.fetch(0, true), -1, 'nothing is unstable');
  await scene.mark('commit', 1);
  assert.equal(await scene.fetch(0), -1);
});

test('topics of any member stay, through every state of the group; others do not', async () => {
  const scene = await Scene.start();
  await scene.commit(12);
  await scene.commit(12, { topic: 'payments' });
  const [first, second] = [new Client(scene), new Client(scene)];
  for (const client of [first, second]) client.protocols = [{ name: 'range', metadata: subscription('orders') }];
  await stabilize(scene, [first]);
  assert.equal(await scene.groupState(), 'Stable');
  assert.equal(await remove(scene, 'orders'), 'GROUP_SUBSCRIBED_TO_TOPIC');
  void second.enter();
  await settle();
  assert.equal(await scene.groupState(), 'PreparingRebalance');
  assert.equal(await remove(scene, 'orders'), 'GROUP_SUBSCRIBED_TO_TOPIC');
  assert.equal(await remove(scene, 'payments'), 'NONE');
  void first.enter();
  await settle();
  assert.equal(await scene.groupState(), 'CompletingRebalance');
  assert.equal(await remove(scene, 'orders'), 'GROUP_SUBSCRIBED_TO_TOPIC');
});

test('before its members have voted, and where a subscription cannot be read, any topic may be theirs', async () => {
  const scene = await Scene.start({ 'group.initial.rebalance.delay.ms': 1000 });
  await scene.commit(12);
  const client = new Client(scene);
  void client.enter();
  await settle();
  assert.equal(await scene.groupState(), 'PreparingRebalance');
  assert.equal(await remove(scene, 'orders'), 'GROUP_SUBSCRIBED_TO_TOPIC');
  await scene.time.advance(2000);
  assert.equal(await scene.groupState(), 'CompletingRebalance');
  assert.equal(await remove(scene, 'orders'), 'GROUP_SUBSCRIBED_TO_TOPIC');
});

test('members that are no consumers keep all offsets', async () => {
  const scene = await Scene.start();
  await scene.commit(12);
  const client = new Client(scene);
  const { memberId } = await client.join({ protocolType: 'connect' });
  client.memberId = memberId;
  void client.join({ protocolType: 'connect' });
  await settle();
  assert.equal(await remove(scene, 'orders'), 'group: NON_EMPTY_GROUP');
});
