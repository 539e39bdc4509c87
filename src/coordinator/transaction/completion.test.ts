/** Who waits for the end of a transaction to be complete, and what lets it go on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from '../../replay/index.ts';
import { Scene, written } from './scene.ts';

test('who begins again too early can wait for the transaction before, and no longer', async () => {
  const scene = await Scene.start();
  const producer = await scene.initialized();
  assert.equal(await scene.add(producer, 0), 'NONE');
  assert.equal(scene.coordinator.completion('tx'), undefined, 'nothing is being completed');
  const { promise, resolve } = Promise.withResolvers<void>();
  scene.answerMarkers = async (markers) => {
    await promise;
    return written(markers);
  };
  const next = await scene.ended(producer, 'commit');
  assert.equal(await scene.add(next, 1), 'CONCURRENT_TRANSACTIONS');
  let complete = false;
  void scene.coordinator.completion('tx')!.then(() => {
    complete = true;
  });
  await settle();
  assert.equal(complete, false, 'the markers are on their way');
  resolve();
  await settle();
  assert.equal(complete, true);
  assert.equal(await scene.add(next, 1), 'NONE');
  assert.equal(scene.coordinator.completion('tx'), undefined);
});

test('a coordinator that resigns lets everybody go who waits for it', async () => {
  const scene = await Scene.start();
  const producer = await scene.initialized();
  await scene.add(producer, 0);
  scene.answerMarkers = () => new Promise(() => {});
  await scene.ended(producer, 'abort');
  const waiting = scene.coordinator.completion('tx')!;
  scene.coordinator.close();
  await waiting;
  assert.equal(scene.coordinator.completion('tx'), undefined);
});
