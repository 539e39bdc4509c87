/** Fetch by hand: sessions (KIP-227), limits, waiting, and what is refused. */
import assert from 'node:assert/strict';
import { encodeBatch } from '../../src/records/index.ts';
import { deleteTopics, type FetchRequestInput, type FetchResponse, fetch, produce } from '../../src/wire/index.ts';
import { onCluster, type StartCluster, unique } from './cluster.ts';
import { WireClient, wireScenarios } from './wire-client.ts';

/** The versions without and with topic ids. */
const BY_NAME = 12;
const BY_ID = 17;
const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';

async function send(client: WireClient, topic: string, value: string, index = 0): Promise<void> {
  const records = encodeBatch({
    records: [{ timestamp: Date.now(), key: null, value: Buffer.from(value), headers: [] }],
  });
  const answer = await client.call(produce, 9, {
    acks: -1,
    timeoutMs: 5000,
    topicData: [{ name: topic, partitionData: [{ index, records }] }],
  });
  assert.equal(answer.responses[0]!.partitionResponses[0]!.errorCode, 0);
}

const partition = (index: number, fetchOffset: number, more: { currentLeaderEpoch?: number } = {}) => ({
  partition: index,
  fetchOffset,
  partitionMaxBytes: 1 << 20,
  ...more,
});

function read(client: WireClient, version: number, body: Partial<FetchRequestInput>): Promise<FetchResponse> {
  const rest = { maxWaitMs: 0, minBytes: 1, maxBytes: 1 << 20, isolationLevel: 0, sessionId: 0, sessionEpoch: -1 };
  return client.call(fetch, version, { ...rest, topics: [], forgottenTopicsData: [], rackId: '', ...body });
}

/** `topic-partition error bytes` of everything in an answer, in its order. */
function said({ responses }: FetchResponse): string[] {
  return responses.flatMap(({ topic, topicId, partitions }) =>
    partitions.map(({ partitionIndex, errorCode, records }) => {
      const name = topic === '' ? topicId : topic;
      return `${name}-${partitionIndex} ${errorCode} ${records!.length > 0 ? 'records' : 'none'}`;
    }),
  );
}

async function elapsed<T>(run: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const before = performance.now();
  const result = await run();
  return { result, ms: performance.now() - before };
}

