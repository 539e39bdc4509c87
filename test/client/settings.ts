/** Scenarios: options that change what a client does on a cluster: static names, partitioners, buffers, time limits, types. */
import assert from 'node:assert/strict';
import { serde, type TopicPartition, topic as topicOf } from '../../src/client/index.ts';
import { assertSameValues, values } from '../conformance/cluster.ts';
import { readAll, take, type UnderTest, valuesOf } from './context.ts';

const QUICK_GROUP = { heartbeatIntervalMs: 100, sessionTimeoutMs: 10_000, enableAutoCommit: false };

export function settings(cluster: UnderTest): void {
  cluster.scenario('a static member that restarts gets its partitions back, and nobody else notices', async () => {
    const topic = await cluster.topic('static', 4);
    const groupId = cluster.unique('group');
    const told: string[] = [];
    const member = (groupInstanceId: string) => {
      const consumer = cluster.consumer({ ...QUICK_GROUP, groupId, groupInstanceId });
      const tell = (what: string) => (partitions: readonly TopicPartition[]) => {
        told.push(`${groupInstanceId} ${what} ${partitions.length}`);
      };
      consumer.subscribe([topic], { onAssigned: tell('assigned'), onRevoked: tell('revoked'), onLost: tell('lost') });
      return consumer;
    };
    const [stays, leaves] = [member('stays'), member('leaves')];
    await cluster.eventually('both have two', async () => {
      await Promise.all([stays, leaves].map((consumer) => consumer.poll({ timeoutMs: 50 })));
      return stays.assignment().length === 2 && leaves.assignment().length === 2;
    });
    const before = leaves.assignment();
    told.length = 0;
    await leaves.close();
    const returned = member('leaves');
    await cluster.eventually('it is back', async () => {
      await Promise.all([stays, returned].map((consumer) => consumer.poll({ timeoutMs: 50 })));
      return returned.assignment().length > 0;
    });
    assert.deepEqual(returned.assignment(), before);
    assert.deepEqual(
      told.filter((what) => what.startsWith('stays')),
      [],
    );
    const { members } = (await cluster.admin().describeConsumerGroups([groupId]))[0]!;
    assert.deepEqual(members.map(({ groupInstanceId }) => groupInstanceId).sort(), ['leaves', 'stays']);
  });

  cluster.scenario('a second member with a static name fences the first', async () => {
    const topic = await cluster.topic('twins');
    const options = { ...QUICK_GROUP, groupId: cluster.unique('group'), groupInstanceId: 'twin' };
    const [first, second] = [cluster.consumer(options), cluster.consumer(options)];
    first.subscribe([topic]);
    const assigned = async (consumer: typeof first) => {
      await consumer.poll({ timeoutMs: 50 });
      return consumer.assignment().length > 0;
    };
    await cluster.eventually('the first is a member', () => assigned(first));
    second.subscribe([topic]);
    await cluster.eventually('the second is a member', () => assigned(second));
    await assert.rejects(
      async () => {
        for (let polls = 0; polls < 50; polls++) await first.poll({ timeoutMs: 100 });
      },
      { code: 'FENCED_INSTANCE_ID' },
    );
    assert.equal(second.assignment().length, 1);
  });

  cluster.scenario('records go round, or where a function says', async () => {
    const topic = await cluster.topic('placed', 4);
    const round = cluster.producer({ partitionerClass: 'roundrobin' });
    const partitions: number[] = [];
    for (const value of values('v', 8)) partitions.push((await round.sendAndWait({ topic, value })).partition);
    assert.deepEqual(
      [0, 1, 2, 3].map((partition) => partitions.filter((each) => each === partition).length),
      [2, 2, 2, 2],
    );
    const chosen = cluster.producer({
      partitionerClass: ({ value }, { partitionCount }) => String(value).length % partitionCount,
    });
    for (const value of ['', 'a', 'bb', 'ccc', 'dddd']) {
      assert.equal((await chosen.sendAndWait({ topic, key: 'same', value })).partition, value.length % 4);
    }
  });

  cluster.scenario('while buffer.memory is full send asks to wait, and all arrives', async () => {
    const topic = await cluster.topic('narrow');
    const producer = cluster.producer({ bufferMemory: 20_000, batchSize: 2_000, lingerMs: 5 });
    const expected = values('x'.repeat(90), 1_000);
    let waits = 0;
    for (const value of expected) {
      const full = producer.send({ topic, value });
      if (full === undefined) continue;
      waits++;
      await full;
    }
    await producer.flush();
    assert.ok(waits > 3, `${waits} waits`);
    assert.deepEqual(valuesOf(await readAll(cluster, topic)), expected);
  });

  cluster.scenario('delivery.timeout.ms ends what cannot be delivered, and what comes later arrives', async () => {
    const topic = await cluster.topic('late');
    const cut = { name: 'cut', api: 'Produce', action: 'cut' as const, count: Number.POSITIVE_INFINITY };
    const { cluster: proxied, proxy } = await cluster.through([]);
    const producer = proxied.producer({ requestTimeoutMs: 300, deliveryTimeoutMs: 1_000 });
    await producer.sendAndWait({ topic, value: 'before' });
    const rule = proxy.addRule(cut);
    await assert.rejects(producer.sendAndWait({ topic, value: 'never' }), {
      name: 'TimeoutError',
      message: /delivery\.timeout\.ms/,
    });
    rule.remove();
    await producer.sendAndWait({ topic, value: 'after' });
    assert.deepEqual(valuesOf(await readAll(cluster, topic)), ['before', 'after']);
  });

  cluster.scenario(
    'connections that were idle for too long are closed, and made again where they are needed',
    async () => {
      const topic = await cluster.topic('idle');
      const { cluster: proxied, proxy } = await cluster.through([
        { name: 'watch', api: 'Produce', action: 'delay', delayMs: 0, count: Number.POSITIVE_INFINITY },
      ]);
      const producer = proxied.producer({ connectionsMaxIdleMs: 300 });
      for (const value of ['first', 'second']) {
        await producer.sendAndWait({ topic, value });
        await cluster.sleep(1_000);
      }
      assert.equal(new Set(proxy.hits.map(({ request }) => request.connection)).size, 2);
      assert.deepEqual(valuesOf(await readAll(cluster, topic)), ['first', 'second']);
    },
  );

  cluster.scenario('topics with types: what is sent as a value is read as one', async () => {
    interface Order {
      readonly id: number;
      readonly what: string;
    }
    const orders = topicOf(await cluster.topic('orders'), { key: serde.string, value: serde.json<Order>() });
    const producer = cluster.producer();
    const sent = values('näh', 20).map((what, id) => ({ id, what }));
    for (const order of sent) await producer.sendAndWait(orders.record({ key: order.what, value: order }));
    const consumer = cluster.consumer({ groupId: cluster.unique('group') });
    consumer.subscribe([orders.name]);
    const read = (await take(consumer, 20)).map((record) => orders.read(record));
    assert.deepEqual(
      read.map(({ value }) => value),
      sent,
    );
    assertSameValues(
      read.map(({ key }) => key),
      sent.map(({ what }) => what),
    );
  });

  cluster.scenario(
    'each batch of a loop is committed as it is done, and a restart goes on behind the last one',
    async () => {
      const topic = await cluster.topic('steps');
      const producer = cluster.producer();
      for (const value of values('v', 30)) producer.send({ topic, value });
      await producer.flush();
      const groupId = cluster.unique('group');
      const seen: (string | null)[] = [];
      const first = cluster.consumer({ ...QUICK_GROUP, groupId, maxPollRecords: 10 });
      first.subscribe([topic]);
      for await (const batch of first) {
        if (seen.length === 20) break;
        seen.push(...valuesOf(batch));
        await first.commit();
      }
      await first.close();
      const second = cluster.consumer({ ...QUICK_GROUP, groupId });
      second.subscribe([topic]);
      seen.push(...valuesOf(await take(second, 10)));
      assert.deepEqual(seen, values('v', 30));
    },
  );
}
