/** kafkajs against a cluster: groups, rebalances, offsets, idempotence, transactions. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CompressionTypes, type Consumer, Kafka, logLevel, type ProducerRecord } from 'kafkajs';
import { assertSameValues, eventually, onCluster, type StartCluster, unique, values } from './cluster.ts';

interface Seen {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | undefined;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A consumer that collects what it is given and knows what it is assigned. */
class Member {
  readonly seen: Seen[] = [];
  readonly assignments: number[][] = [];
  private readonly consumer: Consumer;

  constructor(kafka: Kafka, groupId: string, readUncommitted = false) {
    this.consumer = kafka.consumer({
      groupId,
      readUncommitted,
      sessionTimeout: 10_000,
      heartbeatInterval: 200,
      maxWaitTimeInMs: 200,
    });
    this.consumer.on(this.consumer.events.GROUP_JOIN, ({ payload }) => {
      this.assignments.push(Object.values(payload.memberAssignment).flat().sort());
    });
  }

  async run(topic: string): Promise<this> {
    await this.consumer.connect();
    await this.consumer.subscribe({ topic, fromBeginning: true });
    await this.consumer.run({
      autoCommitThreshold: 1,
      eachMessage: async ({ topic, partition, message }) => {
        const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]);
        this.seen.push({
          topic,
          partition,
          offset: Number(message.offset),
          key: message.key?.toString(),
          value: message.value!.toString(),
          headers: Object.fromEntries(headers),
        });
      },
    });
    return this;
  }

  get values(): string[] {
    return this.seen.map(({ value }) => value);
  }

  /** The partitions of the last assignment. */
  get assigned(): readonly number[] | undefined {
    return this.assignments.at(-1);
  }

  sees(count: number): Promise<unknown> {
    return eventually(`${count} records`, () => this.seen.length >= count, { state: () => this.values });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.consumer.disconnect();
  }
}

