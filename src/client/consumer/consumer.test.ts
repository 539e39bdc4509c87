import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../core/index.ts';
import { Simulation } from '../../lab/index.ts';
import {
  fetch,
  findCoordinator,
  heartbeat,
  joinGroup,
  leaveGroup,
  metadata,
  offsetCommit,
  offsetFetch,
  syncGroup,
} from '../../wire/index.ts';
import { consumerScenarios, fill, take } from '../testing/scenarios.ts';
import type { TopicPartition } from '../topic-partition.ts';

const scenario = consumerScenarios(
  () => new Simulation({ seed: 'consumer' }),
  { t: 2 },
  { autoOffsetReset: 'earliest' },
);

const P0 = { topic: 't', partition: 0 };
const GROUP = { groupId: 'g', enableAutoCommit: false } as const;

test('a member gets its id, joins with it, reads, and commits as that member', async () => {
  await scenario(GROUP, async ({ broker, group, consumer }) => {
    fill(broker, 0, 'a', 'b');
    consumer.subscribe(['t']);
    assert.deepEqual(await take(consumer, 2), ['a', 'b']);
    assert.deepEqual(
      broker.bodies(joinGroup).map((body) => body.memberId),
      ['', 'member-1'],
    );
    await consumer.commit();
    assert.equal(group.committed.get('t-0')!.offset, 2);
    assert.deepEqual(consumer.groupMetadata(), {
      groupId: 'g',
      generationId: 1,
      memberId: 'member-1',
      groupInstanceId: null,
    });
  });
});

test('offsets inside an open transaction are waited for', async () => {
  await scenario(GROUP, async ({ broker, group, consumer }) => {
    fill(broker, 0, 'a', 'b', 'c');
    group.committed.set('t-0', { offset: 2, leaderEpoch: 0 });
    broker.next(offsetFetch, 3, ({ groups }) => ({
      groups: groups.map(({ groupId, topics }) => ({
        groupId,
        topics: topics!.map(({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.map((partitionIndex) => ({
            partitionIndex,
            committedOffset: -1,
            errorCode: ErrorCode.UNSTABLE_OFFSET_COMMIT,
          })),
        })),
      })),
    }));
    consumer.subscribe(['t']);
    assert.deepEqual(await take(consumer, 1), ['c']);
    assert.ok(broker.bodies(offsetFetch).every((body) => body.requireStable));
    assert.equal(broker.count(offsetFetch), 4);
  });
});

test('heartbeats go on while the handler is slow; a rebalance waits for the next poll', async () => {
  await scenario({ ...GROUP, heartbeatIntervalMs: 100 }, async ({ sim, broker, group, consumer }) => {
    const told: string[] = [];
    const tell = (what: string) => (partitions: readonly TopicPartition[]) =>
      void told.push(`${what} ${partitions.length}`);
    fill(broker, 0, 'a');
    consumer.subscribe(['t'], { onAssigned: tell('assigned'), onRevoked: tell('revoked'), onLost: tell('lost') });
    await take(consumer, 1);
    const before = broker.count(heartbeat);
    await sim.sleep(2000);
    assert.ok(broker.count(heartbeat) - before >= 18);
    group.rebalancing = true;
    await sim.sleep(500);
    assert.deepEqual(told, ['assigned 2']);
    assert.equal(consumer.groupMetadata().generationId, 1, 'still of the round whose partitions it has');
    await consumer.poll({ timeoutMs: 500 });
    assert.deepEqual(told, ['assigned 2', 'revoked 2', 'assigned 2']);
    assert.equal(consumer.groupMetadata().generationId, 2);
    assert.deepEqual(
      broker.bodies(joinGroup).map((body) => body.memberId),
      ['', 'member-1', 'member-1'],
    );
  });
});

test('a member that the group forgot hears that its partitions are lost, and its commit is refused', async () => {
  await scenario({ ...GROUP, heartbeatIntervalMs: 100 }, async ({ sim, broker, group, consumer }) => {
    const told: string[] = [];
    const tell = (what: string) => () => void told.push(what);
    fill(broker, 0, 'a');
    consumer.subscribe(['t'], { onAssigned: tell('assigned'), onRevoked: tell('revoked'), onLost: tell('lost') });
    await take(consumer, 1);
    group.evict();
    await sim.sleep(300);
    const stale = consumer.groupMetadata();
    assert.deepEqual([stale.generationId, stale.memberId], [1, 'member-1'], 'never a member that nobody checks');
    await assert.rejects(consumer.commit(), { name: 'CommitFailedError', code: 'UNKNOWN_MEMBER_ID', abortable: true });
    assert.deepEqual(await take(consumer, 1), ['a']);
    assert.deepEqual(told, ['assigned', 'lost', 'assigned']);
  });
});

