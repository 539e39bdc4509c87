/** ListOffsets, Metadata, OffsetCommit and OffsetFetch by hand: what is found, and how what is not is refused. */
import assert from 'node:assert/strict';
import { encodeBatch } from '../../src/records/index.ts';
import { findCoordinator, listOffsets, metadata, offsetCommit, offsetFetch, produce } from '../../src/wire/index.ts';
import { eventually, onCluster, type StartCluster, unique } from './cluster.ts';
import { type WireClient, wireScenarios } from './wire-client.ts';

const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';
const ZERO_ID = 'AAAAAAAAAAAAAAAAAAAAAA';

async function send(client: WireClient, topic: string, ...timestamps: number[]): Promise<void> {
  const records = encodeBatch({
    records: timestamps.map((timestamp) => ({ timestamp, key: null, value: Buffer.from('v'), headers: [] })),
  });
  const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }];
  const answer = await client.call(produce, 9, { acks: -1, timeoutMs: 5000, topicData });
  assert.equal(answer.responses[0]!.partitionResponses[0]!.errorCode, 0);
}

export function lookingUpScenarios(title: string, start: StartCluster): void {
  onCluster(`Looking up on ${title}`, start, (bootstrap) => {
    const scenario = wireScenarios(bootstrap);

    type Wanted = { timestamp: number; partitionIndex?: number; currentLeaderEpoch?: number };
    /** `error timestamp offset epoch` of each partition. */
    const list = async (client: WireClient, version: number, name: string, wanted: Wanted[], isolationLevel = 0) => {
      const partitions = wanted.map((each) => ({ partitionIndex: 0, ...each }));
      const body = { replicaId: -1, isolationLevel, topics: [{ name, partitions }], timeoutMs: 1000 };
      const { topics } = await client.call(listOffsets, version, body);
      return topics.flatMap((topic) =>
        topic.partitions.map((each) => `${each.errorCode} ${each.timestamp} ${each.offset} ${each.leaderEpoch}`),
      );
    };

    scenario('offsets are found by every special timestamp of the version, and by time', async (client) => {
      const [topic, empty] = [unique('times'), unique('empty')];
      await client.createTopic(topic);
      await client.createTopic(empty);
      for (const timestamp of [1000, 3000, 2000, 3000, 1500]) await send(client, topic, timestamp, timestamp + 1);
      const found: Record<number, string> = {
        [-1]: '0 -1 10 0',
        [-2]: '0 -1 0 0',
        [-3]: '0 3001 3 0',
        [-4]: '0 -1 0 0',
        [-5]: '0 -1 -1 -1',
        [-6]: '0 -1 -1 -1',
        [-7]: '35 -1 -1 -1',
        0: '0 1000 0 0',
        1001: '0 1001 1 0',
        1500: '0 3000 2 0',
        3001: '0 3001 3 0',
        3002: '0 -1 -1 -1',
      };
      for (const [timestamp, expected] of Object.entries(found)) {
        assert.deepEqual(await list(client, 11, topic, [{ timestamp: Number(timestamp) }]), [expected], timestamp);
      }
      for (const [version, timestamp] of [
        [6, -3],
        [7, -4],
        [8, -5],
        [10, -6],
      ] as const) {
        assert.deepEqual(await list(client, version, topic, [{ timestamp }]), ['35 -1 -1 -1'], `${timestamp}`);
      }
      for (const [timestamp, expected] of [
        [-1, '0 -1 0 0'],
        [-2, '0 -1 0 0'],
        [-3, '0 -1 -1 -1'],
        [0, '0 -1 -1 -1'],
      ] as const) {
        assert.deepEqual(await list(client, 11, empty, [{ timestamp }]), [expected], `empty, ${timestamp}`);
      }
    });

    scenario('offsets are refused for what is unknown, named twice, fenced or of no isolation', async (client) => {
      const topic = unique('refused');
      await client.createTopic(topic);
      assert.deepEqual(await list(client, 11, unique('missing'), [{ timestamp: -1 }]), ['3 -1 -1 -1']);
      assert.deepEqual(await list(client, 11, topic, [{ timestamp: -1, partitionIndex: 7 }]), ['3 -1 -1 -1']);
      assert.deepEqual(await list(client, 11, topic, [{ timestamp: -1 }, { timestamp: -2 }]), ['42 -1 -1 -1']);
      assert.deepEqual(await list(client, 11, topic, [{ timestamp: -1, currentLeaderEpoch: 100 }]), ['75 -1 -1 -1']);
      assert.deepEqual(await list(client, 11, topic, [{ timestamp: -1 }], 9), ['-1 -1 -1 -1']);
      assert.deepEqual(await list(client, 11, topic, []), []);
    });

    type WantedTopics = { name: string | null; topicId?: string }[] | null;
    const describe = async (client: WireClient, version: number, topics: WantedTopics, operations = false) => {
      const answer = await client.call(metadata, version, {
        topics,
        allowAutoTopicCreation: false,
        includeClusterAuthorizedOperations: operations && version <= 10,
        includeTopicAuthorizedOperations: operations,
      });
      return { ...answer, said: answer.topics.map(({ errorCode, name }) => `${errorCode} ${name}`) };
    };

    scenario('metadata of named topics: those there are first, each once, odd names refused', async (client) => {
      const [a, b] = [unique('a'), unique('b')];
      const [no, nope] = [unique('no'), unique('nope')];
      await client.createTopic(a);
      await client.createTopic(b);
      const names = [no, a, nope, b, a].map((name) => ({ name }));
      assert.deepEqual((await describe(client, 9, names)).said, [`0 ${a}`, `0 ${b}`, `3 ${no}`, `3 ${nope}`]);
      for (const name of ['', '.', 'bad name!', 'x'.repeat(250)]) {
        assert.deepEqual((await describe(client, 9, [{ name }])).said, [`17 ${name}`]);
      }
      assert.ok((await describe(client, 0, [])).said.includes(`0 ${a}`), 'in version 0 none are all');
      assert.deepEqual((await describe(client, 1, [])).said, []);
      assert.ok((await describe(client, 1, null)).said.includes(`0 ${b}`));
    });

    scenario(
      'metadata by topic id, since version 12; a request with neither name nor id is refused',
      async (client) => {
        const topic = unique('ids');
        const topicId = await client.createTopic(topic);
        assert.deepEqual((await describe(client, 13, [{ name: null, topicId }])).said, [`0 ${topic}`]);
        assert.deepEqual((await describe(client, 12, [{ name: null, topicId: UNKNOWN_ID }])).said, ['100 null']);
        assert.deepEqual((await describe(client, 12, [{ name: topic, topicId: UNKNOWN_ID }])).said, ['100 null']);
        for (const [version, wanted, code] of [
          [10, { name: null, topicId }, 42],
          [10, { name: topic, topicId }, 42],
          [12, { name: null, topicId: ZERO_ID }, -1],
        ] as const) {
          const { brokers, controllerId, topics } = await describe(client, version, [wanted]);
          assert.deepEqual([brokers.length, controllerId, topics[0]!.errorCode], [0, -1, code]);
        }
      },
    );

    scenario('metadata tells what one may do where it is asked', async (client) => {
      const topic = unique('operations');
      await client.createTopic(topic);
      const asked = await describe(client, 10, [{ name: topic }], true);
      assert.equal(asked.clusterAuthorizedOperations, 8096);
      assert.equal(asked.topics[0]!.topicAuthorizedOperations, 3576);
      const silent = await describe(client, 10, [{ name: topic }]);
      assert.equal(silent.clusterAuthorizedOperations, -2147483648);
      assert.equal(silent.topics[0]!.topicAuthorizedOperations, -2147483648);
    });

    scenario('offsets are committed for partitions there are, and found by name and by id', async (client) => {
      const topic = unique('commits');
      const topicId = await client.createTopic(topic);
      const groupId = unique('group');
      await eventually('the coordinator is there', async () => {
        const answer = await client.call(findCoordinator, 3, { key: groupId, keyType: 0 });
        return answer.errorCode === 0;
      });
      type Commit = { name?: string; topicId?: string; partitions: ReturnType<typeof at>[] };
      const commit = async (version: number, topics: Commit[], more = {}) => {
        const answer = await client.call(offsetCommit, version, { groupId, topics, ...more });
        return answer.topics.map(({ partitions }) =>
          partitions.map(({ partitionIndex, errorCode }) => `${partitionIndex}:${errorCode}`).join(' '),
        );
      };
      const at = (partitionIndex: number, committedOffset: number) => ({
        partitionIndex,
        committedOffset,
        committedLeaderEpoch: 3,
        committedMetadata: 'note',
      });
      await eventually('the coordinator is loaded', async () => {
        return (await commit(9, [{ name: topic, partitions: [at(0, 4)] }]))[0] === '0:0';
      });
      const missing = unique('missing');
      const both = [
        { name: topic, partitions: [at(0, 5), at(9, 1)] },
        { name: missing, partitions: [at(0, 1)] },
      ];
      assert.deepEqual(await commit(9, both), ['9:3 0:0', '0:3']);
      const ids = [
        { topicId, partitions: [at(0, 6)] },
        { topicId: UNKNOWN_ID, partitions: [at(0, 1)] },
      ];
      assert.deepEqual((await commit(10, ids)).sort(), ['0:0', '0:100']);
      assert.deepEqual(await commit(9, [{ name: topic, partitions: [] }]), []);
      assert.deepEqual(
        await commit(9, [{ name: topic, partitions: [{ ...at(0, 7), committedMetadata: 'x'.repeat(5000) }] }]),
        ['0:12'],
      );
      const stranger = { memberId: 'stranger', generationIdOrMemberEpoch: 1 };
      assert.deepEqual(await commit(9, [{ name: topic, partitions: [at(0, 7)] }], stranger), ['0:25']);
      const fetched = async (
        version: number,
        topics: { name?: string; topicId?: string; partitionIndexes: number[] }[] | null,
      ) => {
        const answer = await client.call(offsetFetch, version, { groups: [{ groupId, topics }] });
        return answer.groups[0]!.topics.map(({ partitions }) =>
          partitions.map(
            (each) =>
              `${each.partitionIndex}:${each.committedOffset}:${each.committedLeaderEpoch}:${each.metadata}:${each.errorCode}`,
          ),
        );
      };
      const committed = '0:6:3:note:0';
      assert.deepEqual(await fetched(9, [{ name: topic, partitionIndexes: [0, 4] }]), [[committed, '4:-1:-1::0']]);
      assert.deepEqual(await fetched(9, null), [[committed]]);
      assert.deepEqual(
        await fetched(10, [
          { topicId, partitionIndexes: [0] },
          { topicId: UNKNOWN_ID, partitionIndexes: [0] },
        ]),
        [[committed], ['0:-1:-1::100']],
      );
    });
  });
}
