/** Batches that Apache Kafka's own library has made (fixtures/JavaBatches.java tells how) against ours. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { uncompressSync } from 'snappy';
import {
  BATCH_OVERHEAD,
  type Compression,
  compressionTypes,
  controlRecordOf,
  decodeRecords,
  decompress,
  encodeBatch,
  encodeControlBatch,
  type KafkaRecord,
  type RecordInput,
  verifyBatch,
  verifyRecords,
} from './index.ts';

const captured = JSON.parse(readFileSync(new URL('fixtures/java-batches.json', import.meta.url), 'utf8')) as Record<
  string,
  string
>;
const javaBatch = (name: string) => Buffer.from(captured[name]!, 'base64');

/** The records that JavaBatches.java writes. */
function input(count: number): RecordInput[] {
  return Array.from({ length: count }, (_, i) => ({
    timestamp: i === 5 ? 1_699_999_999_993 : 1_700_000_000_000 + i * i * 1000,
    key: i % 3 === 0 ? null : `key-${i}`,
    value: i === 4 ? null : `värde-☃-${i}`.repeat(i % 20),
    headers:
      i % 4 === 1
        ? [
            { key: `h${i}`, value: 'v' },
            { key: 'n', value: null },
          ]
        : [],
  }));
}
const batchOptions = {
  baseOffset: 100,
  producerId: 4242,
  producerEpoch: 7,
  baseSequence: 2147483640,
  transactional: true,
  partitionLeaderEpoch: 3,
};

function readable(record: KafkaRecord) {
  const headers = record.headers.map(({ key, value }) => ({ key, value: value === null ? null : String(value) }));
  return { ...record, key: text(record.key), value: text(record.value), headers };
}
const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString());

test('batches of every codec from Java are verified and decoded to the same records', () => {
  for (const codec of compressionTypes) {
    for (const [name, count] of [
      [codec, 10],
      [`${codec}-large`, 600],
    ] as const) {
      if (captured[name] === undefined) continue;
      const batch = javaBatch(name);
      const header = verifyBatch(batch);
      verifyRecords(batch);
      assert.equal(header.compression, codec);
      assert.equal(header.lastSequence, count === 10 ? 1 : 591);
      assert.deepEqual(
        decodeRecords(batch).map(readable),
        input(count).map((record, at) => ({ ...record, offset: 100 + at })),
        name,
      );
    }
  }
});

test('uncompressed batches and markers are Java’s, byte for byte', () => {
  assert.deepEqual(Buffer.from(encodeBatch({ ...batchOptions, records: input(10) })), javaBatch('none'));
  for (const kind of ['commit', 'abort'] as const) {
    const marker = Buffer.from(
      encodeControlBatch({
        kind,
        coordinatorEpoch: 5,
        producerId: 4242,
        producerEpoch: 7,
        timestamp: 1_700_000_000_000,
        baseOffset: 100,
      }),
    );
    marker.writeInt32BE(3, 12);
    assert.deepEqual(marker, javaBatch(kind));
    assert.deepEqual(controlRecordOf(javaBatch(kind)), { kind, coordinatorEpoch: 5 });
  }
});

test('the records of a LogAppendTime batch from Java have the time of the append', () => {
  const batch = javaBatch('log-append-time');
  assert.equal(verifyBatch(batch).timestampType, 'LogAppendTime');
  assert.deepEqual(
    decodeRecords(batch).map((record) => record.timestamp),
    [1_700_000_009_999, 1_700_000_009_999, 1_700_000_009_999],
  );
});

test('snappy without framing, as some clients write it, is read too', () => {
  const framed = javaBatch('snappy').subarray(BATCH_OVERHEAD);
  const length = framed.readInt32BE(16);
  const raw = framed.subarray(20, 20 + length);
  assert.equal(20 + length, framed.length);
  assert.deepEqual(Buffer.from(decompress('snappy', raw, 1 << 20)), Buffer.from(decompress('snappy', framed, 1 << 20)));
  assert.deepEqual(Buffer.from(decompress('snappy', raw, 1 << 20)), uncompressSync(raw));
});

test('several frames in a row are one stream, with the codecs that allow it', () => {
  for (const codec of ['gzip', 'zstd'] satisfies Compression[]) {
    const one = javaBatch(codec).subarray(BATCH_OVERHEAD);
    const plain = Buffer.from(decompress(codec, one, 1 << 20));
    const twice = decompress(codec, Buffer.concat([one, one]), 1 << 20);
    assert.deepEqual(Buffer.from(twice), Buffer.concat([plain, plain]), codec);
  }
});
