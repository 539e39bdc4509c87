/** Apache Kafka's own tool reads the directory that our broker has written: segments, indexes, snapshots, internal topics. */
import assert from 'node:assert/strict';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { Broker } from '../../src/broker/index.ts';
import { values } from '../conformance/cluster.ts';
import { mustRunTool } from './apache-kafka.ts';

const topic = 'readings';

describe("our broker's data directory, read by Apache Kafka's DumpLogSegments", () => {
  const directory = mkdtempSync(join(tmpdir(), 'onceward-directory-'));
  after(() => rmSync(directory, { recursive: true, force: true }));

  /** Enough for several segments, index entries, an aborted transaction, and a group's offsets. */
  before(async () => {
    const config = { 'num.partitions': 1, 'log.segment.bytes': 1024 * 1024, 'log.index.interval.bytes': 1024 };
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
      await producer.disconnect();
      await admin.setOffsets({ groupId: 'plain-readers', topic, partitions: [{ partition: 0, offset: '5' }] });
      await admin.disconnect();
    } finally {
      await broker.close();
    }
  });

  const files = (name: string, ending: string): string[] => {
    const found = globSync(join(directory, '**', name, `*.${ending}`)).sort();
    assert.ok(found.length > 0, `${name} has a file that ends in .${ending}`);
    return found;
  };
  const dump = (paths: readonly string[], ...args: readonly string[]) =>
    mustRunTool('org.apache.kafka.tools.DumpLogSegments', [...args, '--files', paths.join(',')]);

  test('the segments hold the batches, with valid checksums and in order', async () => {
    const segments = files(`${topic}-0`, 'log');
    assert.ok(segments.length > 1, 'there are several segments');
    const text = await dump(segments, '--deep-iteration', '--print-data-log');
    assert.doesNotMatch(text, /isvalid: false|mismatch|corrupt|exception/i);
    const keys = [...text.matchAll(/ key: (\S+) payload: /g)].map(([, key]) => key);
    assert.deepEqual(keys, [...values('commit', 40), ...values('abort', 40), ...values('commit', 40)]);
    const markers = [...text.matchAll(/endTxnMarker: (\w+)/g)].map(([, kind]) => kind);
    assert.deepEqual(markers, ['COMMIT', 'ABORT', 'COMMIT']);
    assert.match(text, /compresscodec: gzip/);
  });

  test('the offset and time indexes agree with the segments', async () => {
    const text = await dump([...files(`${topic}-0`, 'index'), ...files(`${topic}-0`, 'timeindex')]);
    assert.doesNotMatch(text, /mismatch|out of order|not found|exception/i);
    assert.match(text, /offset: \d+ position: \d+/);
    await dump(files(`${topic}-0`, 'index'), '--index-sanity-check');
  });

  test('the transaction index names the aborted transaction, and the snapshot the producer', async () => {
    const aborted = await dump(files(`${topic}-0`, 'txnindex'));
    assert.match(aborted, /producerId: \d+ firstOffset: 41 lastOffset: 81/);
    const snapshot = await dump([files(`${topic}-0`, 'snapshot').at(-1)!]);
    assert.match(snapshot, /producerId: \d+ producerEpoch: \d+/);
  });

  test("the groups' offsets are in Kafka's own records", async () => {
    const text = await dump(files('__consumer_offsets-*', 'log'), '--offsets-decoder', '--print-data-log');
    assert.doesNotMatch(text, /exception|could not be decoded/i);
    assert.match(text, /readers/);
    assert.match(text, /plain-readers/);
    assert.match(text, /"offset":\s*"?17/);
  });

  test("the transactions' states are in Kafka's own records", async () => {
    const text = await dump(files('__transaction_state-*', 'log'), '--transaction-log-decoder', '--print-data-log');
    assert.doesNotMatch(text, /exception|could not be decoded/i);
    assert.match(text, /writer/);
  });

  test("the cluster's metadata is in Kafka's own records", async () => {
    const text = await dump(files('__cluster_metadata-0', 'log'), '--cluster-metadata-decoder');
    assert.doesNotMatch(text, /exception|skipping/i);
    for (const type of ['FEATURE_LEVEL_RECORD', 'REGISTER_BROKER_RECORD', 'TOPIC_RECORD', 'PARTITION_RECORD']) {
      assert.match(text, new RegExp(type));
    }
    assert.match(text, new RegExp(`"name":"${topic}"`));
  });
});
