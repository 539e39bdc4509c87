/** Stories 7, 12, 18, 20, 26 and 27 as our client lives them. */
import assert from 'node:assert/strict';
import { Consumer, Producer } from '../../../src/client/index.ts';
import { FaultProxy, type FaultRule } from '../../../src/lab/index.ts';
import { makeTopic } from '../requests.ts';
import { ADDRESS, BROKER, ClientNode, text } from '../world.ts';
import { GROUP, type Stage, story, TOPIC } from './stage.ts';

const QUICK = { lingerMs: 0, retryBackoffMs: 5, reconnectBackoffMs: 5 };

/** A proxy before the broker that breaks the traffic by rule. */
function proxyOf(stage: Stage, ...rules: readonly FaultRule[]): Promise<FaultProxy> {
  const { network, timers } = stage.sim.node('proxy');
  return FaultProxy.start({ target: ADDRESS, listen: { host: 'proxy' }, network, timers, rules });
}

/** Reads what there is to the end, in the order of the partitions. */
async function readAll(stage: Stage, topics: string[], isolationLevel: 'read_committed' | 'read_uncommitted') {
  const consumer = new ClientNode(stage.sim, 'reader').consumer({ groupId: 'all', isolationLevel, maxPollRecords: 3 });
  consumer.subscribe(topics);
  const records = [];
  for (let idle = 0; idle < 3; ) {
    const found = await consumer.poll({ timeoutMs: 1000 });
    idle = found.length === 0 ? idle + 1 : 0;
    records.push(...found);
  }
  await consumer.close();
  return records;
}

story(7, 'an abort does not rewind the consumer: whoever processes seeks back', 'either', async (stage) => {
  const node = new ClientNode(stage.sim, 'pipeline');
  const feeder = node.producer();
  for (let at = 0; at < 3; at++) feeder.send({ topic: TOPIC, value: `v${at}` });
  await feeder.close();
  const consumer = node.consumer({ groupId: GROUP, enableAutoCommit: false });
  consumer.subscribe([TOPIC]);
  const place = { topic: TOPIC, partition: 0 };
  const take = async () => {
    const values: string[] = [];
    while (values.length < 3)
      for (const { value } of await consumer.poll({ timeoutMs: 1000 })) values.push(text(value));
    return values;
  };
  assert.deepEqual(await take(), ['v0', 'v1', 'v2']);
  const producer = node.producer({ transactionalId: 'tx' });
  await producer.initTransactions();
  const tx = await producer.begin();
  await tx.sendOffsets([{ ...place, offset: 3 }], consumer.groupMetadata());
  await tx.abort();
  assert.equal(await consumer.position(place), 3);
  assert.deepEqual(await consumer.poll({ timeoutMs: 500 }), []);
  assert.equal(await stage.position(), -1);
  consumer.seek({ ...place, offset: 0 });
  assert.deepEqual(await take(), ['v0', 'v1', 'v2']);
  await consumer.close();
  await producer.close();
});

story(12, 'our client commits, and at once aborts what is empty; it asks for no empty end', 'either', async (stage) => {
  const ends = { name: 'count', api: 'EndTxn', action: 'delay', delayMs: 0, count: Number.POSITIVE_INFINITY } as const;
  const proxy = await proxyOf(stage, ends);
  const { ports } = new ClientNode(stage.sim, 'pipeline');
  const producer = new Producer({ ...QUICK, bootstrapServers: proxy.bootstrap, transactionalId: 'tx', ports });
  await producer.initTransactions();
  for (let round = 0; round < 5; round++) {
    const tx = await producer.begin();
    tx.send({ topic: TOPIC, value: `kept ${round}` });
    await tx.commit();
    await (await producer.begin()).abort();
    await (await producer.begin()).commit();
  }
  await producer.close();
  assert.equal(proxy.counters().find(({ name }) => name === 'count')?.frames, 5);
  await proxy.close();
  await stage.settled();
  assert.equal((await stage.visible()).length, 5);
});

story(
  18,
  'a batch expires while it is in the air: what is stored is whole, and where it belongs',
  'either',
  async (stage) => {
    const { sim } = stage;
    await stage.ask(makeTopic('many', 3));
    const producer = new ClientNode(sim, 'impatient').producer({
      requestTimeoutMs: 100,
      deliveryTimeoutMs: 150,
      retryBackoffMs: 5,
      batchSize: 300,
    });
    const delivered = new Set<string>();
    let expired = 0;
    for (let at = 0; at < 400; at++) {
      if (at % 40 === 0) sim.network.slow({ from: 'impatient', to: BROKER }, at % 80 === 0 ? 0 : 300);
      const partition = at % 3;
      const value = `${partition}/${at}/${'x'.repeat(at % 90)}`;
      void producer.send({ topic: 'many', partition, key: String(at), value }, (error) => {
        if (error === undefined || error === null) delivered.add(value);
        else expired++;
      });
      await sim.sleep(5);
    }
    sim.network.slow({ from: 'impatient', to: BROKER }, 0);
    await producer.flush().catch(() => {});
    await producer.close();
    assert.ok(expired > 10 && delivered.size > 50, `${expired} expired, ${delivered.size} delivered`);
    const seen = new Set<string>();
    for (const { partition, key, value } of await readAll(stage, ['many'], 'read_uncommitted')) {
      const [place, at, filler] = text(value).split('/') as [string, string, string];
      assert.deepEqual([Number(place), at, filler], [partition, text(key), 'x'.repeat(Number(at) % 90)]);
      assert.ok(!seen.has(text(value)), `${at} is there twice`);
      seen.add(text(value));
    }
    for (const value of delivered) assert.ok(seen.has(value), `${value} was delivered`);
  },
);