export function kafkajsScenarios(clusterName: string, start: StartCluster): void {
  process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
  onCluster(`kafkajs on ${clusterName}`, start, (bootstrap) => {
    const client = () =>
      new Kafka({ brokers: [bootstrap()], clientId: 'kafkajs', logLevel: logLevel.NOTHING, retry: { retries: 8 } });

    async function createTopic(name: string, numPartitions = 1): Promise<string> {
      const topic = unique(name);
      const admin = client().admin();
      await admin.connect();
      assert.equal(await admin.createTopics({ topics: [{ topic, numPartitions }] }), true);
      assert.ok((await admin.listTopics()).includes(topic));
      await admin.disconnect();
      return topic;
    }

    async function send(record: ProducerRecord): Promise<void> {
      const producer = client().producer();
      await producer.connect();
      await producer.send(record);
      await producer.disconnect();
    }

    const committed = async (groupId: string, topic: string): Promise<string> => {
      const admin = client().admin();
      await admin.connect();
      const [answer] = await admin.fetchOffsets({ groupId, topics: [topic] });
      await admin.disconnect();
      return answer!.partitions.map(({ partition, offset }) => `${partition}:${offset}`).join(' ');
    };

    describe('produce and consume', () => {
      for (const [name, compression] of [
        ['no compression', CompressionTypes.None],
        ['gzip', CompressionTypes.GZIP],
      ] as const) {
        test(`keys, values, headers and order survive, with ${name}`, async () => {
          const topic = await createTopic('kafkajs-plain', 3);
          const messages = values('v', 300).map((value, index) => ({
            key: `k${index % 17}`,
            value,
            headers: { index: String(index) },
          }));
          await send({ topic, messages: messages.slice(0, 150), acks: -1, compression });
          await send({ topic, messages: messages.slice(150), acks: 1, compression });
          await using member = await new Member(client(), unique('group')).run(topic);
          await member.sees(300);
          assertSameValues(member.values, values('v', 300));
          for (const { key, value, headers } of member.seen) {
            const index = Number(value.slice(2));
            assert.equal(key, `k${index % 17}`);
            assert.deepEqual(headers, { index: String(index) });
          }
          const partitionOf = new Map<string, number>();
          for (const partition of [0, 1, 2]) {
            const there = member.seen.filter((record) => record.partition === partition);
            assert.ok(there.length > 0);
            assert.deepEqual(
              there.map(({ offset }) => offset),
              there.map((_, index) => index),
            );
            const indexes = there.map(({ value }) => Number(value.slice(2)));
            assert.deepEqual(
              indexes,
              [...indexes].sort((a, b) => a - b),
            );
            for (const { key } of there) assert.equal(partitionOf.get(key!) ?? partition, partition);
            for (const { key } of there) partitionOf.set(key!, partition);
          }
        });
      }

      test('with acks 0 the producer does not wait, and the records arrive', async () => {
        const topic = await createTopic('kafkajs-acks0');
        const producer = client().producer();
        await producer.connect();
        await producer.send({ topic, acks: 0, messages: values('v', 20).map((value) => ({ value })) });
        await using member = await new Member(client(), unique('group')).run(topic);
        await member.sees(20);
        assert.deepEqual(member.values, values('v', 20));
        await producer.disconnect();
      });

      test('a tombstone and an empty value are told apart', async () => {
        const topic = await createTopic('kafkajs-null');
        await send({
          topic,
          messages: [
            { key: 'a', value: null },
            { key: 'b', value: '' },
          ],
        });
        const consumer = client().consumer({ groupId: unique('group'), maxWaitTimeInMs: 200 });
        const got: (string | null)[] = [];
        await consumer.connect();
        await consumer.subscribe({ topic, fromBeginning: true });
        await consumer.run({ eachMessage: async ({ message }) => void got.push(message.value?.toString() ?? null) });
        await eventually('two records', () => got.length === 2);
        await consumer.disconnect();
        assert.deepEqual(got, [null, '']);
      });
    });

    describe('groups', () => {
      test('two members share the partitions, and the one that stays takes them all', async () => {
        const topic = await createTopic('kafkajs-rebalance', 4);
        const groupId = unique('group');
        await using first = await new Member(client(), groupId).run(topic);
        await eventually('all for the first', () => first.assigned?.join() === '0,1,2,3');
        {
          await using second = await new Member(client(), groupId).run(topic);
          await eventually('two for each', () => first.assigned?.length === 2 && second.assigned?.length === 2, {
            state: () => [first.assignments, second.assignments],
          });
          assert.deepEqual([...first.assigned!, ...second.assigned!].sort(), [0, 1, 2, 3]);
          await send({ topic, messages: values('shared', 40).map((value, i) => ({ value, partition: i % 4 })) });
          await eventually('every record at one of them', () => first.seen.length + second.seen.length >= 40);
          assertSameValues([...first.values, ...second.values], values('shared', 40));
          for (const member of [first, second]) {
            assert.deepEqual([...new Set(member.seen.map(({ partition }) => partition))].sort(), member.assigned);
          }
        }
        await eventually('all for the one that stayed', () => first.assigned?.join() === '0,1,2,3');
        await send({ topic, messages: values('alone', 8).map((value, i) => ({ value, partition: i % 4 })) });
        await eventually('the rest', () => first.values.filter((value) => value.startsWith('alone')).length === 8);
      });

      test('offsets resume after the consumer restarts', async () => {
        const topic = await createTopic('kafkajs-resume', 2);
        const groupId = unique('group');
        await send({ topic, messages: values('before', 20).map((value, i) => ({ value, partition: i % 2 })) });
        {
          await using member = await new Member(client(), groupId).run(topic);
          await member.sees(20);
        }
        assert.equal(await committed(groupId, topic), '0:10 1:10');
        await send({ topic, messages: values('after', 10).map((value, i) => ({ value, partition: i % 2 })) });
        await using member = await new Member(client(), groupId).run(topic);
        await member.sees(10);
        assertSameValues(member.values, values('after', 10));
        const other = await new Member(client(), unique('other-group')).run(topic);
        await other.sees(30);
        await other[Symbol.asyncDispose]();
      });
    });

    describe('idempotence and transactions', () => {
      test('an idempotent producer writes each record once, in order', async () => {
        const topic = await createTopic('kafkajs-idempotent');
        const producer = client().producer({ idempotent: true, maxInFlightRequests: 1 });
        await producer.connect();
        const offsets: number[] = [];
        for (const value of values('v', 30)) {
          const [answer] = await producer.send({ topic, messages: [{ value }] });
          offsets.push(Number(answer!.baseOffset));
        }
        await producer.disconnect();
        assert.deepEqual(
          offsets,
          offsets.map((_, index) => index),
        );
        await using member = await new Member(client(), unique('group')).run(topic);
        await member.sees(30);
        assert.deepEqual(member.values, values('v', 30));
      });

      test('read_committed sees committed records only, read_uncommitted all of them', async () => {
        const topics = [await createTopic('kafkajs-tx', 2), await createTopic('kafkajs-tx')];
        const producer = client().producer({ transactionalId: unique('tx'), idempotent: true, maxInFlightRequests: 1 });
        await producer.connect();
        const expected: string[] = [];
        for (const [round, outcome] of ['commit', 'abort', 'commit', 'abort', 'commit'].entries()) {
          const transaction = await producer.transaction();
          const sent = values(`${outcome}-${round}`, 6);
          for (const [index, value] of sent.entries()) {
            await transaction.send({ topic: topics[index % 2]!, messages: [{ value, partition: 0 }] });
          }
          if (outcome === 'commit') {
            await transaction.commit();
            expected.push(...sent);
          } else {
            await transaction.abort();
          }
        }
        await producer.disconnect();
        const inTopic = (which: number) => expected.filter((value) => Number(value.split('-')[2]) % 2 === which);
        for (const which of [0, 1]) {
          await using strict = await new Member(client(), unique('strict')).run(topics[which]!);
          await using loose = await new Member(client(), unique('loose'), true).run(topics[which]!);
          await loose.sees(15);
          await strict.sees(9);
          assert.deepEqual(strict.values, inTopic(which));
          assert.equal(loose.values.length, 15);
        }
      });

      test('read_committed waits at an open transaction and goes on at its end', async () => {
        const topic = await createTopic('kafkajs-open');
        const producer = client().producer({ transactionalId: unique('tx'), idempotent: true, maxInFlightRequests: 1 });
        await producer.connect();
        const transaction = await producer.transaction();
        await transaction.send({ topic, messages: [{ value: 'in the transaction' }] });
        await send({ topic, messages: [{ value: 'after it' }] });
        await using strict = await new Member(client(), unique('strict')).run(topic);
        await using loose = await new Member(client(), unique('loose'), true).run(topic);
        await loose.sees(2);
        assert.deepEqual(strict.values, []);
        await transaction.commit();
        await strict.sees(2);
        assert.deepEqual(strict.values, ['in the transaction', 'after it']);
        await producer.disconnect();
      });

      test('offsets sent to a transaction move with its commit and not with its abort', async () => {
        const input = await createTopic('kafkajs-input');
        const output = await createTopic('kafkajs-output');
        const groupId = unique('group');
        await send({ topic: input, messages: values('in', 10).map((value) => ({ value })) });
        const producer = client().producer({ transactionalId: unique('tx'), idempotent: true, maxInFlightRequests: 1 });
        await producer.connect();
        const step = async (value: string, offset: string) => {
          const transaction = await producer.transaction();
          await transaction.send({ topic: output, messages: [{ value }] });
          const topics = [{ topic: input, partitions: [{ partition: 0, offset }] }];
          await transaction.sendOffsets({ consumerGroupId: groupId, topics });
          return transaction;
        };
        await (await step('first', '4')).commit();
        await eventually('the committed offset', async () => (await committed(groupId, input)) === '0:4');
        await (await step('never', '9')).abort();
        await (await step('second', '6')).commit();
        await eventually('the next one', async () => (await committed(groupId, input)) === '0:6');
        await producer.disconnect();
        await using rest = await new Member(client(), groupId).run(input);
        await rest.sees(4);
        assert.deepEqual(rest.values, values('in', 10).slice(6));
        await using results = await new Member(client(), unique('group')).run(output);
        await results.sees(2);
        assert.deepEqual(results.values, ['first', 'second']);
      });

      test('a second producer with the same transactional.id fences the first', async () => {
        const topic = await createTopic('kafkajs-fence');
        const transactionalId = unique('tx');
        const options = { transactionalId, idempotent: true, maxInFlightRequests: 1 };
        const zombie = client().producer(options);
        await zombie.connect();
        const old = await zombie.transaction();
        await old.send({ topic, messages: [{ value: 'zombie' }] });
        const heir = client().producer(options);
        await heir.connect();
        const transaction = await heir.transaction();
        await transaction.send({ topic, messages: [{ value: 'heir' }] });
        await transaction.commit();
        await assert.rejects(old.commit());
        await heir.disconnect();
        await zombie.disconnect();
        await using member = await new Member(client(), unique('group')).run(topic);
        await member.sees(1);
        assert.deepEqual(member.values, ['heir']);
      });
    });
  });
}