export function fetchingScenarios(title: string, start: StartCluster): void {
  onCluster(`Fetch on ${title}`, start, (bootstrap) => {
    const scenario = wireScenarios(bootstrap);

    scenario('a session is asked only for what changed, and answers only what is news', async (client) => {
      const [a, b] = [unique('a'), unique('b')];
      await client.createTopic(a, {}, 2);
      await client.createTopic(b);
      await send(client, a, 'one');
      const first = await read(client, BY_NAME, {
        sessionEpoch: 0,
        topics: [
          { topic: a, partitions: [partition(0, 0), partition(1, 0)] },
          { topic: b, partitions: [partition(0, 0)] },
        ],
      });
      assert.deepEqual(said(first), [`${a}-0 0 records`, `${a}-1 0 none`, `${b}-0 0 none`]);
      const { sessionId } = first;
      assert.ok(sessionId > 0);
      let epoch = 1;
      const step = async (body: Partial<FetchRequestInput> = {}) => {
        const answer = await read(client, BY_NAME, { sessionId, sessionEpoch: epoch++, ...body });
        assert.equal(answer.errorCode, 0);
        assert.equal(answer.sessionId, sessionId);
        return said(answer);
      };
      assert.deepEqual(await step(), [`${a}-0 0 records`], 'its position did not move');
      assert.deepEqual(await step({ topics: [{ topic: a, partitions: [partition(0, 1)] }] }), []);
      await send(client, b, 'one');
      assert.deepEqual(await step(), [`${b}-0 0 records`]);
      assert.deepEqual(await step({ topics: [{ topic: b, partitions: [partition(0, 1)] }] }), []);
      assert.deepEqual(await step({ forgottenTopicsData: [{ topic: b, partitions: [0] }] }), []);
      await send(client, b, 'two');
      assert.deepEqual(await step(), [], 'it was forgotten');
      assert.deepEqual(await step({ topics: [{ topic: b, partitions: [partition(7, 0)] }] }), [`${b}-7 3 none`]);
      assert.deepEqual(await step(), [`${b}-7 3 none`], 'an error is always news');
    });

    scenario('a session waits for records like any fetch', async (client) => {
      const topic = unique('waits');
      await client.createTopic(topic);
      const { sessionId } = await read(client, BY_NAME, {
        sessionEpoch: 0,
        topics: [{ topic, partitions: [partition(0, 0)] }],
      });
      const empty = await elapsed(() => read(client, BY_NAME, { sessionId, sessionEpoch: 1, maxWaitMs: 300 }));
      assert.deepEqual(said(empty.result), []);
      assert.ok(empty.ms >= 250, `it waited ${empty.ms} ms`);
      const answer = elapsed(() => read(client, BY_NAME, { sessionId, sessionEpoch: 2, maxWaitMs: 10_000 }));
      const writer = await WireClient.connect(bootstrap());
      await send(writer, topic, 'one');
      writer.close();
      const { result, ms } = await answer;
      assert.deepEqual(said(result), [`${topic}-0 0 records`]);
      assert.ok(ms < 5000, `it waited ${ms} ms`);
    });

    scenario('a session that is not known, is out of step or of another kind is refused', async (client) => {
      const topic = unique('refused');
      const topicId = await client.createTopic(topic);
      const refusal = async (version: number, body: Partial<FetchRequestInput>) => {
        const answer = await read(client, version, body);
        assert.deepEqual(answer.responses, []);
        assert.equal(answer.sessionId, 0);
        return answer.errorCode;
      };
      assert.equal(await refusal(BY_NAME, { sessionId: 77, sessionEpoch: 1 }), 70);
      const topics = [{ topic, partitions: [partition(0, 0)] }];
      const { sessionId } = await read(client, BY_NAME, { sessionEpoch: 0, topics });
      assert.equal(await refusal(BY_NAME, { sessionId, sessionEpoch: 2 }), 71);
      assert.equal(await refusal(BY_ID, { sessionId, sessionEpoch: 1 }), 106);
      const still = await read(client, BY_NAME, { sessionId, sessionEpoch: 1 });
      assert.equal(still.sessionId, sessionId, 'it stands all the same');
      const byId = await read(client, BY_ID, { sessionEpoch: 0, topics: [{ topicId, partitions: [partition(0, 0)] }] });
      assert.equal(await refusal(BY_NAME, { sessionId: byId.sessionId, sessionEpoch: 1 }), 106);
    });

    scenario('a session ends when it is closed, replaced, or nothing is left in it', async (client) => {
      const topic = unique('ends');
      await client.createTopic(topic);
      const topics = [{ topic, partitions: [partition(0, 0)] }];
      const begin = async () => (await read(client, BY_NAME, { sessionEpoch: 0, topics })).sessionId;
      const gone = async (sessionId: number, sessionEpoch: number) =>
        assert.equal((await read(client, BY_NAME, { sessionId, sessionEpoch })).errorCode, 70);
      const closed = await begin();
      const last = await read(client, BY_NAME, { sessionId: closed, sessionEpoch: -1, topics });
      assert.equal(last.sessionId, 0);
      assert.deepEqual(said(last), [`${topic}-0 0 none`]);
      await gone(closed, 1);
      const replaced = await begin();
      const next = await read(client, BY_NAME, { sessionId: replaced, sessionEpoch: 0, topics });
      assert.notEqual(next.sessionId, replaced);
      await gone(replaced, 1);
      const forgottenTopicsData = [{ topic, partitions: [0] }];
      const empty = await read(client, BY_NAME, { sessionId: next.sessionId, sessionEpoch: 1, forgottenTopicsData });
      assert.equal(empty.sessionId, 0);
      assert.deepEqual(empty.responses, []);
      await gone(next.sessionId, 2);
    });

    scenario('a session by topic ids notices that its topic is gone, and that another has its name', async (client) => {
      const topic = unique('again');
      const topicId = await client.createTopic(topic);
      const first = await read(client, BY_ID, {
        sessionEpoch: 0,
        topics: [
          { topicId, partitions: [partition(0, 0)] },
          { topicId: UNKNOWN_ID, partitions: [partition(0, 0)] },
        ],
      });
      assert.deepEqual(said(first), [`${topicId}-0 0 none`, `${UNKNOWN_ID}-0 100 none`]);
      const { sessionId } = first;
      let epoch = 1;
      const until = async (code: number) => {
        for (;;) {
          const answer = await read(client, BY_ID, { sessionId, sessionEpoch: epoch++ });
          if (said(answer).includes(`${topicId}-0 ${code} none`)) return;
          assert.ok(epoch < 500, `never ${code}: ${said(answer)}`);
        }
      };
      await client.call(deleteTopics, 5, { topicNames: [topic], timeoutMs: 5000 });
      await until(3);
      await client.createTopic(topic);
      await until(103);
    });

    scenario(
      'what is unknown does not keep the others from waiting; what cannot be read answers at once',
      async (client) => {
        const topic = unique('mixed');
        await client.createTopic(topic);
        const wait = { maxWaitMs: 500 };
        const timed = (...partitions: ReturnType<typeof partition>[]) =>
          elapsed(() => read(client, BY_NAME, { ...wait, topics: [{ topic, partitions }] }));
        const unknown = await timed(partition(9, 0), partition(0, 0));
        assert.deepEqual(said(unknown.result), [`${topic}-0 0 none`, `${topic}-9 3 none`]);
        assert.ok(unknown.ms >= 400, `answered after ${unknown.ms} ms`);
        for (const [only, code] of [
          [partition(9, 0), 3],
          [partition(0, 5), 1],
          [partition(0, -1), 1],
          [partition(0, 0, { currentLeaderEpoch: 100 }), 75],
        ] as const) {
          const { result, ms } = await timed(only);
          assert.deepEqual(said(result), [`${topic}-${only.partition} ${code} none`]);
          assert.ok(ms < 400, `${code} after ${ms} ms`);
          const [answer] = result.responses[0]!.partitions;
          assert.equal(answer!.highWatermark, -1);
          assert.deepEqual(answer!.currentLeader, { leaderId: -1, leaderEpoch: -1 });
          assert.equal(answer!.preferredReadReplica, -1);
        }
      },
    );

    scenario('one batch comes whatever the limits; more bytes are not waited for than may come', async (client) => {
      const topic = unique('limits');
      await client.createTopic(topic);
      await send(client, topic, 'one');
      await send(client, topic, 'two');
      const wait = { maxWaitMs: 5000 };
      const topics = [{ topic, partitions: [partition(0, 0)] }];
      const { result, ms } = await elapsed(() =>
        read(client, BY_NAME, { ...wait, minBytes: 1_000_000, maxBytes: 10, topics }),
      );
      assert.deepEqual(said(result), [`${topic}-0 0 records`]);
      assert.ok(ms < 2000, `it waited ${ms} ms`);
      const tight = await read(client, BY_NAME, {
        topics: [{ topic, partitions: [{ ...partition(0, 0), partitionMaxBytes: 0 }] }],
      });
      const loose = await read(client, BY_NAME, { topics });
      const size = ({ responses }: FetchResponse) => responses[0]!.partitions[0]!.records!.length;
      assert.equal(size(loose), 2 * size(tight));
      assert.equal(size(result), size(tight));
      const twice = [{ topic, partitions: [partition(0, 0), partition(0, 1)] }];
      assert.equal(size(await read(client, BY_NAME, { topics: twice })), size(tight), 'the last mention counts');
    });

    scenario('followers that are none, unknown isolation and impossible sizes are refused', async (client) => {
      const topic = unique('odd');
      const topicId = await client.createTopic(topic);
      await send(client, topic, 'one');
      const topics = [{ topic, partitions: [partition(0, 0)] }];
      assert.deepEqual(said(await read(client, BY_NAME, { replicaId: 1, topics })), [`${topic}-0 6 none`]);
      const follower = await read(client, BY_ID, {
        replicaState: { replicaId: 5, replicaEpoch: -1 },
        topics: [{ topicId, partitions: [partition(0, 0)] }],
      });
      assert.deepEqual(said(follower), [`${topicId}-0 6 none`]);
      const { leaderId, leaderEpoch } = follower.responses[0]!.partitions[0]!.currentLeader;
      assert.ok(leaderId >= 0 && leaderEpoch >= 0, 'it is told who leads');
      const unknown = await read(client, BY_NAME, { isolationLevel: 7, topics });
      assert.equal(unknown.errorCode, -1);
      assert.deepEqual(said(unknown), [`${topic}-0 -1 none`]);
      assert.deepEqual(said(await read(client, BY_NAME, { maxBytes: -1, topics })), [`${topic}-0 -1 none`]);
    });

    scenario('only read_committed has a list of aborted transactions', async (client) => {
      const topic = unique('isolation');
      await client.createTopic(topic);
      await send(client, topic, 'one');
      const topics = [{ topic, partitions: [partition(0, 0), partition(9, 0)] }];
      const lists = async (isolationLevel: number) =>
        (await read(client, BY_NAME, { isolationLevel, topics })).responses[0]!.partitions.map(
          ({ abortedTransactions }) => abortedTransactions,
        );
      assert.deepEqual(await lists(0), [null, []]);
      assert.deepEqual(await lists(1), [[], []]);
    });
  });
}
