/** The idempotent producer against every mixture of lost requests, lost answers and refusals. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ErrorCode } from '../../core/index.ts';
import { Simulation } from '../../lab/index.ts';
import { produce } from '../../wire/index.ts';
import { FakeCluster } from '../testing/fake-cluster.ts';
import { Producer } from './producer.ts';

const reactions = [
  'append and answer',
  'cut before the append',
  'append, then cut',
  'append, then silence',
  'refuse for now',
  'refuse: not the leader',
  'append, then refuse for now',
  'slow',
] as const;
type Trouble = (typeof reactions)[number];

interface Plan {
  readonly seed: number;
  readonly troubles: readonly Trouble[];
  readonly partitions: number;
  readonly inFlight: number;
  readonly acks: 1 | 'all';
}

async function run({ seed, troubles, partitions, inFlight, acks }: Plan, numbered: boolean): Promise<FakeCluster> {
  const sim = new Simulation({ seed });
  const broker = new FakeCluster(sim.node('broker'), 'broker', { t: partitions });
  let request = 0;
  broker.on(produce, async (body, ...rest) => {
    switch (troubles[request++] ?? 'append and answer') {
      case 'append and answer':
        return broker.appends(body);
      case 'slow':
        await sim.sleep(150);
        return broker.appends(body, ...rest);
      case 'cut before the append':
        return 'cut';
      case 'append, then cut':
        broker.appends(body);
        return 'cut';
      case 'append, then silence':
        broker.appends(body);
        return 'no answer';
      case 'refuse for now':
        return broker.refusal(ErrorCode.NOT_ENOUGH_REPLICAS)(body);
      case 'refuse: not the leader':
        return broker.refusal(ErrorCode.NOT_LEADER_OR_FOLLOWER)(body);
      case 'append, then refuse for now':
        broker.appends(body);
        return broker.refusal(ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND)(body);
    }
  });
  await sim.run(async () => {
    await broker.listen();
    const producer = new Producer({
      bootstrapServers: 'broker:9092',
      ports: sim.node('client'),
      lingerMs: 0,
      batchSize: 90,
      requestTimeoutMs: 200,
      deliveryTimeoutMs: 100_000,
      retryBackoffMs: 10,
      maxInFlightRequestsPerConnection: inFlight,
      acks: numbered ? 'all' : acks,
      enableIdempotence: numbered,
    });
    for (let index = 0; index < 60; index++) {
      producer.send({ topic: 't', partition: index % partitions, value: `v${index}` });
      if (index % 15 === 14) await sim.sleep(5);
    }
    await producer.flush();
    await producer.close();
  });
  return broker;
}

const plan = fc.record({
  seed: fc.integer({ min: 0, max: 1000 }),
  troubles: fc.array(fc.constantFrom(...reactions), { maxLength: 25 }),
  partitions: fc.integer({ min: 1, max: 3 }),
  inFlight: fc.integer({ min: 1, max: 5 }),
  acks: fc.constantFrom(1 as const, 'all' as const),
});
const expectedOf = (partitions: number, partition: number): string[] =>
  Array.from({ length: 60 }, (_, index) => index)
    .filter((index) => index % partitions === partition)
    .map((index) => `v${index}`);

/** The second batch is there, and is put off three times while others land behind it: more than a broker remembers. */
const PUT_OFF: Plan = {
  seed: 0,
  troubles: [
    'append and answer',
    'append, then refuse for now',
    'append and answer',
    'slow',
    'refuse for now',
    'append and answer',
    'refuse for now',
  ],
  partitions: 1,
  inFlight: 3,
  acks: 'all',
};

test('whatever is lost or refused for now, every record lands once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(plan, async (chosen) => {
      const broker = await run(chosen, true);
      for (let partition = 0; partition < chosen.partitions; partition++) {
        assert.deepEqual(broker.values('t', partition), expectedOf(chosen.partitions, partition));
      }
    }),
    { numRuns: 150, examples: [[PUT_OFF]] },
  );
});

test('without idempotence every record lands at least once, and with one request in flight none overtakes another', async () => {
  await fc.assert(
    fc.asyncProperty(plan, async (chosen) => {
      const broker = await run(chosen, false);
      for (let partition = 0; partition < chosen.partitions; partition++) {
        const values = broker.values('t', partition);
        const expected = expectedOf(chosen.partitions, partition);
        assert.deepEqual(new Set(values), new Set(expected));
        if (chosen.inFlight > 1) continue;
        assert.deepEqual([...new Set(values)], expected);
      }
    }),
    { numRuns: 100 },
  );
});
