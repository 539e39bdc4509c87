import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../core/index.ts';
import { Simulation } from '../../lab/index.ts';
import { initProducerId, metadata, produce, saslAuthenticate, saslHandshake } from '../../wire/index.ts';
import { FakeCluster } from '../testing/fake-cluster.ts';
import { headersSent, type ProducerWorld, producerScenarios } from '../testing/scenarios.ts';
import { Producer } from './producer.ts';

const scenario = producerScenarios(() => new Simulation({ seed: 'producer' }), { t: 1, many: 4 });

const values = (count: number): string[] => Array.from({ length: count }, (_, index) => `v${index}`);

/** [producer id, epoch, first sequence, records] of every batch that was sent. */
function numbersSent(broker: FakeCluster): [number, number, number, number][] {
  return headersSent(broker).map(({ producerId, producerEpoch, baseSequence, recordCount }) => {
    return [producerId, producerEpoch, baseSequence, recordCount];
  });
}

test('retries=0 and a lost reply: the record fails, is not sent again, and may have landed', async () => {
  await scenario({ acks: 1, retries: 0 }, async ({ broker, producer }) => {
    broker.loseAnswer(produce);
    await assert.rejects(producer.sendAndWait({ topic: 't', value: 'once' }), {
      code: 'NETWORK_EXCEPTION',
      retriable: true,
    });
    assert.deepEqual(broker.values('t'), ['once']);
    assert.equal((await producer.sendAndWait({ topic: 't', value: 'next' })).offset, 1);
    assert.equal(broker.count(produce), 2);
  });
});

test('at least once: without idempotence a lost reply duplicates', async () => {
  await scenario({ acks: 'all', enableIdempotence: false }, async ({ broker, producer }) => {
    broker.loseAnswer(produce);
    await producer.sendAndWait({ topic: 't', value: 'twice' });
    assert.deepEqual(broker.values('t'), ['twice', 'twice']);
  });
});

test('idempotent: a lost reply is retried under the same number and lands once', async () => {
  await scenario({}, async ({ broker, producer }) => {
    broker.loseAnswer(produce, 3);
    const { offset } = await producer.sendAndWait({ topic: 't', value: 'once' });
    assert.equal(offset, 0);
    assert.deepEqual(broker.values('t'), ['once']);
    assert.deepEqual(numbersSent(broker), Array(4).fill([1000, 0, 0, 1]));
    assert.equal((await producer.sendAndWait({ topic: 't', value: 'next' })).offset, 1);
  });
});

test('acks=0: nobody answers, the offset is not known, and the record is there', async () => {
  await scenario({ acks: 0 }, async ({ sim, broker, producer }) => {
    for (const value of values(5)) assert.equal((await producer.sendAndWait({ topic: 't', value })).offset, -1);
    await sim.sleep(10);
    assert.deepEqual(broker.values('t'), values(5));
  });
});

test('the order survives a retriable refusal of any of five requests in flight', async () => {
  for (let failed = 1; failed < 8; failed++) {
    await scenario({ batchSize: 70 }, async ({ broker, producer }) => {
      let count = 0;
      broker.on(produce, (body, ...rest) => {
        const refuse = ++count === failed || count === failed + 2;
        return (refuse ? broker.refusal(ErrorCode.NOT_ENOUGH_REPLICAS) : broker.appends)(body, ...rest);
      });
      for (const value of values(20)) producer.send({ topic: 't', value });
      await producer.flush();
      assert.deepEqual(broker.values('t'), values(20), `request ${failed} failed`);
    });
  }
});

test('the first batch of a partition goes alone: a refusal cannot let the second one overtake it', async () => {
  await scenario({ batchSize: 70 }, async ({ broker, producer }) => {
    broker.next(produce, 1, broker.refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION));
    for (const value of values(6)) producer.send({ topic: 't', value });
    await producer.flush();
    assert.deepEqual(broker.values('t'), values(6));
    assert.ok(numbersSent(broker).every(([, epoch]) => epoch === 0));
  });
});

