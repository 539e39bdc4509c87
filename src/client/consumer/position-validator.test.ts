import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../core/index.ts';
import { Simulation } from '../../lab/index.ts';
import { fetch, listOffsets, metadata, offsetForLeaderEpoch } from '../../wire/index.ts';
import { type ConsumerWorld, consumerScenarios, fill, take } from '../testing/scenarios.ts';

const P0 = { topic: 't', partition: 0 };
/** Of the fake cluster's first topic. */
const ID = Buffer.from('t.0'.padEnd(16, '.')).toString('base64url');

const scenario = consumerScenarios(
  () => new Simulation({ seed: 'epochs' }),
  { t: 1 },
  { autoOffsetReset: 'latest', fetchMaxWaitMs: 50 },
);

/** Reads three records of epoch 0; then a leader of epoch 1 is elected that has only `kept` of them. */
async function threeReadThenElected({ broker, consumer }: ConsumerWorld<Simulation>, kept: number): Promise<void> {
  fill(broker, 0, 'a', 'b', 'c');
  consumer.assign([P0]);
  consumer.seekToBeginning();
  assert.deepEqual(await take(consumer, 3), ['a', 'b', 'c']);
  broker.partition('t').elect(1, kept);
}

test('a position that the new leader’s log has is read on from, after one question about its epoch', async () => {
  await scenario({}, async (world) => {
    const { broker, consumer } = world;
    await threeReadThenElected(world, 3);
    fill(broker, 0, 'd');
    assert.deepEqual(await take(consumer, 1), ['d']);
    const asked = broker.bodies(offsetForLeaderEpoch).map(({ topics }) => topics[0]!.partitions[0]!);
    assert.deepEqual(asked, [{ partition: 0, currentLeaderEpoch: 1, leaderEpoch: 0 }]);
    const last = broker.bodies(fetch).at(-1)!.topics[0]!.partitions[0]!;
    assert.equal(last.currentLeaderEpoch, 1);
  });
});

test('where the new leader’s log is shorter, reading goes on at the cut, and nothing of its own records is missed', async () => {
  await scenario({}, async (world) => {
    const { broker, consumer } = world;
    await threeReadThenElected(world, 1);
    fill(broker, 0, 'B', 'C', 'D', 'E');
    assert.deepEqual(await take(consumer, 4), ['B', 'C', 'D', 'E']);
    assert.equal(await consumer.position(P0), 5);
  });
});

test('with auto.offset.reset=none a shorter log is an error that says where it differs; seek goes on', async () => {
  await scenario({ autoOffsetReset: 'none' }, async (world) => {
    const { broker, consumer } = world;
    await threeReadThenElected(world, 1);
    fill(broker, 0, 'B', 'C', 'D', 'E');
    for (const time of ['first', 'second']) {
      await assert.rejects(
        take(consumer, 1),
        {
          name: 'LogTruncationError',
          code: 'OFFSET_OUT_OF_RANGE',
          partitions: [{ ...P0, offset: 3, leaderEpoch: 0, divergingOffset: 1 }],
          message: /t-0 at 3, its log differs from 1 on: seek/,
        },
        `the ${time} time`,
      );
    }
    consumer.seek({ ...P0, offset: 1 });
    assert.deepEqual(await take(consumer, 4), ['B', 'C', 'D', 'E']);
  });
});

test('what was fetched but not handed out of a log that was cut is not handed out', async () => {
  await scenario({ maxPollRecords: 1 }, async ({ sim, broker, consumer }) => {
    fill(broker, 0, 'a', 'b', 'c');
    consumer.assign([P0]);
    consumer.seekToBeginning();
    assert.deepEqual(await take(consumer, 1), ['a']);
    broker.partition('t').elect(1, 1);
    fill(broker, 0, 'B');
    // The next fetch is refused, the metadata tells the new epoch, and the leader is asked.
    await sim.sleep(1000);
    assert.deepEqual(await take(consumer, 1), ['B']);
  });
});

