/** What a consumer counts and tells, against a scripted cluster in virtual time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../core/index.ts';
import { Simulation } from '../../lab/index.ts';
import { fetch, joinGroup, offsetCommit } from '../../wire/index.ts';
import type { CommitEvent, CommitFailedEvent, RebalanceEvent } from '../observability/index.ts';
import { consumerScenarios, fill } from '../testing/scenarios.ts';

const scenario = consumerScenarios(
  () => new Simulation({ seed: 'observed' }),
  { t: 2 },
  { autoOffsetReset: 'earliest', groupId: 'g', enableAutoCommit: false, maxPollRecords: 2 },
);

test('records, bytes and the lag of what is assigned', async () => {
  await scenario({}, async ({ broker, consumer }) => {
    const bytes = fill(broker, 0, 'a', 'b', 'c');
    consumer.subscribe(['t']);
    assert.equal((await consumer.poll({ timeoutMs: 10_000 })).length, 2);
    const first = consumer.metrics();
    assert.equal(first.counters['records-consumed-total'], 2);
    assert.deepEqual(
      first.partitions.map(({ partition, position, 'records-lag': lag }) => [partition, position, lag]),
      [
        [0, 2, 1],
        [1, 0, 0],
      ],
    );
    assert.equal(first.gauges['records-lag-max'], 1);
    assert.equal(first.gauges['assigned-partitions'], 2);
    await consumer.poll({ timeoutMs: 10_000 });
    const { counters, gauges, distributions } = consumer.metrics();
    assert.equal(counters['records-consumed-total'], 3);
    assert.equal(counters['bytes-consumed-total'], bytes);
    assert.equal(distributions['fetch-size'].sum, bytes);
    assert.equal(counters['fetch-total'], distributions['fetch-latency'].count);
    assert.equal(gauges['fetched-bytes'], 0);
    assert.equal(gauges['records-lag-max'], 0);
    assert.equal(distributions['time-between-poll'].count, 1);
    await consumer.unsubscribe();
    assert.deepEqual(consumer.metrics().partitions, []);
    assert.equal(consumer.metrics().gauges['records-lag-max'], -1);
  });
});

test('commits and those that fail are counted and told', async () => {
  await scenario({}, async ({ sim, broker, consumer }) => {
    const commits: CommitEvent[] = [];
    const failures: CommitFailedEvent[] = [];
    consumer.on('commit', (event) => void commits.push(event));
    consumer.on('commitFailed', (event) => void failures.push(event));
    fill(broker, 0, 'a', 'b');
    consumer.subscribe(['t']);
    await consumer.poll({ timeoutMs: 10_000 });
    await consumer.commit();
    await consumer.commit([]);
    broker.next(offsetCommit, 1, ({ topics }) => ({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: ErrorCode.OFFSET_METADATA_TOO_LARGE,
        })),
      })),
    }));
    await assert.rejects(consumer.commit(), { code: 'OFFSET_METADATA_TOO_LARGE' });
    await sim.sleep(1);
    assert.deepEqual(
      commits.map(({ group, offsets }) => [group, offsets.map(({ partition, offset }) => [partition, offset])]),
      [
        [
          'g',
          [
            [0, 2],
            [1, 0],
          ],
        ],
      ],
    );
    assert.deepEqual(
      failures.map(({ error }) => error.code),
      ['OFFSET_METADATA_TOO_LARGE'],
    );
    const { counters, distributions } = consumer.metrics();
    assert.deepEqual([counters['commit-total'], counters['commit-failure-total']], [1, 1]);
    assert.equal(distributions['commit-latency'].count, 2);
  });
});

test('rebalances, failed ones, and when the last one was', async () => {
  await scenario({}, async ({ sim, broker, consumer }) => {
    const rebalances: RebalanceEvent[] = [];
    const failures: string[] = [];
    consumer.on('rebalance', (event) => void rebalances.push(event));
    consumer.on('rebalanceFailed', ({ error }) => void failures.push(error.code));
    assert.equal(consumer.metrics().gauges['last-rebalance-seconds-ago'], -1);
    broker.next(joinGroup, 1, () => ({ errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE }));
    consumer.subscribe(['t']);
    await consumer.poll({ timeoutMs: 2_000 });
    await sim.sleep(3_000);
    const { counters, gauges, distributions } = consumer.metrics();
    assert.equal(counters['rebalance-total'], 1);
    assert.equal(counters['failed-rebalance-total'], 1);
    assert.equal(distributions['rebalance-latency'].count, 1);
    assert.ok(gauges['last-rebalance-seconds-ago'] >= 3, String(gauges['last-rebalance-seconds-ago']));
    assert.deepEqual(failures, ['COORDINATOR_NOT_AVAILABLE']);
    assert.deepEqual(
      rebalances.map(({ group, memberId, partitions }) => [group, memberId, partitions.length]),
      [['g', 'member-1', 2]],
    );
  });
});

test('a fetch that fails is told as a retry, and what poll will throw as an error', async () => {
  await scenario({}, async ({ sim, broker, consumer }) => {
    const told: string[] = [];
    consumer.on('retry', ({ what, attempt }) => void told.push(`${what} ${attempt}`));
    consumer.on('error', ({ error }) => void told.push(error.code));
    consumer.subscribe(['t']);
    await consumer.poll({ timeoutMs: 100 });
    broker.loseAnswer(fetch, 1);
    fill(broker, 0, 'a');
    assert.equal((await consumer.poll({ timeoutMs: 10_000 })).length, 1);
    assert.deepEqual(told, ['Fetch 1']);
    broker.next(fetch, 1, ({ topics }) => ({
      responses: topics.map(({ topic, topicId, partitions }) => ({
        topic,
        topicId,
        partitions: partitions.map(({ partition }) => ({
          partitionIndex: partition,
          errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
        })),
      })),
    }));
    await assert.rejects(async () => {
      for (;;) await consumer.poll({ timeoutMs: 1_000 });
    });
    await sim.sleep(1);
    assert.ok(told.includes('TOPIC_AUTHORIZATION_FAILED'), told.join());
  });
});
