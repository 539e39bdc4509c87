import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, ZERO_UUID } from '../../core/index.ts';
import { Simulation } from '../../lab/index.ts';
import {
  consumerGroupDescribe,
  createTopics,
  deleteTopics,
  describeCluster,
  describeConfigs,
  describeGroups,
  describeProducers,
  describeTransactions,
  findCoordinator,
  type ListOffsetsRequest,
  leaveGroup,
  listGroups,
  listOffsets,
  listTransactions,
} from '../../wire/index.ts';
import { PartialFailureError } from '../errors.ts';
import { FakeBrokers } from '../testing/fake-brokers.ts';
import { Admin } from './admin.ts';

interface World {
  readonly sim: Simulation;
  readonly brokers: FakeBrokers;
  readonly admin: Admin;
}

async function scenario(run: (world: World) => Promise<void>): Promise<void> {
  const sim = new Simulation({ seed: 'admin' });
  const brokers = new FakeBrokers((name) => sim.node(name));
  const admin = new Admin({ bootstrapServers: 'one:9092', ports: sim.node('client'), defaultApiTimeoutMs: 10_000 });
  await sim.run(async () => {
    await brokers.listen();
    await run({ sim, brokers, admin });
    await admin.close();
  });
}

async function failed(call: Promise<unknown>): Promise<{ codes: Record<string, string>; results: readonly unknown[] }> {
  const error = await call.then(
    () => assert.fail('nothing failed'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof PartialFailureError)) throw error;
  return {
    codes: Object.fromEntries([...error.failures].map(([label, { code }]) => [label, code])),
    results: error.results,
  };
}

const at = (partition: number) => ({ topic: 't', partition, at: 'latest' as const });
/** Answers ListOffsets with an offset for each partition, or with an error. */
const ends = (errorOf: (partition: number) => number, offset: number) => (request: ListOffsetsRequest) => ({
  topics: request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => {
      return { partitionIndex, errorCode: errorOf(partitionIndex), offset };
    }),
  })),
});
const partitionsAsked = ({ topics }: ListOffsetsRequest) =>
  topics.flatMap(({ partitions }) => partitions.map(({ partitionIndex }) => partitionIndex));

test('each partition is asked for at its leader; only one whose leader moved is asked for again', async () => {
  await scenario(async ({ brokers: { one, two, leaders }, admin }) => {
    leaders.set('t', [1, 2, 1]);
    one.on(listOffsets, (request) => {
      leaders.set('t', [1, 2, 2]);
      return ends((partition) => (partition === 2 ? ErrorCode.NOT_LEADER_OR_FOLLOWER : 0), 10)(request);
    });
    two.on(
      listOffsets,
      ends(() => 0, 20),
    );
    const found = await admin.listOffsets([at(2), at(0), at(1)]);
    assert.deepEqual(
      found.map(({ partition, offset }) => [partition, offset]),
      [
        [2, 20],
        [0, 10],
        [1, 20],
      ],
    );
    assert.deepEqual(one.bodies(listOffsets).map(partitionsAsked), [[2, 0]]);
    assert.deepEqual(two.bodies(listOffsets).map(partitionsAsked), [[1], [2]]);
  });
});

test('a leader that is gone fails its own partitions alone, at the deadline', async () => {
  await scenario(async ({ sim, brokers: { one, two, leaders }, admin }) => {
    leaders.set('t', [1, 2]);
    one.on(
      listOffsets,
      ends(() => 0, 10),
    );
    await two.stop();
    const { codes, results } = await failed(admin.listOffsets([at(1), at(0)]));
    assert.deepEqual(codes, { 't-1': 'REQUEST_TIMED_OUT' });
    assert.deepEqual(results.length, 1);
    assert.ok(Math.abs(sim.nowMs - 10_000) < 1000, `after ${sim.nowMs} ms`);
  });
});

