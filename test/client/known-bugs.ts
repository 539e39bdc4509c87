/**
 * Scenarios: bugs that other implementations had (docs/scenarios.md, 20 to 27), as our client would see them. Beside them
 * in the simulator, test/simulation/stories tells the same of the broker, request by request.
 */
import assert from 'node:assert/strict';
import type { FaultRule } from '../../src/lab/index.ts';
import { values } from '../conformance/cluster.ts';
import { readAll, take, type UnderTest, valuesOf } from './context.ts';

/** So that what is to go is gone within a scenario. */
export const eagerUpkeep = {
  'offsets.retention.minutes': '1',
  'offsets.retention.check.interval.ms': '200',
  'log.retention.check.interval.ms': '200',
  'log.initial.task.delay.ms': '200',
};

const QUICK_GROUP = { heartbeatIntervalMs: 100, sessionTimeoutMs: 6_000, enableAutoCommit: false };

export function knownBugs(cluster: UnderTest): void {
  for (const api of ['EndTxn', 'TxnOffsetCommit', 'OffsetCommit'] as const) {
    cluster.scenario(`20. the answer to ${api} is lost: the next consumer does not process again`, async () => {
      const topic = await cluster.topic('committed');
      await Promise.all(values('v', 5).map((value) => cluster.producer().sendAndWait({ topic, value })));
      const { cluster: proxied, proxy } = await cluster.through([
        { name: 'lost', api, action: 'drop-reply', count: 2 },
      ]);
      const groupId = cluster.unique('group');
      const consumer = proxied.consumer({ ...QUICK_GROUP, groupId });
      consumer.subscribe([topic]);
      await take(consumer, 5);
      if (api === 'OffsetCommit') await consumer.commit();
      else {
        const producer = proxied.producer({ transactionalId: cluster.unique('tx') });
        await producer.initTransactions();
        const tx = await producer.begin();
        await tx.sendOffsets([{ topic, partition: 0, offset: 5 }], consumer.groupMetadata());
        await tx.commit();
      }
      assert.equal(proxy.hits.length, 2, 'two answers were lost');
      await consumer.close();
      const next = cluster.consumer({ ...QUICK_GROUP, groupId });
      next.subscribe([topic]);
      assert.deepEqual(await next.poll({ timeoutMs: 1000 }), []);
      assert.equal(await next.position({ topic, partition: 0 }), 5);
    });
  }

  cluster.scenario('21. a broker that has just started serves no aborted and no open records', async () => {
    const topic = await cluster.topic('restarted');
    const producer = cluster.producer({ transactionalId: cluster.unique('tx') });
    await producer.initTransactions();
    for (const outcome of ['abort', 'commit', 'abort'] as const) {
      const tx = await producer.begin();
      await tx.sendAndWait({ topic, value: outcome });
      await tx[outcome]();
    }
    const open = await producer.begin();
    await open.sendAndWait({ topic, value: 'open' });
    const reader = cluster.consumer({ isolationLevel: 'read_committed' });
    reader.assign([{ topic, partition: 0 }]);
    await cluster.restart();
    assert.deepEqual(valuesOf(await take(reader, 1)), ['commit']);
    assert.deepEqual(await reader.poll({ timeoutMs: 500 }), []);
    await open.commit();
    assert.deepEqual(valuesOf(await take(reader, 1)), ['open']);
  });

  cluster.scenario('22. ListOffsets for read_committed is never above the last stable offset', async () => {
    const topic = await cluster.topic('stable');
    const partition = { topic, partition: 0 };
    const plain = cluster.producer();
    const producer = cluster.producer({ transactionalId: cluster.unique('tx') });
    await producer.initTransactions();
    await plain.sendAndWait({ ...partition, value: 'before', timestamp: 1000 });
    const tx = await producer.begin();
    await tx.sendAndWait({ ...partition, value: 'open', timestamp: 2000 });
    await plain.sendAndWait({ ...partition, value: 'behind', timestamp: 3000 });
    const admin = cluster.admin();
    const at = async (isolationLevel: 'read_committed' | 'read_uncommitted') => {
      const spec = ['latest', { timestamp: 1000 }, { timestamp: 2000 }, { timestamp: 2500 }, 'maxTimestamp'] as const;
      const found = [];
      for (const at of spec)
        found.push((await admin.listOffsets([{ ...partition, at }], { isolationLevel }))[0]!.offset);
      return found;
    };
    assert.deepEqual(await at('read_uncommitted'), [3, 0, 1, 2, 2]);
    assert.deepEqual(await at('read_committed'), [1, 0, -1, -1, -1]);
    await tx.commit();
    await cluster.eventually('the marker is there', async () => (await at('read_committed'))[0] === 4);
    assert.deepEqual(await at('read_committed'), await at('read_uncommitted'));
  });

  // Offsets live for a minute at least: on our broker over TCP nobody waits for what the simulator shows in no time.
  if (cluster.sparesMinutes) {
    cluster.scenario('23. retention does not take offsets that an open transaction has staged', async () => {
      const topic = await cluster.topic('kept', 2);
      const groupId = cluster.unique('group');
      const admin = cluster.admin();
      await admin.alterConsumerGroupOffsets(
        groupId,
        [0, 1].map((partition) => ({ topic, partition, offset: 1 })),
      );
      const producer = cluster.producer({ transactionalId: cluster.unique('tx'), transactionTimeoutMs: 300_000 });
      await producer.initTransactions();
      // What is staged has an age too: it must not be too old itself at its commit.
      await cluster.sleep(30_000);
      const tx = await producer.begin();
      const outside = { groupId, generationId: -1, memberId: '', groupInstanceId: null };
      await tx.sendOffsets([{ topic, partition: 0, offset: 7 }], outside);
      const offsets = async () =>
        (await admin.listConsumerGroupOffsets(groupId)).map(({ partition, offset }) => [partition, offset]);
      const gone = async () => (await offsets()).length === 1;
      await cluster.eventually('what no transaction holds is gone', gone, { timeoutMs: 90_000 });
      await cluster.sleep(1000);
      assert.deepEqual(await offsets(), [[0, 1]]);
      await tx.commit();
      await cluster.eventually('the staged one is there', async () => (await offsets())[0]?.[1] === 7);
    });
  }

  cluster.scenario('24. what is remembered of a producer outlives the segments it was written to', async () => {
    const topic = await cluster.topic('evicted', 1, { 'segment.bytes': '1048576', 'file.delete.delay.ms': '0' });
    const partition = { topic, partition: 0 };
    const lost: FaultRule = { name: 'lost', api: 'Produce', action: 'drop-reply', skip: 1 };
    const { cluster: proxied, proxy } = await cluster.through([lost]);
    const producer = proxied.producer({ retryBackoffMs: 3_000, retryBackoffMaxMs: 3_000 });
    await producer.sendAndWait({ ...partition, value: 'first' });
    const sending = producer.sendAndWait({ ...partition, value: 'answer lost' });
    await cluster.eventually('the answer is lost', () => proxy.hits.length === 1);
    const filler = cluster.producer({ enableIdempotence: false, maxRequestSize: 900_000 });
    for (let more = 0; more < 3; more++) await filler.sendAndWait({ ...partition, value: 'x'.repeat(700_000) });
    const admin = cluster.admin();
    await admin.deleteRecords([{ ...partition, beforeOffset: 'latest' }]);
    await cluster.eventually('their segments are gone', async () => {
      const [directory] = await admin.describeLogDirs(undefined, { partitions: [partition] });
      return directory!.replicas[0]!.size < 1_500_000;
    });
    assert.equal((await sending).offset, 1, 'as it was the first time');
    const [end] = await admin.listOffsets([{ ...partition, at: 'latest' }]);
    assert.equal(end!.offset, 5);
  });

  cluster.scenario('25. offsets of a transaction are not shown before its commit, nor after its abort', async () => {
    const topic = await cluster.topic('staged');
    const groupId = cluster.unique('group');
    const producer = cluster.producer({ transactionalId: cluster.unique('tx') });
    await producer.initTransactions();
    const outside = { groupId, generationId: -1, memberId: '', groupInstanceId: null };
    const admin = cluster.admin();
    const offsets = async () => (await admin.listConsumerGroupOffsets(groupId)).map(({ offset }) => offset);
    for (const [offset, outcome, shown] of [
      [3, 'abort', []],
      [4, 'commit', [4]],
      [9, 'abort', [4]],
    ] as const) {
      const before = await offsets();
      const tx = await producer.begin();
      await tx.sendOffsets([{ topic, partition: 0, offset }], outside);
      assert.deepEqual(await offsets(), before);
      await tx[outcome]();
      // By name: Apache Kafka tells what is unstable only of what is asked for, or was committed before.
      const asked = [{ topic, partition: 0 }];
      const stable = await admin.listConsumerGroupOffsets(groupId, asked, { requireStable: true });
      assert.deepEqual(
        stable.map((each) => each.offset),
        shown,
      );
    }
  });

  cluster.scenario('25. a transaction keeps what it wrote before its leader and coordinator restarted', async () => {
    const topic = await cluster.topic('across');
    const producer = cluster.producer({ transactionalId: cluster.unique('tx') });
    await producer.initTransactions();
    const tx = await producer.begin();
    await tx.sendAndWait({ topic, value: 'before' });
    await cluster.restart();
    await tx.sendAndWait({ topic, value: 'after' });
    await tx.commit();
    assert.deepEqual(valuesOf(await readAll(cluster, topic)), ['before', 'after']);
  });

  cluster.scenario('25. what is acknowledged while the broker restarts is delivered, once and in order', async () => {
    const topic = await cluster.topic('acknowledged');
    const producer = cluster.producer({ batchSize: 100 });
    const acknowledged: string[] = [];
    let going = true;
    const sending = (async () => {
      for (let at = 0; going; at++) {
        await producer.sendAndWait({ topic, value: `v${at}` });
        acknowledged.push(`v${at}`);
      }
    })();
    await cluster.eventually('it is under way', () => acknowledged.length > 20);
    await cluster.restart();
    const soFar = acknowledged.length;
    await cluster.eventually('it goes on', () => acknowledged.length > soFar + 20);
    going = false;
    await sending;
    assert.deepEqual(valuesOf(await readAll(cluster, topic)), acknowledged);
  });

  cluster.scenario(
    '26. read_committed: aborted transactions of one producer, in one fetch or in several, stay hidden',
    async () => {
      const topic = await cluster.topic('hidden');
      const producer = cluster.producer({ transactionalId: cluster.unique('tx') });
      const plain = cluster.producer();
      await producer.initTransactions();
      const expected: string[] = [];
      for (const [round, outcome] of (['abort', 'abort', 'commit', 'abort'] as const).entries()) {
        const tx = await producer.begin();
        for (let at = 0; at < 3; at++) {
          const [mine, theirs] = [`${outcome} ${round} ${at} ${'x'.repeat(200)}`, `plain ${round} ${at}`];
          await tx.sendAndWait({ topic, value: mine });
          await plain.sendAndWait({ topic, value: theirs });
          expected.push(...(outcome === 'commit' ? [mine, theirs] : [theirs]));
        }
        await tx[outcome]();
      }
      assert.deepEqual(valuesOf(await readAll(cluster, topic)), expected);
      // From everything in one fetch to one batch in each, where an abort marker lies beyond the fetch.
      for (const maxPartitionFetchBytes of [1_000_000, 600, 1]) {
        const consumer = cluster.consumer({ isolationLevel: 'read_committed', maxPartitionFetchBytes });
        consumer.assign([{ topic, partition: 0 }]);
        assert.deepEqual(valuesOf(await take(consumer, expected.length)), expected, `${maxPartitionFetchBytes} bytes`);
        assert.deepEqual(await consumer.poll({ timeoutMs: 300 }), []);
        const [end] = await cluster.admin().listOffsets([{ topic, partition: 0, at: 'latest' }]);
        assert.equal(await consumer.position({ topic, partition: 0 }), end!.offset, 'past markers and hidden batches');
        await consumer.close();
      }
    },
  );

  cluster.scenario('26. markers never surface, and a record whose key looks like a marker does', async () => {
    const topic = await cluster.topic('lookalikes');
    const producer = cluster.producer({ transactionalId: cluster.unique('tx') });
    await producer.initTransactions();
    const keys = ['00000000', '00000001', '00000002'].map((hex) => Buffer.from(hex, 'hex'));
    for (const outcome of ['abort', 'commit'] as const) {
      const tx = await producer.begin();
      for (const key of keys) await tx.sendAndWait({ topic, key, value: outcome });
      await tx[outcome]();
    }
    const seen = async (level: 'read_committed' | 'read_uncommitted') =>
      (await readAll(cluster, topic, level)).map(({ key }) => Buffer.from(key!).toString('hex'));
    const hex = keys.map((key) => key.toString('hex'));
    assert.deepEqual(await seen('read_committed'), hex);
    assert.deepEqual(await seen('read_uncommitted'), [...hex, ...hex]);
  });

  cluster.scenario('27. a restart with a stable transactional.id asks with -1/-1, and is not fenced', async () => {
    const topic = await cluster.topic('lives');
    const asked: unknown[] = [];
    const watch: FaultRule = {
      ...{ name: 'watch', api: 'InitProducerId', action: 'delay', delayMs: 0, count: Number.POSITIVE_INFINITY },
      onHit: ({ request }) => {
        const { producerId, producerEpoch } = request.body() as { producerId: number; producerEpoch: number };
        asked.push([producerId, producerEpoch]);
      },
    };
    const { cluster: proxied } = await cluster.through([watch]);
    const transactionalId = cluster.unique('tx');
    for (let life = 0; life < 3; life++) {
      const producer = proxied.producer({ transactionalId });
      await producer.initTransactions();
      const tx = await producer.begin();
      tx.send({ topic, value: `life ${life}` });
      await tx.commit();
      await producer.close();
    }
    assert.ok(asked.length >= 3);
    for (const pair of asked) assert.deepEqual(pair, [-1, -1]);
    assert.deepEqual(valuesOf(await readAll(cluster, topic)), ['life 0', 'life 1', 'life 2']);
  });
}