test('a fetch that is refused for its epoch, older or newer than the leader’s, brings new metadata and a validation', async () => {
  for (const errorCode of [ErrorCode.FENCED_LEADER_EPOCH, ErrorCode.UNKNOWN_LEADER_EPOCH]) {
    await scenario({}, async (world) => {
      const { broker, consumer } = world;
      await threeReadThenElected(world, 3);
      broker.next(fetch, 1, ({ topics }) => ({
        responses: topics.map(({ topicId }) => ({ topicId, partitions: [{ partitionIndex: 0, errorCode }] })),
      }));
      const before = broker.count(metadata);
      fill(broker, 0, 'd');
      assert.deepEqual(await take(consumer, 1), ['d']);
      assert.ok(broker.count(metadata) > before);
      assert.equal(broker.count(offsetForLeaderEpoch), 1);
    });
  }
});

test('a committed epoch is stored with the offset, and validated by whoever begins there', async () => {
  await scenario({ groupId: 'g', enableAutoCommit: false }, async (world) => {
    const { broker, group, consumer } = world;
    broker.partition('t').elect(4);
    await threeReadThenElected(world, 3);
    await consumer.commit();
    assert.deepEqual(group.committed.get('t-0'), { offset: 3, leaderEpoch: 4 });
  });
  await scenario({ groupId: 'g', enableAutoCommit: false }, async ({ broker, group, consumer }) => {
    fill(broker, 0, 'a');
    broker.partition('t').elect(5);
    fill(broker, 0, 'B', 'C', 'D');
    group.committed.set('t-0', { offset: 3, leaderEpoch: 0 });
    consumer.subscribe(['t']);
    assert.deepEqual(await take(consumer, 3), ['B', 'C', 'D'], 'epoch 0 ended at 1');
  });
});

test('position() waits for a validation under way, and tells where reading goes on', async () => {
  await scenario({ groupId: 'g', enableAutoCommit: false }, async ({ sim, broker, group, consumer }) => {
    fill(broker, 0, 'a');
    broker.partition('t').elect(5);
    fill(broker, 0, 'B', 'C');
    group.committed.set('t-0', { offset: 3, leaderEpoch: 0 });
    broker.next(offsetForLeaderEpoch, 1, async () => {
      await sim.sleep(500);
      return { topics: [{ topic: 't', partitions: [{ partition: 0, leaderEpoch: 0, endOffset: 1 }] }] };
    });
    consumer.assign([P0]);
    assert.equal(await consumer.position(P0), 1);
  });
});

test('where the leader knows nothing of the epoch, the reset policy says where to go on', async () => {
  const nothing = { topics: [{ topic: 't', partitions: [{ partition: 0, leaderEpoch: -1, endOffset: -1 }] }] };
  await scenario({ autoOffsetReset: 'earliest' }, async (world) => {
    const { broker, consumer } = world;
    await threeReadThenElected(world, 3);
    broker.next(offsetForLeaderEpoch, 1, () => nothing);
    assert.deepEqual(await take(consumer, 3), ['a', 'b', 'c']);
  });
  await scenario({ autoOffsetReset: 'none' }, async (world) => {
    const { broker, consumer } = world;
    await threeReadThenElected(world, 3);
    broker.next(offsetForLeaderEpoch, 1, () => nothing);
    await assert.rejects(take(consumer, 1), { name: 'LogTruncationError', message: /t-0 at 3: seek/ });
  });
});

test('a validation that fails for now is repeated, and nothing is fetched or lost meanwhile', async () => {
  await scenario({}, async (world) => {
    const { broker, consumer } = world;
    await threeReadThenElected(world, 3);
    fill(broker, 0, 'd');
    broker.next(offsetForLeaderEpoch, 1, () => 'cut');
    broker.next(offsetForLeaderEpoch, 1, () => ({ topics: [] }));
    broker.next(offsetForLeaderEpoch, 2, () => ({
      topics: [{ topic: 't', partitions: [{ partition: 0, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER }] }],
    }));
    assert.deepEqual(await take(consumer, 1), ['d']);
    assert.equal(broker.count(offsetForLeaderEpoch), 5);
    const [first, ...others] = broker.asked.filter(({ api }) => api === offsetForLeaderEpoch.name).map(({ at }) => at);
    const pauses = others.map((at, index) => at - [first!, ...others][index]!);
    assert.ok(
      pauses.every((pause) => pause > 70),
      `${pauses}`,
    );
  });
});

