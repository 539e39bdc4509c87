import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeResponseFrame, heartbeat } from '../../wire/index.ts';
import { playTwice, type Simulation } from '../sim/index.ts';
import { FakeBroker, FrameClient } from './fake-broker.ts';
import { FaultProxy } from './fault-proxy.ts';

async function scenario(sim: Simulation): Promise<string[]> {
  const happened: string[] = [];
  await sim.run(
    async () => {
      const broker = await FakeBroker.start(
        sim.node('broker').network,
        (request) => encodeResponseFrame(heartbeat, 4, request.correlationId, {}),
        'broker',
      );
      const { network, timers } = sim.node('proxy');
      const proxy = await FaultProxy.start({
        target: `broker:${broker.port}`,
        listen: { host: 'proxy' },
        network,
        timers,
        rules: [
          { name: 'slow', api: 'Heartbeat', action: 'delay', delayMs: 3_600_000, skip: 1 },
          { name: 'lost', api: 'Heartbeat', action: 'drop-reply', skip: 3 },
        ],
      });
      const client = await FrameClient.connect(sim.node('client').network, proxy.port, 'proxy');
      for (let id = 1; id <= 5; id++) client.send(heartbeat, 4, id, { groupId: 'g' });
      for (;;) {
        const answer = await client.answer(heartbeat, 4);
        happened.push(answer === undefined ? 'cut' : String(answer.correlationId));
        if (answer === undefined) break;
      }
      assert.deepEqual(proxy.counters(), [
        { name: 'slow', frames: 1, records: 0 },
        { name: 'lost', frames: 1, records: 0 },
      ]);
      assert.ok(sim.nowMs >= 3_600_000);
      await proxy.close();
      await broker.close();
    },
    { untilMs: 4_000_000 },
  );
  return happened;
}

test('it runs on simulated ports: an hour of delay in no time, and the same for the same seed', async () => {
  for (const seed of [1, 2, 3]) {
    const { result } = await playTwice({ seed }, scenario);
    assert.deepEqual(result, ['1', '2', '3', 'cut']);
  }
});
