/** Apache Kafka's own tool reads what compaction and the metadata log's snapshots have left in our broker's directory. */
import assert from 'node:assert/strict';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { Broker } from '../../src/broker/index.ts';
import { values } from '../conformance/cluster.ts';
import { mustRunTool } from './apache-kafka.ts';

const topic = 'readings';
/** Compacted while the broker runs. */
const latest = 'latest';

describe("our broker's data directory, read by Apache Kafka's DumpLogSegments", () => {
  const directory = mkdtempSync(join(tmpdir(), 'onceward-directory-'));
  after(() => rmSync(directory, { recursive: true, force: true }));

  /** Enough for several segments, index entries, an aborted transaction, and a group's offsets. */
  before(async () => {
    const config = {
      'num.partitions': 1,
      'log.segment.bytes': 1024 * 1024,
      'log.index.interval.bytes': 1024,
      'log.initial.task.delay.ms': 0,
      'log.cleaner.backoff.ms': 50,
      'log.cleaner.min.cleanable.ratio': 0,
      'metadata.log.max.record.bytes.between.snapshots': 4000,
    };
    const broker = await Broker.start({ dataDirectory: directory, config });
    try {
      const client = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
      const admin = client.admin();
      await admin.connect();
      await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
      const producer = client.producer({ transactionalId: 'writer', idempotent: true, maxInFlightRequests: 1 });
      await producer.connect();
      for (const outcome of ['commit', 'abort', 'commit'] as const) {
        const transaction = await producer.transaction();
        for (const value of values(outcome, 40)) {
          const messages = [{ key: value, value: value.padEnd(20_000, '.') }];
          const compression = outcome === 'abort' ? CompressionTypes.GZIP : CompressionTypes.None;
          await transaction.send({ topic, messages, compression });
        }
        const topics = [{ topic, partitions: [{ partition: 0, offset: '17' }] }];
        await transaction.sendOffsets({ consumerGroupId: 'readers', topics });
        await transaction[outcome]();
      }
      const configEntries = [
        { name: 'cleanup.policy', value: 'compact' },
        { name: 'internal.segment.bytes', value: '6000' },
      ];
      await admin.createTopics({ topics: [{ topic: latest, numPartitions: 1, configEntries }] });
      for (let round = 0; round < 24; round++) {
        const transaction = await producer.transaction();
        const messages = values(`round ${round}`, 20).map((value, at) => ({
          key: `key ${at}`,
          value: at === 7 && round === 5 ? null : value.padEnd(200, '.'),
        }));
        const compression = round % 2 === 0 ? CompressionTypes.GZIP : CompressionTypes.None;
        await transaction.send({ topic: latest, messages: nothingAfterIt(round, messages), compression });
        await transaction[round % 3 === 1 ? 'abort' : 'commit']();
      }
      await producer.disconnect();
      await compacted(join(directory, 'cleaner-offset-checkpoint'));
      await admin.setOffsets({ groupId: 'plain-readers', topic, partitions: [{ partition: 0, offset: '5' }] });
      await admin.disconnect();
    } finally {
      await broker.close();
    }
  });

  /** Of a tombstone nothing follows, so that it is left. */
  function nothingAfterIt<M>(round: number, messages: readonly M[]): M[] {
    return messages.filter((_, index) => index !== 7 || round <= 5);
  }
  async function compacted(checkpoint: string): Promise<void> {
    const upTo = () => Number(/^latest 0 (\d+)$/m.exec(readFileSync(checkpoint, 'utf8'))?.[1] ?? 0);
    const began = Date.now();
    while (!existsSync(checkpoint) || upTo() < 400) {
      assert.ok(Date.now() - began < 20_000, 'the topic is compacted within 20 s');
      await sleep(50);
    }
  }

  const files = (name: string, ending: string): string[] => {
    const found = globSync(join(directory, '**', name, `*.${ending}`)).sort();
    assert.ok(found.length > 0, `${name} has a file that ends in .${ending}`);
    return found;
  };
  const dump = (paths: readonly string[], ...args: readonly string[]) =>
    mustRunTool('org.apache.kafka.tools.DumpLogSegments', [...args, '--files', paths.join(',')]);

  test('compacted segments are sound: sparse and empty batches, delete horizons, indexes, what was aborted', async () => {
    const segments = files(`${latest}-0`, 'log');
    const text = await dump(segments, '--deep-iteration', '--print-data-log');
    assert.doesNotMatch(text, /isvalid: false|mismatch|corrupt|exception/i);
    const [cleaned] = text.split(/^Dumping .*$/m).slice(1);
    const keys = [...cleaned!.matchAll(/ key: (key \d+) payload/g)].map(([, key]) => key);
    assert.ok(new Set(keys).size === keys.length, `each key once: ${keys.join(', ')}`);
    assert.match(text, /deleteHorizonMs: OptionalLong\[\d+\]/);
    const indexes = [...files(`${latest}-0`, 'index'), ...files(`${latest}-0`, 'timeindex')];
    assert.doesNotMatch(await dump(indexes), /mismatch|out of order|not found|exception/i);
    await dump(files(`${latest}-0`, 'index'), '--index-sanity-check');
    assert.match(await dump([files(`${latest}-0`, 'snapshot').at(-1)!]), /producerId: \d+ producerEpoch: \d+/);
  });

  test("the cluster's metadata is in Kafka's own records", async () => {
    const snapshots = files('__cluster_metadata-0', 'checkpoint');
    const snapshot = await dump(snapshots, '--cluster-metadata-decoder');
    assert.match(snapshot, /SnapshotHeader[\s\S]*SnapshotFooter/);
    assert.doesNotMatch(snapshot, /isvalid: false/);
    const text = snapshot + (await dump(files('__cluster_metadata-0', 'log'), '--cluster-metadata-decoder'));
    assert.doesNotMatch(text, /exception|skipping/i);
    for (const type of ['FEATURE_LEVEL_RECORD', 'REGISTER_BROKER_RECORD', 'TOPIC_RECORD', 'PARTITION_RECORD']) {
      assert.match(text, new RegExp(type));
    }
    assert.match(text, new RegExp(`"name":"${topic}"`));
  });
});
