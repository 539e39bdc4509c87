/** Scenarios: the admin client and topics, records, configurations, the cluster itself. */
import assert from 'node:assert/strict';
import { values } from '../conformance/cluster.ts';
import { failsFor } from './admin-aids.ts';
import { readAll, type UnderTest, valuesOf } from './context.ts';

/** Long enough to be sure that a topic is not only new. */
const SOON = { timeoutMs: 500 };

export function adminTopics(cluster: UnderTest): void {
  const partition = (topic: string, partition = 0) => ({ topic, partition });

  cluster.scenario('topics that cannot be made do not hinder the others', async () => {
    const admin = cluster.admin();
    const [good, taken] = [cluster.unique('good'), await cluster.topic('taken')];
    const results = await failsFor(
      admin.createTopics([
        { name: taken },
        { name: good, partitions: 2, configs: { 'cleanup.policy': 'compact' } },
        { name: 'wide', replicationFactor: 9 },
        { name: 'b ad' },
        { name: 'mistyped', configs: { 'retention.mss': '1' } },
      ]),
      {
        [taken]: 'TOPIC_ALREADY_EXISTS',
        wide: 'INVALID_REPLICATION_FACTOR',
        'b ad': 'INVALID_TOPIC_EXCEPTION',
        mistyped: 'INVALID_CONFIG',
      },
    );
    const [made] = results as { name: string; id: string; partitions: number; replicationFactor: number }[];
    assert.deepEqual(results.length, 1);
    assert.deepEqual([made!.name, made!.partitions, made!.replicationFactor], [good, 2, 1]);
    await cluster.eventually('it is there', async () => (await admin.listTopics()).includes(good));
    const [described] = (await failsFor(admin.describeTopics([good, 'no-such-topic']), {
      'no-such-topic': 'UNKNOWN_TOPIC_OR_PARTITION',
    })) as { id: string }[];
    assert.equal(described!.id, made!.id);
    await failsFor(admin.deleteTopics(['no-such-topic', good]), { 'no-such-topic': 'UNKNOWN_TOPIC_OR_PARTITION' });
    await cluster.eventually('it is gone', async () => !(await admin.listTopics()).includes(good));
  });

  cluster.scenario('a topic that was just made can be worked with at once', async () => {
    const admin = cluster.admin();
    for (let round = 0; round < 5; round++) {
      const name = cluster.unique('fresh');
      await admin.createTopics([{ name, partitions: 2, configs: { 'retention.ms': '60000' } }]);
      const [[topic], [configured], [end]] = await Promise.all([
        admin.describeTopics([name]),
        admin.describeConfigs([{ type: 'topic', name }], { names: ['retention.ms'] }),
        admin.listOffsets([{ ...partition(name, 1), at: 'latest' }]),
      ]);
      assert.deepEqual([topic!.partitions.length, configured!.entries[0]!.value, end!.offset], [2, '60000', 0]);
      await admin.alterConsumerGroupOffsets(cluster.unique('group'), [{ ...partition(name), offset: 0 }]);
      await admin.deleteTopics([name]);
    }
  });

  cluster.scenario('a topic can be judged without being made, and made where it is told to lie', async () => {
    const admin = cluster.admin();
    const name = cluster.unique('judged');
    const [judged] = await admin.createTopics([{ name, partitions: 3 }], { validateOnly: true });
    assert.equal(judged!.name, name);
    assert.ok(!(await admin.listTopics()).includes(name));
    const { brokers } = await admin.describeCluster();
    await admin.createTopics([{ name, replicasAssignments: [[brokers[0]!.id], [brokers[0]!.id]] }]);
    await cluster.eventually('it has two partitions', async () => {
      const [info] = await admin.describeTopics([name]).catch(() => []);
      return info?.partitions.length === 2;
    });
    await assert.rejects(admin.createTopics([{ name }, { name }]), { code: 'INVALID_REQUEST', message: /named twice/ });
  });

  cluster.scenario('topics grow, and cannot shrink', async () => {
    const admin = cluster.admin();
    const [grown, full] = [await cluster.topic('grown', 1), await cluster.topic('full', 3)];
    await admin.createPartitions([{ topic: grown, count: 5 }], { validateOnly: true });
    await failsFor(
      admin.createPartitions([
        { topic: full, count: 3 },
        { topic: 'no-such-topic', count: 2 },
        { topic: grown, count: 2 },
      ]),
      { [full]: 'INVALID_PARTITIONS', 'no-such-topic': 'UNKNOWN_TOPIC_OR_PARTITION' },
    );
    // A new partition can be asked for at once.
    const [end] = await admin.listOffsets([{ ...partition(grown, 1), at: 'latest' }]);
    assert.equal(end!.offset, 0);
    await failsFor(admin.listOffsets([{ ...partition(grown, 2), at: 'latest' }], SOON), {
      [`${grown}-2`]: 'UNKNOWN_TOPIC_OR_PARTITION',
    });
  });

  cluster.scenario('records are deleted before an offset, or all', async () => {
    const admin = cluster.admin();
    const topic = await cluster.topic('front', 2);
    const producer = cluster.producer();
    for (const value of values('v', 10)) for (const at of [0, 1]) producer.send({ topic, partition: at, value });
    await producer.flush();
    const deleted = await admin.deleteRecords([
      { ...partition(topic, 1), beforeOffset: 'latest' },
      { ...partition(topic, 0), beforeOffset: 7 },
    ]);
    assert.deepEqual(deleted, [
      { ...partition(topic, 1), lowWatermark: 10 },
      { ...partition(topic, 0), lowWatermark: 7 },
    ]);
    assert.deepEqual(valuesOf(await readAll(cluster, topic)), ['v-7', 'v-8', 'v-9']);
    const compacted = cluster.unique('compacted');
    await admin.createTopics([{ name: compacted, partitions: 1, configs: { 'cleanup.policy': 'compact' } }]);
    const results = await failsFor(
      admin.deleteRecords(
        [
          { ...partition(topic, 0), beforeOffset: 11 },
          { ...partition(topic, 1), beforeOffset: 3 },
          { ...partition(compacted), beforeOffset: 'latest' },
          { ...partition('no-such-topic'), beforeOffset: 'latest' },
        ],
        SOON,
      ),
      {
        [`${topic}-0`]: 'OFFSET_OUT_OF_RANGE',
        [`${compacted}-0`]: 'POLICY_VIOLATION',
        'no-such-topic-0': 'UNKNOWN_TOPIC_OR_PARTITION',
      },
    );
    assert.deepEqual(results, [{ ...partition(topic, 1), lowWatermark: 10 }]);
  });

  cluster.scenario('offsets of partitions that are there are listed beside those that are not', async () => {
    const topic = await cluster.topic('ends', 2);
    await cluster.producer().sendAndWait({ ...partition(topic, 1), value: 'v' });
    const results = await failsFor(
      cluster.admin().listOffsets(
        [
          { ...partition('no-such-topic'), at: 'latest' },
          { ...partition(topic, 1), at: 'latest' },
          { ...partition(topic, 7), at: 'latest' },
          { ...partition(topic, 0), at: 'latest' },
        ],
        SOON,
      ),
      { 'no-such-topic-0': 'UNKNOWN_TOPIC_OR_PARTITION', [`${topic}-7`]: 'UNKNOWN_TOPIC_OR_PARTITION' },
    );
    assert.deepEqual(
      (results as { partition: number; offset: number }[]).map(({ partition, offset }) => [partition, offset]),
      [
        [1, 1],
        [0, 0],
      ],
    );
  });

  cluster.scenario('configurations are described, changed one by one and taken back', async () => {
    const admin = cluster.admin();
    const topic = { type: 'topic', name: await cluster.topic('configured') } as const;
    const entry = async (name: string) => {
      const [found] = await admin.describeConfigs([topic], { names: [name], includeSynonyms: true });
      assert.deepEqual([found!.type, found!.name, found!.entries.length], ['topic', topic.name, 1]);
      return found!.entries[0]!;
    };
    const before = await entry('cleanup.policy');
    assert.deepEqual(
      [before.value, before.source, before.type, before.isReadOnly, before.isSensitive, before.documentation],
      ['delete', 'DEFAULT_CONFIG', 'LIST', false, false, null],
    );
    await admin.incrementalAlterConfigs([
      {
        ...topic,
        changes: [
          { name: 'cleanup.policy', op: 'APPEND', value: 'compact' },
          { name: 'retention.ms', op: 'SET', value: '1000' },
        ],
      },
    ]);
    const set = await cluster.eventually('it is set', async () => {
      const found = await entry('retention.ms');
      return found.source === 'DYNAMIC_TOPIC_CONFIG' ? found : undefined;
    });
    assert.equal(set.value, '1000');
    assert.deepEqual(set.synonyms[0], { name: 'retention.ms', value: '1000', source: 'DYNAMIC_TOPIC_CONFIG' });
    assert.equal((await entry('cleanup.policy')).value, 'delete,compact');
    await admin.incrementalAlterConfigs([
      {
        ...topic,
        changes: [
          { name: 'cleanup.policy', op: 'SUBTRACT', value: 'delete' },
          { name: 'retention.ms', op: 'DELETE' },
        ],
      },
    ]);
    await cluster.eventually('it is taken back', async () => (await entry('retention.ms')).source === 'DEFAULT_CONFIG');
    assert.equal((await entry('cleanup.policy')).value, 'compact');
    const [whole] = await admin.describeConfigs([topic], { includeDocumentation: true });
    assert.ok(whole!.entries.length > 20);
    assert.match(whole!.entries.find(({ name }) => name === 'retention.ms')!.documentation!, /retention|retain|kept/i);
  });

  cluster.scenario('configurations that cannot be changed do not hinder the others', async () => {
    const admin = cluster.admin();
    const [first, second] = [await cluster.topic('first'), await cluster.topic('second')];
    const retention = (value: string) => [{ name: 'retention.ms', op: 'SET', value }] as const;
    const change = [
      { type: 'topic', name: first, changes: retention('not a number') },
      { type: 'topic', name: 'no-such-topic', changes: retention('1') },
      { type: 'topic', name: second, changes: retention('12345') },
    ] as const;
    await failsFor(admin.incrementalAlterConfigs(change), {
      [`topic ${first}`]: 'INVALID_CONFIG',
      'topic no-such-topic': 'UNKNOWN_TOPIC_OR_PARTITION',
    });
    await admin.incrementalAlterConfigs([{ type: 'topic', name: first, changes: retention('1') }], {
      validateOnly: true,
    });
    const topics = [
      { type: 'topic', name: second },
      { type: 'topic', name: 'no-such-topic' },
      { type: 'topic', name: first },
    ] as const;
    const described = await cluster.eventually('the good one is set', async () => {
      const results = await failsFor(admin.describeConfigs(topics, { names: ['retention.ms'] }), {
        'topic no-such-topic': 'UNKNOWN_TOPIC_OR_PARTITION',
      });
      const found = (results as { entries: { value: string }[] }[]).map(({ entries }) => entries[0]!.value);
      return found[0] === '12345' ? found : undefined;
    });
    assert.equal(described[1], '-1', 'as it was');
  });

  cluster.scenario('brokers and the cluster have configurations, and what has one is listed', async () => {
    const admin = cluster.admin();
    const { controllerId } = await admin.describeCluster();
    const broker = { type: 'broker', name: String(controllerId) } as const;
    const [described] = await admin.describeConfigs([broker], { names: ['log.retention.ms', 'node.id'] });
    assert.deepEqual(described!.entries.find(({ name }) => name === 'node.id')?.value, broker.name);
    await admin.incrementalAlterConfigs([
      { type: 'broker', name: '', changes: [{ name: 'log.cleaner.threads', op: 'SET', value: '1' }] },
    ]);
    const whole = await cluster.eventually('the default is set', async () => {
      const [found] = await admin.describeConfigs([{ type: 'broker', name: '' }]);
      return found!.entries.find(({ name }) => name === 'log.cleaner.threads');
    });
    assert.deepEqual([whole.value, whole.source], ['1', 'DYNAMIC_DEFAULT_BROKER_CONFIG']);
    await admin.incrementalAlterConfigs([
      { type: 'broker', name: '', changes: [{ name: 'log.cleaner.threads', op: 'DELETE' }] },
    ]);
    await failsFor(admin.describeConfigs([broker, { type: 'broker', name: '99' }]), {
      'broker 99': 'BROKER_ID_NOT_REGISTERED',
    });
    const name = await cluster.topic('listed');
    assert.ok((await admin.listConfigResources(['topic'])).some((each) => each.type === 'topic' && each.name === name));
    const everything = await admin.listConfigResources();
    assert.ok(everything.some((each) => each.type === 'broker' && each.name === broker.name));
    assert.deepEqual(await admin.listConfigResources(['client-metrics']), []);
    assert.deepEqual(
      (await admin.listConfigResources(['broker'])).filter(({ type }) => type !== 'broker'),
      [],
    );
  });
}