test('a broker that lost the producer’s state: the epoch rises, numbers start over, nothing is lost', async () => {
  await scenario({}, async ({ broker, producer }) => {
    await producer.sendAndWait({ topic: 't', value: 'before' });
    broker.next(produce, 1, broker.refusal(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER));
    await producer.sendAndWait({ topic: 't', value: 'after' });
    assert.deepEqual(broker.values('t'), ['before', 'after']);
    assert.deepEqual(numbersSent(broker), [
      [1000, 0, 0, 1],
      [1000, 0, 1, 1],
      [1000, 1, 0, 1],
    ]);
    assert.equal(broker.count(initProducerId), 1, 'the epoch is raised locally');
  });
});

test('a record refused for good leaves a gap, which a new epoch closes', async () => {
  await scenario({}, async ({ broker, producer }) => {
    await producer.sendAndWait({ topic: 't', value: 'a' });
    broker.next(produce, 1, broker.refusal(ErrorCode.INVALID_RECORD));
    await assert.rejects(producer.sendAndWait({ topic: 't', value: 'bad' }), { code: 'INVALID_RECORD' });
    await producer.sendAndWait({ topic: 't', value: 'b' });
    assert.deepEqual(broker.values('t'), ['a', 'b']);
    assert.deepEqual(numbersSent(broker).at(-1), [1000, 1, 0, 1]);
  });
});

test('partitions without trouble keep their epoch until what they have in flight is done', async () => {
  await scenario({}, async ({ broker, producer }) => {
    await producer.sendAndWait({ topic: 'many', partition: 0, value: 'a' });
    await producer.sendAndWait({ topic: 'many', partition: 1, value: 'b' });
    broker.next(produce, 1, broker.refusal(ErrorCode.INVALID_RECORD));
    await assert.rejects(producer.sendAndWait({ topic: 'many', partition: 0, value: 'bad' }));
    await producer.sendAndWait({ topic: 'many', partition: 0, value: 'c' });
    await producer.sendAndWait({ topic: 'many', partition: 1, value: 'd' });
    assert.deepEqual(broker.values('many', 0), ['a', 'c']);
    assert.deepEqual(broker.values('many', 1), ['b', 'd']);
  });
});

test('a record not acknowledged within delivery.timeout.ms fails, and what comes later lands in order', async () => {
  const options = { requestTimeoutMs: 500, deliveryTimeoutMs: 1500 };
  await scenario(options, async ({ sim, broker, producer }) => {
    await producer.sendAndWait({ topic: 't', value: 'first' });
    broker.next(produce, 100, broker.refusal(ErrorCode.NOT_ENOUGH_REPLICAS));
    const started = sim.nowMs;
    await assert.rejects(producer.sendAndWait({ topic: 't', value: 'late' }), {
      name: 'TimeoutError',
      message: /delivery\.timeout\.ms.*NOT_ENOUGH_REPLICAS/,
    });
    assert.ok(Math.abs(sim.nowMs - started - 1500) < 50, `after ${sim.nowMs - started} ms`);
    broker.clearRules();
    await producer.sendAndWait({ topic: 't', value: 'next' });
    assert.deepEqual(broker.values('t'), ['first', 'next']);
    assert.equal(numbersSent(broker).at(-1)![1], 1, 'the fate of the late one was not known: a new epoch');
  });
});

test('a batch given up while its request is out, which lands after all, costs no epoch', async () => {
  const options = { requestTimeoutMs: 2000, deliveryTimeoutMs: 2000, maxInFlightRequestsPerConnection: 1 };
  await scenario(options, async ({ sim, broker, producer }) => {
    await producer.sendAndWait({ topic: 't', value: 'first' });
    for (const delay of [300, 1900]) {
      broker.next(produce, 1, async (body, ...rest) => {
        await sim.sleep(delay);
        return broker.appends(body, ...rest);
      });
    }
    const second = producer.sendAndWait({ topic: 't', value: 'second' });
    await sim.sleep(10);
    // Waits 290 ms for its turn, and its answer comes 2190 ms after it was taken.
    await assert.rejects(producer.sendAndWait({ topic: 't', value: 'slow' }), { name: 'TimeoutError' });
    await second;
    await producer.sendAndWait({ topic: 't', value: 'next' });
    assert.deepEqual(broker.values('t'), ['first', 'second', 'slow', 'next']);
    assert.ok(numbersSent(broker).every(([, epoch]) => epoch === 0));
  });
});

