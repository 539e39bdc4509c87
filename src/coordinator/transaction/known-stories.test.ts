/** Known stories of transactions, told to the coordinator alone: requests that come late, twice, or after its death. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeBatch } from '../../records/index.ts';
import { settle } from '../../replay/index.ts';
import { type Producer, Scene, shown, written } from './scene.ts';
import { transactionRecord } from './transaction-records.ts';

const FENCED = 'PRODUCER_FENCED';

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
      const release = scene.holdMarkers();
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
      scene.holdMarkers();
      const next = await scene.ended(producer, 'commit');
      assert.equal(next.producerEpoch, 0);
      assert.notEqual(next.producerId, producer.producerId);
      assert.equal(await scene.add(next, 1), 'CONCURRENT_TRANSACTIONS', 'the last one is not complete');
      assert.equal(await scene.end(next, 'abort'), 'CONCURRENT_TRANSACTIONS');
      assert.equal(await scene.end(producer, 'commit'), 'CONCURRENT_TRANSACTIONS');
      // Failover between PREPARE and COMPLETE: both producer ids are in the log.
      scene.answerMarkers = written;
      await scene.restart();
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
    const release = scene.holdMarkers();
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
