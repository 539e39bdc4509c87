/** Stories 16, 17, 24 and 25: sequence numbers, what is remembered of producers, and what may be seen when. */
import assert from 'node:assert/strict';
import type { ProduceResponse } from '../../../src/wire/index.ts';
import type { Request } from '../raw-client.ts';
import { errorOf, makeTopic } from '../requests.ts';
import { BROKER } from '../world.ts';
import { both, type Stage, story, TOPIC } from './stage.ts';

const at = { topic: TOPIC, partition: 0 };

/** Sends the batches in their order, all before the first is answered, and those that were put off again, until each is there. */
async function persist(stage: Stage, requests: readonly Request<ProduceResponse>[]): Promise<void> {
  let left = [...requests];
  for (let round = 0; left.length > 0; round++) {
    assert.ok(round < 50, 'an endless loop');
    const answers = await stage.pipelined(left);
    left = left.filter((_, index) => {
      const error = errorOf(answers[index]!);
      assert.ok(error === 'NONE' || RETRIED.includes(error), error);
      return error !== 'NONE';
    });
    await stage.sim.sleep(5);
  }
}
/** By a client with several batches in flight. */
const RETRIED = ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'CONCURRENT_TRANSACTIONS', 'NOT_ENOUGH_REPLICAS'];

story(
  16,
  'a lower sequence is put off while a higher one comes: both land, in order',
  both,
  async (stage, protocol) => {
    const producer = await stage.producer(protocol);
    stage.sim.disk(BROKER).conditions.syncMeanMs = 10;
    const expected: string[] = [];
    for (let round = 0; round < 6; round++) {
      await stage.join(producer);
      const values = ['one', 'two', 'three'].map((name) => `${name} ${round}`);
      await persist(
        stage,
        values.map((value) => producer.produce({ ...at, values: [value] })),
      );
      expected.push(...values);
      await stage.end(producer, 'commit');
    }
    await stage.settled();
    assert.deepEqual(await stage.visible(), expected);
  },
);

story(24, 'a batch is known again when its segment is long closed, and after restarts', 'either', async (stage) => {
  await stage.ask(makeTopic('small', 1, { 'internal.segment.bytes': '200' }));
  const producer = await stage.producer('TV2', { transactionalId: null });
  const requests = Array.from({ length: 5 }, (_, index) =>
    producer.produce({ topic: 'small', partition: 0, values: [`v${index}`] }),
  );
  const offsets = (answers: readonly ProduceResponse[]) =>
    answers.map(({ responses }) => responses[0]!.partitionResponses[0]!.baseOffset);
  const first: ProduceResponse[] = [];
  for (const request of requests) first.push(await stage.ask(request));
  assert.deepEqual(offsets(first), [0, 1, 2, 3, 4]);
  for (const how of ['kill', 'crash', 'kill'] as const) {
    const again: ProduceResponse[] = [];
    for (const request of requests) again.push(await stage.ask(request));
    assert.deepEqual(offsets(again), [0, 1, 2, 3, 4], `before a ${how}`);
    await stage.restart(how);
  }
  const last = await stage.ask(producer.produce({ topic: 'small', partition: 0, values: ['last'] }));
  assert.deepEqual(offsets([last]), [5]);
});

story(25, 'a batch that came too early and comes again is there once', 'either', async (stage) => {
  const producer = await stage.producer('TV2', { transactionalId: null });
  const one = producer.produce({ ...at, values: ['one'] });
  const two = producer.produce({ ...at, values: ['two'] });
  const three = producer.produce({ ...at, values: ['three'] });
  await stage.ask(one);
  assert.equal(await stage.attempt(three), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
  assert.equal(await stage.attempt(three), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
  for (const request of [two, three, three, two, one]) await stage.ask(request);
  assert.deepEqual(await stage.stored(), ['one', 'two', 'three']);
});

story(25, 'the last stable offset is exact', both, async (stage, protocol) => {
  const producer = await stage.producer(protocol);
  const plain = await stage.producer(protocol, { transactionalId: null });
  assert.equal(await stage.write(plain, 'before'), 0);
  const first = await stage.write(producer, 'inside');
  await stage.write(plain, 'beside');
  assert.equal(await stage.lastStableOffset(), first);
  assert.equal(await stage.highWatermark(), first + 2);
  assert.deepEqual(await stage.visible(), ['before']);
  await stage.end(producer, 'commit');
  await stage.settled();
  assert.equal(await stage.highWatermark(), first + 3);
  assert.deepEqual(await stage.visible(), ['before', 'inside', 'beside']);
});

story(25, 'what is answered with INVALID_TXN_STATE has not been done', both, async (stage, protocol) => {
  const producer = await stage.producer(protocol);
  await stage.write(producer, 'T1');
  const commit = producer.end('commit');
  await stage.end(producer, 'abort');
  await stage.settled();
  assert.equal(await stage.attempt(commit), 'INVALID_TXN_STATE');
  await stage.settled();
  assert.deepEqual(await stage.visible(), []);
});

story(25, 'a transaction goes on after a restart, and none of its records is lost', both, async (stage, protocol) => {
  for (const how of ['kill', 'crash'] as const) {
    const producer = await stage.producer(protocol);
    await stage.write(producer, `${how} before`);
    await stage.stageOffset(producer, 3);
    await stage.restart(how);
    assert.ok(!(await stage.visible()).includes(`${how} before`));
    await stage.write(producer, `${how} after`);
    await stage.end(producer, 'commit');
    await stage.settled();
  }
  assert.deepEqual(await stage.visible(), ['kill before', 'kill after', 'crash before', 'crash after']);
  assert.equal(await stage.position(), 3);
});
