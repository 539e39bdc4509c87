/** Stories 1 to 6: requests that come late, of producers that have gone on, been overtaken or timed out. */
import assert from 'node:assert/strict';
import { both, type Stage, story, TOPIC } from './stage.ts';

for (const outcome of ['commit', 'abort'] as const) {
  story(1, `a delayed ${outcome} arrives in the middle of the next transaction`, both, async (stage, protocol) => {
    const producer = await stage.producer(protocol);
    await stage.write(producer, 'T1');
    const delayed = producer.end(outcome);
    // Its retry, on another connection, is what ends T1.
    await stage.end(producer, outcome);
    await stage.settled();
    const first = await stage.write(producer, 'T2 one');
    const error = await stage.attempt(delayed);
    const t1 = outcome === 'commit' ? ['T1'] : [];
    if (protocol === 'TV1') {
      // The epoch is the same: it cannot be told from an end of T2. That is what TV2 is for.
      assert.equal(error, 'NONE');
      await stage.settled();
      assert.deepEqual(await stage.visible(), outcome === 'commit' ? ['T1', 'T2 one'] : []);
      return;
    }
    assert.equal(error, 'PRODUCER_FENCED');
    assert.equal(await stage.lastStableOffset(), first);
    assert.deepEqual(await stage.visible(), t1);
    await stage.write(producer, 'T2 two');
    await stage.end(producer, 'commit');
    await stage.settled();
    assert.deepEqual(await stage.visible(), [...t1, 'T2 one', 'T2 two']);
  });

  story(1, `a delayed ${outcome} arrives before the next transaction begins`, both, async (stage, protocol) => {
    const producer = await stage.producer(protocol);
    await stage.write(producer, 'T1');
    const delayed = producer.end(outcome);
    await stage.end(producer, outcome);
    await stage.settled();
    assert.equal(await stage.attempt(delayed), 'NONE', 'it is a retry');
    await stage.write(producer, 'T2');
    await stage.end(producer, 'commit');
    await stage.settled();
    assert.deepEqual(await stage.visible(), outcome === 'commit' ? ['T1', 'T2'] : ['T2']);
  });

  story(1, `a process was paused before its ${outcome}, and another took over`, both, async (stage, protocol) => {
    const paused = await stage.producer(protocol);
    await stage.write(paused, 'paused');
    const successor = await stage.producer(protocol);
    const first = await stage.write(successor, 'successor');
    const error = await stage.attempt(paused.end(outcome));
    assert.equal(error, 'PRODUCER_FENCED');
    assert.equal(await stage.lastStableOffset(), first);
    await stage.end(successor, 'commit');
    await stage.settled();
    assert.deepEqual(await stage.visible(), ['successor']);
  });
}

story(2, 'a zombie produces after the abort marker', both, async (stage, protocol) => {
  const producer = await stage.producer(protocol);
  await stage.write(producer, 'in time');
  const late = producer.produce({ topic: TOPIC, partition: 0, values: ['late'] });
  await stage.end(producer, 'abort');
  await stage.settled();
  const error = await stage.attempt(late);
  assert.equal(error, protocol === 'TV1' ? 'TRANSACTION_ABORTABLE' : 'INVALID_PRODUCER_EPOCH');
  await stageKeepsAdvancing(stage);
  assert.ok(!(await stage.stored()).includes('late'));
});

story(2, 'a zombie produces after its successor has aborted it', both, async (stage, protocol) => {
  const zombie = await stage.producer(protocol);
  await stage.write(zombie, 'in time');
  const late = zombie.produce({ topic: TOPIC, partition: 0, values: ['late'] });
  await stage.producer(protocol);
  await stage.settled();
  assert.equal(await stage.attempt(late), 'INVALID_PRODUCER_EPOCH');
  await stageKeepsAdvancing(stage);
});

/** Nothing holds the last stable offset back. */
async function stageKeepsAdvancing(stage: Stage): Promise<void> {
  const plain = await stage.producer('TV2', { transactionalId: null });
  const offset = await stage.write(plain, 'afterwards');
  assert.equal(await stage.lastStableOffset(), offset + 1);
  assert.deepEqual(await stage.visible(), ['afterwards']);
}

story(3, 'a zombie produces into the next transaction of the same producer', both, async (stage, protocol) => {
  const producer = await stage.producer(protocol);
  await stage.write(producer, 'T1');
  const late = producer.twin().produce({ topic: TOPIC, partition: 0, values: ['late'] });
  await stage.end(producer, 'abort');
  await stage.settled();
  await stage.write(producer, 'T2');
  const error = await stage.attempt(late);
  // TV1: its sequence number has been used since, so it passes for a repetition of what is there. Nothing is appended.
  assert.equal(error, protocol === 'TV1' ? 'NONE' : 'INVALID_PRODUCER_EPOCH');
  await stage.end(producer, 'commit');
  await stage.settled();
  assert.deepEqual(await stage.visible(), ['T2']);
  assert.deepEqual(await stage.stored(), ['T1', 'T2']);
});

story(4, 'a verification is answered when its transaction has been aborted', both, async (stage, protocol) => {
  const producer = await stage.producer(protocol);
  for (let round = 0; round < 12; round++) {
    // The coordinator's answer waits for the disk.
    stage.sim.disk('broker').conditions.syncMeanMs = stage.sim.random.fraction() * 20;
    await stage.join(producer);
    const late = stage.attempt(producer.produce({ topic: TOPIC, partition: 0, values: [`late ${round}`] }));
    await stage.sim.sleep(stage.sim.random.fraction() * 20);
    await stage.end(producer, 'abort');
    await stage.write(producer, `kept ${round}`);
    await stage.end(producer, 'commit');
    await late;
  }
  await stage.settled();
  assert.deepEqual(
    await stage.visible(),
    Array.from({ length: 12 }, (_, round) => `kept ${round}`),
  );
});

story(
  6,
  'a transaction that is open for too long is aborted, and its producer fenced',
  both,
  async (stage, protocol) => {
    const producer = await stage.producer(protocol, { transactionTimeoutMs: 1000 });
    await stage.write(producer, 'slow');
    const late = producer.twin().produce({ topic: TOPIC, partition: 0, values: ['late'] });
    const end = producer.end('commit');
    await stage.sim.sleep(12_000);
    await stage.settled();
    assert.equal(await stage.attempt(late), 'INVALID_PRODUCER_EPOCH');
    // TV2 takes it for a repetition, of a commit that was an abort.
    assert.equal(await stage.attempt(end), protocol === 'TV1' ? 'PRODUCER_FENCED' : 'INVALID_TXN_STATE');
    assert.equal(await stage.attempt(producer.addPartitions({ topic: TOPIC, partition: 0 })), 'PRODUCER_FENCED');
    assert.deepEqual(await stage.visible(), []);
    const next = await stage.producer(protocol);
    await stage.write(next, 'next');
    await stage.end(next, 'commit');
    await stage.settled();
    assert.deepEqual(await stage.visible(), ['next']);
  },
);