test('a consumer that does not poll within max.poll.interval.ms leaves the group', async () => {
  await scenario({ ...GROUP, heartbeatIntervalMs: 100, maxPollIntervalMs: 1000 }, async ({ sim, broker, consumer }) => {
    fill(broker, 0, 'a');
    consumer.subscribe(['t']);
    await take(consumer, 1);
    await sim.sleep(900);
    assert.equal(broker.count(leaveGroup), 0);
    await sim.sleep(400);
    assert.equal(broker.count(leaveGroup), 1);
    const beats = broker.count(heartbeat);
    await sim.sleep(1000);
    assert.equal(broker.count(heartbeat), beats);
  });
});

test('the coordinator is found again when it moved, for joining and for commits', async () => {
  await scenario(GROUP, async ({ broker, group, consumer }) => {
    fill(broker, 0, 'a');
    broker.next(joinGroup, 1, () => ({ errorCode: ErrorCode.NOT_COORDINATOR, protocolName: '' }));
    consumer.subscribe(['t']);
    await take(consumer, 1);
    assert.equal(broker.count(findCoordinator), 2);
    broker.next(offsetCommit, 1, () => 'cut');
    await consumer.commit();
    assert.equal(group.committed.get('t-0')!.offset, 1);
    assert.equal(broker.count(findCoordinator), 3);
  });
});

test('a consumer that unsubscribes while it joins is no member afterwards', async () => {
  await scenario({ ...GROUP, heartbeatIntervalMs: 100 }, async ({ sim, broker, consumer }) => {
    consumer.subscribe(['t']);
    broker.next(syncGroup, 1, async ({ assignments }) => {
      await sim.sleep(500);
      return { assignment: assignments[0]!.assignment };
    });
    assert.deepEqual(await consumer.poll({ timeoutMs: 200 }), []);
    await consumer.unsubscribe();
    await sim.sleep(2000);
    assert.equal(broker.count(heartbeat), 0);
    assert.ok(broker.count(leaveGroup) >= 1);
    assert.deepEqual(consumer.assignment(), []);
    fill(broker, 0, 'a');
    consumer.subscribe(['t']);
    assert.deepEqual(await take(consumer, 1), ['a']);
  });
});

test('what was fetched before a seek is not handed out after it', async () => {
  await scenario({}, async ({ sim, broker, consumer }) => {
    fill(broker, 0, 'a', 'b', 'c', 'd');
    consumer.assign([P0]);
    broker.next(fetch, 1, async (body, ...rest) => {
      await sim.sleep(200);
      return broker.serves(body, ...rest);
    });
    assert.deepEqual(await consumer.poll({ timeoutMs: 100 }), []);
    consumer.seek({ ...P0, offset: 3 });
    assert.deepEqual(await take(consumer, 1), ['d']);
    assert.equal(await consumer.position(P0), 4);
  });
});

test('prefetching stops at its bounds while nobody polls', async () => {
  const options = { maxPartitionFetchBytes: 2000, fetchMaxWaitMs: 50 };
  await scenario(options, async ({ sim, broker, consumer }) => {
    const sent = Array.from({ length: 100 }, (_, index) => `${index}-${'x'.repeat(400)}`);
    fill(broker, 0, ...sent);
    broker.on(fetch, (body) => {
      const { topics } = body;
      const { fetchOffset } = topics[0]!.partitions[0]!;
      const { batches, end } = broker.partition('t');
      const records = Buffer.concat(batches.slice(fetchOffset, fetchOffset + 2));
      return {
        responses: topics.map((topic) => ({
          topicId: topic.topicId,
          partitions: [{ partitionIndex: 0, highWatermark: end, records }],
        })),
      };
    });
    consumer.assign([P0]);
    const first = await take(consumer, 1);
    await sim.sleep(2000);
    const fetches = broker.count(fetch);
    assert.ok(fetches <= 8, `${fetches} fetches`);
    await sim.sleep(2000);
    assert.equal(broker.count(fetch), fetches);
    assert.deepEqual([...first, ...(await take(consumer, 100 - first.length))], sent);
  });
});

