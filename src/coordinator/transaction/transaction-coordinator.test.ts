import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ErrorCode, KafkaError } from '../../core/index.ts';
import { encodeBatch } from '../../records/index.ts';
import { settle } from '../../replay/index.ts';
import { addPartitionsToTxn, encodeResponseFrame, endTxn, initProducerId } from '../../wire/index.ts';
import type { MarkersToWrite } from './markers.ts';
import { context, type Producer, Scene, written } from './scene.ts';
import { transactionRecord } from './transaction-records.ts';

const FENCED = 'PRODUCER_FENCED';

/** Markers in the shape `commit 1000/1 orders-0,orders-1`. */
function shown({ kind, producerId, producerEpoch, partitions }: MarkersToWrite): string {
  const targets = partitions.map(({ topic, partition }) => `${topic}-${partition}`);
  return `${kind} ${producerId}/${producerEpoch} ${targets.join()}`;
}

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
      let release = () => {};
      scene.answerMarkers = async (markers) => {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return written(markers);
      };
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

describe('known stories of transactions', () => {
  it('a commit is delayed, its retry commits, the next transaction begins, then the delayed one arrives', async () => {
    for (const kind of ['commit', 'abort'] as const) {
      const scene = await Scene.start();
      const first = await scene.initialized();
      await scene.add(first, 0);
      const second = await scene.ended(first, kind);
      await settle();
      await scene.add(second, 1);
      assert.equal(await scene.end(first, 'commit'), FENCED);
      assert.equal(await scene.end(first, 'abort'), FENCED);
      assert.equal(await scene.add(first, 0), FENCED);
      assert.equal(await scene.state(), 'Ongoing');
      await scene.ended(second, 'commit');
      await settle();
      assert.deepEqual(scene.markers.map(shown), [`${kind} 1000/1 orders-0`, 'commit 1000/2 orders-1']);
    }
  });

  it('the same with TV1 ends the next transaction: why TV2 exists', async () => {
    const scene = await Scene.start();
    const producer = await scene.initialized();
    await scene.add(producer, 0, 0);
    await scene.ended(producer, 'commit', 4);
    await settle();
    await scene.add(producer, 1, 0);
    await scene.ended(producer, 'commit', 4);
    await settle();
    assert.deepEqual(scene.markers.map(shown), ['commit 1000/0 orders-0', 'commit 1000/0 orders-1']);
  });

  it('a commit times out, and only its own retry is accepted, never an abort', async () => {
    for (const apiVersion of [4, 5]) {
      const scene = await Scene.start();
      const producer = await scene.initialized();
      await scene.add(producer, 0);
      let release = () => {};
      scene.answerMarkers = async (markers) => {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return written(markers);
      };
      const next = await scene.ended(producer, 'commit', apiVersion);
      assert.equal(await scene.end(producer, 'abort', apiVersion), 'CONCURRENT_TRANSACTIONS');
      assert.equal(await scene.end(producer, 'commit', apiVersion), 'CONCURRENT_TRANSACTIONS');
      release();
      await settle();
      assert.equal(await scene.end(producer, 'abort', apiVersion), 'INVALID_TXN_STATE');
      assert.deepEqual(await scene.end(producer, 'commit', apiVersion), next);
      assert.equal(scene.markers.length, 1);
    }
  });

  it('a transaction takes too long: it is aborted, and its producer fenced without a rival', async () => {
    for (const apiVersion of [4, 5]) {
      const scene = await Scene.start();
      const producer = await scene.initialized();
      await scene.add(producer, 0, apiVersion === 5 ? 2 : 0);
      await scene.time.advance(59_000);
      assert.equal(await scene.state(), 'Ongoing');
      await scene.time.advance(12_000);
      assert.equal(await scene.state(), 'CompleteAbort');
      assert.deepEqual(scene.markers.map(shown), ['abort 1000/1 orders-0']);
      const raised = { producerId: 1000, producerEpoch: 1 };
      assert.equal(await scene.end(producer, 'commit', apiVersion), apiVersion === 5 ? 'INVALID_TXN_STATE' : FENCED);
      assert.deepEqual(await scene.end(producer, 'abort', apiVersion), apiVersion === 5 ? raised : FENCED);
      assert.equal(await scene.add(producer, 0), FENCED);
      assert.deepEqual(await scene.init(producer), raised, 'it may ask for the epoch it has lost to nobody');
      assert.deepEqual(await scene.init(), { producerId: 1000, producerEpoch: 2 });
    }
  });

  it('the coordinator dies in Prepare*: the next one sends the same markers again', async () => {
    for (const kind of ['commit', 'abort'] as const) {
      const scene = await Scene.start();
      const producer = await scene.initialized();
      await scene.add(producer, 0);
      scene.answerMarkers = () => new Promise(() => {});
      const next = await scene.ended(producer, kind);
      scene.answerMarkers = written;
      await scene.restart();
      assert.equal(await scene.state(), kind === 'commit' ? 'CompleteCommit' : 'CompleteAbort');
      assert.deepEqual(scene.markers.map(shown), [`${kind} 1000/1 orders-0`, `${kind} 1000/1 orders-0`]);
      assert.deepEqual(
        scene.markers.map(({ coordinatorEpoch }) => coordinatorEpoch),
        [0, 1],
      );
      assert.deepEqual(await scene.end(producer, kind), next, 'the retry of the lost answer');
    }
  });

  describe('the last usable epoch', () => {
    /** A producer whose epoch is 32766 after as many transactions. */
    async function worn(): Promise<{ scene: Scene; producer: Producer }> {
      const scene = await Scene.start();
      await scene.initialized();
      const fresh = await scene.coordinator.describe('tx');
      const record = transactionRecord('tx', { ...fresh!, producerEpoch: 32_766 }, 1);
      scene.log.append(encodeBatch({ records: [{ ...record, timestamp: 0 }] }));
      await scene.restart();
      return { scene, producer: { producerId: 1000, producerEpoch: 32_766 } };
    }

    it('ends its transaction with a marker at 32767, and goes on with another producer id', async () => {
      const { scene, producer } = await worn();
      await scene.add(producer, 0);
      let release = () => {};
      scene.answerMarkers = async (markers) => {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return written(markers);
      };
      const next = await scene.ended(producer, 'commit');
      assert.equal(next.producerEpoch, 0);
      assert.notEqual(next.producerId, producer.producerId);
      assert.equal(await scene.add(next, 1), 'CONCURRENT_TRANSACTIONS', 'the last one is not complete');
      assert.equal(await scene.end(next, 'abort'), 'CONCURRENT_TRANSACTIONS');
      assert.equal(await scene.end(producer, 'commit'), 'CONCURRENT_TRANSACTIONS');
      // Failover between PREPARE and COMPLETE: both producer ids are in the log.
      release = () => {};
      scene.answerMarkers = written;
      await scene.restart();
      release();
      assert.deepEqual(scene.markers.slice(-1).map(shown), ['commit 1000/32767 orders-0']);
      assert.deepEqual(await scene.end(producer, 'commit'), next);
      assert.equal(await scene.end(producer, 'abort'), 'INVALID_TXN_STATE', 'the late abort of a client');
      assert.equal(await scene.add(next, 1), 'NONE');
      assert.equal(await scene.end(producer, 'commit'), 'INVALID_PRODUCER_ID_MAPPING');
      await scene.ended(next, 'commit');
    });

    it('is fenced by a timeout and by a rival', async () => {
      for (const cause of ['timeout', 'rival']) {
        const { scene, producer } = await worn();
        await scene.add(producer, 0);
        if (cause === 'timeout') await scene.time.advance(75_000);
        else assert.equal(await scene.init(), 'CONCURRENT_TRANSACTIONS');
        assert.equal(await scene.state(), 'CompleteAbort');
        assert.deepEqual(scene.markers.slice(-1).map(shown), ['abort 1000/32767 orders-0']);
        await scene.restart();
        for (const kind of ['commit', 'abort'] as const) assert.equal(await scene.end(producer, kind), FENCED);
        assert.equal(await scene.init(producer), FENCED);
        const rival = await scene.initialized();
        assert.equal(rival.producerEpoch, 0);
        assert.notEqual(rival.producerId, producer.producerId);
      }
    });
  });

  it('a commit, then at once an empty abort: the producer does not fence itself', async () => {
    const scene = await Scene.start();
    let producer = await scene.initialized();
    await scene.add(producer, 0);
    producer = await scene.ended(producer, 'commit');
    await settle();
    producer = await scene.ended(producer, 'abort');
    await settle();
    assert.equal(await scene.state(), 'CompleteAbort');
    assert.equal(await scene.add(producer, 1), 'NONE');
    assert.deepEqual(await scene.ended(producer, 'commit'), { producerId: 1000, producerEpoch: 3 });
  });

  it('adding a partition while the previous transaction is being completed has to wait', async () => {
    const scene = await Scene.start();
    const producer = await scene.initialized();
    await scene.add(producer, 0);
    let release = () => {};
    scene.answerMarkers = async (markers) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return written(markers);
    };
    const next = await scene.ended(producer, 'commit');
    assert.equal(await scene.add(next, 1), 'CONCURRENT_TRANSACTIONS');
    release();
    await settle();
    assert.equal(await scene.add(next, 1), 'NONE');
    const { partitions } = (await scene.coordinator.describe('tx'))!;
    assert.deepEqual([...partitions], [['orders', [1]]]);
  });

  it('InitProducerId with 0/0 in place of -1/-1 is fenced when the transactional id was used before', async () => {
    const scene = await Scene.start();
    await scene.initialized();
    assert.equal(await scene.init({ producerId: 0, producerEpoch: 0 }), FENCED);
    await scene.restart();
    assert.equal(await scene.init({ producerId: 0, producerEpoch: 0 }), FENCED);
  });

  it('the answer to a new epoch is lost, and the coordinator with it: the producer asks again and goes on', async () => {
    const scene = await Scene.start();
    const producer = await scene.initialized();
    const bumped = await scene.initialized(producer);
    await scene.restart();
    assert.deepEqual(await scene.init(producer), bumped);
  });

  it('a switch from TV1 to TV2 between two transactions', async () => {
    const scene = await Scene.start();
    let producer = await scene.initialized();
    await scene.add(producer, 0, 0);
    producer = await scene.ended(producer, 'commit', 4);
    await settle();
    await scene.add(producer, 1, 2);
    producer = await scene.ended(producer, 'commit', 5);
    await settle();
    assert.deepEqual(scene.markers.map(shown), ['commit 1000/0 orders-0', 'commit 1000/1 orders-1']);
    assert.equal(producer.producerEpoch, 1);
  });

  it('an unused transactional id is forgotten, one in a transaction is not', async () => {
    const week = 604_800_000;
    const scene = await Scene.start({
      'transaction.max.timeout.ms': 2 * week,
      'transaction.abort.timed.out.transaction.cleanup.interval.ms': 600_000,
    });
    await scene.init(undefined, 5, 2 * week);
    await scene.time.advance(week - 1);
    assert.equal(await scene.state(), 'Empty');
    await scene.time.advance(3_600_001);
    assert.equal(await scene.state(), undefined);
    const producer = (await scene.init(undefined, 5, 2 * week)) as Producer;
    await scene.add(producer, 0);
    await scene.time.advance(week + 3_600_001);
    assert.equal(await scene.state(), 'Ongoing');
  });
});

