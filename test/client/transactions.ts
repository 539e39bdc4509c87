/** Scenarios: transactions commit whole or not at all, with offsets, across restarts and rivals. */
import assert from 'node:assert/strict';
import { values } from '../conformance/cluster.ts';
import { readAll, take, text, type UnderTest, valuesOf } from './context.ts';

export function transactions(cluster: UnderTest): void {
  cluster.scenario(
    'read_committed sees committed transactions only, and its position passes markers and aborted records',
    async () => {
      const topic = await cluster.topic('outcomes', 2);
      const producer = cluster.producer({ transactionalId: cluster.unique('tx') });
      await producer.initTransactions();
      const expected: string[] = [];
      for (let round = 0; round < 6; round++) {
        const tx = await producer.begin();
        for (const partition of [0, 1]) {
          for (const value of values(`round-${round}-${partition}`, 3)) {
            await tx.sendAndWait({ topic, partition, value });
            if (round % 2 === 0) expected.push(value);
          }
        }
        if (round % 2 === 0) await tx.commit();
        else await tx.abort();
      }
      assert.deepEqual(valuesOf(await readAll(cluster, topic)).sort(), expected.sort());
      assert.equal((await readAll(cluster, topic, 'read_uncommitted')).length, 36);
    },
  );

  cluster.scenario('records of an open transaction wait, and so do those behind it', async () => {
    const topic = await cluster.topic('open');
    const transactional = cluster.producer({ transactionalId: cluster.unique('tx') });
    const plain = cluster.producer();
    await transactional.initTransactions();
    const tx = await transactional.begin();
    await tx.sendAndWait({ topic, value: 'open' });
    await plain.sendAndWait({ topic, value: 'behind' });
    const consumer = cluster.consumer({ isolationLevel: 'read_committed' });
    consumer.assign([{ topic, partition: 0 }]);
    assert.deepEqual(await consumer.poll({ timeoutMs: 300 }), []);
    const [stable] = await cluster
      .admin()
      .listOffsets([{ topic, partition: 0, at: 'latest' }], { isolationLevel: 'read_committed' });
    assert.equal(stable!.offset, 0);
    await tx.commit();
    assert.deepEqual(valuesOf(await take(consumer, 2)), ['open', 'behind']);
  });

  cluster.scenario(
    'consume, transform, produce: outputs and offsets are committed together or not at all',
    async () => {
      const input = await cluster.topic('in', 2);
      const output = await cluster.topic('out', 2);
      const groupId = cluster.unique('group');
      const feeder = cluster.producer();
      for (const [index, value] of values('v', 100).entries())
        feeder.send({ topic: input, partition: index % 2, value });
      await feeder.flush();
      const transactionalId = cluster.unique('tx');
      let aborted = 0;
      for (let done = 0; done < 100; ) {
        const producer = cluster.producer({ transactionalId });
        const consumer = cluster.consumer({
          groupId,
          enableAutoCommit: false,
          isolationLevel: 'read_committed',
          maxPollRecords: 8,
          heartbeatIntervalMs: 100,
        });
        await producer.initTransactions();
        consumer.subscribe([input]);
        // Each instance commits two batches, aborts the third, and is replaced.
        for (let batch = 0; batch < 3 && done < 100; batch++) {
          const records = await take(consumer, 1);
          const tx = await producer.begin();
          for (const { key, value } of records) tx.send({ topic: output, key, value: `${text(value)}!` });
          const next = new Map(records.map(({ partition, offset }) => [partition, offset + 1]));
          await tx.sendOffsets(
            [...next].map(([partition, offset]) => ({ topic: input, partition, offset })),
            consumer.groupMetadata(),
          );
          if (batch === 2) {
            await tx.abort();
            aborted++;
          } else {
            await tx.commit();
            done += records.length;
          }
        }
        await Promise.all([producer.close(), consumer.close()]);
      }
      assert.ok(aborted >= 3, 'transactions were aborted on the way');
      const expected = values('v', 100).map((value) => `${value}!`);
      assert.deepEqual(valuesOf(await readAll(cluster, output)).sort(), expected.sort());
      const offsets = await cluster.admin().listConsumerGroupOffsets(groupId, undefined, { requireStable: true });
      assert.deepEqual(
        offsets.map((committed) => committed.offset),
        [50, 50],
      );
    },
  );

  cluster.scenario(
    'a second producer with the transactional.id fences the first and aborts what it left open',
    async () => {
      const topic = await cluster.topic('zombie');
      const transactionalId = cluster.unique('tx');
      const zombie = cluster.producer({ transactionalId });
      await zombie.initTransactions();
      const old = await zombie.begin();
      await old.sendAndWait({ topic, value: 'left open' });
      const rival = cluster.producer({ transactionalId });
      await rival.initTransactions();
      const tx = await rival.begin();
      await tx.sendAndWait({ topic, value: 'rival' });
      await tx.commit();
      await assert.rejects(old.commit(), { name: 'ProducerFencedError', fatal: true });
      await assert.rejects(zombie.begin(), { name: 'ProducerFencedError' });
      assert.deepEqual(valuesOf(await readAll(cluster, topic)), ['rival']);
    },
  );

  cluster.scenario('a fenced producer cannot write into the rival’s transaction', async () => {
    const topic = await cluster.topic('intruder');
    const transactionalId = cluster.unique('tx');
    const zombie = cluster.producer({ transactionalId });
    await zombie.initTransactions();
    const first = await zombie.begin();
    await first.sendAndWait({ topic, value: 'committed before' });
    await first.commit();
    const rival = cluster.producer({ transactionalId });
    await rival.initTransactions();
    const tx = await rival.begin();
    await tx.sendAndWait({ topic, value: 'rival' });
    const late = await zombie.begin();
    await assert.rejects(late.sendAndWait({ topic, value: 'zombie' }));
    await assert.rejects(late.commit());
    await tx.commit();
    assert.deepEqual(valuesOf(await readAll(cluster, topic)), ['committed before', 'rival']);
  });

  cluster.scenario(
    'offsets of a member that was replaced are refused, and the transaction must be aborted',
    async () => {
      const input = await cluster.topic('in');
      const output = await cluster.topic('out');
      const groupId = cluster.unique('group');
      await cluster.producer().sendAndWait({ topic: input, value: 'v' });
      const zombie = cluster.consumer({ groupId, enableAutoCommit: false, heartbeatIntervalMs: 100 });
      zombie.subscribe([input]);
      await take(zombie, 1);
      const stale = zombie.groupMetadata();
      await zombie.close();
      const heir = cluster.consumer({ groupId, enableAutoCommit: false, heartbeatIntervalMs: 100 });
      heir.subscribe([input]);
      await take(heir, 1);
      const producer = cluster.producer({ transactionalId: cluster.unique('tx') });
      await producer.initTransactions();
      const tx = await producer.begin();
      await tx.sendAndWait({ topic: output, value: 'twice' });
      await assert.rejects(tx.sendOffsets([{ topic: input, partition: 0, offset: 1 }], stale), {
        name: 'CommitFailedError',
        abortable: true,
      });
      await assert.rejects(tx.commit(), { abortable: true });
      await tx.abort();
      const again = await producer.begin();
      await again.sendAndWait({ topic: output, value: 'once' });
      await again.sendOffsets([{ topic: input, partition: 0, offset: 1 }], heir.groupMetadata());
      await again.commit();
      assert.deepEqual(valuesOf(await readAll(cluster, output)), ['once']);
      assert.equal((await heir.committed())[0]!.offset, 1);
    },
  );

  cluster.scenario('a transaction that is left without commit is aborted', async () => {
    const topic = await cluster.topic('left');
    const producer = cluster.producer({ transactionalId: cluster.unique('tx') });
    await producer.initTransactions();
    await assert.rejects(async () => {
      await using tx = await producer.begin();
      await tx.sendAndWait({ topic, value: 'half' });
      throw new Error('the handler failed');
    }, /the handler failed/);
    const tx = await producer.begin();
    await tx.sendAndWait({ topic, value: 'whole' });
    await tx.commit();
    assert.deepEqual(valuesOf(await readAll(cluster, topic)), ['whole']);
  });

  cluster.scenario('a record that fails breaks its transaction, and the next one goes well', async () => {
    const topic = await cluster.topic('broken');
    const producer = cluster.producer({ transactionalId: cluster.unique('tx'), maxRequestSize: 10_000 });
    await producer.initTransactions();
    const tx = await producer.begin();
    await tx.sendAndWait({ topic, value: 'fine' });
    tx.send({ topic, value: 'x'.repeat(20_000) });
    await assert.rejects(tx.commit(), { code: 'MESSAGE_TOO_LARGE', abortable: true });
    await tx.abort();
    const next = await producer.begin();
    next.send({ topic, value: 'next' });
    await next.commit();
    assert.deepEqual(valuesOf(await readAll(cluster, topic)), ['next']);
  });

  cluster.scenario('an empty transaction commits and aborts without a word to the coordinator', async () => {
    const topic = await cluster.topic('empty');
    const producer = cluster.producer({ transactionalId: cluster.unique('tx') });
    await producer.initTransactions();
    await (await producer.begin()).commit();
    await (await producer.begin()).abort();
    const tx = await producer.begin();
    await tx.sendAndWait({ topic, value: 'after' });
    await tx.commit();
    assert.deepEqual(valuesOf(await readAll(cluster, topic)), ['after']);
  });
}
