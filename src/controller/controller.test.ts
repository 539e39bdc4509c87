import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Clock, errorName, KafkaError, type Random, type Timers, ZERO_UUID } from '../core/index.ts';
import { MemoryRecordLog } from '../replay/index.ts';
import { Controller } from './controller.ts';
import { ConfigResource, type MetadataDelta } from './image.ts';
import { topicNameProblem } from './topic-names.ts';

const clock: Clock = { now: () => 1_700_000_000_000, monotonic: () => 0 };
const timers: Timers = { after: () => ({ cancel() {} }), defer: (run) => queueMicrotask(run) };
function counting(): Random {
  let next = 1;
  return { uint32: () => next++, bytes: (length) => new Uint8Array(length).map(() => next++ % 251) };
}
const random = counting();

function open(log: MemoryRecordLog): Promise<Controller> {
  return Controller.open({ log, clock, timers, random, defaults: { numPartitions: 3, replicationFactor: 1 } });
}

async function openWithBroker(log = new MemoryRecordLog(), stoppedCleanly = false): Promise<Controller> {
  const controller = await open(log);
  const epoch = await controller.registerBroker({
    brokerId: 1,
    incarnationId: ZERO_UUID,
    endpoints: [{ name: 'PLAINTEXT', host: 'localhost', port: 9092 }],
    rack: null,
    stoppedCleanly,
  });
  await controller.unfenceBroker(1, epoch);
  return controller;
}

const topic = (name: string, more: Partial<Parameters<Controller['createTopics']>[0][0]> = {}) => ({
  name,
  numPartitions: -1,
  replicationFactor: -1,
  assignments: [],
  configs: [],
  ...more,
});

async function refusal(controller: Controller, ...topics: Parameters<Controller['createTopics']>[0]) {
  const [result] = await controller.createTopics(topics);
  return [errorName(result!.errorCode), result!.errorMessage];
}

