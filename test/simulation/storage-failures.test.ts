/**
 * A disk that fails under one partition, on each operation: that partition is offline, its clients and the operator are
 * told why, every other one lives on, and a restart brings back all that was acknowledged.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Logger } from '../../src/core/index.ts';
import { type DiskFault, Simulation } from '../../src/lab/index.ts';
import { encodeBatch } from '../../src/records/index.ts';
import { fetch, produce } from '../../src/wire/index.ts';
import { RawClient, request } from './raw-client.ts';
import { BROKER, ClientNode, PORT, startBroker } from './world.ts';

const KAFKA_STORAGE_ERROR = 56;
const TOPICS = ['broken', 'sound'];
const LOG = 'broken-0/00000000000000000000.log';

interface Case {
  readonly fault: DiskFault;
  readonly told: RegExp;
  /** Which request meets it. */
  readonly by: 'produce' | 'fetch';
}

const cases: Readonly<Record<string, Case>> = {
  'on an append': {
    fault: { operation: 'write', pathEndsWith: LOG },
    told: /broken-0: the log failed and is offline until the broker restarts: .*EIO.*broken-0/,
    by: 'produce',
  },
  'on fdatasync': {
    fault: { operation: 'sync', pathEndsWith: LOG },
    told: /broken-0: the log failed and is offline until the broker restarts: .*EIO.*broken-0/,
    by: 'produce',
  },
  'on a read': {
    fault: { operation: 'read', pathEndsWith: LOG },
    told: /broken-0: the log failed and is offline until the broker restarts: .*EIO.*broken-0/,
    by: 'fetch',
  },
};

function recorded(lines: string[]): Logger {
  const note = (message: string, fields?: object) => lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
  return { debug: () => {}, info: () => {}, warn: note, error: note };
}

const sent = (topic: string) =>
  request(produce, 9, {
    acks: -1,
    timeoutMs: 1000,
    topicData: [
      {
        name: topic,
        partitionData: [{ index: 0, records: encodeBatch({ records: [{ key: 'k', value: 'v', timestamp: 0 }] }) }],
      },
    ],
  });
const read = (topic: string) =>
  request(fetch, 12, {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1 << 20,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] }],
  });

async function errorOf(client: RawClient, kind: 'produce' | 'fetch', topic: string): Promise<number> {
  if (kind === 'fetch') return (await client.call(read(topic))).responses[0]!.partitions[0]!.errorCode;
  return (await client.call(sent(topic))).responses[0]!.partitionResponses[0]!.errorCode;
}

for (const [name, { fault, told, by }] of Object.entries(cases)) {
  test(`EIO ${name} takes its partition offline, and no other`, async () => {
    const sim = new Simulation({ seed: 3 });
    await sim.run(
      async () => {
        const lines: string[] = [];
        await startBroker(sim.node(BROKER), {}, recorded(lines));
        const admin = new ClientNode(sim, 'admin').admin();
        await admin.createTopics(TOPICS.map((topic) => ({ name: topic, partitions: 1 })));
        await admin.close();
        const client = await RawClient.connect(sim.node('raw').network, BROKER, PORT);
        for (const topic of TOPICS) assert.equal(await errorOf(client, 'produce', topic), 0);

        sim.disk(BROKER).fail(fault);
        assert.equal(await errorOf(client, by, 'broken'), KAFKA_STORAGE_ERROR);
        // The disk works again, and nobody knows what it holds: for this partition only a restart helps.
        for (const kind of ['produce', 'fetch'] as const) {
          assert.equal(await errorOf(client, kind, 'broken'), KAFKA_STORAGE_ERROR, kind);
          assert.equal(await errorOf(client, kind, 'sound'), 0, kind);
        }
        assert.equal(lines.filter((line) => told.test(line)).length, 1, lines.join('\n'));

        sim.kill(BROKER);
        await startBroker(sim.restart(BROKER));
        const again = await RawClient.connect(sim.node('raw-2').network, BROKER, PORT);
        for (const topic of TOPICS) {
          assert.equal(await errorOf(again, 'fetch', topic), 0, topic);
          assert.equal(await errorOf(again, 'produce', topic), 0, topic);
        }
      },
      { untilMs: 1_000_000 },
    );
  });
}

test('EIO when a log is opened leaves its partition offline, and the broker starts with all others', async () => {
  const sim = new Simulation({ seed: 4 });
  await sim.run(
    async () => {
      await startBroker(sim.node(BROKER));
      const admin = new ClientNode(sim, 'admin').admin();
      await admin.createTopics(TOPICS.map((topic) => ({ name: topic, partitions: 1 })));
      await admin.close();
      sim.kill(BROKER);
      const lines: string[] = [];
      sim.disk(BROKER).fail({ operation: 'open', pathEndsWith: LOG });
      await startBroker(sim.restart(BROKER), {}, recorded(lines));
      const client = await RawClient.connect(sim.node('raw').network, BROKER, PORT);
      for (const kind of ['produce', 'fetch'] as const) {
        assert.equal(await errorOf(client, kind, 'broken'), KAFKA_STORAGE_ERROR, kind);
        assert.equal(await errorOf(client, kind, 'sound'), 0, kind);
      }
      assert.ok(
        lines.some((line) => /broken-0.*EIO|EIO.*broken-0/.test(line)),
        lines.join('\n'),
      );
    },
    { untilMs: 1_000_000 },
  );
});
