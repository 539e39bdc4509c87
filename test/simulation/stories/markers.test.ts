/** Stories 9 to 14: markers, the end of a transaction, and what comes right after it. */
import assert from 'node:assert/strict';
import { writeTxnMarkers } from '../../../src/wire/index.ts';
import type { HandProducer } from '../hand-producer.ts';
import { request } from '../raw-client.ts';
import { errorsOf } from '../requests.ts';
import { BROKER } from '../world.ts';
import { both, type Stage, story, TOPIC } from './stage.ts';

/** What a coordinator asks the leader of the partition for. */
function marker(producer: HandProducer, kind: 'commit' | 'abort', transactionVersion: 0 | 2, producerEpoch: number) {
  return request(writeTxnMarkers, 2, {
    markers: [
      {
        producerId: producer.producerId,
        producerEpoch,
        transactionResult: kind === 'commit',
        topics: [{ name: TOPIC, partitionIndexes: [0] }],
        coordinatorEpoch: 0,
        transactionVersion,
      },
    ],
  });
}

story(9, 'a marker comes again at the same epoch, with no transaction open', both, async (stage, protocol) => {
  const producer = await stage.producer(protocol);
  await stage.write(producer, 'T1');
  await stage.end(producer, 'commit');
  await stage.settled();
  const version = protocol === 'TV2' ? 2 : 0;
  assert.equal(await stage.attempt(marker(producer, 'commit', version, producer.producerEpoch)), 'NONE');
  await stage.settled();
  await stage.write(producer, 'T2');
  await stage.end(producer, 'commit');
  await stage.settled();
  assert.deepEqual(await stage.visible(), ['T1', 'T2']);
});

story(9, 'the broker dies between the markers and the end: it goes on to the end', both, async (stage, protocol) => {
  const { sim } = stage;
  for (const outcome of ['commit', 'abort'] as const) {
    const producer = await stage.producer(protocol);
    await stage.write(producer, outcome);
    const end = producer.end(outcome);
    const died = new Promise<void>((resolve) => {
      sim.disk(BROKER).onChange = ({ kind, path }) => {
        if (kind !== 'synced' || !path.includes(`/${TOPIC}-0/`)) return;
        sim.disk(BROKER).onChange = undefined;
        sim.kill(BROKER);
        resolve();
      };
    });
    const answered = stage.ask(end);
    await died;
    await stage.restart();
    await answered;
    await stage.settled();
  }
  assert.deepEqual(await stage.visible(), ['commit']);
});

story(10, 'a marker whose epoch is not above that of the open transaction is refused', ['TV2'], async (stage) => {
  const producer = await stage.producer('TV2');
  const first = await stage.write(producer, 'T1');
  for (const epoch of [producer.producerEpoch, producer.producerEpoch - 1]) {
    if (epoch < 0) continue;
    assert.equal(await stage.attempt(marker(producer, 'commit', 2, epoch)), 'INVALID_PRODUCER_EPOCH');
  }
  assert.equal(await stage.lastStableOffset(), first);
  await stage.end(producer, 'abort');
  await stage.settled();
  assert.deepEqual(await stage.visible(), []);
});

story(12, 'a commit, then at once an empty abort: the producer does not fence itself', ['TV2'], async (stage) => {
  const producer = await stage.producer('TV2');
  for (let round = 0; round < 5; round++) {
    stage.sim.disk(BROKER).conditions.syncMeanMs = stage.sim.random.fraction() * 10;
    await stage.write(producer, `kept ${round}`);
    await stage.end(producer, 'commit');
    await stage.end(producer, 'abort');
  }
  await stage.settled();
  assert.equal((await stage.visible()).length, 5);
});

story(12, 'an empty commit is refused, and no harm is done', both, async (stage, protocol) => {
  const producer = await stage.producer(protocol);
  assert.equal(await stage.attempt(producer.end('commit')), 'INVALID_TXN_STATE');
  await stage.write(producer, 'T1');
  await stage.end(producer, 'commit');
  await stage.settled();
  assert.deepEqual(await stage.visible(), ['T1']);
});

story(13, 'a partition is added while the transaction before is completed', both, async (stage, protocol) => {
  const producer = await stage.producer(protocol);
  stage.sim.disk(BROKER).conditions.syncMeanMs = 10;
  for (let round = 0; round < 5; round++) {
    await stage.write(producer, `dropped ${round}`);
    await stage.end(producer, 'abort');
    await overlapping(stage, producer, round);
    await stage.end(producer, 'commit');
  }
  await stage.settled();
  assert.deepEqual(
    await stage.visible(),
    Array.from({ length: 5 }, (_, round) => `kept ${round}`),
  );
});

/** The first request of the next transaction, once, and then until it is taken. */
async function overlapping(stage: Stage, producer: HandProducer, round: number): Promise<void> {
  const first =
    producer.protocol === 'TV1'
      ? producer.addPartitions({ topic: TOPIC, partition: 0 })
      : producer.twin().produce({ topic: TOPIC, partition: 0, values: [`kept ${round}`] });
  const error = await stage.attempt(first);
  assert.ok(error === 'NONE' || error === 'CONCURRENT_TRANSACTIONS', error);
  await stage.write(producer, `kept ${round}`);
}

story(14, 'an offset is never told as it was once its transaction has ended', both, async (stage, protocol) => {
  const producer = await stage.producer(protocol);
  stage.sim.disk(BROKER).conditions.syncMeanMs = 5;
  let expected = -1;
  for (const [round, outcome] of (['commit', 'abort', 'commit', 'abort', 'commit'] as const).entries()) {
    await stage.stageOffset(producer, 10 + round);
    assert.equal(await stage.position(), 'UNSTABLE_OFFSET_COMMIT');
    assert.equal(await stage.position(false), expected, 'what is staged is not told');
    await stage.end(producer, outcome);
    if (outcome === 'commit') expected = 10 + round;
    let position = await stage.position();
    for (let tries = 0; position === 'UNSTABLE_OFFSET_COMMIT' && tries < 500; tries++) {
      await stage.sim.sleep(0.5);
      position = await stage.position();
    }
    assert.equal(position, expected);
  }
});

story(14, 'a marker on the offsets is acknowledged when they can be read', ['TV1'], async (stage) => {
  const producer = await stage.producer('TV1');
  await stage.stageOffset(producer, 7);
  const commit = request(writeTxnMarkers, 1, {
    markers: [
      {
        producerId: producer.producerId,
        producerEpoch: producer.producerEpoch,
        transactionResult: true,
        topics: [{ name: '__consumer_offsets', partitionIndexes: [0] }],
        coordinatorEpoch: 0,
      },
    ],
  });
  assert.deepEqual(errorsOf(await stage.answer(commit)), ['NONE']);
  assert.equal(await stage.position(), 7);
});
