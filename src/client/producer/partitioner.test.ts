import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Simulation } from '../../lab/index.ts';
import { batchesOf } from '../../records/index.ts';
import { initProducerId, type ProduceRequest, produce } from '../../wire/index.ts';
import type { ProducerOptions } from '../options/producer.ts';
import { FakeBrokers } from '../testing/fake-brokers.ts';
import { FakeCluster } from '../testing/fake-cluster.ts';
import { partitionForKey } from './murmur2.ts';
import { Producer } from './producer.ts';

const PARTITIONS = 4;
const PLAIN = { bootstrapServers: 'broker:9092', lingerMs: 0, enableIdempotence: false } as const;

interface World {
  readonly sim: Simulation;
  readonly broker: FakeCluster;
  readonly producer: Producer;
}

async function scenario(options: Partial<ProducerOptions>, run: (world: World) => Promise<void>): Promise<void> {
  const sim = new Simulation({ seed: 'partitions' });
  const broker = new FakeCluster(sim.node('broker'), 'broker', { t: PARTITIONS });
  const producer = new Producer({ ...PLAIN, ports: sim.node('client'), ...options } as ProducerOptions);
  await sim.run(async () => {
    await broker.listen();
    await run({ sim, broker, producer });
    await producer.close({ timeoutMs: 1000 });
  });
}

const counts = (broker: FakeCluster): number[] => broker.topics.get('t')!.map((partition) => partition.values().length);

/** Two brokers that share the partitions of `t` in turn; `records`: how many each was sent. */
async function twoBrokers(
  options: Partial<ProducerOptions>,
  run: (world: { sim: Simulation; cluster: FakeBrokers; records: number[]; producer: Producer }) => Promise<void>,
): Promise<void> {
  const sim = new Simulation({ seed: 'two brokers' });
  const cluster = new FakeBrokers((name) => sim.node(name));
  cluster.leaders.set('t', [1, 2, 1, 2]);
  const records = [0, 0];
  for (const [index, broker] of [cluster.one, cluster.two].entries()) {
    broker.on(initProducerId, () => ({ producerId: 1, producerEpoch: 0 }));
    broker.on(produce, (request) => {
      records[index]! += recordsIn(request);
      return accepted(request);
    });
  }
  const producer = new Producer({
    ...PLAIN,
    bootstrapServers: 'one:9092,two:9092',
    ports: sim.node('client'),
    ...options,
  } as ProducerOptions);
  await sim.run(async () => {
    await cluster.listen();
    await run({ sim, cluster, records, producer });
    await producer.close({ timeoutMs: 1000 });
  });
}

const recordsIn = ({ topicData }: ProduceRequest): number =>
  topicData
    .flatMap(({ partitionData }) => partitionData.flatMap(({ records }) => [...batchesOf(records!)]))
    .reduce((sum, { header }) => sum + header.recordCount, 0);
const accepted = ({ topicData }: ProduceRequest) => ({
  responses: topicData.map(({ name, partitionData }) => ({
    name,
    partitionResponses: partitionData.map(({ index }) => ({ index, baseOffset: 0 })),
  })),
});

test('records without a key stay in one partition for a batch’s worth of bytes, and are spread evenly over all', async () => {
  await scenario({ batchSize: 1000, lingerMs: 20 }, async ({ broker, producer }) => {
    const value = 'x'.repeat(90);
    for (let sent = 0; sent < 8000; sent++) {
      const full = producer.send({ topic: 't', value });
      if (full !== undefined) await full;
    }
    await producer.flush();
    const inEach = counts(broker);
    assert.equal(
      inEach.reduce((sum, count) => sum + count),
      8000,
    );
    for (const count of inEach) assert.ok(count > 1600 && count < 2400, `${inEach}`);
    const sizes = broker.topics.get('t')!.flatMap(({ batches }) => batches.map(({ length }) => length));
    const small = sizes.filter((size) => size < 800).length;
    assert.ok(small <= 20 + sizes.length / 20, `${small} of ${sizes.length} batches are less than full`);
  });
});

test('records with a key count for nothing in how long the others stay', async () => {
  await scenario({ batchSize: 100_000 }, async ({ broker, producer }) => {
    for (let sent = 0; sent < 400; sent++) {
      producer.send({ topic: 't', value: 'small' });
      producer.send({ topic: 't', key: `k${sent}`, value: 'x'.repeat(2000) });
    }
    await producer.flush();
    const withSmall = broker.topics.get('t')!.filter((partition) => partition.values().includes('small'));
    assert.equal(withSmall.length, 1);
  });
});

test('a key decides by its hash, unless keys are to be ignored', async () => {
  const keys = Array.from({ length: 50 }, (_, index) => `key-${index}`);
  const expected = Array.from({ length: PARTITIONS }, (_, partition) =>
    keys.filter((key) => partitionForKey(Buffer.from(key), PARTITIONS) === partition),
  );
  await scenario({}, async ({ broker, producer }) => {
    for (const key of keys) producer.send({ topic: 't', key, value: key });
    await producer.flush();
    assert.deepEqual(
      broker.topics.get('t')!.map((partition) => partition.values()),
      expected,
    );
  });
  await scenario({ partitionerIgnoreKeys: true, batchSize: 100_000 }, async ({ broker, producer }) => {
    for (const key of keys) producer.send({ topic: 't', key, value: key });
    await producer.flush();
    assert.deepEqual(counts(broker).sort(), [0, 0, 0, 50]);
  });
});