test('a topic may be unknown for a moment after it was made, then it is not there', async () => {
  await scenario(async ({ sim, brokers: { one, leaders }, admin }) => {
    one.on(
      listOffsets,
      ends(() => 0, 10),
    );
    const found = admin.listOffsets([at(0)]);
    sim.node('later').timers.after(500, () => leaders.set('t', [1]));
    assert.equal((await found)[0]!.offset, 10);
    const before = sim.nowMs;
    const { codes, results } = await failed(admin.listOffsets([{ ...at(0), topic: 'gone' }, at(0), at(7)]));
    assert.deepEqual(codes, { 'gone-0': 'UNKNOWN_TOPIC_OR_PARTITION', 't-7': 'UNKNOWN_TOPIC_OR_PARTITION' });
    assert.equal(results.length, 1);
    assert.ok(sim.nowMs - before < 5000, `after ${sim.nowMs - before} ms`);
  });
});

test('a topic that this client has made is waited for, however long a broker does not know it', async () => {
  await scenario(async ({ sim, brokers: { one, leaders }, admin }) => {
    one.on(createTopics, ({ topics }) => ({ topics: topics.map(({ name }) => ({ name })) }));
    one.on(deleteTopics, ({ topics }) => ({ responses: topics.map(({ name }) => ({ name })) }));
    one.on(
      listOffsets,
      ends(() => 0, 10),
    );
    one.on(describeConfigs, ({ resources }) => ({
      results: resources.map(({ resourceName, resourceType }) => ({
        ...{ resourceName, resourceType },
        errorCode: leaders.has(resourceName) ? 0 : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      })),
    }));
    await admin.createTopics([{ name: 't' }]);
    sim.node('later').timers.after(5000, () => leaders.set('t', [1]));
    const [[described], [found], [configured]] = await Promise.all([
      admin.describeTopics(['t']),
      admin.listOffsets([at(0)]),
      admin.describeConfigs([{ type: 'topic', name: 't' }]),
    ]);
    assert.deepEqual([described!.name, found!.offset, configured!.name], ['t', 10, 't']);
    leaders.delete('t');
    const before = sim.nowMs;
    const { codes } = await failed(admin.describeTopics(['t'], { timeoutMs: 2000 }));
    assert.deepEqual(codes, { t: 'UNKNOWN_TOPIC_OR_PARTITION' });
    assert.ok(sim.nowMs - before >= 2000 && sim.nowMs - before < 2500, 'no longer than the call may take');
    await admin.deleteTopics(['t']);
    const after = sim.nowMs;
    await failed(admin.describeTopics(['t', 'never-made']));
    assert.ok(sim.nowMs - after < 100, 'one that was deleted, or made by nobody, is not there');
    await admin.createTopics([{ name: 'judged' }], { validateOnly: true });
    await failed(admin.describeTopics(['judged']));
    assert.ok(sim.nowMs - after < 200, 'nor one that was only judged');
  });
});

