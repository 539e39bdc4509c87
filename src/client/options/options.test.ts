import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConsumerOptions, normaliseConsumerOptions } from './consumer.ts';
import { normaliseProducerOptions, type ProducerOptions } from './producer.ts';

const producer = (options: Record<string, unknown>): ReturnType<typeof normaliseProducerOptions> =>
  normaliseProducerOptions({ bootstrapServers: 'h:1', ...options } as ProducerOptions);
const consumer = (options: Record<string, unknown>): ReturnType<typeof normaliseConsumerOptions> =>
  normaliseConsumerOptions({ bootstrapServers: 'h:1', ...options } as ConsumerOptions);

test('camelCase and Kafka’s dotted names mean the same, and text values are read as Kafka reads them', () => {
  const dotted = producer({ 'linger.ms': '7', acks: '-1', 'enable.idempotence': 'true', 'compression.type': 'lz4' });
  const camel = producer({ lingerMs: 7, acks: 'all', enableIdempotence: true, compressionType: 'lz4' });
  assert.deepEqual(dotted.config, camel.config);
  assert.deepEqual(producer({ bootstrapServers: ['a:1', 'b:2'] }).config.bootstrapServers, ['a:1', 'b:2']);
  assert.deepEqual(producer({ bootstrapServers: 'a:1, b:2' }).config.bootstrapServers, ['a:1', 'b:2']);
});

test('Kafka’s defaults hold', () => {
  const { config } = producer({});
  assert.deepEqual(
    [
      config.acks,
      config.enableIdempotence,
      config.lingerMs,
      config.batchSize,
      config.retries,
      config.deliveryTimeoutMs,
    ],
    ['all', true, 5, 16384, 2147483647, 120000],
  );
});

test('what only Kafka’s own partitioner looks at is refused beside another, or where it is switched off', () => {
  const choose = (): number => 0;
  assert.throws(
    () => producer({ partitionerClass: choose, partitionerIgnoreKeys: true }),
    /partitioner\.class=a function contradicts partitioner\.ignore\.keys/,
  );
  assert.throws(
    () => producer({ partitionerClass: 'roundrobin', 'partitioner.availability.timeout.ms': 5 }),
    /partitioner\.class=roundrobin contradicts partitioner\.availability\.timeout\.ms/,
  );
  assert.throws(
    () => producer({ partitionerAdaptivePartitioningEnable: false, partitionerAvailabilityTimeoutMs: 5 }),
    /availability\.timeout\.ms=5 contradicts partitioner\.adaptive\.partitioning\.enable=false/,
  );
  assert.throws(() => producer({ partitionerClass: 'com.example.Mine' }), /roundrobin or a function is wanted/);
});

test('an unknown option is refused with the nearest known one', () => {
  assert.throws(() => producer({ lingerMS: 5 }), {
    name: 'ConfigurationError',
    message: /lingerMS.*did you mean lingerMs/,
  });
  assert.throws(() => producer({ 'enable.idempotance': true }), /did you mean enable\.idempotence/);
  assert.throws(() => producer({ xyzzy: 1 }), /no option xyzzy$/);
  assert.throws(() => consumer({ groupID: 'g' }), /did you mean groupId/);
});

test('wrong types, values out of range and double names are refused by name', () => {
  assert.throws(() => producer({ lingerMs: -1 }), /lingerMs: must be between 0/);
  assert.throws(() => producer({ connectionsMaxIdleMs: 0 }), /connectionsMaxIdleMs: at least 1 is wanted, or -1/);
  assert.throws(() => producer({ acks: 2 }), /acks: one of 0, 1, all is wanted \(got 2\)/);
  assert.throws(() => producer({ lingerMs: Number.NaN }), /lingerMs: a whole number is wanted \(got NaN\)/);
  assert.throws(() => producer({ lingerMs: 5n }), /lingerMs: a whole number is wanted \(got "5n"\)/);
  assert.throws(
    () => producer({ 'group.id': 'g' }),
    /has no option group\.id: it is an option of the consumer, give it there/,
  );
  assert.throws(() => producer({ groupId: 'g' }), /has no option groupId: it is an option of the consumer/);
  assert.throws(() => producer({ lingerMs: 1, 'linger.ms': 1 }), /lingerMs and linger\.ms are two names of one option/);
  assert.throws(() => producer({ bootstrapServers: 'nowhere' }), /host:port is wanted/);
  assert.throws(() => normaliseProducerOptions({}), /bootstrap\.servers is missing/);
});

