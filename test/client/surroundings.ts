/** Scenarios: presets, names that resolve, where a client logs, and clients that end with their scope. */
import assert from 'node:assert/strict';
import { Admin, Consumer, type Logger, Producer } from '../../src/client/index.ts';
import { values } from '../conformance/cluster.ts';
import { readAll, take, type UnderTest, valuesOf } from './context.ts';

export function surroundings(cluster: UnderTest): void {
  const common = () => ({ bootstrapServers: cluster.bootstrap(), ports: cluster.ports, retryBackoffMs: 20 });

  for (const preset of ['log-collection', 'general-events', 'critical-events'] as const) {
    cluster.scenario(`preset ${preset}: what its producer sends its consumer reads`, async () => {
      const topic = await cluster.topic(preset);
      await using producer = new Producer({ ...common(), preset });
      for (const value of values('v', 50)) producer.send({ topic, value });
      await producer.flush();
      await using consumer = new Consumer({ ...common(), preset, groupId: cluster.unique('group') });
      // log-collection says nothing of where a group begins.
      consumer.assign([{ topic, partition: 0 }]);
      consumer.seekToBeginning();
      assert.deepEqual(valuesOf(await take(consumer, 50)), values('v', 50));
    });
  }

  cluster.scenario('preset payments: only what is committed is read', async () => {
    const topic = await cluster.topic('payments');
    const transactionalId = cluster.unique('tx');
    await using producer = new Producer({ ...common(), preset: 'payments', transactionalId });
    await producer.initTransactions();
    for (const [value, outcome] of [
      ['dropped', 'abort'],
      ['kept', 'commit'],
    ] as const) {
      const transaction = await producer.begin();
      transaction.send({ topic, value });
      await transaction[outcome]();
    }
    await using consumer = new Consumer({ ...common(), preset: 'payments', groupId: cluster.unique('group') });
    consumer.subscribe([topic]);
    assert.deepEqual(valuesOf(await take(consumer, 1)), ['kept']);
  });

  cluster.scenario('client.dns.lookup: every kind of client goes by it', async () => {
    const topic = await cluster.topic('named');
    const { network } = cluster.ports;
    const asked: string[] = [];
    const ports = {
      ...cluster.ports,
      network: {
        listen: network.listen.bind(network),
        connect: network.connect.bind(network),
        lookup: (host: string) => network.lookup(host),
        nameOf: async (address: string) => {
          asked.push(address);
          return address;
        },
      },
    };
    for (const clientDnsLookup of ['use_all_dns_ips', 'resolve_canonical_bootstrap_servers_only'] as const) {
      asked.length = 0;
      const options = { ...common(), ports, clientDnsLookup };
      await using producer = new Producer({ ...options, lingerMs: 0 });
      await producer.sendAndWait({ topic, value: clientDnsLookup });
      await using admin = new Admin(options);
      assert.ok((await admin.listTopics()).length > 0);
      await using consumer = new Consumer({ ...options, autoOffsetReset: 'earliest' });
      consumer.assign([{ topic, partition: 0 }]);
      assert.equal(valuesOf(await take(consumer, 1))[0], 'use_all_dns_ips');
      assert.equal(asked.length > 0, clientDnsLookup === 'resolve_canonical_bootstrap_servers_only');
    }
  });

  cluster.scenario('a client tells its logger, and nobody else', async () => {
    const topic = await cluster.topic('logged');
    const told: string[] = [];
    const tell = (message: string): void => void told.push(message);
    const logger: Logger = { debug: tell, info: tell, warn: tell, error: tell };
    await cluster.producer().sendAndWait({ topic, value: 'v' });
    const consumer = cluster.consumer({ groupId: cluster.unique('group'), logger });
    consumer.on('rebalance', () => {
      throw new Error('a listener that cannot');
    });
    consumer.subscribe([topic]);
    await take(consumer, 1);
    assert.ok(told.includes('partitions assigned'), `${told}`);
    assert.ok(
      told.some((message) => message.startsWith('a listener threw')),
      `${told}`,
    );
  });

  cluster.scenario('clients end with their scope: a transaction is aborted, a member leaves', async () => {
    const topic = await cluster.topic('scoped');
    const groupId = cluster.unique('group');
    let ended: (() => Promise<unknown>)[] = [];
    {
      await using producer = new Producer({ ...common(), transactionalId: cluster.unique('tx') });
      await using plain = new Producer(common());
      await using admin = new Admin(common());
      await using consumer = new Consumer({ ...common(), groupId, autoOffsetReset: 'earliest' });
      await using working = cluster.process({
        group: cluster.unique('group'),
        from: topic,
        guarantee: 'at-least-once',
        handler: () => {},
      });
      await producer.initTransactions();
      {
        const transaction = await producer.begin();
        transaction.send({ topic, value: 'kept' });
        await transaction.commit();
      }
      {
        await using transaction = await producer.begin();
        transaction.send({ topic, value: 'dropped' });
        await producer.flush();
      }
      consumer.subscribe([topic]);
      await take(consumer, 1);
      await cluster.eventually('it is handled', () => working.finished >= 1);
      ended = [() => plain.sendAndWait({ topic, value: 'late' }), () => admin.listTopics(), () => consumer.poll()];
    }
    for (const call of ended) await assert.rejects(call, { name: 'ClosedError' });
    assert.deepEqual(valuesOf(await readAll(cluster, topic)), ['kept']);
    const [group] = await cluster.admin().describeConsumerGroups([groupId]);
    assert.deepEqual(group!.members, []);
  });
}