test('groups of the consumer protocol are described as such, and the classic ones beside them', async () => {
  await scenario(async ({ brokers: { one }, admin }) => {
    const has = (partition: number) => ({
      topicPartitions: [{ topicId: ZERO_UUID, topicName: 't', partitions: [partition] }],
    });
    one.on(consumerGroupDescribe, ({ groupIds }) => ({
      groups: groupIds.map((groupId) => {
        if (groupId === 'hidden') return { groupId, errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED };
        if (groupId !== 'new') return { groupId, errorCode: ErrorCode.GROUP_ID_NOT_FOUND };
        const member = { memberId: 'm', memberEpoch: 3, clientId: 'c', clientHost: '/h', memberType: 1 };
        return {
          ...{ groupId, groupState: 'Reconciling', groupEpoch: 4, assignmentEpoch: 3, assignorName: 'uniform' },
          members: [{ ...member, instanceId: 'static', assignment: has(0), targetAssignment: has(1) }],
        };
      }),
    }));
    one.on(describeGroups, ({ groups }) => stable(groups));
    const { codes, results } = await failed(admin.describeConsumerGroups(['old', 'new', 'hidden']));
    assert.deepEqual(codes, { hidden: 'GROUP_AUTHORIZATION_FAILED' });
    const [old, fresh] = results as Awaited<ReturnType<typeof admin.describeConsumerGroups>>;
    assert.deepEqual([old!.groupId, old!.type, 'groupEpoch' in old!], ['old', 'classic', false]);
    assert.deepEqual(fresh, {
      ...{ groupId: 'new', type: 'consumer', state: 'Reconciling', protocolType: 'consumer' },
      ...{ partitionAssignor: 'uniform', groupEpoch: 4, assignmentEpoch: 3 },
      members: [
        {
          ...{ memberId: 'm', groupInstanceId: 'static', clientId: 'c', host: '/h', memberEpoch: 3 },
          assignment: [{ topic: 't', partition: 0 }],
          targetAssignment: [{ topic: 't', partition: 1 }],
        },
      ],
    });
    assert.deepEqual(
      one.bodies(describeGroups).map(({ groups }) => groups),
      [['old']],
    );
  });
});

test('a controller that moved is found again, and asked for what is left alone', async () => {
  await scenario(async ({ brokers, admin }) => {
    const { one, two } = brokers;
    const codes: Readonly<Record<string, number>> = {
      done: 0,
      taken: ErrorCode.TOPIC_ALREADY_EXISTS,
      left: ErrorCode.NOT_CONTROLLER,
    };
    one.on(createTopics, ({ topics }) => {
      brokers.controllerId = 2;
      return { topics: topics.map(({ name }) => ({ name, errorCode: codes[name]! })) };
    });
    two.on(createTopics, ({ topics }) => ({ topics: topics.map(({ name }) => ({ name, numPartitions: 3 })) }));
    const { codes: found, results } = await failed(
      admin.createTopics([{ name: 'left' }, { name: 'taken' }, { name: 'done' }]),
    );
    assert.deepEqual(found, { taken: 'TOPIC_ALREADY_EXISTS' });
    assert.deepEqual(
      (results as { name: string }[]).map(({ name }) => name),
      ['left', 'done'],
    );
    assert.deepEqual(
      two.bodies(createTopics).map(({ topics }) => topics.map(({ name }) => name)),
      [['left']],
    );
  });
});

test('an item that an answer leaves out has failed, and one that is named twice is refused at once', async () => {
  await scenario(async ({ brokers: { one }, admin }) => {
    one.on(createTopics, () => ({ topics: [] }));
    assert.deepEqual((await failed(admin.createTopics([{ name: 'lost' }]))).codes, { lost: 'UNKNOWN_SERVER_ERROR' });
    await assert.rejects(admin.createTopics([{ name: 'a' }, { name: 'a' }]), { code: 'INVALID_REQUEST' });
    assert.equal(one.count(createTopics), 1);
    assert.deepEqual(await admin.createTopics([]), []);
  });
});

const stable = (groups: readonly string[], errorCode = 0) => ({
  groups: groups.map((groupId) => ({ groupId, groupState: 'Stable', protocolType: 'consumer', errorCode })),
});

test('coordinators are looked for all at once, and again for a group that moved', async () => {
  await scenario(async ({ brokers: { one, two, coordinators }, admin }) => {
    for (const broker of [one, two]) broker.limit(consumerGroupDescribe, 7, 7);
    coordinators.set('b', 2).set('c', 2);
    one.on(describeGroups, ({ groups }) => {
      coordinators.set('a', 2);
      return stable(groups, ErrorCode.NOT_COORDINATOR);
    });
    two.on(describeGroups, ({ groups }) => stable(groups));
    const found = await admin.describeConsumerGroups(['a', 'b', 'c']);
    assert.deepEqual(
      found.map(({ groupId }) => groupId),
      ['a', 'b', 'c'],
    );
    const looked = [one, two].flatMap((broker) => broker.bodies(findCoordinator)).map((body) => body.coordinatorKeys);
    assert.deepEqual(looked, [['a', 'b', 'c'], ['a']]);
    assert.deepEqual(
      two.bodies(describeGroups).map(({ groups }) => groups),
      [['b', 'c'], ['a']],
    );
  });
});