test('KIP-679: what contradicts idempotence is refused where it was asked for, with both names and the cure', () => {
  for (const [options, one, other] of [
    [{ enableIdempotence: true, acks: 1 }, 'enable.idempotence', 'acks=1'],
    [{ enableIdempotence: true, acks: 0 }, 'enable.idempotence', 'acks=0'],
    [{ enableIdempotence: true, retries: 0 }, 'enable.idempotence', 'retries=0'],
    [{ maxInFlightRequestsPerConnection: 6 }, 'enable.idempotence', 'max.in.flight.requests.per.connection=6'],
    [{ transactionalId: 't', enableIdempotence: false }, 'transactional.id', 'enable.idempotence=false'],
    [{ transactionalId: 't', acks: 1 }, 'transactional.id', 'acks=1'],
    [{ transactionalId: 't', retries: 0 }, 'transactional.id', 'retries=0'],
  ] as const) {
    assert.throws(
      () => producer(options),
      (error: Error) => error.message.includes(one) && error.message.includes(other) && error.message.includes(': '),
      `${one} and ${other}`,
    );
  }
});

test('KIP-679: where it was not asked for, it is switched off and said so', () => {
  const { config, warnings } = producer({ acks: 1 });
  assert.equal(config.enableIdempotence, false);
  assert.match(warnings.join(), /acks=1 switches enable\.idempotence off/);
  assert.equal(producer({ retries: 0 }).config.enableIdempotence, false);
  assert.equal(producer({ acks: 'all' }).warnings.length, 0);
  assert.equal(
    producer({ enableIdempotence: false, maxInFlightRequestsPerConnection: 50 }).config.enableIdempotence,
    false,
  );
});

test('delivery.timeout.ms covers linger.ms and request.timeout.ms', () => {
  assert.throws(
    () => producer({ deliveryTimeoutMs: 1000 }),
    /delivery\.timeout\.ms=1000 contradicts linger\.ms \+ request/,
  );
  assert.equal(producer({ requestTimeoutMs: 200_000 }).config.deliveryTimeoutMs, 200_005);
});

test('the consumer refuses what contradicts itself', () => {
  assert.throws(() => consumer({ enableAutoCommit: true }), /enable\.auto\.commit=true needs group\.id/);
  assert.throws(() => consumer({ groupInstanceId: 'i' }), /group\.instance\.id needs group\.id/);
  assert.throws(
    () => consumer({ groupId: 'g', sessionTimeoutMs: 1000, heartbeatIntervalMs: 1000 }),
    /heartbeat\.interval\.ms=1000 contradicts session\.timeout\.ms=1000/,
  );
  assert.equal(consumer({}).enableAutoCommit, false);
  assert.equal(consumer({ groupId: 'g' }).enableAutoCommit, true);
  assert.deepEqual(
    consumer({ 'partition.assignment.strategy': 'org.apache.kafka.clients.consumer.RoundRobinAssignor' })
      .partitionAssignmentStrategy,
    ['roundrobin'],
  );
});

test('auto.offset.reset takes an ISO 8601 duration, and nothing that only looks like one', () => {
  const policy = (text: string) => consumer({ 'auto.offset.reset': text as 'latest' }).autoOffsetReset;
  assert.deepEqual(policy('by_duration:P1DT12H'), { durationMs: 36 * 3_600_000 });
  assert.deepEqual(policy('by_duration:PT1M0.5S'), { durationMs: 60_500 });
  for (const bad of [
    'by_duration:',
    'by_duration:P',
    'by_duration:PT',
    'by_duration:1D',
    'by_duration:P1H',
    'P1D',
    'by_duration:-P1D',
  ]) {
    assert.throws(() => policy(bad), /auto\.offset\.reset/, bad);
  }
});
