/** Scenarios: what the clients count and tell of themselves, on a cluster where nothing is scripted. */
import assert from 'node:assert/strict';
import { traceContextOf } from '../../src/client/index.ts';
import { values } from '../conformance/cluster.ts';
import { readAll, take, type UnderTest, valuesOf } from './context.ts';

export function observing(cluster: UnderTest): void {
  cluster.scenario('producer and consumer count the same records, and the lag ends at 0', async () => {
    const topic = await cluster.topic('counted', 2);
    const producer = cluster.producer({ compressionType: 'lz4' });
    for (const [at, value] of values('v', 100).entries()) producer.send({ topic, partition: at % 2, value });
    await producer.flush();
    const sent = producer.metrics();
    assert.equal(sent.counters['record-send-total'], 100);
    assert.equal(sent.counters['record-error-total'], 0);
    assert.ok(sent.distributions['request-latency'].count >= 1);
    const consumer = cluster.consumer({ groupId: cluster.unique('group') });
    const rebalances: number[] = [];
    consumer.on('rebalance', ({ partitions }) => void rebalances.push(partitions.length));
    consumer.subscribe([topic]);
    await take(consumer, 100);
    await consumer.commit();
    const read = consumer.metrics();
    assert.equal(read.counters['records-consumed-total'], 100);
    assert.ok(read.counters['bytes-consumed-total'] <= read.distributions['fetch-size'].sum);
    assert.equal(read.counters['commit-total'], 1);
    assert.deepEqual(
      read.partitions.map((partition) => partition['records-lag']),
      [0, 0],
    );
    assert.deepEqual(rebalances, [2]);
    const admin = cluster.admin();
    await admin.listTopics();
    assert.ok(admin.metrics().requests.Metadata!.count >= 1);
  });

  cluster.scenario('the trace context goes from the producer through run and process to the outputs', async () => {
    const from = await cluster.topic('in');
    const to = await cluster.topic('out');
    const span = (id: number) => `00-${'a'.repeat(32)}-${String(id).padStart(16, '0')}-01`;
    let id = 0;
    const producer = cluster.producer({ traceContext: () => ({ traceparent: span(++id), tracestate: 'mine=1' }) });
    for (const value of values('v', 3)) await producer.sendAndWait({ topic: from, value });
    const seen: unknown[] = [];
    const working = cluster.process({
      group: cluster.unique('group'),
      from,
      to,
      guarantee: 'at-least-once',
      traceContext: (input) => input && { ...input, traceparent: span(Number(input.traceparent.slice(36, 52)) + 100) },
      handler: ({ value }, context) => {
        seen.push(context?.traceparent);
        return { value };
      },
    });
    await cluster.eventually('all is final', () => working.finished === 3);
    await working.close();
    const expected = [101, 102, 103].map((at) => ({ traceparent: span(at), tracestate: 'mine=1' }));
    assert.deepEqual(
      seen,
      expected.map(({ traceparent }) => traceparent),
    );
    assert.deepEqual((await readAll(cluster, to)).map(traceContextOf), expected);
    const consumer = cluster.consumer({ groupId: cluster.unique('group') });
    consumer.subscribe([to]);
    const stop = new AbortController();
    const handed: unknown[] = [];
    await consumer.run({
      traceContext: true,
      signal: stop.signal,
      eachMessage: (_, context) => {
        handed.push(context);
        if (handed.length === 3) stop.abort();
      },
    });
    assert.deepEqual(handed, expected);
  });

  cluster.scenario('process counts what is final, over its consumer and its producers', async () => {
    const from = await cluster.topic('in');
    const to = await cluster.topic('out');
    const producer = cluster.producer();
    for (const value of values('v', 50)) producer.send({ topic: from, value });
    await producer.flush();
    const working = cluster.process({
      group: cluster.unique('group'),
      from,
      to,
      guarantee: 'exactly-once',
      handler: ({ value }) => ({ value }),
    });
    let committed = 0;
    working.on('transaction', ({ outcome }) => {
      if (outcome === 'committed') committed++;
    });
    await cluster.eventually('all is final', () => working.finished === 50);
    await working.close();
    const { counters, consumer, producer: written } = working.metrics();
    assert.equal(counters['process-total'], 50);
    assert.equal(consumer.counters['records-consumed-total'], 50);
    assert.equal(written?.counters['record-send-total'], 50);
    assert.equal(written?.counters['txn-commit-total'], committed);
    assert.ok(committed >= 1);
    assert.equal(valuesOf(await readAll(cluster, to)).length, 50);
  });
}
