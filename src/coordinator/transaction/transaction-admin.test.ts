import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorName } from '../../core/index.ts';
import { context, Scene } from './scene.ts';

const everything = { stateFilters: [], producerIdFilters: [], durationFilter: -1, transactionalIdPattern: null };

test('what is described and listed is what a coordinator that takes over knows too', async () => {
  const scene = await Scene.start();
  const producer = await scene.initialized();
  await scene.add(producer, 2);
  await scene.add(producer, 0);
  const before = await scene.coordinator.describeTransactions(['tx', '', 'other']);
  assert.deepEqual(
    before.map(({ errorCode, transactionState }) => [errorName(errorCode), transactionState]),
    [
      ['NONE', 'Ongoing'],
      ['INVALID_REQUEST', ''],
      ['TRANSACTIONAL_ID_NOT_FOUND', ''],
    ],
  );
  assert.deepEqual(before[0]!.topics, [{ topic: 'orders', partitions: [0, 2] }]);
  assert.equal(before[0]!.transactionStartTimeMs, scene.time.now());
  const listed = await scene.coordinator.listTransactions(everything);
  assert.deepEqual(listed.transactionStates, [
    { transactionalId: 'tx', producerId: producer.producerId, transactionState: 'Ongoing' },
  ]);
  await scene.restart();
  assert.deepEqual(await scene.coordinator.describeTransactions(['tx', '', 'other']), before);
  assert.deepEqual(await scene.coordinator.listTransactions(everything), listed);
});

test('a duration is counted from the start of the transaction, and an id without one is as old as can be', async () => {
  const scene = await Scene.start();
  const producer = await scene.initialized();
  const olderThan = async (durationFilter: number) => {
    const { transactionStates } = await scene.coordinator.listTransactions({ ...everything, durationFilter });
    return transactionStates.length;
  };
  assert.equal(await olderThan(scene.time.now()), 1);
  await scene.add(producer, 0);
  await scene.time.advance(1000);
  assert.deepEqual([await olderThan(999), await olderThan(1000)], [1, 0]);
});

test('nothing is told of partitions that are not kept here', async () => {
  const scene = await Scene.start();
  await scene.coordinator.initProducerId(
    { transactionalId: 'tx', transactionTimeoutMs: 1000, producerId: -1, producerEpoch: -1 },
    context(5),
  );
  scene.coordinator.onResignation(0);
  const [described] = await scene.coordinator.describeTransactions(['tx']);
  assert.equal(errorName(described!.errorCode), 'NOT_COORDINATOR');
  assert.deepEqual((await scene.coordinator.listTransactions(everything)).transactionStates, []);
});
