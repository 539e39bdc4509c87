/** Stories 19 to 23 and 27 as the broker tells them: versions that change, offsets, restarts. */
import assert from 'node:assert/strict';
import { errorName } from '../../../src/core/index.ts';
import { commitOffset, fetchFrom, offsetAt, setTransactionVersion, visibleValues } from '../requests.ts';
import { StubbornClient } from '../stubborn-client.ts';
import { both, GROUP, story, TOPIC } from './stage.ts';

story(19, 'the transaction version rises in the middle of a transaction', 'either', async (stage) => {
  await stage.ask(setTransactionVersion(1, 2));
  const producer = await stage.producer('TV1');
  await stage.write(producer, 'T1 one');
  await stage.ask(setTransactionVersion(2, 1));
  await stage.write(producer, 'T1 two');
  await stage.end(producer, 'commit');
  await stage.settled();
  const marker = (await stage.log()).at(-1)!;
  assert.equal(marker.marker, 'commit');
  assert.equal(marker.producerEpoch, producer.producerEpoch, 'T1 ends as it began');
  // The next one, from its first request on.
  const next = await stage.producer('TV2');
  await stage.write(next, 'T2');
  const { producerEpoch } = next;
  await stage.end(next, 'commit');
  await stage.settled();
  assert.equal((await stage.log()).at(-1)!.producerEpoch, producerEpoch + 1);
  assert.deepEqual(await stage.visible(), ['T1 one', 'T1 two', 'T2']);
});

story(20, 'the answer to a commit is lost: the next reader finds its offsets', both, async (stage, protocol) => {
  const producer = await stage.producer(protocol);
  await stage.stageOffset(producer, 5);
  const commit = producer.end('commit');
  await stage.answer(commit);
  // Its answer was lost, so it comes again; either answer, and the position is what was committed.
  assert.ok(['NONE', 'CONCURRENT_TRANSACTIONS'].includes(await stage.attempt(commit)));
  const answer = await stage.ask(commit);
  if (protocol === 'TV2') producer.adopt(answer);
  let position = await stage.position();
  for (let tries = 0; position === 'UNSTABLE_OFFSET_COMMIT' && tries < 500; tries++) {
    await stage.sim.sleep(1);
    position = await stage.position();
  }
  assert.equal(position, 5);
  await stage.restart();
  assert.equal(await stage.position(), 5);
});

story(21, 'right after a start nothing of an open or aborted transaction is shown', both, async (stage, protocol) => {
  const aborted = await stage.producer(protocol);
  await stage.write(aborted, 'aborted');
  await stage.end(aborted, 'abort');
  await stage.settled();
  const open = await stage.producer(protocol);
  const first = await stage.write(open, 'open');
  for (const how of ['kill', 'crash', 'kill'] as const) {
    // Its first request is there before the broker is, and is answered as soon as it can be.
    const early = new StubbornClient(stage.sim, 'early');
    const fetched = early.ask(fetchFrom(TOPIC, 0, 0, 'read_committed'));
    await stage.restart(how);
    assert.deepEqual(visibleValues(await fetched), []);
    assert.deepEqual(visibleValues(await early.ask(fetchFrom(TOPIC, 0, 0, 'read_committed'))), []);
    assert.ok((await stage.lastStableOffset()) <= first);
    early.close();
  }
  await stage.end(open, 'commit');
  await stage.settled();
  assert.deepEqual(await stage.visible(), ['open']);
});

story(22, 'no offset above the last stable one is listed to read_committed', both, async (stage, protocol) => {
  const producer = await stage.producer(protocol);
  const plain = await stage.producer(protocol, { transactionalId: null });
  await stage.write(plain, 'before');
  const first = await stage.write(producer, 'inside');
  await stage.write(plain, 'beside');
  for (const timestamp of [-1, -2, -3, 0, 1_704_067_200_000, 1_704_067_200_001]) {
    const { topics } = await stage.answer(offsetAt(TOPIC, 0, timestamp, 'read_committed'));
    const { offset, errorCode } = topics[0]!.partitions[0]!;
    assert.equal(errorName(errorCode), 'NONE');
    assert.ok(offset <= first, `timestamp ${timestamp}: ${offset}, and ${first} is the last stable offset`);
  }
});

story(
  23,
  'offsets expire while a transaction has staged new ones',
  both,
  async (stage, protocol) => {
    const producer = await stage.producer(protocol, { transactionTimeoutMs: 900_000 });
    await stage.ask(commitOffset(GROUP, TOPIC, 0, 5));
    await stage.sim.sleep(30_000);
    await stage.stageOffset(producer, 10);
    // Beyond the retention and the next look at what has expired.
    await stage.sim.sleep(700_000);
    await stage.end(producer, 'commit');
    let position = await stage.position();
    for (let tries = 0; position === 'UNSTABLE_OFFSET_COMMIT' && tries < 500; tries++) {
      await stage.sim.sleep(1);
      position = await stage.position();
    }
    assert.equal(position, 10);
    await stage.restart();
    assert.equal(await stage.position(), 10);
  },
  { 'offsets.retention.minutes': 1 },
);

story(
  27,
  'InitProducerId with 0/0 in place of -1/-1 is fenced, and with -1/-1 it is not',
  both,
  async (stage, protocol) => {
    const producer = await stage.producer(protocol);
    await stage.write(producer, 'T1');
    await stage.end(producer, 'commit');
    await stage.settled();
    const again = await stage.producer(protocol);
    await stage.restart();
    assert.equal(await stage.attempt(again.init({ producerId: 0, producerEpoch: 0 })), 'PRODUCER_FENCED');
    const fresh = await stage.producer(protocol);
    assert.equal(fresh.producerId, producer.producerId);
    assert.ok(fresh.producerEpoch > again.producerEpoch);
  },
);