test('send asks to wait when the buffer is full, and refuses whoever does not', async () => {
  await scenario({ bufferMemory: 1000, batchSize: 100, lingerMs: 50 }, async ({ broker, producer }) => {
    const value = 'x'.repeat(90);
    let waits = 0;
    for (let index = 0; index < 60; index++) {
      const full = producer.send({ topic: 't', value });
      if (full === undefined) continue;
      waits++;
      await full;
    }
    assert.ok(waits > 2, `${waits} waits`);
    await producer.flush();
    assert.equal(broker.values('t').length, 60);
    assert.throws(
      () => {
        for (let index = 0; index < 60; index++) producer.send({ topic: 't', value });
      },
      { name: 'BufferExhaustedError' },
    );
    await producer.flush();
  });
});

test('flush reports the first failure of records without a callback, once', async () => {
  await scenario({ retries: 0, acks: 1 }, async ({ broker, producer }) => {
    broker.next(produce, 1, broker.refusal(ErrorCode.NOT_ENOUGH_REPLICAS));
    producer.send({ topic: 't', value: 'a' });
    producer.send({ topic: 't', value: 'b' });
    await assert.rejects(producer.flush(), { code: 'NOT_ENOUGH_REPLICAS', message: /2 records/ });
    await producer.flush();
    const told: (string | undefined)[] = [];
    broker.next(produce, 1, broker.refusal(ErrorCode.NOT_ENOUGH_REPLICAS));
    producer.send({ topic: 't', value: 'c' }, (error) => told.push(error?.code));
    await producer.flush();
    assert.deepEqual(told, ['NOT_ENOUGH_REPLICAS']);
  });
});

test('records wait for a topic that appears later, in order', async () => {
  await scenario({}, async ({ sim, broker, producer }) => {
    for (const value of values(5)) producer.send({ topic: 'new', value });
    const flushed = producer.flush();
    await sim.sleep(2000);
    broker.addTopic('new', 1);
    await flushed;
    assert.deepEqual(broker.values('new'), values(5));
    assert.ok(broker.count(metadata) > 2);
  });
});

test('send asks to wait after a turn’s worth also while the topic is not known: a burst does not pile up in the way of the answer', async () => {
  await scenario({}, async ({ broker, producer }) => {
    const value = 'x'.repeat(1000);
    let sent = 0;
    let full: undefined | Promise<void>;
    for (; full === undefined; sent++) full = producer.send({ topic: 't', value });
    assert.ok(sent < 100, `${sent} kB of records were taken without a pause`);
    await full;
    await producer.flush();
    assert.equal(broker.values('t').length, sent);
  });
});

test('linger.ms gathers records, a full batch does not wait', async () => {
  await scenario({ lingerMs: 200, batchSize: 1000 }, async ({ sim, broker, producer }) => {
    await producer.sendAndWait({ topic: 't', value: 'warm' });
    const before = broker.count(produce);
    const started = sim.nowMs;
    producer.send({ topic: 't', value: 'a' });
    await sim.sleep(100);
    assert.equal(broker.count(produce), before);
    await producer.sendAndWait({ topic: 't', value: 'b' });
    assert.equal(broker.count(produce), before + 1);
    assert.ok(sim.nowMs - started >= 200 && sim.nowMs - started < 230);
    const full = sim.nowMs;
    await producer.sendAndWait({ topic: 't', value: 'x'.repeat(2000) });
    assert.ok(sim.nowMs - full < 50);
  });
});

test('what is no record is refused at once, by name', async () => {
  await scenario({}, async ({ producer }) => {
    const send = (record: object) => () => producer.send(record as { topic: string });
    assert.throws(send({ value: 'x' }), { code: 'INVALID_RECORD', message: /needs a topic/ });
    assert.throws(send({ topic: 't', value: { a: 1 } }), /value of a record for t must be text.*JSON\.stringify/);
    assert.throws(send({ topic: 't', key: 5 }), /key of a record for t must be/);
    assert.throws(send({ topic: 't', timestamp: 1.5 }), /timestamp/);
    assert.throws(send({ topic: 't', headers: [{ key: 'h', value: 1 }] }), /header/);
    assert.throws(send({ topic: 't', headers: [null] }), { code: 'INVALID_RECORD', message: /a header/ });
    assert.throws(send({ topic: 't', headers: { a: 'b' } }), {
      code: 'INVALID_RECORD',
      message: /headers of a record for t must be a list, \[\{ key: .*\}\], not an object/,
    });
    assert.throws(send({ topic: 't', key: {} }), /not an object$/);
    assert.throws(send({ topic: 't', val: 'x' }), {
      code: 'INVALID_RECORD',
      message: /no field val: it may have topic.*did you mean value\?/,
    });
    // With a value nothing is lost by a field too many, and looking for one would cost every record.
    assert.equal(producer.send({ topic: 't', value: null, offset: 5 } as { topic: string }), undefined);
  });
});