describe('a restarted transaction coordinator', () => {
  it('leads to the same end, whichever part of the log survived', async () => {
    for (const kind of ['commit', 'abort'] as const) {
      for (const apiVersion of [4, 5]) {
        const scene = await Scene.start();
        const producer = await scene.initialized();
        await scene.add(producer, 0);
        await scene.add(producer, 1);
        const answer = await scene.ended(producer, kind, apiVersion);
        await settle();
        const records = scene.log.endOffset;
        assert.equal(records, 5, 'Empty, Ongoing twice, Prepare*, Complete*');
        for (let survived = 1; survived <= records; survived++) {
          const again = new Scene();
          again.log = scene.log;
          await again.restart(survived);
          // The client repeats what was not answered.
          if (survived < 2) await again.add(producer, 0);
          if (survived < 3) await again.add(producer, 1);
          assert.deepEqual(await again.end(producer, kind, apiVersion), answer, `after ${survived} records`);
          const ended = kind === 'commit' ? 'CompleteCommit' : 'CompleteAbort';
          assert.equal(await again.state(), ended);
          const epoch = answer.producerEpoch;
          const expected: string[] = survived === records ? [] : [`${kind} 1000/${epoch} orders-0,orders-1`];
          assert.deepEqual(again.markers.map(shown), expected);
          assert.deepEqual((await again.loaded()).transactions, (await scene.loaded()).transactions);
        }
      }
    }
  });

  it('knows what the one before knew, after any requests', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('init' as const), expected: fc.constantFrom('none', 'current', 'stale') }),
      fc.record({ do: fc.constant('add' as const), partition: fc.nat(2), stale: fc.boolean() }),
      fc.record({
        do: fc.constant('end' as const),
        kind: fc.constantFrom('commit' as const, 'abort' as const),
        apiVersion: fc.constantFrom(4, 5),
        stale: fc.boolean(),
      }),
      fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 30_000, 80_000) }),
      fc.record({ do: fc.constant('refuse' as const), on: fc.boolean() }),
      fc.record({ do: fc.constant('restart' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const scene = await Scene.start();
        let current = await scene.initialized();
        let stale = current;
        const adopt = (answer: string | Producer) => {
          if (typeof answer === 'string' || answer.producerEpoch === current.producerEpoch) return;
          stale = current;
          current = answer;
        };
        for (const now of steps) {
          switch (now.do) {
            case 'init':
              adopt(await scene.init(now.expected === 'none' ? undefined : now.expected === 'stale' ? stale : current));
              break;
            case 'add':
              await scene.add(now.stale ? stale : current, now.partition);
              break;
            case 'end':
              adopt(await scene.end(now.stale ? stale : current, now.kind, now.apiVersion));
              break;
            case 'wait':
              await scene.time.advance(now.ms);
              break;
            case 'refuse':
              scene.log.refuseWith(now.on ? new KafkaError('NOT_ENOUGH_REPLICAS') : undefined);
              break;
            case 'restart':
              await scene.restart();
          }
          await settle();
          const live = await scene.coordinator.describe('tx');
          const loaded = (await scene.loaded()).transactions.get('tx');
          assert.deepEqual(live, loaded);
        }
        // Whatever happened: within the timeout everything is decided, and the transactional id can be used again.
        scene.log.refuseWith(undefined);
        await scene.time.advance(120_000);
        const producer = await scene.initialized();
        assert.equal(await scene.add(producer, 0), 'NONE');
      }),
      { numRuns: 150 },
    );
  });

  it('writes records that a downgraded cluster reads while transaction.version is 0', async () => {
    const scene = await Scene.start();
    scene.transactionVersion = 0;
    const producer = await scene.initialized();
    await scene.add(producer, 0, 0);
    await scene.ended(producer, 'commit', 4);
    await settle();
    assert.deepEqual((await scene.loaded()).transactions.get('tx'), await scene.coordinator.describe('tx'));
    assert.equal(await scene.state(), 'CompleteCommit');
  });

  it('refuses everything while it is not loaded', async () => {
    const scene = new Scene();
    const producer = { producerId: 1, producerEpoch: 0 };
    assert.equal(await scene.init(), 'NOT_COORDINATOR');
    assert.equal(await scene.add(producer, 0), 'NOT_COORDINATOR');
    assert.equal(await scene.end(producer, 'commit'), 'NOT_COORDINATOR');
  });

  it('comes back later when the controller has no producer ids to give', async () => {
    const scene = await Scene.start();
    scene.controllerIsAway = true;
    assert.equal(await scene.init(), 'COORDINATOR_NOT_AVAILABLE');
    const idempotent = { transactionalId: null, transactionTimeoutMs: 0, producerId: -1, producerEpoch: -1 };
    const refused = await scene.coordinator.initProducerId(idempotent, context(5));
    assert.equal(refused.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE);
    scene.controllerIsAway = false;
    await scene.initialized();
    await scene.coordinator.initProducerId(idempotent, context(5));
    scene.controllerIsAway = true;
    assert.deepEqual(await scene.init(), { producerId: 1000, producerEpoch: 1 }, 'a bump needs none');
  });

  it('sends no markers after it resigned', async () => {
    const scene = await Scene.start();
    const producer = await scene.initialized();
    await scene.add(producer, 0);
    scene.answerMarkers = async () => new Map([['orders-0', ErrorCode.NOT_LEADER_OR_FOLLOWER]]);
    await scene.ended(producer, 'commit');
    await settle();
    scene.coordinator.onResignation(0);
    const sent = scene.markers.length;
    await scene.time.advance(60_000);
    assert.equal(scene.markers.length, sent);
    assert.equal(await scene.end(producer, 'commit'), 'NOT_COORDINATOR');
  });
});