test('the groups of the brokers that answer are told beside the failure of the one that does not', async () => {
  await scenario(async ({ brokers: { one, two }, admin }) => {
    one.on(listGroups, () => ({ groups: [{ groupId: 'g', protocolType: 'consumer' }] }));
    two.on(listGroups, () => ({ errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED }));
    const { codes, results } = await failed(admin.listGroups());
    assert.deepEqual(codes, { 'broker 2': 'CLUSTER_AUTHORIZATION_FAILED' });
    assert.deepEqual(results, [{ groupId: 'g', protocolType: 'consumer', state: '', type: '' }]);
    two.on(listGroups, () => 'no answer');
    const late = await failed(admin.listGroups({ timeoutMs: 500 }));
    assert.deepEqual(late.codes, { 'broker 2': 'REQUEST_TIMED_OUT' });
    assert.deepEqual(late.results, results);
  });
});

test('a transaction is called hanging only when every coordinator was asked', async () => {
  await scenario(async ({ sim, brokers: { one, two, leaders, coordinators }, admin }) => {
    leaders.set('t', [1]);
    coordinators.set('moved on', 2);
    const producer = { producerEpoch: 3, lastTimestamp: sim.node('clock').clock.now(), coordinatorEpoch: -1 };
    one.on(describeProducers, () => ({
      topics: [
        {
          name: 't',
          partitions: [
            {
              partitionIndex: 0,
              activeProducers: [
                { ...producer, producerId: 7, currentTxnStartOffset: 5 },
                { ...producer, producerId: 8, currentTxnStartOffset: 6 },
                { ...producer, producerId: 9, currentTxnStartOffset: 8 },
                { ...producer, producerId: 10 },
              ],
            },
          ],
        },
      ],
    }));
    const partitions = [{ topic: 't', partition: 0 }];
    const options = { timeoutMs: 500, maxTransactionTimeoutMs: 0 };
    one.on(listTransactions, () => ({ transactionStates: [{ transactionalId: 'alive', producerId: 8 }] }));
    two.on(listTransactions, () => 'no answer');
    assert.deepEqual((await failed(admin.findHangingTransactions(partitions, options))).codes, {
      'broker 2': 'REQUEST_TIMED_OUT',
    });
    two.on(listTransactions, () => ({ transactionStates: [{ transactionalId: 'moved on', producerId: 9 }] }));
    const describe = (producerId: number, partitions: number[]) => (request: { transactionalIds: string[] }) => ({
      transactionStates: request.transactionalIds.map((transactionalId) => {
        return { transactionalId, producerId, topics: [{ topic: 't', partitions }] };
      }),
    });
    one.on(describeTransactions, describe(8, [1, 0]));
    two.on(describeTransactions, describe(9, [1]));
    const found = await admin.findHangingTransactions(partitions, options);
    assert.deepEqual(
      found.map(({ producerId, startOffset }) => [producerId, startOffset]),
      [
        [7, 5],
        [9, 8],
      ],
    );
    assert.deepEqual(await admin.findHangingTransactions(partitions), [], 'they may still be on their way');
    two.on(describeTransactions, ({ transactionalIds }) => ({
      transactionStates: transactionalIds.map((transactionalId) => ({
        transactionalId,
        errorCode: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
      })),
    }));
    assert.deepEqual((await failed(admin.findHangingTransactions(partitions, options))).codes, {
      'moved on': 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
    });
  });
});