test('what a delivery callback throws surfaces, and the other records do not suffer', async () => {
  const sim = new Simulation({ seed: 'callback' });
  const broker = new FakeCluster(sim.node('broker'), 'broker', { t: 1 });
  const producer = new Producer({ bootstrapServers: 'broker:9092', ports: sim.node('client'), lingerMs: 0 });
  const told: string[] = [];
  await assert.rejects(
    sim.run(async () => {
      await broker.listen();
      producer.send({ topic: 't', value: 'a' }, () => {
        throw new Error('of the caller');
      });
      producer.send({ topic: 't', value: 'b' }, (error) => told.push(error?.message ?? 'sent'));
      await producer.flush();
      await sim.sleep(10);
    }),
    /of the caller/,
  );
  assert.deepEqual(told, ['sent']);
});

test('close delivers what was sent, and refuses what comes after', async () => {
  await scenario({ lingerMs: 5000 }, async ({ broker, producer }) => {
    for (const value of values(10)) producer.send({ topic: 't', value });
    await producer.close();
    assert.deepEqual(broker.values('t'), values(10));
    assert.throws(() => producer.send({ topic: 't', value: 'late' }), { name: 'ClosedError' });
  });
});

test('close may be hurried: by a second call with less time, or by its signal', async () => {
  const hurries: ((producer: Producer, signal: AbortController) => void)[] = [
    (producer) => void producer.close({ timeoutMs: 0 }),
    (_, controller) => controller.abort(),
  ];
  for (const hurry of hurries) {
    await scenario({}, async ({ sim, broker, producer }) => {
      broker.on(produce, () => 'no answer');
      let told: string | undefined;
      producer.send({ topic: 't', value: 'x' }, (error) => {
        told = error?.name;
      });
      const controller = new AbortController();
      const began = sim.nowMs;
      const closed = producer.close({ signal: controller.signal });
      void producer.close();
      await sim.sleep(5_000);
      assert.equal(told, undefined);
      hurry(producer, controller);
      await closed;
      assert.ok(sim.nowMs - began < 6_500, `after ${sim.nowMs - began} ms`);
      assert.equal(told, 'ClosedError');
    });
  }
});

test('who waits for one record may stop waiting, and the record is delivered all the same', async () => {
  await scenario({}, async ({ sim, broker, producer }) => {
    broker.on(produce, async (body, ...rest) => {
      await sim.sleep(1_000);
      return broker.appends(body, ...rest);
    });
    const controller = new AbortController();
    const { signal } = controller;
    const stopped = producer.sendAndWait({ topic: 't', value: 'a' }, { signal });
    const late = producer.sendAndWait({ topic: 't', value: 'b' }, { timeoutMs: 500 });
    const reason = new Error('enough');
    controller.abort(reason);
    await assert.rejects(stopped, reason);
    await assert.rejects(late, { name: 'TimeoutError', message: /record for t was not acknowledged within 500 ms/ });
    assert.ok(sim.nowMs < 900);
    await assert.rejects(producer.sendAndWait({ topic: 't', value: 'never' }, { signal }), reason);
    assert.equal((await producer.sendAndWait({ topic: 't', value: 'c' }, { timeoutMs: 5_000 })).offset, 2);
    assert.deepEqual(broker.values('t'), ['a', 'b', 'c']);
  });
});