test('a position sought elsewhere while the leader was asked is fetched at once', async () => {
  await scenario({}, async (world) => {
    const { sim, broker, consumer } = world;
    await threeReadThenElected(world, 3);
    const answer = Promise.withResolvers<void>();
    broker.next(offsetForLeaderEpoch, 1, async () => {
      await answer.promise;
      return { topics: [{ topic: 't', partitions: [{ partition: 0, leaderEpoch: 0, endOffset: 3 }] }] };
    });
    const reading = take(consumer, 2);
    while (broker.count(offsetForLeaderEpoch) === 0) await sim.sleep(10);
    // Not fetched before the answer is there.
    consumer.pause([P0]);
    consumer.seek({ ...P0, offset: 1 });
    answer.resolve();
    await sim.sleep(20);
    const resumed = sim.nowMs;
    consumer.resume([P0]);
    assert.deepEqual(await reading, ['b', 'c']);
    const fetched = broker.asked.find(({ api, at }) => api === fetch.name && at >= resumed)!;
    assert.ok(fetched.at - resumed < 20, `${fetched.at - resumed} ms later`);
  });
});

test('metadata older than the committed epoch is asked for again before anything is read', async () => {
  await scenario({ groupId: 'g', enableAutoCommit: false }, async ({ broker, group, consumer }) => {
    fill(broker, 0, 'a', 'b');
    broker.partition('t').elect(6);
    fill(broker, 0, 'c');
    group.committed.set('t-0', { offset: 2, leaderEpoch: 6 });
    broker.next(metadata, 4, () => ({
      brokers: [{ nodeId: 1, host: 'broker', port: 9092 }],
      clusterId: 'fake',
      controllerId: 1,
      topics: [{ name: 't', topicId: ID, partitions: [{ partitionIndex: 0, leaderId: 1, leaderEpoch: 5 }] }],
    }));
    consumer.subscribe(['t']);
    assert.deepEqual(await take(consumer, 1), ['c']);
    const epochs = broker.bodies(fetch).map(({ topics }) => topics[0]!.partitions[0]!.currentLeaderEpoch);
    assert.deepEqual([...new Set(epochs)], [6]);
  });
});

test('a topic made anew is read from its beginning, or reported with auto.offset.reset=none', async () => {
  const madeAnew = ({ broker }: ConsumerWorld<Simulation>): void => {
    broker.addTopic('t', 1);
    fill(broker, 0, 'A', 'B', 'C', 'D', 'E');
  };
  await scenario({}, async (world) => {
    await threeReadThenElected(world, 3);
    madeAnew(world);
    assert.deepEqual(await take(world.consumer, 5), ['A', 'B', 'C', 'D', 'E']);
  });
  await scenario({ autoOffsetReset: 'none' }, async (world) => {
    await threeReadThenElected(world, 3);
    madeAnew(world);
    await assert.rejects(take(world.consumer, 1), {
      name: 'LogTruncationError',
      partitions: [{ ...P0, offset: 3, leaderEpoch: 0, divergingOffset: 0 }],
    });
    world.consumer.seek({ ...P0, offset: 4 });
    assert.deepEqual(await take(world.consumer, 1), ['E']);
  });
});

test('a broker that does not tell where epochs end to clients is read from as before', async () => {
  await scenario({}, async (world) => {
    const { broker, consumer } = world;
    broker.limit(offsetForLeaderEpoch, 2, 2);
    await threeReadThenElected(world, 3);
    fill(broker, 0, 'd');
    assert.deepEqual(await take(consumer, 1), ['d']);
    assert.equal(broker.count(offsetForLeaderEpoch), 0);
  });
});

test('looking up offsets names the leader epoch that is known', async () => {
  await scenario({}, async ({ broker, consumer }) => {
    broker.partition('t').elect(9);
    consumer.assign([P0]);
    assert.equal(await consumer.position(P0), 0);
    assert.equal(broker.bodies(listOffsets)[0]!.topics[0]!.partitions[0]!.currentLeaderEpoch, 9);
  });
});
