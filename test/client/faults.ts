/** Scenarios: the same promises through a proxy that loses answers and cuts connections. */
import assert from 'node:assert/strict';
import type {
  ConsumerRecord,
  GroupMetadata,
  ProcessOptions,
  TopicPartitionOffset,
  Transaction,
} from '../../src/client/index.ts';
import type { FaultRule, RuleCounters } from '../../src/lab/index.ts';
import { assertSameValues, values } from '../conformance/cluster.ts';
import { readAll, take, text, type UnderTest, valuesOf } from './context.ts';

/** Every `every`th frame of an API, `count` times. */
function nowAndThen(api: string, action: FaultRule['action'], every: number, count: number): FaultRule {
  let seen = 0;
  return { name: `${action} ${api}`, api, action, count, when: () => ++seen % every === 0 };
}

export function faults(cluster: UnderTest): void {
  async function through(
    rules: readonly FaultRule[],
    run: (proxied: UnderTest, hits: () => number) => Promise<void>,
  ): Promise<void> {
    const { cluster: proxied, proxy } = await cluster.through(rules);
    await run(proxied, () => proxy.hits.length);
  }

  cluster.scenario(
    'idempotent: lost answers and cuts in the middle of a stream lose, repeat and reorder nothing',
    async () => {
      const topic = await cluster.topic('stream', 2);
      const rules = [nowAndThen('Produce', 'drop-reply', 3, 8), nowAndThen('Produce', 'cut', 7, 5)];
      await through(rules, async (proxied, hits) => {
        const producer = proxied.producer({ batchSize: 600 });
        const expected = values('v', 3000);
        for (const [index, value] of expected.entries()) {
          const full = producer.send({ topic, partition: index % 2, value });
          if (full) await full;
          if (index % 100 === 0) await producer.flush();
        }
        await producer.flush();
        assert.ok(hits() >= 13, `${hits()} faults`);
        const records = await readAll(cluster, topic);
        for (const partition of [0, 1]) {
          assert.deepEqual(
            valuesOf(records.filter((record) => record.partition === partition)),
            expected.filter((_, index) => index % 2 === partition),
          );
        }
      });
    },
  );

  cluster.scenario(
    'not idempotent: a lost answer is retried into a duplicate, and with retries=0 into an error',
    async () => {
      const topic = await cluster.topic('twice');
      const lost: FaultRule = { name: 'lost', api: 'Produce', action: 'drop-reply', count: 1 };
      await through([lost], async (proxied) => {
        await proxied.producer({ enableIdempotence: false }).sendAndWait({ topic, value: 'twice' });
      });
      await through([lost], async (proxied) => {
        const producer = proxied.producer({ acks: 1, retries: 0 });
        await assert.rejects(producer.sendAndWait({ topic, value: 'once' }), { code: 'NETWORK_EXCEPTION' });
      });
      assert.deepEqual(valuesOf(await readAll(cluster, topic)), ['twice', 'twice', 'once']);
    },
  );

  cluster.scenario(
    'a group member reads everything once although its connections are cut and its answers lost',
    async () => {
      const topic = await cluster.topic('read', 2);
      const producer = cluster.producer();
      const expected = values('v', 600);
      for (const [index, value] of expected.entries()) producer.send({ topic, partition: index % 2, value });
      await producer.flush();
      const rules = [
        nowAndThen('JoinGroup', 'cut', 2, 1),
        nowAndThen('SyncGroup', 'drop-reply', 1, 1),
        nowAndThen('Fetch', 'drop-reply', 3, 4),
        nowAndThen('Fetch', 'cut', 5, 3),
        nowAndThen('OffsetCommit', 'drop-reply', 2, 4),
        nowAndThen('Heartbeat', 'cut', 3, 2),
      ];
      await through(rules, async (proxied, hits) => {
        const consumer = proxied.consumer({
          groupId: cluster.unique('group'),
          enableAutoCommit: false,
          maxPollRecords: 20,
          maxPartitionFetchBytes: 1000,
          heartbeatIntervalMs: 20,
        });
        consumer.subscribe([topic]);
        const seen: ConsumerRecord[] = [];
        while (seen.length < 600) {
          seen.push(...(await take(consumer, 1)));
          await consumer.commit();
        }
        assert.ok(hits() >= 6, `${hits()} faults`);
        assert.deepEqual(valuesOf(seen).sort(), [...expected].sort());
      });
    },
  );

  cluster.scenario(
    'exactly once: whatever answer of a transaction is lost, outputs and offsets stay in step',
    async () => {
      const input = await cluster.topic('in', 2);
      const output = await cluster.topic('out', 2);
      const groupId = cluster.unique('group');
      const feeder = cluster.producer();
      for (const [index, value] of values('v', 400).entries())
        feeder.send({ topic: input, partition: index % 2, value });
      await feeder.flush();
      const apis = ['InitProducerId', 'AddPartitionsToTxn', 'Produce', 'AddOffsetsToTxn', 'TxnOffsetCommit', 'EndTxn'];
      const rules = apis.flatMap((api) => [
        nowAndThen(api, 'drop-reply', api === 'InitProducerId' ? 1 : 4, 3),
        nowAndThen(api, 'cut', 5, 2),
      ]);
      await through(rules, async (proxied, hits) => {
        const producer = proxied.producer({ transactionalId: cluster.unique('tx') });
        const consumer = proxied.consumer({ groupId, enableAutoCommit: false, maxPollRecords: 15 });
        await producer.initTransactions();
        consumer.subscribe([input]);
        for (let done = 0; done < 400; ) {
          const records = await take(consumer, 1);
          const tx = await producer.begin();
          for (const { key, value } of records) tx.send({ topic: output, key, value: `${text(value)}!` });
          await sendOffsets(tx, records, consumer.groupMetadata());
          await tx.commit();
          done += records.length;
        }
        assert.ok(hits() >= 12, `${hits()} faults`);
      });
      const expected = values('v', 400).map((value) => `${value}!`);
      assert.deepEqual(valuesOf(await readAll(cluster, output)).sort(), expected.sort());
      const offsets = await cluster.admin().listConsumerGroupOffsets(groupId, undefined, { requireStable: true });
      assert.deepEqual(
        offsets.map((committed) => committed.offset),
        [200, 200],
      );
    },
  );

  /** An exactly-once `process` under faults; `meanwhile` happens while it works. */
  async function processed(
    rules: readonly FaultRule[],
    producer: ProcessOptions['producer'] = {},
    meanwhile: (finished: () => number) => Promise<void> = async () => {},
  ): Promise<readonly RuleCounters[]> {
    const [from, to] = [await cluster.topic('in', 2), await cluster.topic('out', 2)];
    const sent = values('v', 300);
    const feeder = cluster.producer();
    for (const [at, value] of sent.entries()) feeder.send({ topic: from, partition: at % 2, value });
    await feeder.flush();
    const { cluster: proxied, proxy } = await cluster.through(rules);
    const working = proxied.process({
      ...{ from, to, group: cluster.unique('group'), guarantee: 'exactly-once', commitIntervalMs: 5 },
      // So slow that there are many transactions.
      handler: async ({ value }) => {
        await cluster.sleep(2);
        return { value: `${text(value)}!` };
      },
      consumer: { heartbeatIntervalMs: 100, sessionTimeoutMs: 6_000, maxPollRecords: 10 },
      producer,
    });
    await meanwhile(() => working.finished);
    await cluster.eventually('all is there', async () => (await readAll(cluster, to)).length >= 300, {
      timeoutMs: 60_000,
    });
    await working.close();
    const outputs = valuesOf(await readAll(cluster, to)).map(String);
    assertSameValues(
      outputs,
      sent.map((value) => `${value}!`),
    );
    return proxy.counters();
  }

  cluster.scenario('exactly once: coordinators that move away are found again, whatever they are asked', async () => {
    const asked = ['JoinGroup', 'SyncGroup', 'InitProducerId', 'TxnOffsetCommit', 'EndTxn', 'Heartbeat'];
    const moved = asked.map((api) => ({
      ...{ name: api, api, action: 'refuse' as const, error: 'NOT_COORDINATOR' as const },
      skip: api === 'EndTxn' || api === 'TxnOffsetCommit' ? 3 : 0,
    }));
    const searches: FaultRule = { name: 'FindCoordinator', api: 'FindCoordinator', action: 'cut', skip: 2 };
    const counters = await processed([...moved, searches], {}, (finished) =>
      cluster.eventually('it is heard of', () => finished() > 0).then(() => cluster.sleep(300)),
    );
    assert.deepEqual(counters.map(({ name, frames }) => [name, frames]).sort(), [
      ...[...asked, 'FindCoordinator'].sort().map((name) => [name, 1]),
    ]);
  });

  cluster.scenario(
    'exactly once: what comes later than request.timeout.ms is asked for again, and counts once',
    async () => {
      const late = (api: string, direction: 'request' | 'response', skip: number): FaultRule => ({
        ...{ name: `${api} ${direction}`, api, direction, skip, action: 'delay', delayMs: 600 },
      });
      const rules = ['Produce', 'TxnOffsetCommit', 'EndTxn'].flatMap((api, at) => [
        late(api, 'request', 2 + 2 * at),
        late(api, 'response', 6 + 2 * at),
      ]);
      const counters = await processed(rules, { requestTimeoutMs: 300 });
      assert.equal(counters.length, rules.length, JSON.stringify(counters));
    },
  );

  cluster.scenario(
    'exactly once: a broker that restarts, and all coordinators with it, interrupts and repeats nothing',
    async () => {
      await processed([], {}, async (finished) => {
        for (const before of [1, 100]) {
          await cluster.eventually('it is under way', () => finished() > before);
          await cluster.restart();
        }
      });
    },
  );
}

function sendOffsets(tx: Transaction, records: readonly ConsumerRecord[], group: GroupMetadata): Promise<void> {
  const next = new Map<number, TopicPartitionOffset>();
  for (const { topic, partition, offset } of records) next.set(partition, { topic, partition, offset: offset + 1 });
  return tx.sendOffsets([...next.values()], group);
}
