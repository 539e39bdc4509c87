/**
 * Formats in both directions: what another program writes our client reads, and the other way round, on one cluster; every
 * codec, keys, nulls, headers and timestamps, and the partition that a key chooses.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Admin, Consumer, Producer } from '../../../src/client/index.ts';
import { compressionTypes } from '../../../src/records/index.ts';
import { onCluster, type StartCluster, unique } from '../cluster.ts';
import { type Found, type Peer, type Sample, samples, type WriteOptions } from './samples.ts';

/** Of samples: long ago, so that it is told apart from the time of an append. */
const TIMESTAMP = 1_700_000_000_000;

export function formatScenarios(clusterName: string, start: StartCluster, peers: readonly Peer[]): void {
  onCluster(`formats on ${clusterName}`, start, (bootstrap) => {
    async function topicOf(name: string, partitions = 1, more: Record<string, string> = {}): Promise<string> {
      await using admin = new Admin({ bootstrapServers: bootstrap() });
      const topic = unique(name);
      const configs = { 'retention.ms': '-1', ...more };
      await admin.createTopics([{ name: topic, partitions, replicationFactor: 1, configs }]);
      const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition, at: 'latest' as const }));
      await admin.listOffsets(all);
      return topic;
    }

    async function weWrite(topic: string, records: readonly Sample[], how: WriteOptions): Promise<void> {
      await using producer = new Producer({ bootstrapServers: bootstrap(), compressionType: how.codec, lingerMs: 20 });
      for (const [at, { key, value, headers }] of records.entries()) {
        const named = headers.map(([name, part]) => ({ key: name, value: part }));
        const where = how.byKey === true ? {} : { partition: 0 };
        producer.send({ topic, ...where, key, value, headers: named, timestamp: how.timestamp + at });
      }
      await producer.flush();
    }

    async function weRead(topic: string, count: number): Promise<Found[]> {
      await using consumer = new Consumer({
        bootstrapServers: bootstrap(),
        groupId: unique('ours'),
        autoOffsetReset: 'earliest',
      });
      consumer.subscribe([topic]);
      const found: Found[] = [];
      for (let empty = 0; found.length < count && empty < 100; ) {
        const records = await consumer.poll({ timeoutMs: 200 });
        if (records.length === 0) empty++;
        for (const { partition, key, value, headers, timestamp } of records) {
          const pairs = headers.map((each) => [each.key, copy(each.value)] as const);
          found.push({ partition, key: copy(key), value: copy(value), headers: pairs, timestamp });
        }
      }
      return found;
    }

    for (const peer of peers) {
      const written = samples.filter((sample) => peer.writes(sample));
      const shown = samples.filter((sample) => peer.shows(sample));

      for (const codec of peer.codecs) {
        test(`what ${peer.name} writes with codec ${codec}, we read`, async () => {
          const topic = await topicOf('theirs');
          const began = Date.now();
          await peer.write(bootstrap(), topic, written, { codec, timestamp: TIMESTAMP });
          const found = await weRead(topic, written.length);
          assert.deepEqual(found.map(said), written.map(said));
          for (const [at, { timestamp }] of found.entries()) {
            if (peer.setsTimestamps) assert.equal(timestamp, TIMESTAMP + at);
            else assert.ok(timestamp >= began && timestamp <= Date.now(), `${timestamp}`);
          }
        });
      }

      test(`what we write with every codec, ${peer.name} reads`, async () => {
        const topic = await topicOf('ours');
        const codecs = compressionTypes.filter((codec) => peer.codecs.includes(codec));
        for (const codec of codecs) await weWrite(topic, shown, { codec, timestamp: TIMESTAMP });
        const found = await peer.read(bootstrap(), topic, codecs.length * shown.length);
        assert.deepEqual(
          found.map(said),
          codecs.flatMap(() => shown.map(said)),
        );
        assert.deepEqual(
          found.map(({ timestamp }) => timestamp),
          codecs.flatMap(() => shown.map((_, at) => TIMESTAMP + at)),
        );
      });

      test(`with LogAppendTime the broker’s time is read, whoever writes: we and ${peer.name}`, async () => {
        const topic = await topicOf('append-time', 1, { 'message.timestamp.type': 'LogAppendTime' });
        const began = Date.now();
        await weWrite(topic, samples.slice(0, 2), { codec: 'lz4', timestamp: TIMESTAMP });
        await peer.write(bootstrap(), topic, samples.slice(0, 2), { codec: 'gzip', timestamp: TIMESTAMP });
        const ours = (await weRead(topic, 4)).map(({ timestamp }) => timestamp);
        for (const timestamp of ours) assert.ok(timestamp >= began && timestamp <= Date.now(), `${timestamp}`);
        if (!peer.showsLogAppendTime) return;
        const theirs = (await peer.read(bootstrap(), topic, 4)).map(({ timestamp }) => timestamp);
        assert.deepEqual(theirs, ours);
      });

      test(`a key goes to the same partition, written by us and by ${peer.name}`, async () => {
        const keys = Array.from({ length: 300 }, (_, at) => KEYS[at % KEYS.length]!(at));
        const records = keys
          .map((key) => ({ key: Buffer.from(key), value: Buffer.from('v'), headers: [] }))
          .filter((sample) => peer.writes(sample));
        assert.ok(records.length >= 240);
        const { keyedPartitions } = peer;
        const [theirs, ours] = [await topicOf('by-key', keyedPartitions), await topicOf('by-key', keyedPartitions)];
        await peer.write(bootstrap(), theirs, records, { codec: 'none', timestamp: TIMESTAMP, byKey: true });
        await weWrite(ours, records, { codec: 'none', timestamp: TIMESTAMP, byKey: true });
        const partitionsIn = async (topic: string) =>
          (await weRead(topic, records.length)).map(({ partition, key }) => `${key} in ${partition}`).sort();
        const found = await partitionsIn(ours);
        assert.equal(found.length, records.length);
        assert.deepEqual(await partitionsIn(theirs), found);
      });
    }
  });
}

/** Of every length, of one to four bytes a letter; the first of all is empty. */
const KEYS: readonly ((at: number) => string)[] = [
  (at) => (at === 0 ? '' : `key-${at}`),
  (at) => `${at}`,
  (at) => `ключ ${at}`,
  (at) => '✓'.repeat(1 + (at % 7)) + at,
  (at) => `𝄞${'x'.repeat(at % 40)}${at}`,
];

function copy(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}

/** To be compared, and to be read where it differs. */
function said({ key, value, headers }: Sample): string {
  const shown = (part: Buffer | null) =>
    part === null ? 'null' : JSON.stringify(part.toString('latin1').slice(0, 300));
  return `${shown(key)}: ${shown(value)} [${headers.map(([name, part]) => `${name}=${shown(part)}`).join(', ')}]`;
}