test('older brokers are asked as they understand it, and told apart where they do not', async () => {
  await scenario(async ({ brokers: { one, two, coordinators }, admin }) => {
    for (const broker of [one, two]) {
      broker.limit(findCoordinator, 0, 3);
      broker.limit(deleteTopics, 1, 5);
      broker.limit(describeGroups, 0, 5);
      broker.limit(consumerGroupDescribe, 7, 7);
      broker.limit(describeCluster, 7, 7);
    }
    one.limit(leaveGroup, 0, 2);
    coordinators.set('b', 2);
    one.on(deleteTopics, ({ topicNames }) => ({ responses: topicNames.map((name) => ({ name })) }));
    await admin.deleteTopics(['x', 'y']);
    one.on(describeGroups, ({ groups }) => ({ groups: groups.map((groupId) => ({ groupId, groupState: 'Dead' })) }));
    two.on(describeGroups, ({ groups }) => stable(groups));
    const { codes, results } = await failed(admin.describeConsumerGroups(['a', 'b']));
    assert.deepEqual(codes, { a: 'GROUP_ID_NOT_FOUND' });
    assert.equal(results.length, 1);
    const { clusterId, brokers } = await admin.describeCluster();
    assert.deepEqual([clusterId, brokers.map(({ id }) => id)], ['fake', [1, 2]]);
    await assert.rejects(admin.describeCluster({ includeFencedBrokers: true }), { code: 'UNSUPPORTED_VERSION' });
    const removal = admin.removeMembersFromConsumerGroup('a', [{ memberId: 'm' }]);
    assert.deepEqual((await failed(removal)).codes, { m: 'UNSUPPORTED_VERSION' });
  });
});

test('what the types would have refused is refused before anything is asked, by name and with the cure', async () => {
  await scenario(async ({ brokers, admin }) => {
    const wrong = <T>(value: unknown): T => value as T;
    const code = 'INVALID_REQUEST';
    await assert.rejects(admin.createTopics([wrong({ name: 't', partitons: 5 })]), {
      code,
      message: /no field partitons: it may have name, partitions, .*did you mean partitions\?/,
    });
    await assert.rejects(admin.createPartitions([wrong({ topic: 't', partitions: 5 })]), {
      code,
      message: /no field partitions: it may have topic, count, assignments/,
    });
    for (const place of ['newest', undefined, null, {}, { timestamp: 'now' }, 5n]) {
      await assert.rejects(admin.listOffsets([wrong({ topic: 't', partition: 0, at: place })]), {
        code,
        message: /`at` of t-0: .*\{ timestamp \}.*earliest, latest, maxTimestamp \(got /,
      });
    }
    await assert.rejects(admin.deleteRecords([wrong({ topic: 't', partition: 0, beforeOffset: 'newest' })]), {
      code,
      message: /beforeOffset of t-0 is an offset, or latest \(got "newest"\)/,
    });
    await assert.rejects(admin.describeConfigs([wrong({ type: 'topics', name: 't' })]), {
      code,
      message: /topic, broker/,
    });
    const changes = [{ name: 'retention.ms', op: 'set', value: '1' }];
    await assert.rejects(admin.incrementalAlterConfigs([wrong({ type: 'topic', name: 't', changes })]), {
      code,
      message: /op of a change of retention\.ms is one of SET, DELETE, APPEND, SUBTRACT \(got "set"\)/,
    });
    await assert.rejects(admin.electLeaders(wrong('any')), { code, message: /preferred, unclean/ });
    await assert.rejects(admin.updateFeatures([wrong({ feature: 'f', levels: 1 })]), { code, message: /mean level\?/ });
    await assert.rejects(admin.createTopics([{ name: 't' }], wrong({ validateonly: true })), {
      code,
      message: /no field validateonly: it may have timeoutMs, signal, validateOnly; did you mean validateOnly\?/,
    });
    await assert.rejects(admin.deleteTopics(['t'], wrong({ validateOnly: true })), {
      code,
      message: /no field validateOnly: it may have timeoutMs, signal/,
    });
    assert.deepEqual([...brokers.one.asked, ...brokers.two.asked], []);
  });
});
