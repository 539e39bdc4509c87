/** Scenarios: members of a group share partitions, hand them over, and keep offsets. */
import assert from 'node:assert/strict';
import type { RunOptions, TopicPartition } from '../../src/client/index.ts';
import { assertSameValues, values } from '../conformance/cluster.ts';
import { Poller } from './aids.ts';
import { take, text, type UnderTest, valuesOf } from './context.ts';

const QUICK_GROUP = { heartbeatIntervalMs: 100, sessionTimeoutMs: 6_000 };

/** So many values to each of the topic's two partitions. */
async function sendToBoth(cluster: UnderTest, topic: string, count: number): Promise<void> {
  const producer = cluster.producer({ lingerMs: 20 });
  for (const value of values('v', count)) {
    producer.send({ topic, partition: 0, value });
    producer.send({ topic, partition: 1, value });
  }
  await producer.flush();
}

export function groups(cluster: UnderTest): void {
  for (const strategy of ['range', 'roundrobin', 'sticky'] as const) {
    cluster.scenario(`two members share the partitions (${strategy}), and the one that stays gets all`, async () => {
      const topic = await cluster.topic('shared', 4);
      const options = { ...QUICK_GROUP, groupId: cluster.unique('group'), partitionAssignmentStrategy: [strategy] };
      const first = cluster.consumer(options);
      const second = cluster.consumer(options);
      const told: string[] = [];
      const tell =
        (what: string) =>
        (partitions: readonly TopicPartition[]): void => {
          told.push(`${what} ${partitions.length}`);
        };
      first.subscribe([topic], { onAssigned: tell('assigned'), onRevoked: tell('revoked') });
      const pollers = [new Poller(first)];
      await cluster.eventually('the first member has all', () => first.assignment().length === 4);
      second.subscribe([topic]);
      pollers.push(new Poller(second));
      await cluster.eventually(
        'both have two',
        () => first.assignment().length === 2 && second.assignment().length === 2,
      );
      const producer = cluster.producer();
      const sent = values('v', 400);
      for (const [index, value] of sent.entries()) producer.send({ topic, partition: index % 4, value });
      await producer.flush();
      await cluster.eventually(
        'all is read',
        () => pollers.reduce((sum, poller) => sum + poller.records.length, 0) >= 400,
      );
      assertSameValues([...pollers[0]!.records, ...pollers[1]!.records], sent);
      assert.equal(pollers[0]!.records.length, 200);
      await pollers[1]!.stop();
      await second.close();
      await cluster.eventually('the first member has all again', () => first.assignment().length === 4);
      await pollers[0]!.stop();
      assert.deepEqual(told, ['assigned 4', 'revoked 4', 'assigned 2', 'revoked 2', 'assigned 4']);
    });
  }

  cluster.scenario(
    'cooperative-sticky: a member reads on while another joins and leaves, and gives up only what moves',
    async () => {
      const topic = await cluster.topic('cooperative', 4);
      const options = {
        ...QUICK_GROUP,
        groupId: cluster.unique('group'),
        partitionAssignmentStrategy: ['cooperative-sticky' as const],
        enableAutoCommit: true,
        autoCommitIntervalMs: 50,
      };
      const [first, second] = [cluster.consumer(options), cluster.consumer(options)];
      const told: string[] = [];
      const tell =
        (what: string) =>
        (partitions: readonly TopicPartition[]): void => {
          if (partitions.length > 0) told.push(`${what} ${partitions.length}`);
        };
      first.subscribe([topic], { onAssigned: tell('assigned'), onRevoked: tell('revoked'), onLost: tell('lost') });
      const pollers = [new Poller(first)];
      await cluster.eventually('the first member has all', () => first.assignment().length === 4);
      const kept = () => first.assignment().map(({ partition }) => partition);
      const producer = cluster.producer();
      const sent: string[] = [];
      let going = true;
      const feeding = (async () => {
        for (let at = 0; going; at++) {
          const value = `v-${at}`;
          await producer.sendAndWait({ topic, partition: at % 4, value });
          sent.push(value);
        }
      })();
      second.subscribe([topic]);
      pollers.push(new Poller(second));
      await cluster.eventually(
        'both have two',
        () => first.assignment().length === 2 && second.assignment().length === 2,
      );
      assert.ok(kept().every((partition) => !second.assignment().some((theirs) => theirs.partition === partition)));
      await pollers[1]!.stop();
      await second.close();
      await cluster.eventually('the first member has all again', () => first.assignment().length === 4);
      going = false;
      await feeding;
      const read = () => [...pollers[0]!.records, ...pollers[1]!.records];
      await cluster.eventually('all is read', () => read().length >= sent.length);
      await pollers[0]!.stop();
      assertSameValues(read(), sent);
      assert.deepEqual(told, ['assigned 4', 'revoked 2', 'assigned 2']);
    },
  );

  cluster.scenario('a pattern matches Kafka’s own topics only where they are not excluded', async () => {
    const first = cluster.consumer({ groupId: cluster.unique('own') });
    first.subscribe([await cluster.topic('some')]);
    await first.poll({ timeoutMs: 2_000 });
    await first.commit();
    const reader = cluster.consumer({ groupId: cluster.unique('inner'), excludeInternalTopics: false });
    reader.subscribe(/^__consumer_offsets$/);
    const excluding = cluster.consumer({ groupId: cluster.unique('outer') });
    excluding.subscribe(/^__consumer_offsets$/);
    await cluster.eventually('the topic is assigned', async () => {
      await reader.poll({ timeoutMs: 200 });
      return reader.assignment().length > 0;
    });
    await excluding.poll({ timeoutMs: 200 });
    assert.deepEqual(reader.subscription(), ['__consumer_offsets']);
    assert.deepEqual(excluding.subscription(), []);
  });

  cluster.scenario('a pattern brings every topic that matches, also one that is created later', async () => {
    const prefix = cluster.unique('pattern');
    const admin = cluster.admin();
    const create = (name: string) => admin.createTopics([{ name, partitions: 1, replicationFactor: 1 }]);
    await create(`${prefix}.one`);
    await create(`other-${prefix}`);
    const consumer = cluster.consumer({ ...QUICK_GROUP, groupId: cluster.unique('group'), metadataMaxAgeMs: 200 });
    consumer.subscribe(new RegExp(`^${prefix}\\.`, 'g'));
    const poller = new Poller(consumer);
    await cluster.eventually('the first topic is there', () => consumer.subscription().join() === `${prefix}.one`);
    await create(`${prefix}.two`);
    await cluster.eventually('the second one too', () => consumer.assignment().length === 2);
    const producer = cluster.producer();
    for (const topic of [`${prefix}.one`, `${prefix}.two`, `other-${prefix}`]) {
      await producer.sendAndWait({ topic, value: topic });
    }
    await cluster.eventually('both are read', () => poller.records.length >= 2);
    await poller.stop();
    assert.deepEqual(poller.records.sort(), [`${prefix}.one`, `${prefix}.two`]);
  });

  cluster.scenario(
    'run hands over each record in order; one whose handler fails is read again, by whoever comes next',
    async () => {
      const topic = await cluster.topic('run');
      const groupId = cluster.unique('group');
      const producer = cluster.producer();
      for (const value of values('v', 10)) producer.send({ topic, value });
      await producer.flush();
      const options = { ...QUICK_GROUP, groupId, enableAutoCommit: true };
      const first = cluster.consumer(options);
      first.subscribe([topic]);
      const seen: string[] = [];
      await assert.rejects(
        first.run({
          eachMessage: (record) => {
            if (text(record.value) === 'v-4') throw new Error('cannot do this one');
            seen.push(text(record.value)!);
          },
        }),
        /cannot do this one/,
      );
      await first.close();
      assert.deepEqual(seen, values('v', 4));
      const second = cluster.consumer(options);
      second.subscribe([topic]);
      const stop = new AbortController();
      await second.run({
        signal: stop.signal,
        commit: 'after',
        eachBatch: (records) => {
          seen.push(...records.map(({ value }) => text(value)!));
          if (seen.length >= 10) stop.abort();
        },
      });
      assert.deepEqual(seen, values('v', 10));
      const [committed] = await second.committed([{ topic, partition: 0 }]);
      assert.equal(committed!.offset, 10);
    },
  );

  cluster.scenario(
    'a loop over records commits exactly what it saw, and the rest is for whoever comes next',
    async () => {
      const topic = await cluster.topic('singly', 2);
      await sendToBoth(cluster, topic, 60);
      const groupId = cluster.unique('group');
      const options = { ...QUICK_GROUP, groupId, enableAutoCommit: false, maxPollRecords: 7 };
      const first = cluster.consumer(options);
      first.subscribe([topic]);
      const seen: string[][] = [[], []];
      let count = 0;
      for await (const { partition, offset, value } of first.records()) {
        assert.equal(await first.position({ topic, partition }), offset + 1);
        seen[partition]!.push(text(value)!);
        if (++count === 25) break;
      }
      await first.commit();
      const committed = await first.committed();
      assert.deepEqual(
        [0, 1].map((at) => committed.find(({ partition }) => partition === at)?.offset ?? 0),
        seen.map(({ length }) => length),
      );
      await first.close();
      const second = cluster.consumer(options);
      second.subscribe([topic]);
      for await (const { partition, value } of second.records()) {
        seen[partition]!.push(text(value)!);
        if (++count === 120) await second.close();
      }
      assert.deepEqual(seen, [values('v', 60), values('v', 60)]);
    },
  );

  cluster.scenario(
    'a loop over records goes where it is sent while it runs, and holds back what is paused',
    async () => {
      const topic = await cluster.topic('sent-about', 2);
      await sendToBoth(cluster, topic, 10);
      const consumer = cluster.consumer();
      const partitions = [0, 1].map((partition) => ({ topic, partition }));
      consumer.assign(partitions);
      consumer.pause([partitions[1]!]);
      const seen: string[] = [];
      for await (const { partition, value } of consumer.records()) {
        seen.push(`${partition} ${text(value)}`);
        if (seen.length === 2) consumer.seek({ topic, partition: 0, offset: 8 });
        if (seen.length === 3) {
          consumer.pause([partitions[0]!]);
          consumer.resume([partitions[1]!]);
        }
        if (seen.length === 5) break;
      }
      assert.deepEqual(seen, ['0 v-0', '0 v-1', '0 v-8', '1 v-0', '1 v-1']);
    },
  );

  cluster.scenario('run refuses options that say nothing, or two things', async () => {
    const consumer = cluster.consumer({ groupId: cluster.unique('group') });
    consumer.subscribe(['whatever']);
    const eachMessage = () => {};
    const refused: [unknown, RegExp][] = [
      [{}, /run\(\) without a handler: give it eachMessage or eachBatch/],
      [{ eachRecord: eachMessage }, /without a handler/],
      [{ eachMessage: 'log' }, /without a handler/],
      [{ eachMessage, eachBatch: eachMessage }, /eachMessage and eachBatch: give one/],
      [{ eachMessage, commit: 'afer' }, /commit: one of after, before, automatic is wanted \(got "afer"\)/],
      [{ eachMessage, stopTimeoutMs: -1 }, /stopTimeoutMs: milliseconds from 0 on are wanted \(got -1\)/],
    ];
    for (const [options, message] of refused) {
      await assert.rejects(consumer.run(options as RunOptions), { name: 'IllegalStateError', message });
    }
    const alone = cluster.consumer();
    alone.assign([{ topic: 'whatever', partition: 0 }]);
    await assert.rejects(alone.run({ eachMessage, commit: 'after' }), /run\({ commit: 'after' }\) needs group\.id/);
  });

  cluster.scenario('a member that takes over goes on at the committed offset', async () => {
    const topic = await cluster.topic('handover');
    const groupId = cluster.unique('group');
    const producer = cluster.producer();
    for (const value of values('v', 20)) producer.send({ topic, value });
    await producer.flush();
    const first = cluster.consumer({ ...QUICK_GROUP, groupId, enableAutoCommit: false, maxPollRecords: 5 });
    first.subscribe([topic]);
    await take(first, 5);
    await first.commit();
    await take(first, 5);
    await first.close();
    const second = cluster.consumer({ ...QUICK_GROUP, groupId });
    second.subscribe([topic]);
    const records = await take(second, 15);
    assert.deepEqual(valuesOf(records), values('v', 20).slice(5));
    assert.equal((await second.committed([{ topic, partition: 0 }]))[0]!.offset, 5);
  });

  cluster.scenario('auto commit keeps what was handed out, at the latest when the consumer closes', async () => {
    const topic = await cluster.topic('auto');
    const groupId = cluster.unique('group');
    const producer = cluster.producer();
    for (const value of values('v', 10)) producer.send({ topic, value });
    await producer.flush();
    const consumer = cluster.consumer({ ...QUICK_GROUP, groupId, enableAutoCommit: true });
    consumer.subscribe([topic]);
    await take(consumer, 10);
    await consumer.close();
    assert.equal((await cluster.admin().listConsumerGroupOffsets(groupId))[0]!.offset, 10);
  });

  cluster.scenario('a slow handler stays a member as long as max.poll.interval.ms allows, and no longer', async () => {
    const topic = await cluster.topic('slow');
    const groupId = cluster.unique('group');
    const producer = cluster.producer();
    for (const value of values('v', 4)) producer.send({ topic, value });
    await producer.flush();
    const slow = cluster.consumer({
      ...QUICK_GROUP,
      groupId,
      enableAutoCommit: false,
      maxPollRecords: 1,
      maxPollIntervalMs: 700,
    });
    const told: string[] = [];
    slow.subscribe([topic], {
      onLost: () => void told.push('lost'),
      onRevoked: () => void told.push('revoked'),
    });
    await take(slow, 1);
    await cluster.sleep(350);
    await slow.commit();
    await cluster.sleep(1200);
    await assert.rejects(slow.commit(), { name: 'CommitFailedError', code: 'UNKNOWN_MEMBER_ID' });
    assert.deepEqual(valuesOf(await take(slow, 1)), ['v-1'], 'begins again where it last committed');
    assert.deepEqual(told, ['lost']);
  });

  cluster.scenario('a consumer can subscribe to a topic that is created later', async () => {
    const topic = cluster.unique('later');
    const consumer = cluster.consumer({
      ...QUICK_GROUP,
      groupId: cluster.unique('group'),
      allowAutoCreateTopics: false,
    });
    consumer.subscribe([topic]);
    assert.deepEqual(await consumer.poll({ timeoutMs: 300 }), []);
    await cluster.admin().createTopics([{ name: topic, partitions: 2, replicationFactor: 1 }]);
    const poller = new Poller(consumer);
    await cluster.eventually('it is assigned', () => consumer.assignment().length === 2);
    await cluster.producer().sendAndWait({ topic, value: 'here' });
    await cluster.eventually('it is read', () => poller.records.length === 1);
    await poller.stop();
  });

  cluster.scenario('for await hands out batches until the consumer is closed', async () => {
    const topic = await cluster.topic('loop');
    const producer = cluster.producer();
    for (const value of values('v', 30)) producer.send({ topic, value });
    await producer.flush();
    const consumer = cluster.consumer({ ...QUICK_GROUP, groupId: cluster.unique('group'), maxPollRecords: 10 });
    consumer.subscribe([topic]);
    const seen: string[] = [];
    for await (const batch of consumer) {
      seen.push(...valuesOf(batch).map(String));
      if (seen.length === 30) void consumer.close();
    }
    assert.deepEqual(seen, values('v', 30));
  });
}