for (const api of ['EndTxn', 'TxnOffsetCommit', 'OffsetCommit'] as const) {
  story(20, `the answer to ${api} is lost: the next consumer does not process again`, 'either', async (stage) => {
    const feeder = new ClientNode(stage.sim, 'feeder').producer();
    for (let at = 0; at < 5; at++) feeder.send({ topic: TOPIC, value: `v${at}` });
    await feeder.close();
    const proxy = await proxyOf(stage, { name: 'lost', api, action: 'drop-reply', count: 2 });
    const { ports } = new ClientNode(stage.sim, 'pipeline');
    const common = { ...QUICK, bootstrapServers: proxy.bootstrap, ports };
    const { lingerMs: _, ...forConsumer } = common;
    const options = { ...forConsumer, groupId: GROUP, enableAutoCommit: false, autoOffsetReset: 'earliest' } as const;
    const consumer = new Consumer(options);
    consumer.subscribe([TOPIC]);
    let done = 0;
    const producer = new Producer({ ...common, transactionalId: 'tx' });
    await producer.initTransactions();
    while (done < 5) {
      done += (await consumer.poll({ timeoutMs: 1000 })).length;
      if (api === 'OffsetCommit') {
        await consumer.commit();
        continue;
      }
      const tx = await producer.begin();
      await tx.sendOffsets([{ topic: TOPIC, partition: 0, offset: done }], consumer.groupMetadata());
      await tx.commit();
    }
    assert.equal(proxy.counters().find(({ name }) => name === 'lost')?.frames, 2, 'two answers were lost');
    await consumer.close();
    await producer.close();
    const next = new Consumer(options);
    next.subscribe([TOPIC]);
    assert.deepEqual(await next.poll({ timeoutMs: 2000 }), []);
    await next.close();
    await proxy.close();
  });
}

story(
  26,
  'one fetch with two aborted transactions of one producer, and one whose marker lies beyond',
  'either',
  async (stage) => {
    const producer = await stage.producer('TV1');
    const plain = await stage.producer('TV1', { transactionalId: null });
    for (const [round, outcome] of (['abort', 'abort', 'commit'] as const).entries()) {
      for (let at = 0; at < 3; at++) {
        await stage.write(producer, `${outcome} ${round} ${at} ${'x'.repeat(200)}`);
        await stage.write(plain, `plain ${round} ${at}`);
      }
      await stage.end(producer, outcome);
    }
    await stage.settled();
    const expected = (await stage.stored()).filter((value) => !value.startsWith('abort'));
    assert.equal(expected.length, 12);
    // From everything in one fetch to one batch in each.
    for (const maxPartitionFetchBytes of [1_000_000, 600, 1]) {
      const node = new ClientNode(stage.sim, 'reader');
      const consumer = node.consumer({ isolationLevel: 'read_committed', maxPartitionFetchBytes });
      consumer.assign([{ topic: TOPIC, partition: 0 }]);
      consumer.seek({ topic: TOPIC, partition: 0, offset: 0 });
      const seen: string[] = [];
      while (seen.length < expected.length) {
        for (const { value } of await consumer.poll({ timeoutMs: 1000 })) seen.push(text(value));
      }
      assert.deepEqual(seen, expected, `${maxPartitionFetchBytes} bytes`);
      assert.deepEqual(await consumer.poll({ timeoutMs: 500 }), []);
      await consumer.close();
    }
  },
);

story(26, 'a record whose key looks like a marker is a record', 'either', async (stage) => {
  const node = new ClientNode(stage.sim, 'writer');
  const producer = node.producer({ transactionalId: 'tx' });
  await producer.initTransactions();
  const keys = ['00000000', '00000001', '00000002'].map((hex) => Buffer.from(hex, 'hex'));
  for (const outcome of ['abort', 'commit'] as const) {
    const tx = await producer.begin();
    for (const key of keys) tx.send({ topic: TOPIC, key, value: outcome });
    await tx[outcome]();
  }
  await producer.close();
  const found = await readAll(stage, [TOPIC], 'read_committed');
  assert.deepEqual(
    found.map(({ key, value }) => [Buffer.from(key!).toString('hex'), text(value)]),
    keys.map((key) => [key.toString('hex'), 'commit']),
  );
});

story(
  27,
  'our client asks for its producer id with -1/-1, and so lives on after a restart',
  'either',
  async (stage) => {
    const asked: unknown[] = [];
    const watch: FaultRule = {
      name: 'watch',
      api: 'InitProducerId',
      action: 'delay',
      delayMs: 0,
      count: Number.POSITIVE_INFINITY,
      onHit: ({ request }) => {
        const { producerId, producerEpoch } = request.body() as { producerId: number; producerEpoch: number };
        asked.push([producerId, producerEpoch]);
      },
    };
    const proxy = await proxyOf(stage, watch);
    for (let life = 0; life < 3; life++) {
      const { ports } = new ClientNode(stage.sim, 'pipeline');
      const producer = new Producer({ ...QUICK, bootstrapServers: proxy.bootstrap, transactionalId: 'tx', ports });
      await producer.initTransactions();
      const tx = await producer.begin();
      tx.send({ topic: TOPIC, value: `life ${life}` });
      await tx.commit();
      await producer.close();
      await stage.restart('kill');
    }
    assert.ok(asked.length >= 3);
    for (const pair of asked) assert.deepEqual(pair, [-1, -1]);
    await proxy.close();
    await stage.settled();
    assert.deepEqual(await stage.visible(), ['life 0', 'life 1', 'life 2']);
  },
);
