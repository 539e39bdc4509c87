/** Scenarios: where a consumer begins, seeks and resets; what listOffsets and the admin calls tell. */
import assert from 'node:assert/strict';
import { values } from '../conformance/cluster.ts';
import { take, type UnderTest, valuesOf } from './context.ts';

export function positions(cluster: UnderTest): void {
  const tenRecords = async (): Promise<string> => {
    const topic = await cluster.topic('ten');
    const producer = cluster.producer();
    for (const [index, value] of values('v', 10).entries()) producer.send({ topic, value, timestamp: 1000 + index });
    await producer.flush();
    return topic;
  };

  cluster.scenario('seek goes to an offset, to the beginning and to the end', async () => {
    const topic = await tenRecords();
    const partition = { topic, partition: 0 };
    const consumer = cluster.consumer();
    consumer.assign([partition]);
    consumer.seek({ ...partition, offset: 7 });
    assert.deepEqual(valuesOf(await take(consumer, 3)), ['v-7', 'v-8', 'v-9']);
    consumer.seekToBeginning();
    assert.equal(await consumer.position(partition), 0);
    assert.deepEqual(valuesOf(await take(consumer, 10)), values('v', 10));
    consumer.seek({ ...partition, offset: 2 });
    consumer.seekToEnd();
    assert.equal(await consumer.position(partition), 10);
    assert.deepEqual(await consumer.poll({ timeoutMs: 50 }), []);
  });

  cluster.scenario('auto.offset.reset decides where a consumer without offsets begins', async () => {
    const topic = await tenRecords();
    const partition = { topic, partition: 0 };
    const latest = cluster.consumer({ autoOffsetReset: 'latest' });
    latest.assign([partition]);
    assert.equal(await latest.position(partition), 10);
    const none = cluster.consumer({ autoOffsetReset: 'none' });
    none.assign([partition]);
    await assert.rejects(none.poll({ timeoutMs: 5000 }), { name: 'NoOffsetForPartitionError' });
    none.seek({ ...partition, offset: 9 });
    assert.deepEqual(valuesOf(await take(none, 1)), ['v-9']);
  });

  cluster.scenario(
    'auto.offset.reset by duration begins at the first record that is young enough, else at the end',
    async () => {
      const topic = await cluster.topic('recent');
      const partition = { topic, partition: 0 };
      const producer = cluster.producer();
      const hour = 3_600_000;
      for (const [value, age] of [
        ['old', 48 * hour],
        ['yesterday', 20 * hour],
        ['now', 0],
      ] as const) {
        await producer.sendAndWait({ ...partition, value, timestamp: cluster.now() - age });
      }
      const lastDay = cluster.consumer({ autoOffsetReset: 'by_duration:P1D' });
      lastDay.assign([partition]);
      assert.deepEqual(valuesOf(await take(lastDay, 2)), ['yesterday', 'now']);
      const future = cluster.consumer({ autoOffsetReset: 'by_duration:PT0S' });
      future.assign([partition]);
      assert.equal(await future.position(partition), 3);
    },
  );

  cluster.scenario(
    'seekToTimestamp goes to the first record that is not older, and behind the last where there is none',
    async () => {
      const topic = await tenRecords();
      const partition = { topic, partition: 0 };
      const consumer = cluster.consumer();
      consumer.assign([partition]);
      consumer.seekToTimestamp(1007);
      assert.deepEqual(valuesOf(await take(consumer, 3)), ['v-7', 'v-8', 'v-9']);
      consumer.seekToTimestamp(5000);
      assert.equal(await consumer.position(partition), 10);
    },
  );

  cluster.scenario(
    'lag counts from the position to the end, which is the last stable offset for read_committed',
    async () => {
      const topic = await tenRecords();
      const partition = { topic, partition: 0 };
      const consumer = cluster.consumer({ isolationLevel: 'read_committed', maxPollRecords: 4 });
      consumer.assign([partition]);
      assert.deepEqual(consumer.lag(), [], 'nothing is known before the first fetch');
      await take(consumer, 4);
      assert.deepEqual(consumer.lag(), [{ ...partition, lag: 6 }]);
      await take(consumer, 6);
      assert.deepEqual(consumer.lag(), [{ ...partition, lag: 0 }]);
    },
  );

  cluster.scenario('a position out of range is reset by policy, or reported', async () => {
    const topic = await tenRecords();
    const partition = { topic, partition: 0 };
    const earliest = cluster.consumer();
    earliest.assign([partition]);
    earliest.seek({ ...partition, offset: 5000 });
    assert.deepEqual(valuesOf(await take(earliest, 10)), values('v', 10));
    const none = cluster.consumer({ autoOffsetReset: 'none' });
    none.assign([partition]);
    none.seek({ ...partition, offset: 5000 });
    await assert.rejects(none.poll({ timeoutMs: 5000 }), {
      name: 'OffsetOutOfRangeError',
      code: 'OFFSET_OUT_OF_RANGE',
    });
  });

  cluster.scenario(
    'a topic that is deleted and made anew is noticed: it is read from its beginning, or reported',
    async () => {
      const topic = await tenRecords();
      const partition = { topic, partition: 0 };
      const options = { allowAutoCreateTopics: false, autoOffsetReset: 'latest' } as const;
      const reader = cluster.consumer(options);
      const strict = cluster.consumer({ ...options, autoOffsetReset: 'none' });
      for (const consumer of [reader, strict]) {
        consumer.assign([partition]);
        consumer.seek({ ...partition, offset: 0 });
        await take(consumer, 10);
      }
      const admin = cluster.admin();
      await admin.deleteTopics([topic]);
      await cluster.eventually('it is gone', async () => !(await admin.listTopics()).includes(topic));
      await admin.createTopics([{ name: topic, partitions: 1, replicationFactor: 1 }]);
      const producer = cluster.producer();
      // More than there were: the old position is within the new log.
      for (const value of values('new', 20)) producer.send({ topic, value });
      await producer.flush();
      assert.deepEqual(valuesOf(await take(reader, 20)), values('new', 20));
      await assert.rejects(take(strict, 1), {
        name: 'LogTruncationError',
        partitions: [{ ...partition, offset: 10, leaderEpoch: 0, divergingOffset: 0 }],
      });
      strict.seek({ ...partition, offset: 19 });
      assert.deepEqual(valuesOf(await take(strict, 1)), ['new-19']);
    },
  );

  cluster.scenario(
    'offsets are committed with the leader epoch of what was read, and a position is validated with it',
    async () => {
      const topic = await tenRecords();
      const partition = { topic, partition: 0 };
      const groupId = cluster.unique('epochs');
      const consumer = cluster.consumer({ groupId, enableAutoCommit: false, maxPollRecords: 4 });
      consumer.assign([partition]);
      await take(consumer, 4);
      await consumer.commit();
      const [committed] = await consumer.committed();
      assert.deepEqual([committed!.offset, committed!.leaderEpoch], [4, 0]);
      const next = cluster.consumer({ groupId, autoOffsetReset: 'none' });
      next.assign([partition]);
      assert.deepEqual(valuesOf(await take(next, 6)), values('v', 10).slice(4));
    },
  );

  cluster.scenario(
    'a position outlasts a restart of the broker, and is found in the log of the next leader epoch',
    async () => {
      const topic = await tenRecords();
      const partition = { topic, partition: 0 };
      const consumer = cluster.consumer({ autoOffsetReset: 'none', maxPollRecords: 4 });
      consumer.assign([partition]);
      consumer.seek({ ...partition, offset: 0 });
      await take(consumer, 4);
      await cluster.restart();
      await cluster.producer().sendAndWait({ ...partition, value: 'after' });
      assert.deepEqual(valuesOf(await take(consumer, 7)), [...values('v', 10).slice(4), 'after']);
    },
  );

  cluster.scenario('listOffsets finds the ends, a time and the latest time', async () => {
    const topic = await tenRecords();
    const admin = cluster.admin();
    const at = async (spec: 'earliest' | 'latest' | 'maxTimestamp' | { timestamp: number }): Promise<number[]> => {
      const [found] = await admin.listOffsets([{ topic, partition: 0, at: spec }]);
      return [found!.offset, found!.timestamp];
    };
    assert.deepEqual(await at('earliest'), [0, -1]);
    assert.deepEqual(await at('latest'), [10, -1]);
    assert.deepEqual(await at({ timestamp: 1004 }), [4, 1004]);
    assert.deepEqual(await at({ timestamp: 999_999 }), [-1, -1]);
    assert.deepEqual(await at('maxTimestamp'), [9, 1009]);
  });

  cluster.scenario('offsets are committed and found again without a group membership', async () => {
    const topic = await tenRecords();
    const groupId = cluster.unique('alone');
    const consumer = cluster.consumer({ groupId, enableAutoCommit: false });
    consumer.assign([{ topic, partition: 0 }]);
    await take(consumer, 10);
    await consumer.commit([{ topic, partition: 0, offset: 4, metadata: 'note' }]);
    const [committed] = await consumer.committed();
    assert.deepEqual([committed!.offset, committed!.metadata], [4, 'note']);
    const next = cluster.consumer({ groupId });
    next.assign([{ topic, partition: 0 }]);
    assert.equal(await next.position({ topic, partition: 0 }), 4);
    assert.deepEqual(
      (await cluster.admin().listConsumerGroupOffsets(groupId)).map((found) => found.offset),
      [4],
    );
  });

  cluster.scenario('topics are created, listed, described and deleted', async () => {
    const admin = cluster.admin();
    const topic = cluster.unique('made');
    await admin.createTopics([
      { name: topic, partitions: 3, replicationFactor: 1, configs: { 'retention.ms': '60000' } },
    ]);
    assert.ok((await admin.listTopics()).includes(topic));
    const [info] = await admin.describeTopics([topic]);
    assert.deepEqual(
      info!.partitions.map(({ partition }) => partition),
      [0, 1, 2],
    );
    await assert.rejects(admin.createTopics([{ name: topic }]), { code: 'TOPIC_ALREADY_EXISTS' });
    await admin.deleteTopics([topic]);
    // Apache Kafka's brokers learn of a deletion a moment after it is answered.
    await cluster.eventually('it is gone', async () => !(await admin.listTopics()).includes(topic));
    await assert.rejects(admin.describeTopics([topic]), { code: 'UNKNOWN_TOPIC_OR_PARTITION', retriable: false });
    const { brokers, controllerId } = await admin.describeCluster();
    assert.ok(brokers.some((broker) => broker.id === controllerId));
  });
}
