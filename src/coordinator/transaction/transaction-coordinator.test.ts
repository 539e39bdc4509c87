/** A transaction from its first partition to its last marker, and which requests the coordinator refuses. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ErrorCode, KafkaError } from '../../core/index.ts';
import { settle } from '../../replay/index.ts';
import { addPartitionsToTxn, encodeResponseFrame, endTxn, initProducerId } from '../../wire/index.ts';
import { context, type Producer, Scene, shown, written } from './scene.ts';

const FENCED = 'PRODUCER_FENCED';

/** A promise's outcome so far. */
function follow<T>(promise: Promise<T>): { now: T | 'waiting' } {
  const outcome: { now: T | 'waiting' } = { now: 'waiting' };
  promise.then((value) => {
    outcome.now = value;
  });
  return outcome;
}

describe('a transaction', () => {
  for (const apiVersion of [4, 5]) {
    it(`commits with EndTxn ${apiVersion}: prepared, answered, marked, complete, in this order`, async () => {
      const scene = await Scene.start();
      const producer = await scene.initialized();
      assert.equal(await scene.add(producer, 0), 'NONE');
      assert.equal(await scene.add(producer, 1), 'NONE');
      assert.equal(await scene.add(producer, 1), 'NONE');
      assert.equal(await scene.state(), 'Ongoing');
      scene.log.holdCommits();
      const release = scene.holdMarkers();
      const answer = follow(scene.end(producer, 'commit', apiVersion));
      await settle();
      assert.equal(answer.now, 'waiting', 'the decision is not durable yet');
      assert.equal(scene.markers.length, 0);
      scene.log.commit();
      await settle();
      const epoch = apiVersion === 5 ? 1 : 0;
      assert.deepEqual(answer.now, { producerId: 1000, producerEpoch: epoch });
      assert.deepEqual(scene.markers.map(shown), [`commit 1000/${epoch} orders-0,orders-1`]);
      assert.equal(scene.markers.at(0)?.transactionVersion, apiVersion === 5 ? 2 : 0);
      assert.equal(await scene.end(producer, 'commit', apiVersion), 'CONCURRENT_TRANSACTIONS');
      release();
      await settle();
      scene.log.commit();
      assert.equal(await scene.state(), 'CompleteCommit');
    });
  }

  it('keeps sending a marker until its partition takes it', async () => {
    const scene = await Scene.start();
    const producer = await scene.initialized();
    await scene.add(producer, 0);
    await scene.add(producer, 1);
    const answers = [
      { 'orders-0': 0, 'orders-1': ErrorCode.NOT_LEADER_OR_FOLLOWER },
      { 'orders-1': ErrorCode.UNKNOWN_TOPIC_OR_PARTITION },
      { 'orders-1': ErrorCode.NOT_ENOUGH_REPLICAS },
      { 'orders-1': ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND },
      { 'orders-1': ErrorCode.REQUEST_TIMED_OUT },
      { 'orders-1': ErrorCode.KAFKA_STORAGE_ERROR },
      {},
      'unreachable' as const,
    ];
    scene.answerMarkers = async (markers) => {
      const answer = answers.shift();
      if (answer === 'unreachable') throw new Error('connection refused');
      return answer === undefined ? written(markers) : new Map(Object.entries(answer));
    };
    await scene.ended(producer, 'abort');
    await scene.time.advance(5000);
    assert.equal(await scene.state(), 'CompleteAbort');
    assert.deepEqual(scene.markers.map(shown), [
      'abort 1000/1 orders-0,orders-1',
      ...Array.from({ length: 8 }, () => 'abort 1000/1 orders-1'),
    ]);
  });

  for (const code of ['INVALID_PRODUCER_EPOCH', 'TRANSACTION_COORDINATOR_FENCED'] as const) {
    it(`stops sending markers on ${code}`, async () => {
      const scene = await Scene.start();
      const producer = await scene.initialized();
      await scene.add(producer, 0);
      scene.answerMarkers = async () => new Map([['orders-0', ErrorCode[code]]]);
      await scene.ended(producer, 'commit');
      await scene.time.advance(5000);
      assert.equal(scene.markers.length, 1);
      assert.equal(await scene.state(), 'PrepareCommit');
    });
  }

  it('is not begun by a refused write', async () => {
    const scene = await Scene.start();
    const producer = await scene.initialized();
    scene.log.refuseWith(new KafkaError('NOT_ENOUGH_REPLICAS'));
    assert.equal(await scene.add(producer, 0), 'COORDINATOR_NOT_AVAILABLE');
    assert.equal(await scene.state(), 'Empty');
    scene.log.refuseWith(new KafkaError('KAFKA_STORAGE_ERROR'));
    assert.equal(await scene.add(producer, 0), 'NOT_COORDINATOR');
    scene.log.refuseWith(undefined);
    assert.equal(await scene.add(producer, 0), 'NONE');
  });

  it('is completed once the log takes writes again', async () => {
    const scene = await Scene.start();
    const producer = await scene.initialized();
    await scene.add(producer, 0);
    scene.answerMarkers = async (markers) => {
      scene.log.refuseWith(new KafkaError('NOT_ENOUGH_REPLICAS'));
      return written(markers);
    };
    await scene.ended(producer, 'commit');
    await scene.time.advance(300);
    assert.equal(await scene.state(), 'PrepareCommit');
    scene.log.refuseWith(undefined);
    await scene.time.advance(1000);
    assert.equal(await scene.state(), 'CompleteCommit');
  });

  it('takes the group’s partition of the offsets topic with AddOffsetsToTxn', async () => {
    const scene = await Scene.start();
    const producer = await scene.initialized();
    const request = { transactionalId: 'tx', ...producer, groupId: 'g' };
    assert.equal((await scene.coordinator.addOffsetsToTxn(request, context(3))).errorCode, 0);
    await scene.ended(producer, 'commit');
    assert.deepEqual(scene.markers.map(shown), ['commit 1000/1 __consumer_offsets-3']);
  });

  it('is verified partition by partition', async () => {
    const scene = await Scene.start();
    const producer = await scene.initialized();
    await scene.add(producer, 1);
    const verify = (who: Producer) =>
      scene.coordinator.verifyPartitions({
        transactionalId: 'tx',
        ...who,
        partitions: [0, 1].map((partition) => ({ topic: 'orders', partition })),
      });
    assert.deepEqual(await verify(producer), [120, 0]);
    assert.deepEqual(await verify({ ...producer, producerEpoch: 9 }), [90, 90]);
    assert.deepEqual(await verify({ ...producer, producerId: 9 }), [49, 49]);
    const request = {
      transactions: [
        { transactionalId: 'tx', ...producer, verifyOnly: true, topics: [{ name: 'orders', partitions: [0, 1] }] },
      ],
      v3AndBelowTransactionalId: '',
      v3AndBelowProducerId: 0,
      v3AndBelowProducerEpoch: 0,
      v3AndBelowTopics: [],
    };
    for (const version of [4, 5]) {
      const { resultsByTransaction } = await scene.coordinator.addPartitionsToTxn(request, context(version));
      const results = resultsByTransaction[0]?.topicResults[0]?.resultsByPartition;
      assert.deepEqual(
        results?.map(({ partitionErrorCode }) => partitionErrorCode),
        [120, 0],
      );
    }
    assert.equal(await scene.add({ ...producer, producerEpoch: 9 }, 0), FENCED);
  });

  it('answers in messages that the wire takes', async () => {
    const scene = await Scene.start();
    const init = { transactionalId: 'tx', transactionTimeoutMs: 1000, producerId: -1, producerEpoch: -1 };
    const producer = await scene.coordinator.initProducerId(init, context(5));
    encodeResponseFrame(initProducerId, 5, 1, producer);
    const { producerId, producerEpoch } = producer;
    const topics = [{ name: 'orders', partitions: [0] }];
    const added = await scene.coordinator.addPartitionsToTxn(
      {
        transactions: [],
        v3AndBelowTransactionalId: 'tx',
        v3AndBelowProducerId: producerId,
        v3AndBelowProducerEpoch: producerEpoch,
        v3AndBelowTopics: topics,
      },
      context(3),
    );
    assert.deepEqual(added.resultsByTopicV3AndBelow, [
      { name: 'orders', resultsByPartition: [{ partitionIndex: 0, partitionErrorCode: 0 }] },
    ]);
    encodeResponseFrame(addPartitionsToTxn, 3, 1, added);
    const end = { transactionalId: 'tx', producerId, producerEpoch, committed: true };
    encodeResponseFrame(endTxn, 5, 1, await scene.coordinator.endTxn(end, context(5)));
  });

  it('is refused where it makes no sense', async () => {
    const scene = await Scene.start({ 'transaction.max.timeout.ms': 1000 });
    const init = (more: object, version = 5) =>
      scene.coordinator.initProducerId(
        { transactionalId: 'tx', transactionTimeoutMs: 1000, producerId: -1, producerEpoch: -1, ...more },
        context(version),
      );
    assert.equal((await init({ transactionalId: '' })).errorCode, ErrorCode.INVALID_REQUEST);
    assert.equal((await init({ transactionTimeoutMs: 1001 })).errorCode, ErrorCode.INVALID_TRANSACTION_TIMEOUT);
    assert.equal((await init({ transactionTimeoutMs: 0 })).errorCode, ErrorCode.INVALID_TRANSACTION_TIMEOUT);
    assert.equal((await init({ producerId: 3 })).errorCode, ErrorCode.INVALID_REQUEST);
    assert.deepEqual(await init({ transactionalId: null }), { errorCode: 0, producerId: 1000, producerEpoch: 0 });
    assert.deepEqual(await init({ transactionalId: null }), { errorCode: 0, producerId: 1001, producerEpoch: 0 });
    assert.deepEqual(await init({ transactionalId: null }), { errorCode: 0, producerId: 1002, producerEpoch: 0 });
    assert.equal(await scene.end({ producerId: 1, producerEpoch: 0 }, 'commit'), 'INVALID_PRODUCER_ID_MAPPING');
    assert.equal(await scene.add({ producerId: 1, producerEpoch: 0 }, 0), 'INVALID_PRODUCER_ID_MAPPING');
  });

  it('names fencing as each request version knows it', async () => {
    const scene = await Scene.start();
    const zombie = await scene.initialized();
    await scene.initialized();
    const { producerId, producerEpoch } = zombie;
    for (const [version, name] of [
      [1, 'INVALID_PRODUCER_EPOCH'],
      [2, FENCED],
    ] as const) {
      assert.equal(await scene.end(zombie, 'commit', version), name);
      const offsets = { transactionalId: 'tx', ...zombie, groupId: 'g' };
      assert.equal((await scene.coordinator.addOffsetsToTxn(offsets, context(version))).errorCode, ErrorCode[name]);
      const added = await scene.coordinator.addPartitionsToTxn(
        {
          transactions: [],
          v3AndBelowTransactionalId: 'tx',
          v3AndBelowProducerId: producerId,
          v3AndBelowProducerEpoch: producerEpoch,
          v3AndBelowTopics: [{ name: 'orders', partitions: [0] }],
        },
        context(version),
      );
      const result = added.resultsByTopicV3AndBelow[0]?.resultsByPartition[0];
      assert.equal(result?.partitionErrorCode, ErrorCode[name]);
    }
    assert.equal(await scene.init(zombie, 3), 'INVALID_PRODUCER_EPOCH');
    assert.equal(await scene.init(zombie, 4), FENCED);
  });
});
