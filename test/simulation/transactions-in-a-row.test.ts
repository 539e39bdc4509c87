/** A producer that begins its next transaction at once waits for the one before, not for a time that somebody has set. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Broker } from '../../src/broker/index.ts';
import { Producer } from '../../src/client/index.ts';
import { Simulation } from '../../src/lab/index.ts';

test('a hundred transactions in a row take none of the broker’s backoffs', async () => {
  const sim = new Simulation({ seed: 1 });
  await sim.run(async () => {
    const ports = sim.node('broker');
    Object.assign(sim.disk('broker').conditions, { syncMeanMs: 3, syncLongestMs: 3 });
    await using broker = await Broker.start({ host: 'broker', port: 9092, dataDirectory: '/data', ports });
    await using producer = new Producer({
      bootstrapServers: broker.bootstrap,
      transactionalId: 'in-a-row',
      lingerMs: 0,
      ports: sim.node('client'),
    });
    await producer.initTransactions();
    const one = async () => {
      const tx = await producer.begin();
      tx.send({ topic: 'orders', value: 'x' });
      await tx.commit();
    };
    await one();
    const began = sim.nowMs;
    for (let at = 0; at < 100; at++) await one();
    const each = (sim.nowMs - began) / 100;
    // Three syncs in turn, and the way there and back.
    assert.ok(each < 15, `${each} ms for each`);
  });
});
