/** What another transaction coordinator knows that takes over the log, and one that is not loaded or resigned. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ErrorCode, KafkaError } from '../../core/index.ts';
import { settle } from '../../replay/index.ts';
import { context, type Producer, Scene, shown } from './scene.ts';

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
