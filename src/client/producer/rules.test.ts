/** Rules of the idempotent and of the transactional producer, one by one: which answer of a broker has which outcome. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, type ErrorName } from '../../core/index.ts';
import { Simulation } from '../../lab/index.ts';
import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  endTxn,
  findCoordinator,
  initProducerId,
  produce,
  txnOffsetCommit,
} from '../../wire/index.ts';
import type { FakeCluster } from '../testing/fake-cluster.ts';
import { headersSent, type ProducerWorld, producerScenarios } from '../testing/scenarios.ts';
import type { Transaction } from './transaction.ts';

const scenario = producerScenarios(() => new Simulation({ seed: 'rules' }), { t: 2 }, { transactionVersion: 2 });

const RECORD = { topic: 't', partition: 0 };
const GROUP = { groupId: 'g', generationId: 3, memberId: 'm', groupInstanceId: null };
const OFFSETS = [{ topic: 't', partition: 0, offset: 5 }];
const TRANSACTIONAL = { transactionalId: 'tx' };

/** Epoch and first number of every batch that was sent. */
function sent(broker: FakeCluster): string[] {
  return headersSent(broker).map((header) => `epoch ${header.producerEpoch}, ${header.baseSequence}`);
}

test('DUPLICATE_SEQUENCE_NUMBER is a success whose offset is not known', async () => {
  await scenario({}, async ({ broker, producer }) => {
    await producer.sendAndWait({ ...RECORD, value: 'a' });
    broker.next(produce, 1, broker.refusal(ErrorCode.DUPLICATE_SEQUENCE_NUMBER));
    assert.equal((await producer.sendAndWait({ ...RECORD, value: 'b' })).offset, -1);
    assert.deepEqual(sent(broker), ['epoch 0, 0', 'epoch 0, 1']);
  });
});

test('OUT_OF_ORDER_SEQUENCE_NUMBER for a batch that is not the first of the unanswered: it is sent again as it was', async () => {
  await scenario({ batchSize: 60 }, async ({ sim, broker, producer }) => {
    await producer.sendAndWait({ ...RECORD, value: 'a' });
    broker.next(produce, 1, async (...asked) => {
      await sim.sleep(50);
      return broker.refusal(ErrorCode.NOT_ENOUGH_REPLICAS)(...asked);
    });
    producer.send({ ...RECORD, value: 'b' });
    producer.send({ ...RECORD, value: 'c' });
    await producer.flush();
    assert.deepEqual(broker.values('t', 0), ['a', 'b', 'c']);
    assert.ok(sent(broker).every((one) => one.startsWith('epoch 0')));
    assert.deepEqual(sent(broker).slice(-2), ['epoch 0, 1', 'epoch 0, 2']);
  });
});

test('OUT_OF_ORDER_SEQUENCE_NUMBER for the first of the unanswered: an idempotent producer raises its epoch', async () => {
  await scenario({}, async ({ broker, producer }) => {
    await producer.sendAndWait({ ...RECORD, value: 'a' });
    broker.next(produce, 1, broker.refusal(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER));
    await producer.sendAndWait({ ...RECORD, value: 'b' });
    assert.deepEqual(sent(broker), ['epoch 0, 0', 'epoch 0, 1', 'epoch 1, 0']);
  });
});

/** The transaction fails of this code, can only be aborted, and the next one goes well. */
async function mustAbort(
  { broker, producer }: ProducerWorld<Simulation>,
  code: ErrorName,
  fails: (tx: Transaction) => Promise<unknown>,
): Promise<void> {
  await producer.initTransactions();
  const tx = await producer.begin();
  await tx.sendAndWait({ ...RECORD, value: 'before' });
  const abortable = { code, abortable: true, fatal: false };
  await assert.rejects(fails(tx), abortable);
  await assert.rejects(tx.commit(), abortable);
  broker.clearRules();
  await tx.abort();
  assert.deepEqual(
    broker.bodies(endTxn).map(({ committed }) => committed),
    [false],
  );
  const next = await producer.begin();
  await next.sendAndWait({ ...RECORD, value: 'next' });
  await next.commit();
  assert.equal(broker.values('t', 0).at(-1), 'next');
}

for (const code of [
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'TRANSACTION_ABORTABLE',
  'TOPIC_AUTHORIZATION_FAILED',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_TXN_STATE',
] as const) {
  test(`${code} from Produce: the transaction is to be aborted`, async () => {
    await scenario(TRANSACTIONAL, async (world) => {
      await mustAbort(world, code, (tx) => {
        world.broker.next(produce, 1, world.broker.refusal(ErrorCode[code]));
        tx.send({ ...RECORD, value: 'refused' });
        return tx.commit();
      });
    });
  });
}

for (const code of [
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
  'STALE_MEMBER_EPOCH',
  'GROUP_AUTHORIZATION_FAILED',
  'TRANSACTION_ABORTABLE',
] as const) {
  test(`${code} from TxnOffsetCommit: the transaction is to be aborted`, async () => {
    await scenario(TRANSACTIONAL, async (world) => {
      await mustAbort(world, code, (tx) => {
        world.broker.next(txnOffsetCommit, 1, () => ({
          topics: [{ name: 't', partitions: [{ partitionIndex: 0, errorCode: ErrorCode[code] }] }],
        }));
        return tx.sendOffsets(OFFSETS, GROUP);
      });
    });
  });
}