/** Large enough for the memory of batches that is used again, which others are filling while the first is sent again. */
for (const kilobytes of [15, 100]) {
  test(`a batch is never sent with other bytes than the first time (${kilobytes} kB)`, async () => {
    await scenario({ batchSize: 128 * 1024, retryBackoffMs: 200 }, async ({ sim, broker, producer }) => {
      const attempts: string[] = [];
      broker.on(produce, (body, ...rest) => {
        const batches = body.topicData.flatMap((topic) => topic.partitionData);
        const first = batches.find(({ index }) => index === 0);
        if (first === undefined) return broker.appends(body, ...rest);
        attempts.push(Buffer.from(first.records!).toString('base64'));
        // Lost on its way, then written with the answer lost.
        if (attempts.length === 1) return 'cut';
        const answer = broker.appends(body, ...rest);
        return attempts.length === 2 ? 'cut' : answer;
      });
      const records = (letter: string): string[] =>
        Array.from({ length: kilobytes }, (_, index) => `${letter}${index} `.padEnd(1000, letter));
      const send = (partition: number, letter: string): void => {
        for (const value of records(letter)) producer.send({ topic: 'many', partition, value });
      };
      send(0, 'a');
      const flushed = producer.flush();
      for (const [pause, partition, letter] of [
        [50, 1, 'y'],
        [400, 2, 'z'],
      ] as const) {
        await sim.sleep(pause);
        send(partition, letter);
      }
      await flushed;
      await producer.flush();
      assert.equal(attempts.length, 3);
      assert.equal(new Set(attempts).size, 1);
      for (const [partition, letter] of ['a', 'y', 'z'].entries()) {
        assert.deepEqual(broker.values('many', partition), records(letter), `partition ${partition}`);
      }
    });
  });
}

test('a producer that numbers nothing asks for no producer id', async () => {
  for (const options of [{ enableIdempotence: false }, { acks: 1 }, { acks: 0 }] as const) {
    await scenario(options, async ({ sim, broker, producer }) => {
      broker.on(initProducerId, () => ({ errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED }));
      for (const value of values(3)) await producer.sendAndWait({ topic: 't', value });
      await sim.sleep(100);
      assert.deepEqual(broker.values('t'), values(3));
      assert.equal(broker.count(initProducerId), 0);
    });
  }
});

/** A broker with logins whose session ends every 10 s, and which keeps those who log in again waiting. */
async function heldBack(renews: boolean, run: (world: ProducerWorld<Simulation>) => Promise<void>): Promise<void> {
  const sasl = { mechanism: 'plain', username: 'a', password: 'b' } as const;
  const options = { acks: 0, bufferMemory: 1_000_000, deliveryTimeoutMs: 40_000, sasl } as const;
  await scenario(options, async (world) => {
    const { sim, broker, producer } = world;
    broker.on(saslHandshake, () => ({ mechanisms: ['PLAIN'] }));
    broker.on(saslAuthenticate, () => ({ sessionLifetimeMs: 10_000 }));
    await producer.sendAndWait({ topic: 't', value: 'first' });
    broker.on(saslAuthenticate, async () => {
      if (!renews) return 'no answer';
      await sim.sleep(2_000);
      return {};
    });
    while (broker.count(saslAuthenticate) < 2) await sim.sleep(10);
    await run(world);
  });
}
const MUCH = Array.from({ length: 300 }, (_, index) => `${index} `.padEnd(10_000, 'x'));

test('acks=0 while a login is renewed: what is sent waits in the buffer, and lands once that is over', async () => {
  await heldBack(true, async ({ sim, broker, producer }) => {
    const began = sim.nowMs;
    let early = 0;
    for (const value of MUCH) {
      await producer.send({ topic: 't', value });
      if (sim.nowMs - began < 1_500) early++;
    }
    await producer.flush();
    assert.ok(sim.nowMs - began > 1_500, `after ${sim.nowMs - began} ms`);
    assert.ok(early >= 90 && early <= 100, `${early} records of 10 kB in a buffer of 1 MB`);
    await sim.sleep(100);
    assert.deepEqual(broker.values('t'), ['first', ...MUCH]);
    assert.equal(producer.metrics().counters['record-error-total'], 0);
  });
});

test('acks=0 and a login that is never renewed: every record that did not leave is counted, and flush says so', async () => {
  await heldBack(false, async ({ broker, producer }) => {
    const some = MUCH.slice(0, 50);
    for (const value of some) producer.send({ topic: 't', value });
    await assert.rejects(producer.flush(), /^TimeoutError|ClientError: 50 records failed/);
    assert.equal(producer.metrics().counters['record-error-total'], some.length);
    assert.deepEqual(broker.values('t'), ['first']);
  });
});
