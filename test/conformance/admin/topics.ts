/** CreateTopics, DeleteTopics, CreatePartitions, DescribeTopicPartitions, ElectLeaders, ListPartitionReassignments. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as wire from '../../../src/wire/index.ts';
import { unique } from '../cluster.ts';
import { byName, type Raw, ZERO_ID } from './raw.ts';

type NewTopic = NonNullable<wire.CreateTopicsRequestInput['topics']>[number];

export function topicScenarios(raw: Raw): void {
  const create = async (topics: NewTopic[], timeoutMs = 10_000, validateOnly = true) => {
    const answer = await raw.call(wire.createTopics, 7, { topics, timeoutMs, validateOnly });
    return answer.topics.map(({ errorCode, errorMessage, configs }) => [errorCode, errorMessage, configs!.length > 0]);
  };
  const sized = (numPartitions: number, replicationFactor = 1) => ({
    name: unique('x'),
    numPartitions,
    replicationFactor,
  });
  const assigned = (...brokerIds: number[][]) => ({
    name: unique('x'),
    numPartitions: -1,
    replicationFactor: -1,
    assignments: brokerIds.map((ids, partitionIndex) => ({ partitionIndex, brokerIds: ids })),
  });

  test('creation is refused with the codes and words of Kafka', async () => {
    const cases: [NewTopic, number, string][] = [
      [sized(0), 37, 'Number of partitions was set to an invalid non-positive value.'],
      [sized(-2), 37, 'Number of partitions was set to an invalid non-positive value.'],
      [sized(10_001), 44, 'Excessively large number of partitions per request.'],
      [sized(10_000), 44, 'Unable to perform excessively large batch operation.'],
      [sized(1, 0), 38, 'Replication factor must be larger than 0, or -1 to use the default value.'],
      [
        sized(1, 2),
        38,
        'Unable to replicate the partition 2 time(s): The target replication factor of 2 cannot be reached because only ' +
          '1 broker(s) are registered or some brokers have all their log directories cordoned.',
      ],
      [{ ...sized(1), name: '' }, 17, 'Topic name is invalid: the empty string is not allowed'],
      [{ ...sized(1), name: '..' }, 17, "Topic name is invalid: '..' is not allowed"],
      [{ ...sized(1), name: '__cluster_metadata' }, 42, 'Creation of internal topic __cluster_metadata is prohibited.'],
      [assigned([7]), 39, 'The manual partition assignment includes broker 7, but no such broker is registered.'],
      [assigned([]), 39, 'The manual partition assignment includes an empty replica list.'],
      [assigned([1, 1]), 39, 'The manual partition assignment includes the broker 1 more than once.'],
      [
        { ...assigned([1]), numPartitions: 1 },
        42,
        'A manual partition assignment was specified, but numPartitions was not set to -1.',
      ],
    ];
    for (const [topic, code, message] of cases) assert.deepEqual(await create([topic]), [[code, message, false]]);
    assert.deepEqual(await create([sized(1), assigned([1])]), [
      [0, null, true],
      [0, null, true],
    ]);
  });

  test('a topic that comes twice is refused once, after the others', async () => {
    const twice = sized(1);
    assert.deepEqual(await create([twice, sized(1), twice]), [
      [0, null, true],
      [42, 'Duplicate topic name.', false],
    ]);
  });

  test('without time nothing is done', async () => {
    const topic = sized(1);
    for (const timeoutMs of [0, -1]) assert.deepEqual(await create([topic], timeoutMs, false), [[7, null, false]]);
    const existing = await raw.topic('stays');
    const deleted = await raw.call(wire.deleteTopics, 5, { topicNames: [existing], timeoutMs: 0 });
    assert.deepEqual(deleted.responses, [{ name: existing, topicId: ZERO_ID, errorCode: 7, errorMessage: null }]);
    const grown = await raw.call(wire.createPartitions, 3, {
      topics: [{ name: existing, count: 2, assignments: null }],
      timeoutMs: 0,
    });
    assert.deepEqual(grown.results, [{ name: existing, errorCode: 7, errorMessage: null }]);
    const elected = await raw.call(wire.electLeaders, 2, {
      topicPartitions: [{ topic: existing, partitions: [0] }],
      timeoutMs: 0,
    });
    assert.equal(elected.errorCode, 7);
    assert.deepEqual(elected.replicaElectionResults[0]!.partitionResult, [
      { partitionId: 0, errorCode: 7, errorMessage: null },
    ]);
    const { topics } = await raw.call(wire.describeTopicPartitions, 0, {
      topics: [{ name: existing }, { name: topic.name }],
    });
    assert.deepEqual(
      byName(topics).map(({ errorCode, partitions }) => [errorCode, partitions.length]),
      [
        [0, 1],
        [3, 0],
      ],
    );
  });

  test('topics are deleted by name or id; one that comes twice, in whichever way, stays', async () => {
    const topic = await raw.topic('goes');
    const topicId = await raw.topicId(topic);
    const unknownId = 'AAAAAAAAAAAAAAAAAAAAEQ';
    const remove = async (...topics: { name: string | null; topicId?: string }[]) => {
      const { responses } = await raw.call(wire.deleteTopics, 6, { topics, timeoutMs: 10_000 });
      return byName(responses).map(({ name, topicId, errorCode, errorMessage }) => [
        name,
        topicId,
        errorCode,
        errorMessage,
      ]);
    };
    assert.deepEqual(await remove({ name: topic }, { name: topic }), [[topic, ZERO_ID, 42, 'Duplicate topic name.']]);
    assert.deepEqual(await remove({ name: null, topicId }, { name: null, topicId }), [
      [null, topicId, 42, 'Duplicate topic id.'],
    ]);
    assert.deepEqual(await remove({ name: topic }, { name: null, topicId }), [
      [topic, topicId, 42, 'The provided topic name maps to an ID that was already supplied.'],
    ]);
    assert.deepEqual(await remove({ name: topic, topicId }), [
      [topic, topicId, 42, 'You may not specify both topic name and topic id.'],
    ]);
    assert.deepEqual(await remove({ name: null }), [[null, ZERO_ID, 42, 'Neither topic name nor id were specified.']]);
    assert.deepEqual(await remove({ name: 'no-such-topic' }), [
      ['no-such-topic', ZERO_ID, 3, 'This server does not host this topic-partition.'],
    ]);
    assert.deepEqual(await remove({ name: null, topicId: unknownId }), [
      [null, unknownId, 100, 'This server does not host this topic ID.'],
    ]);
    assert.deepEqual(await remove({ name: null, topicId }), [[topic, topicId, 0, null]]);
  });

  test('a topic grows, by itself or as assigned, and its new partitions work', async () => {
    const topic = await raw.topic('grows');
    const grow = async (version: number, count: number, brokers: number[][] | null = null, validateOnly = false) => {
      const assignments = brokers?.map((brokerIds) => ({ brokerIds })) ?? null;
      const { results } = await raw.call(wire.createPartitions, version, {
        topics: [{ name: topic, count, assignments }],
        timeoutMs: 10_000,
        validateOnly,
      });
      return results.map(({ errorCode, errorMessage }) => [errorCode, errorMessage]);
    };
    assert.deepEqual(await grow(0, 9, null, true), [[0, null]]);
    assert.deepEqual(await grow(1, 2), [[0, null]]);
    assert.deepEqual(await grow(2, 3, [[1]]), [[0, null]]);
    await raw.hasLeaders(topic, 3);
    await raw.produce(topic, 2, 1);
    const refused: [number, number[][] | null, number, string][] = [
      [3, null, 37, 'Topic already has 3 partition(s).'],
      [2, null, 37, `The topic ${topic} currently has 3 partition(s); 2 would not be an increase.`],
      [-1, null, 37, `The topic ${topic} currently has 3 partition(s); -1 would not be an increase.`],
      [5, [[1]], 39, 'Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.'],
      [4, [], 39, 'Attempted to add 1 additional partition(s), but only 0 assignment(s) were specified.'],
      [4, [[7]], 39, 'The manual partition assignment includes broker 7, but no such broker is registered.'],
      [4, [[]], 39, 'The manual partition assignment includes an empty replica list.'],
      [4, [[1, 1]], 39, 'The manual partition assignment includes the broker 1 more than once.'],
    ];
    for (const [count, brokers, code, message] of refused) {
      assert.deepEqual(await grow(3, count, brokers), [[code, message]]);
    }
  });

  test('growing refuses what is unknown and what comes twice, and does the rest', async () => {
    const topic = await raw.topic('grows');
    const twice = await raw.topic('grows-not');
    const topics = [topic, twice, 'no-such-topic', twice].map((name) => ({ name, count: 2, assignments: null }));
    const { results } = await raw.call(wire.createPartitions, 3, { topics, timeoutMs: 10_000 });
    const expected = [
      { name: topic, errorCode: 0, errorMessage: null },
      { name: twice, errorCode: 42, errorMessage: 'Duplicate topic name.' },
      { name: 'no-such-topic', errorCode: 3, errorMessage: null },
    ];
    assert.deepEqual(byName(results), byName(expected));
    assert.deepEqual((await raw.call(wire.createPartitions, 3, { topics: [], timeoutMs: 1000 })).results, []);
  });

  test('topics are described page by page', async () => {
    const [first, second] = [await raw.topic('page-a', 3), await raw.topic('page-b', 1)];
    const describe = async (
      names: string[],
      responsePartitionLimit: number,
      cursor: { topicName: string; partitionIndex: number } | null = null,
    ) => {
      const { topics, nextCursor } = await raw.call(wire.describeTopicPartitions, 0, {
        topics: names.map((name) => ({ name })),
        responsePartitionLimit,
        cursor,
      });
      const shown = topics.map(({ name, errorCode, partitions }) => [
        name,
        errorCode,
        ...partitions.map((each) => each.partitionIndex),
      ]);
      return { shown, nextCursor };
    };
    const both = [second, first, first];
    assert.deepEqual(await describe(both, 2000), {
      shown: [
        [first, 0, 0, 1, 2],
        [second, 0, 0],
      ],
      nextCursor: null,
    });
    let page = await describe(both, 2);
    assert.deepEqual(page, { shown: [[first, 0, 0, 1]], nextCursor: { topicName: first, partitionIndex: 2 } });
    page = await describe(both, 1, page.nextCursor);
    assert.deepEqual(page, { shown: [[first, 0, 2]], nextCursor: { topicName: second, partitionIndex: 0 } });
    page = await describe(both, 0, page.nextCursor);
    assert.deepEqual(page, { shown: [[second, 0, 0]], nextCursor: null });
    assert.deepEqual((await describe([first], 9, { topicName: first, partitionIndex: -1 })).shown, [[first, 42]]);
    assert.deepEqual((await describe([first], 9, { topicName: second, partitionIndex: 0 })).shown, [[first, 42]]);
    assert.deepEqual((await describe([first, 'no-such-topic', 'b ad'], 1)).shown, [
      ['b ad', 17],
      ['no-such-topic', 3],
      [first, 0, 0],
    ]);
    const all = await describe([], 1, { topicName: first, partitionIndex: 1 });
    assert.deepEqual(all.shown, [[first, 0, 1]]);
    const { topics } = await raw.call(wire.describeTopicPartitions, 0, { topics: [{ name: second }] });
    assert.deepEqual(topics, [
      {
        errorCode: 0,
        name: second,
        topicId: await raw.topicId(second),
        isInternal: false,
        partitions: [
          {
            errorCode: 0,
            partitionIndex: 0,
            leaderId: 1,
            leaderEpoch: 0,
            replicaNodes: [1],
            isrNodes: [1],
            eligibleLeaderReplicas: [],
            lastKnownElr: [],
            offlineReplicas: [],
          },
        ],
        topicAuthorizedOperations: 3576,
      },
    ]);
  });

  test('elections of leaders who lead already are not needed, of what is not there refused', async () => {
    const topic = await raw.topic('elected', 2);
    const notNeeded = 'Leader election not needed for topic partition.';
    const elect = async (
      version: number,
      electionType: number,
      topicPartitions: { topic: string; partitions: number[] }[] | null,
    ) => {
      const { errorCode, replicaElectionResults } = await raw.call(wire.electLeaders, version, {
        ...(version >= 1 ? { electionType } : {}),
        topicPartitions,
        timeoutMs: 10_000,
      });
      const results = replicaElectionResults.flatMap((each) =>
        each.partitionResult.map((result) => [each.topic, result.partitionId, result.errorCode, result.errorMessage]),
      );
      return { errorCode, results };
    };
    for (const version of [0, 1, 2]) {
      const answer = await elect(version, 0, [{ topic, partitions: [0] }]);
      assert.deepEqual(answer, { errorCode: 0, results: [[topic, 0, 84, notNeeded]] });
    }
    assert.deepEqual(await elect(2, 1, [{ topic, partitions: [1] }]), {
      errorCode: 0,
      results: [[topic, 1, 84, notNeeded]],
    });
    assert.deepEqual(
      await elect(2, 0, [
        { topic, partitions: [9] },
        { topic: 'no-such-topic', partitions: [0] },
      ]),
      {
        errorCode: 0,
        results: [
          [topic, 9, 3, `No such partition as ${topic}-9`],
          ['no-such-topic', 0, 3, 'No such topic as no-such-topic'],
        ],
      },
    );
    assert.deepEqual(await elect(2, 2, [{ topic, partitions: [0] }]), {
      errorCode: 42,
      results: [[topic, 0, 42, 'Unknown election type 2']],
    });
    assert.deepEqual(await elect(2, 0, null), { errorCode: 0, results: [] });
    assert.deepEqual(await elect(2, 0, []), { errorCode: 0, results: [] });
  });

  test('no replica is on the move', async () => {
    const topic = await raw.topic('stays');
    for (const topics of [null, [], [{ name: topic, partitionIndexes: [0, 9] }]]) {
      const answer = await raw.call(wire.listPartitionReassignments, 0, { topics, timeoutMs: 10_000 });
      assert.deepEqual(answer, { throttleTimeMs: 0, errorCode: 0, errorMessage: null, topics: [] });
    }
  });
}