test('roundrobin, by its name or by Java’s, sends to one partition after the other, whatever the key', async () => {
  for (const name of ['roundrobin', 'org.apache.kafka.clients.producer.RoundRobinPartitioner']) {
    await scenario({ 'partitioner.class': name } as Partial<ProducerOptions>, async ({ broker, producer }) => {
      for (let sent = 0; sent < 40; sent++) producer.send({ topic: 't', key: 'the same', value: String(sent) });
      await producer.flush();
      assert.deepEqual(counts(broker), [10, 10, 10, 10]);
    });
  }
});

test('roundrobin and random choice pass over partitions without a leader', async () => {
  for (const options of [{ partitionerClass: 'roundrobin' as const }, { batchSize: 1 }]) {
    await twoBrokers(options, async ({ cluster, records, producer }) => {
      cluster.leaders.set('t', [1, -1, 1, -1]);
      for (let sent = 0; sent < 20; sent++) await producer.sendAndWait({ topic: 't', value: 'v' });
      assert.deepEqual(records, [20, 0]);
    });
  }
});

test('a function chooses; a record that names its partition is not its business', async () => {
  const partitionerClass: ProducerOptions['partitionerClass'] = ({ headers }, { partitionCount, available }) => {
    assert.deepEqual([partitionCount, available()], [4, [0, 1, 2, 3]]);
    return headers?.some(({ key }) => key === 'urgent') ? 3 : 1;
  };
  await scenario({ partitionerClass }, async ({ broker, producer }) => {
    producer.send({ topic: 't', value: 'a' });
    producer.send({ topic: 't', value: 'b', headers: [{ key: 'urgent', value: null }] });
    producer.send({ topic: 't', partition: 0, value: 'c' });
    await producer.flush();
    assert.deepEqual(
      [0, 1, 2, 3].map((partition) => broker.values('t', partition)),
      [['c'], ['a'], [], ['b']],
    );
  });
});

test('what a function chooses wrongly fails that record with the reason, and no other', async () => {
  const choices: unknown[] = [4, -1, 1.5, 'two', undefined, Number.NaN];
  const partitionerClass = ({ value }: { readonly value?: unknown }): number => {
    if (value === 'throws') throw new Error('no idea');
    return value === 'good' ? 2 : (choices[Number(value)] as number);
  };
  await scenario({ partitionerClass }, async ({ broker, producer }) => {
    for (const [index, choice] of choices.entries()) {
      await assert.rejects(producer.sendAndWait({ topic: 't', value: String(index) }), {
        code: 'INVALID_REQUEST',
        retriable: false,
        message: `partitioner.class chose ${choice} for a record of topic t: return a whole number from 0 to 3`,
      });
    }
    await assert.rejects(producer.sendAndWait({ topic: 't', value: 'throws' }), /partitioner\.class failed .* no idea/);
    await producer.sendAndWait({ topic: 't', value: 'good' });
    assert.deepEqual(counts(broker), [0, 0, 1, 0]);
  });
});

/** One broker answers at once, the other late; `count` records come at a steady pace. */
async function shareOfTheSlow(options: Partial<ProducerOptions>): Promise<number> {
  let share = 0;
  await twoBrokers(
    { batchSize: 200, maxInFlightRequestsPerConnection: 1, ...options },
    async ({ sim, cluster, records, producer }) => {
      cluster.two.on(produce, async (request) => {
        records[1]! += recordsIn(request);
        await sim.sleep(200);
        return accepted(request);
      });
      const value = 'x'.repeat(150);
      for (let sent = 0; sent < 2000; sent++) {
        producer.send({ topic: 't', value });
        if (sent % 4 === 3) await sim.sleep(10);
      }
      await producer.flush();
      share = records[1]! / 2000;
    },
  );
  return share;
}

test('adaptive: the partitions of a slow broker get fewer records; switched off they get their half', async () => {
  const adaptive = await shareOfTheSlow({});
  assert.ok(adaptive < 0.2, `${adaptive}`);
  const uniform = await shareOfTheSlow({ partitionerAdaptivePartitioningEnable: false });
  assert.ok(uniform > 0.42 && uniform < 0.58, `${uniform}`);
});

test('a broker that could take nothing for partitioner.availability.timeout.ms gets nothing without a key until it can', async () => {
  await twoBrokers(
    { batchSize: 1, partitionerAvailabilityTimeoutMs: 100, requestTimeoutMs: 1000, deliveryTimeoutMs: 60_000 },
    async ({ sim, cluster, records, producer }) => {
      const send = (count: number): void => {
        for (let sent = 0; sent < count; sent++) producer.send({ topic: 't', value: 'v' });
      };
      send(20);
      await producer.flush();
      await cluster.two.stop();
      send(20);
      await sim.sleep(300);
      const [before] = records;
      send(50);
      await sim.sleep(50);
      assert.equal(records[0]! - before!, 50, 'all of them to the other broker');
      await cluster.two.listen();
      await producer.flush();
      const [, early] = records;
      send(100);
      await producer.flush();
      assert.ok(records[1]! - early! > 20, 'it has its share again');
    },
  );
});