for (const code of ['TOPIC_AUTHORIZATION_FAILED', 'TRANSACTION_ABORTABLE'] as const) {
  test(`${code} from AddPartitionsToTxn: the transaction is to be aborted`, async () => {
    await scenario({ ...TRANSACTIONAL, transactionVersion: 1 }, async (world) => {
      await mustAbort(world, code, (tx) => {
        world.broker.next(addPartitionsToTxn, 1, () => ({
          resultsByTopicV3AndBelow: [
            { name: 't', resultsByPartition: [{ partitionIndex: 1, partitionErrorCode: ErrorCode[code] }] },
          ],
        }));
        tx.send({ topic: 't', partition: 1, value: 'refused' });
        return tx.commit();
      });
    });
  });
}

test('records that are not acknowledged in time, whatever was retriable: the transaction is to be aborted', async () => {
  await scenario({ ...TRANSACTIONAL, requestTimeoutMs: 100, deliveryTimeoutMs: 400 }, async (world) => {
    await mustAbort(world, 'TRANSACTION_ABORTABLE', (tx) => {
      world.broker.next(produce, 1000, world.broker.refusal(ErrorCode.NOT_ENOUGH_REPLICAS));
      tx.send({ ...RECORD, value: 'late' });
      return tx.commit();
    });
  });
});

for (const code of [
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'INVALID_TXN_STATE',
] as const) {
  const answers: readonly (readonly [string, (broker: FakeCluster) => void])[] = [
    ['EndTxn', (broker) => broker.next(endTxn, 1, () => ({ errorCode: ErrorCode[code] }))],
    ['AddOffsetsToTxn', (broker) => broker.next(addOffsetsToTxn, 1, () => ({ errorCode: ErrorCode[code] }))],
  ];
  for (const [api, answer] of answers) {
    test(`${code} from ${api} is fatal: the producer is of no more use`, async () => {
      await scenario({ ...TRANSACTIONAL, transactionVersion: 1 }, async ({ broker, producer }) => {
        await producer.initTransactions();
        const tx = await producer.begin();
        await tx.sendAndWait({ ...RECORD, value: 'a' });
        answer(broker);
        await assert.rejects(api === 'EndTxn' ? tx.commit() : tx.sendOffsets(OFFSETS, GROUP), { code, fatal: true });
        await assert.rejects(tx.abort(), { code, fatal: true });
        await assert.rejects(producer.begin(), { code, fatal: true });
        assert.equal(broker.count(endTxn), api === 'EndTxn' ? 1 : 0);
      });
    });
  }
}

test('TRANSACTIONAL_ID_AUTHORIZATION_FAILED from InitProducerId is not the end: once it is allowed, it is asked again', async () => {
  await scenario(TRANSACTIONAL, async ({ broker, producer }) => {
    const errorCode = ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
    broker.next(initProducerId, 1, () => ({ errorCode }));
    await assert.rejects(producer.initTransactions(), { code: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', fatal: false });
    await producer.initTransactions();
    const tx = await producer.begin();
    await tx.sendAndWait({ ...RECORD, value: 'a' });
    await tx.commit();
  });
});

for (const [code, searches] of [
  ['CONCURRENT_TRANSACTIONS', 0],
  ['COORDINATOR_LOAD_IN_PROGRESS', 0],
  ['COORDINATOR_NOT_AVAILABLE', 1],
  ['NOT_COORDINATOR', 1],
] as const) {
  test(`${code}: asked again${searches === 0 ? '' : ', of the coordinator as it is found anew'}`, async () => {
    await scenario({ ...TRANSACTIONAL, transactionVersion: 1 }, async ({ broker, producer }) => {
      const answer = () => ({ errorCode: ErrorCode[code] });
      await producer.initTransactions();
      const tx = await producer.begin();
      await tx.sendAndWait({ ...RECORD, value: 'a' });
      await tx.sendOffsets(OFFSETS, GROUP);
      const found = broker.count(findCoordinator);
      broker.next(endTxn, 1, answer);
      await tx.commit();
      assert.deepEqual([broker.count(endTxn), broker.count(findCoordinator) - found], [2, searches]);
    });
  });
}

test('one request to the coordinator at a time, and EndTxn after all others', async () => {
  await scenario({ ...TRANSACTIONAL, transactionVersion: 1 }, async ({ sim, broker, producer }) => {
    await producer.initTransactions();
    let [open, most] = [0, 0];
    const order: string[] = [];
    const watched =
      <Args extends unknown[], Answer>(name: string, answer: (...args: Args) => Answer) =>
      async (...args: Args): Promise<Answer> => {
        most = Math.max(most, ++open);
        order.push(name);
        await sim.sleep(30);
        open--;
        return answer(...args);
      };
    broker.next(
      addPartitionsToTxn,
      9,
      watched('partitions', ({ v3AndBelowTopics }) => ({
        resultsByTopicV3AndBelow: v3AndBelowTopics.map(({ name, partitions }) => ({
          name,
          resultsByPartition: partitions.map((partitionIndex) => ({ partitionIndex })),
        })),
      })),
    );
    broker.next(
      addOffsetsToTxn,
      9,
      watched('offsets', () => ({})),
    );
    broker.next(
      endTxn,
      9,
      watched('end', () => ({})),
    );
    const tx = await producer.begin();
    tx.send({ topic: 't', partition: 0, value: 'a' });
    const offsets = tx.sendOffsets(OFFSETS, GROUP);
    tx.send({ topic: 't', partition: 1, value: 'b' });
    await offsets;
    await tx.commit();
    assert.equal(most, 1);
    assert.equal(order.at(-1), 'end');
    assert.ok(order.includes('offsets') && order.includes('partitions'));
  });
});
