/**
 * A partition whose log is offline has no leader and an offline replica, whoever asks: those who would write to it or read
 * from it wait until it is back, and ask nothing of it meanwhile.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../src/core/index.ts';
import { Simulation } from '../../src/lab/index.ts';
import {
  describeLogDirs,
  describeTopicPartitions,
  electLeaders,
  findCoordinator,
  metadata,
} from '../../src/wire/index.ts';
import { RawClient, request } from './raw-client.ts';
import { BROKER, ClientNode, PORT, startBroker, text } from './world.ts';

const TOPIC = 't';
const BROKEN = 0;
const SOUND = 1;
const logOf = (topic: string, partition: number) => `${topic}-${partition}/00000000000000000000.log`;

/** A topic of two partitions, each with one record; `breaks` takes the log of the first offline. */
async function world(run: (world: World) => Promise<void>): Promise<void> {
  const sim = new Simulation({ seed: 'offline' });
  await sim.run(
    async () => {
      await startBroker(sim.node(BROKER));
      const clients = new ClientNode(sim, 'clients');
      const admin = clients.admin();
      await admin.createTopics([{ name: TOPIC, partitions: 2 }]);
      const producer = clients.producer();
      for (const partition of [BROKEN, SOUND]) await producer.sendAndWait({ topic: TOPIC, partition, value: 'first' });
      await producer.close();
      await run({ sim, clients });
      await admin.close();
    },
    { untilMs: 1_000_000 },
  );
}

interface World {
  readonly sim: Simulation;
  readonly clients: ClientNode;
}

async function restart(sim: Simulation): Promise<void> {
  sim.kill(BROKER);
  await startBroker(sim.restart(BROKER));
}

/** How the log comes to be offline. */
const causes: Readonly<Record<string, (world: World) => Promise<void>>> = {
  'that cannot be written': async ({ sim, clients }) => {
    sim.disk(BROKER).fail({ operation: 'write', pathEndsWith: logOf(TOPIC, BROKEN) });
    const producer = clients.producer({ retries: 0 });
    const refused = { code: 'KAFKA_STORAGE_ERROR' };
    await assert.rejects(producer.sendAndWait({ topic: TOPIC, partition: BROKEN, value: 'lost' }), refused);
    await producer.close();
  },
  'that cannot be opened': async ({ sim }) => {
    sim.disk(BROKER).fail({ operation: 'open', pathEndsWith: logOf(TOPIC, BROKEN) });
    await restart(sim);
  },
};

for (const [cause, breaks] of Object.entries(causes)) {
  test(`a log ${cause}: its partition has no leader and an offline replica, until the restart`, async () => {
    await world(async (world) => {
      const { sim, clients } = world;
      await breaks(world);
      const client = await RawClient.connect(sim.node('raw').network, BROKER, PORT);
      for (let version = 0; version <= 13; version++) {
        const { topics } = await client.call(request(metadata, version, { topics: [{ name: TOPIC }] }));
        assert.deepEqual(
          topics[0]!.partitions.map(({ errorCode, leaderId, replicaNodes, isrNodes, offlineReplicas }) => {
            return { errorCode, leaderId, replicaNodes, isrNodes, offlineReplicas };
          }),
          [
            {
              errorCode: ErrorCode.LEADER_NOT_AVAILABLE,
              leaderId: -1,
              replicaNodes: [1],
              isrNodes: [1],
              offlineReplicas: version >= 5 ? [1] : [],
            },
            { errorCode: 0, leaderId: 1, replicaNodes: [1], isrNodes: [1], offlineReplicas: [] },
          ],
          `version ${version}`,
        );
      }
      const asked = { topics: [{ name: TOPIC }], responsePartitionLimit: 10, cursor: null };
      const paged = await client.call(request(describeTopicPartitions, 0, asked));
      assert.deepEqual(
        paged.topics[0]!.partitions.map(({ errorCode, leaderId, isrNodes, offlineReplicas }) => {
          return { errorCode, leaderId, isrNodes, offlineReplicas };
        }),
        [
          { errorCode: 0, leaderId: -1, isrNodes: [1], offlineReplicas: [1] },
          { errorCode: 0, leaderId: 1, isrNodes: [1], offlineReplicas: [] },
        ],
      );
      for (const [electionType, refusal] of [
        ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE,
        ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE,
      ].entries()) {
        const topicPartitions = [{ topic: TOPIC, partitions: [BROKEN, SOUND] }];
        const election = await client.call(
          request(electLeaders, 2, { electionType, topicPartitions, timeoutMs: 1000 }),
        );
        assert.deepEqual(
          election.replicaElectionResults[0]!.partitionResult.map(({ errorCode }) => errorCode),
          [refusal, ErrorCode.ELECTION_NOT_NEEDED],
        );
      }
      const { results } = await client.call(request(describeLogDirs, 4, { topics: null }));
      const lying = results[0]!.topics.find(({ name }) => name === TOPIC)!.partitions;
      assert.deepEqual(
        lying.map(({ partitionIndex }) => partitionIndex),
        [SOUND],
      );

      const admin = clients.admin();
      const [described] = await admin.describeTopics([TOPIC]);
      assert.deepEqual(
        described!.partitions.map(({ leader, isr, offlineReplicas }) => ({ leader, isr, offlineReplicas })),
        [
          { leader: -1, isr: [1], offlineReplicas: [1] },
          { leader: 1, isr: [1], offlineReplicas: [] },
        ],
      );
      const epoch = described!.partitions[BROKEN]!.leaderEpoch;
      await restart(sim);
      const [back] = await admin.describeTopics([TOPIC]);
      assert.deepEqual(
        back!.partitions.map(({ leader, offlineReplicas }) => ({ leader, offlineReplicas })),
        [
          { leader: 1, offlineReplicas: [] },
          { leader: 1, offlineReplicas: [] },
        ],
      );
      assert.ok(back!.partitions[BROKEN]!.leaderEpoch > epoch, 'what was read before may be gone');
      await admin.close();
    });
  });
}

