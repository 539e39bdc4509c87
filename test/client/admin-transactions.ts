/** Scenarios: the admin client and transactions. */
import assert from 'node:assert/strict';
import type { Producer, Transaction } from '../../src/client/index.ts';
import { TIMESTAMP } from '../conformance/admin/raw.ts';
import { failsFor } from './admin-aids.ts';
import type { UnderTest } from './context.ts';

export function adminTransactions(cluster: UnderTest): void {
  /** Open, with a record of it in partition 0. Its id had an owner before, so the epoch is not the first. */
  const open = async (topic: string): Promise<{ id: string; producer: Producer; tx: Transaction }> => {
    const id = cluster.unique('tx');
    await cluster.producer({ transactionalId: id }).initTransactions();
    const producer = cluster.producer({ transactionalId: id, transactionTimeoutMs: 45_000 });
    await producer.initTransactions();
    const tx = await producer.begin();
    await tx.sendAndWait({ topic, partition: 0, value: 'open' });
    return { id, producer, tx };
  };

  cluster.scenario('transactional ids are listed by state, producer and name, and described', async () => {
    const admin = cluster.admin();
    const topic = await cluster.topic('tx', 2);
    const { id, tx } = await open(topic);
    const results = await failsFor(admin.describeTransactions([id, 'no-such-id']), {
      'no-such-id': 'TRANSACTIONAL_ID_NOT_FOUND',
    });
    const [described] = results as Awaited<ReturnType<typeof admin.describeTransactions>>;
    const { producerId, producerEpoch, transactionStartTimeMs, ...rest } = described!;
    const { brokers } = await admin.describeCluster();
    assert.deepEqual(rest, {
      transactionalId: id,
      coordinatorId: brokers[0]!.id,
      state: 'Ongoing',
      transactionTimeoutMs: 45_000,
      partitions: [{ topic, partition: 0 }],
    });
    assert.ok(producerEpoch >= 0 && Math.abs(cluster.now() - transactionStartTimeMs!) < 60_000);
    const listing = { transactionalId: id, producerId, state: 'Ongoing' };
    assert.ok((await admin.listTransactions()).some(({ transactionalId }) => transactionalId === id));
    assert.deepEqual(await admin.listTransactions({ producerIds: [producerId] }), [listing]);
    assert.deepEqual(await admin.listTransactions({ transactionalIdPattern: `${id}|other` }), [listing]);
    assert.deepEqual(await admin.listTransactions({ producerIds: [producerId], states: ['Empty'] }), []);
    assert.deepEqual(await admin.listTransactions({ producerIds: [producerId], durationMs: 3_600_000 }), []);
    await failsFor(admin.listTransactions({ transactionalIdPattern: '(ab' }), {
      [`broker ${brokers[0]!.id}`]: 'INVALID_REGULAR_EXPRESSION',
    });
    await tx.abort();
    const ended = await cluster.eventually('it is complete', async () => {
      const [now] = await admin.describeTransactions([id]);
      return now!.state === 'CompleteAbort' ? now : undefined;
    });
    assert.deepEqual(ended.partitions, []);
  });

  cluster.scenario('a partition tells of its producers', async () => {
    const admin = cluster.admin();
    const topic = await cluster.topic('producers', 2);
    const { tx } = await open(topic);
    const results = await failsFor(
      admin.describeProducers(
        [
          { topic, partition: 1 },
          { topic, partition: 7 },
          { topic, partition: 0 },
        ],
        { timeoutMs: 500 },
      ),
      { [`${topic}-7`]: 'UNKNOWN_TOPIC_OR_PARTITION' },
    );
    const [empty, full] = results as Awaited<ReturnType<typeof admin.describeProducers>>;
    assert.deepEqual(empty, { topic, partition: 1, activeProducers: [] });
    const [{ producerId, producerEpoch, lastTimestamp, ...producer }] = full!.activeProducers as [
      (typeof full & object)['activeProducers'][number],
    ];
    assert.deepEqual(producer, { lastSequence: 0, coordinatorEpoch: undefined, currentTransactionStartOffset: 0 });
    assert.ok(producerId >= 0 && producerEpoch >= 0 && Math.abs(cluster.now() - lastTimestamp) < 60_000);
    await tx.commit();
    const after = await cluster.eventually('the marker is there', async () => {
      const [now] = (await admin.describeProducers([{ topic, partition: 0 }]))[0]!.activeProducers;
      return now!.currentTransactionStartOffset === undefined ? now : undefined;
    });
    assert.ok(after.coordinatorEpoch! >= 0);
  });

  cluster.scenario(
    'a transaction that its coordinator knows does not hang; a marker by hand ends it in one partition all the same',
    async () => {
      const admin = cluster.admin();
      const topic = await cluster.topic('hanging');
      const partition = { topic, partition: 0 };
      await open(topic);
      assert.deepEqual(await admin.findHangingTransactions([partition], { maxTransactionTimeoutMs: 0 }), []);
      const ends = async () => {
        const at = (isolationLevel: 'read_committed' | 'read_uncommitted') =>
          admin.listOffsets([{ ...partition, at: 'latest' }], { isolationLevel });
        return [(await at('read_committed'))[0]!.offset, (await at('read_uncommitted'))[0]!.offset];
      };
      assert.deepEqual(await ends(), [0, 1]);
      const [{ activeProducers }] = (await admin.describeProducers([partition])) as [
        Awaited<ReturnType<typeof admin.describeProducers>>[number],
      ];
      const { producerId, producerEpoch } = activeProducers[0]!;
      await failsFor(admin.abortTransaction({ ...partition, producerId, producerEpoch: producerEpoch - 1 }), {
        [`${topic}-0`]: 'INVALID_PRODUCER_EPOCH',
      });
      await failsFor(
        admin.abortTransaction({ topic: 'no-such-topic', partition: 0, producerId, producerEpoch }, { timeoutMs: 500 }),
        { 'no-such-topic-0': 'UNKNOWN_TOPIC_OR_PARTITION' },
      );
      await admin.abortTransaction({ ...partition, producerId, producerEpoch });
      assert.deepEqual(await ends(), [2, 2]);
    },
  );

  cluster.scenario('a transaction that no coordinator knows is found and aborted', async () => {
    const admin = cluster.admin();
    const [topic, other] = [await cluster.topic('lost'), await cluster.topic('known')];
    const raw = cluster.raw();
    const verification = 'transaction.partition.verification.enable';
    const onAll = { type: 'broker', name: '' } as const;
    // As brokers before Kafka 3.6 were: nobody asks the coordinator whether the partition is in the transaction.
    await admin.incrementalAlterConfigs([{ ...onAll, changes: [{ name: verification, op: 'SET', value: 'false' }] }]);
    try {
      const producer = await raw.producer(cluster.unique('lost'));
      await cluster.eventually('nothing is verified', () =>
        raw.produce(topic, 0, 2, producer).then(
          () => true,
          () => false,
        ),
      );
      const { transactionalId: _, ...ids } = producer;
      await open(other);
      const partitions = [
        { topic: other, partition: 0 },
        { topic, partition: 0 },
      ];
      const [hanging, ...more] = await admin.findHangingTransactions(partitions);
      assert.deepEqual(more, []);
      assert.deepEqual(hanging, {
        ...{ topic, partition: 0, ...ids, coordinatorEpoch: undefined, startOffset: 0 },
        lastTimestamp: TIMESTAMP + 1,
      });
      await admin.abortTransaction(hanging!);
      assert.deepEqual(await admin.findHangingTransactions(partitions), []);
    } finally {
      await admin.incrementalAlterConfigs([{ ...onAll, changes: [{ name: verification, op: 'DELETE' }] }]);
    }
  });

  cluster.scenario('producers are fenced, and what they had open is aborted', async () => {
    const admin = cluster.admin();
    const topic = await cluster.topic('fenced');
    const [first, second] = [await open(topic), await open(topic)];
    const [described] = await admin.describeTransactions([first.id]);
    const fenced = await admin.fenceProducers([first.id, second.id]);
    assert.deepEqual(
      fenced.map(({ transactionalId }) => transactionalId),
      [first.id, second.id],
    );
    assert.ok(fenced[0]!.producerId !== described!.producerId || fenced[0]!.producerEpoch > described!.producerEpoch);
    for (const { tx } of [first, second]) await assert.rejects(tx.commit(), { name: 'ProducerFencedError' });
    await cluster.eventually('nothing is open', async () => {
      const states = (await admin.describeTransactions([first.id, second.id])).map(({ state }) => state);
      return states.every((state) => state === 'CompleteAbort' || state === 'Empty');
    });
    await failsFor(admin.fenceProducers(['']), { '': 'INVALID_REQUEST' });
  });
}
