/** Scenarios: what a member may rely on while its handler works, its group moves, or it restarts under its static name. */
import assert from 'node:assert/strict';
import type { Consumer, ConsumerOptions } from '../../src/client/index.ts';
import { assertSameValues, values } from '../conformance/cluster.ts';
import { Poller } from './aids.ts';
import { take, type UnderTest, valuesOf } from './context.ts';

/** The shortest session that brokers allow by default. */
const SESSION_MS = 6_000;
const QUICK_GROUP = { heartbeatIntervalMs: 100, sessionTimeoutMs: SESSION_MS, enableAutoCommit: false };

export function membership(cluster: UnderTest): void {
  const partitionsOf = (consumer: Consumer): number[] =>
    consumer
      .assignment()
      .map(({ partition }) => partition)
      .sort();
  const send = async (topic: string, partitions: number, count: number, prefix = 'v'): Promise<void> => {
    const producer = cluster.producer();
    for (const value of values(prefix, count)) {
      for (let partition = 0; partition < partitions; partition++) producer.send({ topic, partition, value });
    }
    await producer.flush();
    await producer.close();
  };
  /** Two members that have half of the four partitions each. */
  const twoMembers = async (options: Partial<ConsumerOptions>, names: readonly [string?, string?] = []) => {
    const topic = await cluster.topic('halves', 4);
    const groupId = cluster.unique('group');
    const member = (name: string | undefined) =>
      cluster.consumer({ ...QUICK_GROUP, groupId, ...options, ...(name ? { groupInstanceId: name } : {}) });
    const [first, second] = [member(names[0]), member(names[1])];
    return { topic, groupId, member, first, second };
  };

  const bothHaveTwo = (first: Consumer, second: Consumer) =>
    cluster.eventually('both have two', () => [first, second].every((member) => partitionsOf(member).length === 2));
  /** The first has paused all four when the second comes and takes two of them; then each partition gets ten records. */
  const pausedThenJoined = async (strategy: 'cooperative-sticky' | 'range') => {
    const { topic, first, second } = await twoMembers({ partitionAssignmentStrategy: [strategy] });
    first.subscribe([topic]);
    const pollers = [new Poller(first)];
    await cluster.eventually('the first member has all', () => first.assignment().length === 4);
    first.pause(first.assignment());
    second.subscribe([topic]);
    pollers.push(new Poller(second));
    await bothHaveTwo(first, second);
    await send(topic, 4, 10);
    return { first, pollers };
  };

  cluster.scenario('a handler slower than session.timeout.ms does not cost the membership', async () => {
    const topic = await cluster.topic('slower');
    await send(topic, 1, 3);
    const consumer = cluster.consumer({ ...QUICK_GROUP, groupId: cluster.unique('group'), maxPollRecords: 1 });
    const told: string[] = [];
    consumer.subscribe([topic], {
      onAssigned: () => void told.push('assigned'),
      onRevoked: () => void told.push('revoked'),
      onLost: () => void told.push('lost'),
    });
    await take(consumer, 1);
    const { generationId, memberId } = consumer.groupMetadata();
    await cluster.sleep(SESSION_MS + 1500);
    await consumer.commit();
    assert.deepEqual(valuesOf(await take(consumer, 2)), ['v-1', 'v-2']);
    const after = consumer.groupMetadata();
    assert.deepEqual([after.generationId, after.memberId], [generationId, memberId]);
    assert.deepEqual(told, ['assigned']);
  });

  cluster.scenario('what is fetched ahead is bounded while nobody polls, and all of it comes', async () => {
    const topic = await cluster.topic('ahead', 2);
    const producer = cluster.producer({ batchSize: 2_000 });
    const value = 'x'.repeat(1_000);
    for (let sent = 0; sent < 1_000; sent++) producer.send({ topic, partition: sent % 2, value });
    await producer.flush();
    const bounds = { maxPartitionFetchBytes: 10_000, fetchMaxBytes: 30_000 };
    const consumer = cluster.consumer({ ...bounds, maxPollRecords: 5 });
    consumer.assign([0, 1].map((partition) => ({ topic, partition })));
    await take(consumer, 5);
    await cluster.sleep(500);
    const fetched = consumer.metrics().counters['incoming-byte-total'];
    assert.ok(fetched < 150_000, `${fetched} of a million bytes`);
    await cluster.sleep(500);
    assert.equal(consumer.metrics().counters['incoming-byte-total'], fetched, 'and then it rests');
    await take(consumer, 995);
  });

  cluster.scenario('lag is told for each partition by itself', async () => {
    const topic = await cluster.topic('lags', 3);
    const producer = cluster.producer();
    for (const partition of [0, 0, 0, 0, 2]) producer.send({ topic, partition, value: 'v' });
    await producer.flush();
    const consumer = cluster.consumer({ ...QUICK_GROUP, groupId: cluster.unique('group'), maxPollRecords: 1 });
    consumer.subscribe([topic]);
    const lags = () => Object.fromEntries(consumer.lag().map(({ partition, lag }) => [partition, lag]));
    await take(consumer, 1);
    await cluster.eventually('all partitions were fetched', () => consumer.lag().length === 3);
    assert.equal(
      Object.values(lags()).reduce((sum, lag) => sum + lag),
      4,
    );
    assert.equal(lags()[1], 0);
    await take(consumer, 4);
    assert.deepEqual(lags(), { 0: 0, 1: 0, 2: 0 });
  });

  cluster.scenario('cooperative: what stays with a member stays paused through a rebalance', async () => {
    const { first, pollers } = await pausedThenJoined('cooperative-sticky');
    await cluster.eventually('the second has read its own', () => pollers[1]!.records.length === 20);
    assert.deepEqual(pollers[0]!.records, []);
    first.resume(first.assignment());
    await cluster.eventually('the first has too', () => pollers[0]!.records.length === 20);
    await Promise.all(pollers.map((poller) => poller.stop()));
  });

  cluster.scenario('eager: what a member is given again after a rebalance is not paused any more', async () => {
    const { pollers } = await pausedThenJoined('range');
    await cluster.eventually('both have read', () => pollers.every(({ records }) => records.length === 20));
    await Promise.all(pollers.map((poller) => poller.stop()));
  });

  cluster.scenario('onRevoked is the last chance to commit: who takes over goes on there', async () => {
    const { topic, first, second } = await twoMembers({ partitionAssignmentStrategy: ['range'], maxPollRecords: 3 });
    const revoked: number[] = [];
    first.subscribe([topic], {
      onRevoked: async (partitions) => {
        revoked.push(partitions.length);
        await first.commit();
      },
    });
    const one = new Poller(first);
    await cluster.eventually('the first member has all', () => first.assignment().length === 4);
    const producer = cluster.producer();
    const sent: string[] = [];
    let going = true;
    const feeding = (async () => {
      for (let at = 0; going; at++) {
        await producer.sendAndWait({ topic, partition: at % 4, value: `v-${at}` });
        sent.push(`v-${at}`);
      }
    })();
    await cluster.eventually('some is read', () => one.records.length >= 9);
    second.subscribe([topic]);
    const two = new Poller(second);
    await bothHaveTwo(first, second);
    going = false;
    await feeding;
    const read = () => [...one.records, ...two.records];
    await cluster.eventually('all is read', () => read().length >= sent.length);
    await Promise.all([one.stop(), two.stop()]);
    assertSameValues(read(), sent);
    assert.deepEqual(revoked, [4]);
  });

  cluster.scenario('a static member that restarts within its session has its partitions again, unnoticed', async () => {
    const { topic, member, first, second } = await twoMembers({}, ['one', 'two']);
    const told: string[] = [];
    first.subscribe([topic]);
    second.subscribe([topic], {
      onAssigned: (partitions) => void told.push(`assigned ${partitions.length}`),
      onRevoked: () => void told.push('revoked'),
    });
    const pollers = [new Poller(first), new Poller(second)];
    await bothHaveTwo(first, second);
    const [before, { generationId }] = [partitionsOf(first), second.groupMetadata()];
    told.length = 0;
    await pollers[0]!.stop();
    await first.close();
    const again = member('one');
    again.subscribe([topic]);
    pollers[0] = new Poller(again);
    await cluster.eventually('it is back', () => again.assignment().length > 0);
    assert.deepEqual(partitionsOf(again), before);
    await cluster.sleep(500);
    assert.deepEqual(told, []);
    assert.deepEqual(
      [again.groupMetadata().generationId, second.groupMetadata().generationId],
      [generationId, generationId],
    );
    await Promise.all(pollers.map((poller) => poller.stop()));
  });

  cluster.scenario('a second member under a static name fences the first', async () => {
    const { topic, member, first } = await twoMembers({}, ['one']);
    first.subscribe([topic]);
    await cluster.eventually('it has all', async () => {
      await first.poll({ timeoutMs: 50 });
      return first.assignment().length === 4;
    });
    const rival = member('one');
    rival.subscribe([topic]);
    const poller = new Poller(rival);
    await cluster.eventually('the rival has all', () => rival.assignment().length === 4);
    const fenced = (async () => {
      for (;;) await first.poll({ timeoutMs: 200 });
    })();
    await assert.rejects(fenced, { code: 'FENCED_INSTANCE_ID', fatal: true });
    await poller.stop();
  });
}
