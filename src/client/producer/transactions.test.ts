import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../core/index.ts';
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
import { headersSent, producerScenarios } from '../testing/scenarios.ts';
import { Producer } from './producer.ts';

const scenario = producerScenarios(
  () => new Simulation({ seed: 'transactions' }),
  { t: 2 },
  { transactionVersion: 2, transactionalId: 'tx' },
);

const GROUP = { groupId: 'g', generationId: 3, memberId: 'm', groupInstanceId: null };
const OFFSETS = [{ topic: 't', partition: 0, offset: 5 }];
const transactional = new Set(
  [initProducerId, addPartitionsToTxn, produce, addOffsetsToTxn, txnOffsetCommit, endTxn].map((api) => api.name),
);
/** API names and versions of the transactional talk, in order. */
function talk(broker: FakeCluster): string[] {
  return broker.asked.filter(({ api }) => transactional.has(api)).map(({ api, version }) => `${api} ${version}`);
}
function epochsAndSequences(broker: FakeCluster): [number, number][] {
  return headersSent(broker).map((header) => [header.producerEpoch, header.baseSequence]);
}

test('TV2: brokers add partitions and groups themselves; each transaction has an epoch of its own', async () => {
  await scenario({}, async ({ broker, producer }) => {
    await producer.initTransactions();
    for (let round = 0; round < 2; round++) {
      const tx = await producer.begin();
      await tx.sendAndWait({ topic: 't', partition: 0, value: 'a' });
      await tx.sendAndWait({ topic: 't', partition: 0, value: 'b' });
      await tx.sendOffsets(OFFSETS, GROUP);
      await tx.commit();
    }
    const round = ['Produce 13', 'Produce 13', 'TxnOffsetCommit 5', 'EndTxn 5'];
    assert.deepEqual(talk(broker), ['InitProducerId 5', ...round, ...round]);
    const [init] = broker.bodies(initProducerId);
    assert.deepEqual([init!.producerId, init!.producerEpoch], [-1, -1]);
    assert.deepEqual(epochsAndSequences(broker), [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
    assert.deepEqual(
      broker.bodies(endTxn).map((body) => [body.producerEpoch, body.committed]),
      [
        [0, true],
        [1, true],
      ],
    );
  });
});

test('TV1: partitions and groups are registered once, before they are used; the epoch stays', async () => {
  await scenario({ transactionVersion: 1 }, async ({ broker, producer }) => {
    await producer.initTransactions();
    for (let round = 0; round < 2; round++) {
      const tx = await producer.begin();
      await tx.sendAndWait({ topic: 't', partition: 0, value: 'a' });
      await tx.sendAndWait({ topic: 't', partition: 0, value: 'b' });
      await tx.sendOffsets(OFFSETS, GROUP);
      await tx.sendOffsets(OFFSETS, GROUP);
      await tx.commit();
    }
    const round = [
      'AddPartitionsToTxn 3',
      'Produce 11',
      'Produce 11',
      'AddOffsetsToTxn 4',
      'TxnOffsetCommit 4',
      'TxnOffsetCommit 4',
      'EndTxn 4',
    ];
    assert.deepEqual(talk(broker), ['InitProducerId 5', ...round, ...round]);
    assert.deepEqual(epochsAndSequences(broker), [
      [0, 0],
      [0, 1],
      [0, 2],
      [0, 3],
    ]);
    const [commit] = broker.bodies(txnOffsetCommit);
    assert.deepEqual([commit!.generationId, commit!.memberId], [3, 'm']);
  });
});

test('a commit ends the transaction only after every batch was answered', async () => {
  await scenario({}, async ({ sim, broker, producer }) => {
    await producer.initTransactions();
    const tx = await producer.begin();
    broker.next(produce, 1, async (...asked) => {
      await sim.sleep(700);
      return broker.appends(...asked);
    });
    tx.send({ topic: 't', partition: 0, value: 'slow' });
    await tx.commit();
    assert.deepEqual(talk(broker), ['InitProducerId 5', 'Produce 13', 'EndTxn 5']);
    const [, sent, ended] = broker.asked.filter(({ api }) => transactional.has(api));
    assert.ok(ended!.at - sent!.at >= 700);
  });
});

test('a lost answer to EndTxn is asked for again under the same epoch', async () => {
  await scenario({}, async ({ broker, producer }) => {
    await producer.initTransactions();
    const tx = await producer.begin();
    await tx.sendAndWait({ topic: 't', value: 'a' });
    broker.next(endTxn, 1, () => 'cut');
    await tx.commit();
    assert.deepEqual(
      broker.bodies(endTxn).map((body) => body.producerEpoch),
      [0, 0],
    );
  });
});

test('a commit that timed out may be repeated, and nothing else', async () => {
  await scenario({ maxBlockMs: 500, requestTimeoutMs: 300 }, async ({ broker, producer }) => {
    await producer.initTransactions();
    const tx = await producer.begin();
    await tx.sendAndWait({ topic: 't', value: 'a' });
    broker.next(endTxn, 3, () => 'no answer');
    await assert.rejects(tx.commit(), { name: 'TimeoutError', message: /call commit\(\) again/ });
    await assert.rejects(tx.abort(), { name: 'IllegalStateError', message: /call commit\(\) again, or close/ });
    assert.throws(() => tx.send({ topic: 't', value: 'b' }), { name: 'IllegalStateError' });
    await assert.rejects(producer.begin(), { name: 'IllegalStateError' });
    await tx.commit({ timeoutMs: 60_000 });
    const next = await producer.begin();
    await next.sendAndWait({ topic: 't', value: 'b' });
    await next.commit();
  });
});

test('the coordinator is found again when it moved, and waited for when it is busy', async () => {
  await scenario({}, async ({ broker, producer }) => {
    broker.next(initProducerId, 1, () => ({ errorCode: ErrorCode.NOT_COORDINATOR }));
    broker.next(initProducerId, 1, () => ({ errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS }));
    broker.next(initProducerId, 2, () => ({ errorCode: ErrorCode.CONCURRENT_TRANSACTIONS }));
    await producer.initTransactions();
    assert.equal(broker.count(initProducerId), 5);
    assert.equal(broker.count(findCoordinator), 2);
    const tx = await producer.begin();
    await tx.sendAndWait({ topic: 't', value: 'a' });
    broker.next(endTxn, 1, () => ({ errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE }));
    broker.next(endTxn, 1, () => ({ errorCode: ErrorCode.CONCURRENT_TRANSACTIONS }));
    await tx.commit();
    assert.equal(broker.count(endTxn), 3);
    assert.equal(broker.count(findCoordinator), 3);
  });
});

for (const [code, named] of [
  ['INVALID_PRODUCER_EPOCH', 'fenced'],
  ['TRANSACTION_ABORTABLE', 'abortable'],
  ['INVALID_TXN_STATE', 'abortable'],
  ['INVALID_RECORD', 'abortable'],
  ['TOPIC_AUTHORIZATION_FAILED', 'abortable'],
] as const) {
  test(`${code} from Produce breaks the transaction, which can then only be aborted`, async () => {
    await scenario({}, async ({ broker, producer }) => {
      await producer.initTransactions();
      const tx = await producer.begin();
      broker.next(produce, 1, broker.refusal(ErrorCode[code]));
      tx.send({ topic: 't', partition: 0, value: 'a' });
      await assert.rejects(tx.commit(), { code, abortable: true });
      await assert.rejects(tx.commit(), { code, abortable: true });
      assert.throws(() => tx.send({ topic: 't', value: 'b' }), { code });
      if (named === 'fenced') {
        broker.next(endTxn, 1, () => ({ errorCode: ErrorCode.PRODUCER_FENCED }));
        await assert.rejects(tx.abort(), { name: 'ProducerFencedError', fatal: true });
        await assert.rejects(producer.begin(), { name: 'ProducerFencedError' });
        return;
      }
      await tx.abort();
      assert.equal(broker.bodies(endTxn).at(-1)!.committed, false);
      const next = await producer.begin();
      await next.sendAndWait({ topic: 't', partition: 0, value: 'next' });
      await next.commit();
      assert.deepEqual(broker.values('t', 0), ['next']);
    });
  });
}

for (const [code, name] of [
  ['PRODUCER_FENCED', 'ProducerFencedError'],
  ['INVALID_PRODUCER_EPOCH', 'ProducerFencedError'],
  ['INVALID_PRODUCER_ID_MAPPING', 'ClientError'],
  ['INVALID_TXN_STATE', 'ClientError'],
] as const) {
  test(`${code} from the coordinator is fatal`, async () => {
    await scenario({}, async ({ broker, producer }) => {
      await producer.initTransactions();
      const tx = await producer.begin();
      await tx.sendAndWait({ topic: 't', value: 'a' });
      broker.next(endTxn, 1, () => ({ errorCode: ErrorCode[code] }));
      await assert.rejects(tx.commit(), { name, code, fatal: true });
      await assert.rejects(tx.abort(), { name, code, fatal: true });
      await assert.rejects(producer.begin(), { name, code, fatal: true });
      assert.equal(broker.count(endTxn), 1);
    });
  });
}

test('an abort that is answered with "abort it" is fatal', async () => {
  await scenario({}, async ({ broker, producer }) => {
    await producer.initTransactions();
    const tx = await producer.begin();
    await tx.sendAndWait({ topic: 't', value: 'a' });
    broker.next(endTxn, 1, () => ({ errorCode: ErrorCode.TRANSACTION_ABORTABLE }));
    await assert.rejects(tx.abort(), { code: 'TRANSACTION_ABORTABLE', fatal: true });
  });
});

test('TV1: after records of unknown fate the abort raises the epoch before the next transaction (KIP-360)', async () => {
  const options = { transactionVersion: 1, requestTimeoutMs: 200, deliveryTimeoutMs: 300 };
  await scenario(options, async ({ broker, producer }) => {
    await producer.initTransactions();
    const tx = await producer.begin();
    await tx.sendAndWait({ topic: 't', partition: 0, value: 'a' });
    broker.loseAnswer(produce, 2, 'no answer');
    tx.send({ topic: 't', partition: 0, value: 'b' });
    await assert.rejects(tx.commit(), { abortable: true });
    broker.clearRules();
    await tx.abort();
    const again = broker.bodies(initProducerId).at(-1)!;
    assert.deepEqual([again.producerId, again.producerEpoch], [7, 0]);
    const next = await producer.begin();
    await next.sendAndWait({ topic: 't', partition: 0, value: 'c' });
    await next.commit();
    assert.deepEqual(epochsAndSequences(broker).at(-1), [1, 0]);
  });
});

test('an abort drops what was not sent yet, and waits for what is on its way', async () => {
  await scenario({ maxInFlightRequestsPerConnection: 1 }, async ({ sim, broker, producer }) => {
    await producer.initTransactions();
    const tx = await producer.begin();
    broker.next(produce, 1, async (...asked) => {
      await sim.sleep(400);
      return broker.appends(...asked);
    });
    const outcomes: string[] = [];
    const tell = (error: unknown): void => void outcomes.push(error === undefined ? 'sent' : 'dropped');
    tx.send({ topic: 't', partition: 0, value: 'on its way' }, tell);
    await sim.sleep(100);
    tx.send({ topic: 't', partition: 1, value: 'not yet' }, tell);
    await tx.abort();
    assert.deepEqual(outcomes, ['dropped', 'sent']);
    const names = broker.asked.filter(({ api }) => transactional.has(api));
    assert.ok(names.at(-1)!.at - names.at(-2)!.at >= 400, 'EndTxn waited');
    assert.deepEqual(broker.values('t', 1), []);
  });
});

for (const transactionVersion of [1, 2]) {
  test(`TV${transactionVersion}: what an abort finds to be sent again does not get into the next transaction`, async () => {
    await scenario({ transactionVersion }, async ({ sim, broker, producer }) => {
      await producer.initTransactions();
      const tx = await producer.begin();
      await tx.sendAndWait({ topic: 't', partition: 0, value: 'first' });
      broker.next(produce, 1, async (...asked) => {
        await sim.sleep(300);
        return broker.refusal(ErrorCode.NOT_ENOUGH_REPLICAS)(...asked);
      });
      tx.send({ topic: 't', partition: 0, value: 'late' });
      await sim.sleep(50);
      await tx.abort();
      const next = await producer.begin();
      await next.sendAndWait({ topic: 't', partition: 0, value: 'next' });
      await next.commit();
      assert.deepEqual(broker.values('t', 0), ['first', 'next']);
      assert.deepEqual(epochsAndSequences(broker).at(-1), [1, 0]);
    });
  });
}

test('the transaction protocol changes between transactions only', async () => {
  await scenario({ transactionVersion: 1 }, async ({ sim, broker, producer }) => {
    await producer.initTransactions();
    const tx = await producer.begin();
    await tx.sendAndWait({ topic: 't', value: 'a' });
    broker.features = [{ name: 'transaction.version', level: 2 }];
    broker.featuresEpoch++;
    broker.cutAll();
    await sim.sleep(500);
    await tx.sendAndWait({ topic: 't', value: 'b' });
    await tx.commit();
    assert.ok(talk(broker).includes('EndTxn 4'));
    const next = await producer.begin();
    await next.sendAndWait({ topic: 't', value: 'c' });
    await next.commit();
    assert.deepEqual(talk(broker).slice(-2), ['Produce 13', 'EndTxn 5']);
  });
});

test('calls out of turn are refused with what to do instead', async () => {
  await scenario({}, async ({ producer }) => {
    await assert.rejects(producer.begin(), { name: 'IllegalStateError', message: /call initTransactions\(\) first/ });
    await producer.initTransactions();
    await assert.rejects(producer.initTransactions(), /commit|begin/);
    assert.throws(() => producer.send({ topic: 't', value: 'x' }), /sends inside a transaction/);
    const tx = await producer.begin();
    await assert.rejects(producer.begin(), /commit or abort the open transaction first/);
    await tx.commit();
    await producer.begin();
    assert.throws(() => tx.send({ topic: 't', value: 'x' }), /a transaction that is over/);
  });
});

test('an idempotent producer without transactional.id has no transactions', async () => {
  const sim = new Simulation({ seed: 1 });
  const producer = new Producer({ bootstrapServers: 'broker:9092', ports: sim.node('client') });
  await assert.rejects(producer.begin(), { name: 'IllegalStateError', message: /transactional\.id/ });
});

test('who stops waiting for the producer id gets the reason, and may ask again', async () => {
  await scenario({}, async ({ sim, broker, producer }) => {
    broker.next(initProducerId, 1, () => 'no answer');
    const controller = new AbortController();
    const reason = new Error('enough');
    const asked = producer.initTransactions({ signal: controller.signal });
    await sim.sleep(100);
    controller.abort(reason);
    await assert.rejects(asked, reason);
    assert.equal(producer.transactionState, 'uninitialized');
    assert.ok(sim.nowMs < 1_000);
    await producer.initTransactions();
  });
});

test('initTransactions takes no longer than it may, although the coordinator is silent, and may be called again', async () => {
  await scenario({}, async ({ sim, broker, producer }) => {
    broker.next(initProducerId, 1, () => 'no answer');
    await assert.rejects(producer.initTransactions({ timeoutMs: 500 }), { name: 'TimeoutError' });
    assert.ok(sim.nowMs < 1_000, `${sim.nowMs} ms`);
    assert.equal(producer.transactionState, 'uninitialized');
    await producer.initTransactions();
    const tx = await producer.begin();
    await tx.sendAndWait({ topic: 't', value: 'a' });
    await tx.commit();
  });
});

test('who stops waiting for offsets gets the reason: the commit waits for them, and fails where they do', async () => {
  for (const refused of [false, true]) {
    await scenario({}, async ({ sim, broker, producer }) => {
      await producer.initTransactions();
      broker.next(txnOffsetCommit, 1, async ({ topics }) => {
        await sim.sleep(1_000);
        const errorCode = refused ? ErrorCode.ILLEGAL_GENERATION : 0;
        return { topics: topics.map(({ name }) => ({ name, partitions: [{ partitionIndex: 0, errorCode }] })) };
      });
      const tx = await producer.begin();
      await tx.sendAndWait({ topic: 't', partition: 0, value: 'a' }, { timeoutMs: 5_000 });
      const controller = new AbortController();
      const reason = new Error('enough');
      const offsets = tx.sendOffsets(OFFSETS, GROUP, { signal: controller.signal });
      await sim.sleep(100);
      controller.abort(reason);
      await assert.rejects(offsets, reason);
      assert.equal(producer.transactionState, 'in transaction');
      if (refused) {
        await assert.rejects(tx.commit(), { name: 'CommitFailedError' });
        await tx.abort();
      } else {
        await tx.commit();
      }
      assert.deepEqual(
        broker.bodies(endTxn).map(({ committed }) => committed),
        [!refused],
      );
      const apis = broker.asked.map(({ api }) => api);
      assert.ok(apis.indexOf('TxnOffsetCommit') < apis.indexOf('EndTxn'));
    });
  }
});

test('an abort does not wait for offsets that are only tried again', async () => {
  await scenario({}, async ({ sim, broker, producer }) => {
    await producer.initTransactions();
    broker.on(txnOffsetCommit, ({ topics }) => ({
      topics: topics.map(({ name }) => ({
        name,
        partitions: [{ partitionIndex: 0, errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS }],
      })),
    }));
    const tx = await producer.begin();
    const offsets = tx.sendOffsets(OFFSETS, GROUP);
    offsets.catch(() => {});
    await sim.sleep(2_000);
    const began = sim.nowMs;
    await tx.abort();
    assert.ok(sim.nowMs - began < 1_500, `after ${sim.nowMs - began} ms`);
    await assert.rejects(offsets, { code: 'TRANSACTION_ABORTABLE' });
    assert.equal(producer.transactionState, 'ready');
  });
});