describe('the controller', () => {
  it('finalizes the initial features of a fresh log, with an epoch that grows with every change', async () => {
    const controller = await openWithBroker();
    assert.equal(controller.image.featureLevel('transaction.version'), 2);
    const epoch = controller.image.featuresEpoch;
    assert.ok(epoch >= 0);
    const level = (maxVersionLevel: number, upgradeType: number) => [
      { feature: 'transaction.version', maxVersionLevel, upgradeType },
    ];
    await controller.updateFeatures(level(1, 2));
    assert.equal(controller.image.featureLevel('transaction.version'), 1);
    assert.ok(controller.image.featuresEpoch > epoch);
    await assert.rejects(controller.updateFeatures(level(3, 1)), { code: 'INVALID_UPDATE_VERSION' });
  });

  it('creates topics with the defaults asked for by -1, and shows them before it answers', async () => {
    const controller = await openWithBroker();
    const deltas: MetadataDelta[] = [];
    controller.subscribe((delta) => deltas.push(delta));
    const [created] = await controller.createTopics([
      topic('orders', { configs: [{ name: 'retention.ms', value: '1000' }] }),
    ]);
    assert.equal(created!.errorCode, 0);
    assert.deepEqual([created!.numPartitions, created!.replicationFactor], [3, 1]);
    const image = controller.image.topic('orders')!;
    assert.equal(image.id, created!.topicId);
    assert.equal(controller.image.topicById(image.id), image);
    assert.deepEqual(
      image.partitions.map(({ index, leader, leaderEpoch, isr }) => ({ index, leader, leaderEpoch, isr })),
      [0, 1, 2].map((index) => ({ index, leader: 1, leaderEpoch: 0, isr: [1] })),
    );
    assert.equal(controller.image.configsOf(ConfigResource.TOPIC, 'orders').get('retention.ms'), '1000');
    assert.deepEqual(
      deltas.flatMap((delta) => delta.topicsCreated).map(({ name }) => name),
      ['orders'],
    );
  });

  it('does not show a topic before its records are committed', async () => {
    const log = new MemoryRecordLog();
    const controller = await openWithBroker(log);
    log.holdCommits();
    const pending = controller.createTopics([topic('slow')]);
    assert.equal(controller.image.topic('slow'), undefined);
    // The decision already counts for the next one.
    const second = controller.createTopics([topic('slow')]);
    log.commit();
    assert.equal((await pending)[0]!.errorCode, 0);
    assert.equal(errorName((await second)[0]!.errorCode), 'TOPIC_ALREADY_EXISTS');
    assert.ok(controller.image.topic('slow'));
  });

  it('refuses what Kafka refuses, with its codes', async () => {
    const controller = await openWithBroker();
    await controller.createTopics([topic('a.b')]);
    const code = async (...topics: Parameters<Controller['createTopics']>[0]) =>
      (await refusal(controller, ...topics))[0];
    assert.equal(await code(topic('')), 'INVALID_TOPIC_EXCEPTION');
    assert.equal(await code(topic('..')), 'INVALID_TOPIC_EXCEPTION');
    assert.equal(await code(topic('with space')), 'INVALID_TOPIC_EXCEPTION');
    assert.equal(await code(topic('x'.repeat(250))), 'INVALID_TOPIC_EXCEPTION');
    assert.equal(await code(topic('a_b')), 'INVALID_TOPIC_EXCEPTION');
    assert.equal(await code(topic('__cluster_metadata')), 'INVALID_REQUEST');
    assert.equal(await code(topic('a.b')), 'TOPIC_ALREADY_EXISTS');
    assert.equal(await code(topic('twice'), topic('twice')), 'INVALID_REQUEST');
    assert.equal(await code(topic('p', { numPartitions: 0 })), 'INVALID_PARTITIONS');
    assert.equal(await code(topic('p', { replicationFactor: 2 })), 'INVALID_REPLICATION_FACTOR');
    assert.equal(await code(topic('p', { replicationFactor: 0 })), 'INVALID_REPLICATION_FACTOR');
    const assignments = (...given: [number, number[]][]) =>
      given.map(([partitionIndex, brokerIds]) => ({ partitionIndex, brokerIds }));
    const byHand = (...given: [number, number[]][]) => topic('p', { assignments: assignments(...given) });
    assert.equal(await code(byHand([1, [1]])), 'INVALID_REPLICA_ASSIGNMENT');
    assert.equal(await code(byHand([0, [7]])), 'INVALID_REPLICA_ASSIGNMENT');
    assert.equal(await code(byHand([0, [1, 1]])), 'INVALID_REPLICA_ASSIGNMENT');
    assert.equal(await code(byHand([0, []])), 'INVALID_REPLICA_ASSIGNMENT');
    assert.equal(await code({ ...byHand([0, [1]]), numPartitions: 1 }), 'INVALID_REQUEST');
    assert.equal(await code({ ...byHand([0, [1]]), replicationFactor: 1 }), 'INVALID_REQUEST');
    assert.deepEqual(await refusal(controller, topic('p', { configs: [{ name: 'retention.msec', value: '1' }] })), [
      'INVALID_CONFIG',
      'Unknown topic config name: retention.msec (did you mean retention.ms?)',
    ]);
    assert.equal(await code(topic('p', { configs: [{ name: 'retention.ms', value: 'soon' }] })), 'INVALID_CONFIG');
    assert.equal(await code(topic('p', { configs: [{ name: 'segment.bytes', value: '1' }] })), 'INVALID_CONFIG');
    assert.equal(await code(topic('p', { configs: [{ name: 'cleanup.policy', value: 'shred' }] })), 'INVALID_CONFIG');
    assert.equal(await code(topic('p', { configs: [{ name: 'retention.ms', value: null }] })), 'INVALID_CONFIG');
    assert.equal(controller.image.topic('p'), undefined);
    assert.equal(await code(byHand([1, [1]], [0, [1]])), 'NONE');
    assert.equal(controller.image.topic('p')!.partitions.length, 2);
  });

  it('makes no more partitions or records at once than Kafka does', async () => {
    const controller = await openWithBroker();
    const halves = ['a', 'b'].map((name) => topic(name, { numPartitions: 5001 }));
    await assert.rejects(controller.createTopics(halves), {
      code: 'POLICY_VIOLATION',
      message: /number of partitions/,
    });
    const whole = topic('a', { numPartitions: 10_000 });
    await assert.rejects(controller.createTopics([whole]), { code: 'POLICY_VIOLATION', message: /large batch/ });
    assert.deepEqual(await refusal(controller, topic('a', { numPartitions: 9999 })), ['NONE', null]);
    const [grown] = await controller.createPartitions([{ name: 'a', count: 20_000, assignments: null }]);
    assert.equal(errorName(grown!.errorCode), 'POLICY_VIOLATION');
    assert.equal(controller.image.topic('a')!.partitions.length, 9999);
  });

  it('grows topics for good, and deletes what has grown', async () => {
    const log = new MemoryRecordLog();
    const controller = await openWithBroker(log);
    await controller.createTopics([topic('orders')]);
    const deltas: MetadataDelta[] = [];
    controller.subscribe((delta) => deltas.push(delta));
    await controller.createPartitions([{ name: 'orders', count: 5, assignments: null }], { validateOnly: true });
    assert.equal(controller.image.topic('orders')!.partitions.length, 3);
    await controller.createPartitions([{ name: 'orders', count: 5, assignments: null }]);
    const changed = deltas.flatMap(({ partitionsChanged }) => partitionsChanged.map(({ index }) => index));
    assert.deepEqual(changed, [3, 4]);
    const restarted = await open(log.copy());
    assert.equal(restarted.image.topic('orders')!.partitions.length, 5);
    await restarted.deleteTopics([{ name: 'orders', topicId: ZERO_UUID }]);
    assert.equal(restarted.image.topics.size, 0);
  });

  it('only validates when asked to', async () => {
    const controller = await openWithBroker();
    const [result] = await controller.createTopics([topic('maybe')], { validateOnly: true });
    assert.equal(result!.errorCode, 0);
    assert.equal(result!.numPartitions, 3);
    assert.equal(controller.image.topic('maybe'), undefined);
  });

  it('deletes by name or by id, with the configuration', async () => {
    const controller = await openWithBroker();
    await controller.createTopics([topic('a', { configs: [{ name: 'retention.ms', value: '5' }] }), topic('b')]);
    const idOfB = controller.image.topic('b')!.id;
    const results = await controller.deleteTopics([
      { name: 'a', topicId: ZERO_UUID },
      { name: null, topicId: idOfB },
      { name: 'c', topicId: ZERO_UUID },
      { name: null, topicId: 'unknownunknownunknow0A' },
      { name: 'a', topicId: idOfB },
    ]);
    assert.deepEqual(
      results.map(({ errorCode }) => errorName(errorCode)),
      ['INVALID_REQUEST', 'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID', 'NONE', 'NONE'],
    );
    assert.equal(controller.image.topics.size, 0);
    await controller.createTopics([topic('a')]);
    assert.equal(controller.image.configsOf(ConfigResource.TOPIC, 'a').size, 0);
  });

  it('never gives a producer id out twice, across restarts too', async () => {
    const log = new MemoryRecordLog();
    const controller = await openWithBroker(log);
    assert.deepEqual(await controller.allocateProducerIds(1), { first: 0, count: 1000 });
    assert.deepEqual(await controller.allocateProducerIds(1), { first: 1000, count: 1000 });
    const again = await open(log.copy());
    assert.deepEqual(await again.allocateProducerIds(1), { first: 2000, count: 1000 });
  });

  it('writes nothing of the partitions of a broker that stopped well', async () => {
    const log = new MemoryRecordLog();
    const controller = await openWithBroker(log);
    await controller.createTopics([topic('kept', { numPartitions: 50 })]);
    controller.close();
    const end = log.endOffset;
    const again = await openWithBroker(log, true);
    assert.equal(log.endOffset, end + 2, 'that it came, and that it is ready');
    assert.equal(again.image.topic('kept')!.partitions[49]!.leaderEpoch, 0);
  });

  it('comes back from its log with the same image, in a new leader epoch', async () => {
    const log = new MemoryRecordLog();
    const controller = await openWithBroker(log);
    await controller.createTopics([topic('kept', { configs: [{ name: 'retention.ms', value: '7' }] }), topic('gone')]);
    await controller.deleteTopics([{ name: 'gone', topicId: ZERO_UUID }]);
    const id = controller.image.topic('kept')!.id;
    const again = await openWithBroker(log.copy());
    assert.deepEqual([...again.image.topics.keys()], ['kept']);
    assert.equal(again.image.topic('kept')!.id, id);
    assert.equal(again.image.configsOf(ConfigResource.TOPIC, 'kept').get('retention.ms'), '7');
    assert.deepEqual(again.image.features, controller.image.features);
    assert.deepEqual(
      again.image.topic('kept')!.partitions.map(({ leader, leaderEpoch }) => [leader, leaderEpoch]),
      [
        [1, 1],
        [1, 1],
        [1, 1],
      ],
    );
    assert.ok(again.image.brokers.get(1)!.epoch > controller.image.brokers.get(1)!.epoch);
    await assert.rejects(
      again.unfenceBroker(1, controller.image.brokers.get(1)!.epoch),
      (error) => KafkaError.is(error) && error.code === 'STALE_BROKER_EPOCH',
    );
  });
});

describe('topic names', () => {
  it('may have 249 characters of letters, digits, dots, dashes and underscores', () => {
    assert.equal(topicNameProblem('A-z_0.9'), undefined);
    assert.equal(topicNameProblem('x'.repeat(249)), undefined);
    assert.match(topicNameProblem('ä')!, /alphanumerics/);
  });
});