test('the next records are asked for while the last ones are worked on', async () => {
  await scenario({ maxPartitionFetchBytes: 2000, maxPollRecords: 1 }, async ({ sim, broker, consumer }) => {
    fill(broker, 0, ...Array.from({ length: 6 }, (_, index) => `${index}-${'x'.repeat(400)}`));
    consumer.assign([P0]);
    const fetches: number[] = [];
    for (let at = 0; at < 6; at++) {
      await take(consumer, 1);
      await sim.sleep(10);
      fetches.push(broker.count(fetch));
    }
    // When the third is taken, the fourth is begun: less than half of what was asked for is left.
    assert.deepEqual(fetches, [1, 1, 2, 2, 2, 2]);
  });
});

test('a moved leader is looked up and the records go on', async () => {
  await scenario({}, async ({ broker, consumer }) => {
    fill(broker, 0, 'a', 'b');
    consumer.assign([P0]);
    const before = broker.count(metadata);
    broker.next(fetch, 1, ({ topics }) => ({
      responses: topics.map((topic) => ({
        topicId: topic.topicId,
        partitions: [{ partitionIndex: 0, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, highWatermark: -1 }],
      })),
    }));
    assert.deepEqual(await take(consumer, 2), ['a', 'b']);
    assert.ok(broker.count(metadata) > before + 1);
  });
});

test('cut connections lose and repeat nothing', async () => {
  await scenario({ ...GROUP, maxPollRecords: 3 }, async ({ sim, broker, consumer }) => {
    const sent = Array.from({ length: 30 }, (_, index) => `v${index}`);
    fill(broker, 0, ...sent);
    consumer.subscribe(['t']);
    const seen: string[] = [];
    while (seen.length < 30) {
      seen.push(...(await take(consumer, 1)));
      broker.cutAll();
      await sim.sleep(20);
    }
    assert.deepEqual(seen, sent);
  });
});

test('poll ends at its deadline and at its signal, and only one poll may be under way', async () => {
  await scenario({}, async ({ sim, consumer }) => {
    consumer.assign([P0]);
    const started = sim.nowMs;
    assert.deepEqual(await consumer.poll({ timeoutMs: 300 }), []);
    assert.ok(Math.abs(sim.nowMs - started - 300) < 5);
    const abort = new AbortController();
    const polling = consumer.poll({ timeoutMs: 60_000, signal: abort.signal });
    await assert.rejects(consumer.poll(), { name: 'IllegalStateError' });
    abort.abort(new Error('enough'));
    await assert.rejects(polling, /enough/);
    assert.ok(sim.nowMs - started < 310);
  });
});

test('close keeps to its time-out although the coordinator is silent', async () => {
  await scenario({ ...GROUP, enableAutoCommit: true }, async ({ sim, broker, consumer }) => {
    fill(broker, 0, 'a');
    consumer.subscribe(['t']);
    await take(consumer, 1);
    broker.on(offsetCommit, () => 'no answer');
    broker.on(leaveGroup, () => 'no answer');
    const started = sim.nowMs;
    await consumer.close({ timeoutMs: 400 });
    assert.ok(sim.nowMs - started < 450, `${sim.nowMs - started} ms`);
  });
});

test('close({ leaveGroup: false }) leaves no word', async () => {
  await scenario(GROUP, async ({ broker, consumer }) => {
    fill(broker, 0, 'a');
    consumer.subscribe(['t']);
    await take(consumer, 1);
    await consumer.close({ leaveGroup: false });
    assert.equal(broker.count(leaveGroup), 0);
  });
});

test('auto commit covers what earlier polls returned, not what this one does', async () => {
  const options = { groupId: 'g', enableAutoCommit: true, autoCommitIntervalMs: 0, maxPollRecords: 2 };
  await scenario(options, async ({ sim, broker, group, consumer }) => {
    fill(broker, 0, 'a', 'b', 'c', 'd');
    consumer.subscribe(['t']);
    await take(consumer, 2);
    await sim.sleep(50);
    assert.equal(group.committed.get('t-0')?.offset ?? 0, 0);
    await take(consumer, 2);
    await sim.sleep(50);
    assert.equal(group.committed.get('t-0')!.offset, 2);
    await consumer.close();
    assert.equal(group.committed.get('t-0')!.offset, 4);
  });
});