test('a producer and a consumer wait for an offline partition, ask its broker nothing of it, and go on once it is back', async () => {
  await world(async ({ sim, clients }) => {
    const consumer = clients.consumer({ fetchMaxWaitMs: 100 });
    consumer.assign([{ topic: TOPIC, partition: BROKEN }]);
    const read: string[] = [];
    const poll = async (): Promise<void> => {
      for (const { value } of await consumer.poll({ timeoutMs: 2000 })) read.push(text(value));
    };
    await poll();
    assert.deepEqual(read, ['first']);

    sim.disk(BROKER).fail({ operation: 'write', pathEndsWith: logOf(TOPIC, BROKEN) });
    const producer = clients.producer();
    const second = producer.sendAndWait({ topic: TOPIC, partition: BROKEN, value: 'second' });
    await poll();
    const asked = () => [producer.metrics().requests.Produce!.count, consumer.metrics().requests.Fetch!.count];
    const before = asked();
    await poll();
    await poll();
    assert.deepEqual(asked(), before, 'since they know that nobody leads it');
    await producer.sendAndWait({ topic: TOPIC, partition: SOUND, value: 'elsewhere' });
    const keyless = await Promise.all(
      [1, 2, 3].map((value) => producer.sendAndWait({ topic: TOPIC, value: `${value}` })),
    );
    assert.deepEqual(
      keyless.map(({ partition }) => partition),
      [SOUND, SOUND, SOUND],
      'records that may go anywhere go where there is a leader',
    );

    await restart(sim);
    assert.equal((await second).offset, 1);
    while (read.length < 2) await poll();
    assert.deepEqual(read, ['first', 'second']);
    await Promise.all([producer.close(), consumer.close()]);
  });
});

test('nobody coordinates a group whose partition is offline; the others have their coordinator', async () => {
  await world(async ({ sim }) => {
    const client = await RawClient.connect(sim.node('raw').network, BROKER, PORT);
    // Of three partitions: by Java's hash of the name, 'a' goes to 1 and 'b' to 2.
    const asked = (version: number, key: string) =>
      client.call(request(findCoordinator, version, { keyType: 0, key, coordinatorKeys: [key] }));
    assert.equal((await asked(3, 'a')).errorCode, 0);
    sim.disk(BROKER).fail({ operation: 'open', pathEndsWith: logOf('__consumer_offsets', 1) });
    await restart(sim);
    const again = await RawClient.connect(sim.node('raw-2').network, BROKER, PORT);
    const { coordinators } = await again.call(request(findCoordinator, 4, { keyType: 0, coordinatorKeys: ['a', 'b'] }));
    assert.deepEqual(
      coordinators.map(({ key, errorCode, nodeId }) => ({ key, errorCode, nodeId })),
      [
        { key: 'a', errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, nodeId: -1 },
        { key: 'b', errorCode: 0, nodeId: 1 },
      ],
    );
    const { errorCode, nodeId } = await again.call(request(findCoordinator, 3, { keyType: 0, key: 'a' }));
    assert.deepEqual([errorCode, nodeId], [ErrorCode.COORDINATOR_NOT_AVAILABLE, -1]);
  });
});
