/** Scenarios: what is sent is read, whole and in order, whatever acks, codec and partition. */
import assert from 'node:assert/strict';
import { compressionTypes } from '../../src/records/index.ts';
import { values } from '../conformance/cluster.ts';
import { readAll, take, text, type UnderTest, valuesOf } from './context.ts';

export function sendingAndReading(cluster: UnderTest): void {
  for (const acks of [0, 1, 'all'] as const) {
    cluster.scenario(`acks=${acks}: records of a partition are read in the order of sending`, async () => {
      const topic = await cluster.topic('acks');
      const producer = cluster.producer({ acks });
      const expected = values(`acks-${acks}`, 300);
      for (const value of expected) producer.send({ topic, value });
      await producer.flush();
      const consumer = cluster.consumer();
      consumer.assign([{ topic, partition: 0 }]);
      assert.deepEqual(valuesOf(await take(consumer, expected.length)), expected);
    });
  }

  for (const compressionType of compressionTypes) {
    cluster.scenario(`a batch compressed with ${compressionType} comes back byte for byte`, async () => {
      const topic = await cluster.topic(`codec-${compressionType}`);
      const producer = cluster.producer({ compressionType, lingerMs: 20 });
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
      const sent = [
        { topic, key: 'text', value: 'ünïcödé ✓'.repeat(100), headers: [{ key: 'h', value: 'väl' }] },
        { topic, key: bytes, value: bytes, headers: [{ key: 'null', value: null }] },
        { topic, key: null, value: null },
        { topic, key: '', value: '' },
      ];
      await Promise.all(sent.map((record) => producer.sendAndWait(record)));
      const records = await readAll(cluster, topic);
      assert.deepEqual(
        records.map(({ key, value }) => [key, value]),
        [
          [Buffer.from('text'), Buffer.from('ünïcödé ✓'.repeat(100))],
          [bytes, bytes],
          [null, null],
          [Buffer.alloc(0), Buffer.alloc(0)],
        ],
      );
      assert.deepEqual(records[0]!.headers, [{ key: 'h', value: Buffer.from('väl') }]);
      assert.deepEqual(records[1]!.headers, [{ key: 'null', value: null }]);
    });
  }

  cluster.scenario('the acknowledgement names the partition, offset and timestamp that the reader finds', async () => {
    const topic = await cluster.topic('metadata', 3);
    const producer = cluster.producer();
    const timestamp = 1_700_000_000_123;
    const sent = await producer.sendAndWait({ topic, partition: 2, key: 'k', value: 'first', timestamp });
    assert.deepEqual(sent, { topic, partition: 2, offset: 0, timestamp });
    const next = await producer.sendAndWait({ topic, partition: 2, value: 'second' });
    assert.equal(next.offset, 1);
    const [record] = await readAll(cluster, topic);
    assert.deepEqual([record!.partition, record!.offset, record!.timestamp], [2, 0, timestamp]);
  });

  cluster.scenario('records with one key stay in one partition and in order, among many partitions', async () => {
    const topic = await cluster.topic('many', 12);
    const producer = cluster.producer({ batchSize: 2_000 });
    const keys = values('key', 40);
    for (let round = 0; round < 25; round++) {
      for (const key of keys) producer.send({ topic, key, value: `${round}` });
    }
    await producer.flush();
    const records = await readAll(cluster, topic);
    assert.equal(records.length, 1000);
    assert.ok(new Set(records.map((record) => record.partition)).size > 6, 'the keys are spread');
    for (const key of keys) {
      const mine = records.filter((record) => text(record.key) === key);
      assert.equal(new Set(mine.map((record) => record.partition)).size, 1);
      assert.deepEqual(
        valuesOf(mine),
        Array.from({ length: 25 }, (_, round) => `${round}`),
      );
    }
  });

  cluster.scenario('an idempotent producer with five requests in flight keeps the order', async () => {
    const topic = await cluster.topic('idempotent');
    const producer = cluster.producer({ enableIdempotence: true, batchSize: 100 });
    const expected = values('in-order', 2000);
    for (const value of expected) {
      const full = producer.send({ topic, value });
      if (full) await full;
    }
    await producer.flush();
    assert.deepEqual(valuesOf(await readAll(cluster, topic)), expected);
  });

  cluster.scenario('a record larger than max.request.size fails alone and says why', async () => {
    const topic = await cluster.topic('large');
    const producer = cluster.producer({ maxRequestSize: 10_000 });
    await assert.rejects(producer.sendAndWait({ topic, value: 'x'.repeat(20_000) }), { code: 'MESSAGE_TOO_LARGE' });
    assert.equal((await producer.sendAndWait({ topic, value: 'small' })).offset, 0);
  });

  cluster.scenario('a producer that is not to create topics says that one is missing', async () => {
    const producer = cluster.producer({ maxBlockMs: 500, allowAutoCreateTopics: false });
    await assert.rejects(producer.sendAndWait({ topic: 'there-is-no-such-topic', value: 'x' }), {
      name: 'TimeoutError',
      code: 'REQUEST_TIMED_OUT',
    });
  });

  cluster.scenario('a partition that does not exist is refused', async () => {
    const topic = await cluster.topic('two', 2);
    const producer = cluster.producer();
    await assert.rejects(producer.sendAndWait({ topic, partition: 2, value: 'x' }), /partitions 0 to 1, not 2/);
  });

  cluster.scenario('poll returns at most max.poll.records, and pause holds a partition back', async () => {
    const topic = await cluster.topic('paused', 2);
    const producer = cluster.producer();
    for (const value of values('v', 50)) {
      producer.send({ topic, partition: 0, value });
      producer.send({ topic, partition: 1, value });
    }
    await producer.flush();
    const consumer = cluster.consumer({ maxPollRecords: 7 });
    consumer.assign([
      { topic, partition: 0 },
      { topic, partition: 1 },
    ]);
    consumer.pause([{ topic, partition: 1 }]);
    const seen: number[] = [];
    for (let got = 0; got < 50; ) {
      const records = await consumer.poll({ timeoutMs: 1000 });
      assert.ok(records.length <= 7);
      got += records.length;
      seen.push(...records.map((record) => record.partition));
    }
    assert.deepEqual(new Set(seen), new Set([0]));
    assert.deepEqual(await consumer.poll({ timeoutMs: 50 }), []);
    consumer.resume([{ topic, partition: 1 }]);
    const rest = await take(consumer, 50);
    assert.deepEqual(valuesOf(rest), values('v', 50));
  });
}
