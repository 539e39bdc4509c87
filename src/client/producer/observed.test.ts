/** What a producer counts and tells, against a scripted cluster in virtual time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../core/index.ts';
import { Simulation } from '../../lab/index.ts';
import { endTxn, produce } from '../../wire/index.ts';
import type { ErrorEvent, RetryEvent, TransactionEvent } from '../observability/index.ts';
import type { ProducerOptions } from '../options/producer.ts';
import { producerScenarios } from '../testing/scenarios.ts';

const scenario = producerScenarios(() => new Simulation({ seed: 'observed' }), { t: 1 }, { transactionVersion: 2 });

test('records and batches are counted once however often they are sent again; the retries are counted and told', async () => {
  await scenario({ compressionType: 'gzip' }, async ({ broker, producer }) => {
    const retries: RetryEvent[] = [];
    producer.on('retry', (event) => void retries.push(event));
    broker.loseAnswer(produce, 2);
    for (let at = 0; at < 10; at++) producer.send({ topic: 't', value: 'the same again and again'.repeat(10) });
    await producer.flush();
    const { counters, gauges, distributions, requests } = producer.metrics();
    assert.equal(counters['record-send-total'], 10);
    assert.equal(counters['batch-total'], 1);
    assert.equal(counters['record-retry-total'], 20);
    assert.equal(counters['record-error-total'], 0);
    assert.equal(counters['byte-total'], distributions['batch-size'].sum);
    assert.ok(distributions['compression-rate'].max < 0.2, String(distributions['compression-rate'].max));
    assert.deepEqual([distributions['records-per-request'].count, distributions['records-per-request'].max], [3, 10]);
    assert.deepEqual(
      retries.map(({ what, topic, partition, records, attempt }) => [what, topic, partition, records, attempt]),
      [
        ['Produce', 't', 0, 10, 1],
        ['Produce', 't', 0, 10, 2],
      ],
    );
    assert.equal(distributions['request-latency'].count, 1);
    assert.deepEqual(requests.Produce, distributions['request-latency']);
    assert.equal(gauges['buffer-available-bytes'], gauges['buffer-total-bytes']);
    assert.deepEqual([gauges['requests-in-flight'], gauges['batches-in-flight']], [0, 0]);
  });
});

test('the level of the codec in use is used', async () => {
  const value = Array.from({ length: 400 }, (_, at) => `${at % 7} ${at % 11} ${at % 13}`).join();
  const sizeWith = async (options: Partial<ProducerOptions>): Promise<number> => {
    let bytes = 0;
    await scenario(options, async ({ producer }) => {
      await producer.sendAndWait({ topic: 't', value });
      bytes = producer.metrics().counters['byte-total'];
    });
    return bytes;
  };
  const gzip = { compressionType: 'gzip' } as const;
  const zstd = { compressionType: 'zstd' } as const;
  assert.ok(
    (await sizeWith({ ...gzip, compressionGzipLevel: 9 })) < (await sizeWith({ ...gzip, compressionGzipLevel: 1 })),
  );
  const hard = await sizeWith({ ...zstd, 'compression.zstd.level': 19 });
  assert.ok(hard < (await sizeWith({ ...zstd, 'compression.zstd.level': -7 })));
});

test('records that fail for good are counted and told, with the error; a topic that is not there is one event', async () => {
  await scenario({ maxBlockMs: 500 }, async ({ broker, producer }) => {
    const errors: ErrorEvent[] = [];
    producer.on('error', (event) => void errors.push(event));
    broker.next(produce, 1, broker.refusal(ErrorCode.MESSAGE_TOO_LARGE));
    producer.send({ topic: 't', value: 'a' });
    producer.send({ topic: 't', value: 'b' });
    await assert.rejects(producer.flush(), { code: 'MESSAGE_TOO_LARGE' });
    for (let at = 0; at < 3; at++) producer.send({ topic: 'missing', value: 'c' });
    await assert.rejects(producer.flush(), { code: 'REQUEST_TIMED_OUT' });
    assert.equal(producer.metrics().counters['record-error-total'], 5);
    assert.deepEqual(
      errors.map(({ topic, partition, records, error }) => [topic, partition, records, error.code]),
      [
        ['t', 0, 2, 'MESSAGE_TOO_LARGE'],
        ['missing', undefined, 3, 'REQUEST_TIMED_OUT'],
      ],
    );
  });
});

test('transactions are counted by their outcomes, timed and told', async () => {
  await scenario({ transactionalId: 'tx' }, async ({ sim, broker, producer }) => {
    const told: TransactionEvent[] = [];
    producer.on('transaction', (event) => void told.push(event));
    await producer.initTransactions();
    {
      await using tx = await producer.begin();
      await tx.sendAndWait({ topic: 't', value: 'a' });
      await sim.sleep(50);
      await tx.commit();
    }
    {
      await using tx = await producer.begin();
      await tx.sendAndWait({ topic: 't', value: 'b' });
    }
    {
      await using tx = await producer.begin();
      broker.next(produce, 1, broker.refusal(ErrorCode.MESSAGE_TOO_LARGE));
      await assert.rejects(tx.sendAndWait({ topic: 't', value: 'c' }));
      await assert.rejects(tx.commit());
    }
    const { counters, distributions } = producer.metrics();
    assert.equal(counters['txn-begin-total'], 3);
    assert.equal(counters['txn-commit-total'], 1);
    assert.equal(counters['txn-abort-total'], 2);
    assert.equal(counters['txn-broken-total'], 1);
    assert.equal(distributions['txn-init-time'].count, 1);
    assert.equal(distributions['txn-commit-time'].count, 1);
    assert.equal(distributions['txn-abort-time'].count, 2);
    assert.equal(distributions['txn-duration'].count, 3);
    assert.ok(distributions['txn-duration'].max >= 50);
    assert.deepEqual(
      told.map(({ outcome, error }) => [outcome, error?.code]),
      [
        ['committed', undefined],
        ['aborted', undefined],
        ['broken', 'MESSAGE_TOO_LARGE'],
        ['aborted', undefined],
      ],
    );
    assert.ok(told[0]!.durationMs >= 50);
  });
});

test('a producer that was fenced says so once, and its open transaction is broken', async () => {
  await scenario({ transactionalId: 'tx' }, async ({ sim, broker, producer }) => {
    const errors: string[] = [];
    const outcomes: string[] = [];
    producer.on('error', ({ error }) => void errors.push(error.code));
    producer.on('transaction', ({ outcome }) => void outcomes.push(outcome));
    await producer.initTransactions();
    const tx = await producer.begin();
    await tx.sendAndWait({ topic: 't', value: 'a' });
    broker.next(endTxn, 1, () => ({ errorCode: ErrorCode.PRODUCER_FENCED }));
    await assert.rejects(tx.commit(), { code: 'PRODUCER_FENCED' });
    await sim.sleep(10);
    assert.deepEqual(errors, ['PRODUCER_FENCED']);
    assert.deepEqual(outcomes, ['broken']);
    assert.equal(producer.metrics().counters['txn-broken-total'], 1);
  });
});

test('connections are counted and told: opened, lost, not to be had', async () => {
  await scenario({}, async ({ sim, broker, producer }) => {
    const states: string[] = [];
    producer.on('connection', ({ broker: address, state, error }) => {
      states.push(`${address} ${state}${error === undefined ? '' : ' with a reason'}`);
    });
    await producer.sendAndWait({ topic: 't', value: 'a' });
    const before = producer.metrics();
    assert.equal(before.gauges['connection-count'], 1);
    assert.equal(before.counters['request-total'], before.counters['response-total']);
    assert.ok(before.counters['outgoing-byte-total'] > 0 && before.counters['incoming-byte-total'] > 0);
    broker.cutAll();
    await sim.sleep(10);
    await producer.close();
    assert.deepEqual(states, ['broker:9092 opened', 'broker:9092 closed with a reason']);
    const { counters, gauges } = producer.metrics();
    assert.equal(counters['connection-close-total'], 1);
    assert.equal(gauges['connection-count'], 0);
  });
});

test('a listener that throws breaks nothing', async () => {
  await scenario({}, async ({ broker, producer }) => {
    producer.on('retry', () => {
      throw new Error('mine');
    });
    broker.loseAnswer(produce, 1);
    assert.equal((await producer.sendAndWait({ topic: 't', value: 'a' })).offset, 0);
  });
});
