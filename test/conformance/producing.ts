/** Produce by hand: what is accepted, what is refused and how, and in which form batches are kept. */
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import {
  batchesOf,
  type Compression,
  crc32c,
  decodeRecords,
  type EncodeBatchOptions,
  encodeBatch,
} from '../../src/records/index.ts';
import { fetch, produce } from '../../src/wire/index.ts';
import { onCluster, type StartCluster, unique } from './cluster.ts';
import { type WireClient, wireScenarios } from './wire-client.ts';

const VERSION = 9;
const BODY_AT = 61;

const record = (value: string, more: { key?: Buffer; timestamp?: number } = {}) => ({
  timestamp: more.timestamp ?? Date.now(),
  key: more.key ?? null,
  value: Buffer.from(value),
  headers: [],
});
const three = (options: Partial<EncodeBatchOptions> = {}) =>
  encodeBatch({ records: [record('one'), record('two'), record('three')], ...options });

/** The batch with some bytes changed, and a checksum that says so. */
function changed(batch: Uint8Array, change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(batch);
  change(bytes);
  return sealed(bytes);
}
function sealed(bytes: Buffer): Buffer {
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}
const counted = (count: number) => (bytes: Buffer) => {
  bytes.writeInt32BE(count - 1, 23);
  bytes.writeInt32BE(count, 57);
};

async function send(client: WireClient, topic: string, records: Uint8Array | null, more: { acks?: number } = {}) {
  const answer = await client.call(produce, VERSION, {
    acks: more.acks ?? -1,
    timeoutMs: 5000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
  });
  return answer.responses[0]!.partitionResponses[0]!;
}

/** The batches of a topic as they are kept. */
async function kept(client: WireClient, topic: string) {
  const answer = await client.call(fetch, 12, {
    maxWaitMs: 0,
    minBytes: 1,
    isolationLevel: 0,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] }],
    forgottenTopicsData: [],
  });
  return [...batchesOf(answer.responses[0]!.partitions[0]!.records!)].map(({ header, bytes }) => ({
    header,
    records: decodeRecords(bytes),
  }));
}

export function producingScenarios(title: string, start: StartCluster): void {
  onCluster(`Produce on ${title}`, start, (bootstrap) => {
    const scenario = wireScenarios(bootstrap);

    scenario('a request that is not one batch of today for each partition is refused', async (client) => {
      const topic = unique('form');
      await client.createTopic(topic);
      const refused = async (records: Uint8Array, code: number) => {
        const answer = await send(client, topic, records);
        assert.equal(answer.errorCode, code);
        assert.equal(answer.baseOffset, -1);
        assert.equal(answer.logStartOffset, -1);
      };
      await refused(new Uint8Array(0), 87);
      await refused(Buffer.concat([three(), three()]), 87);
      await refused(
        changed(three(), (bytes) => bytes.writeInt8(1, 16)),
        87,
      );
      const damaged = Buffer.from(three());
      damaged[70]! ^= 1;
      await refused(damaged, 2);
      assert.deepEqual(await kept(client, topic), []);
    });

    scenario('a batch that contradicts itself is refused, compressed or not, and never sent again', async (client) => {
      const topic = unique('contradiction');
      await client.createTopic(topic);
      const gzip = () => three({ compression: 'gzip' });
      const trailing = Buffer.concat([three(), Buffer.from([1, 2, 3])]);
      const packed = (bytes: Buffer) => {
        const batch = Buffer.concat([bytes.subarray(0, BODY_AT), gzipSync(bytes.subarray(BODY_AT))]);
        batch.writeInt16BE(1, 21);
        return sealed(batch);
      };
      const batches: Record<string, Uint8Array> = {
        'a last offset beyond its records': changed(three(), (bytes) => bytes.writeInt32BE(5, 23)),
        'a last offset before its records': changed(three(), (bytes) => bytes.writeInt32BE(1, 23)),
        'fewer than it holds': changed(three(), counted(2)),
        'more than it holds': changed(three(), counted(4)),
        none: changed(three(), counted(0)),
        'fewer than it holds, compressed': changed(gzip(), counted(2)),
        'more than it holds, compressed': changed(gzip(), counted(4)),
        'a record longer than the batch': changed(three(), (bytes) => bytes.writeInt8(120, BODY_AT)),
        'bytes after the last record': sealed(trailing),
        'bytes after the last record, compressed': packed(trailing),
        'a control batch': changed(three(), (bytes) => bytes.writeInt16BE(0x20, 21)),
        'a producer without a sequence': changed(three(), (bytes) => {
          bytes.writeBigInt64BE(5n, 43);
          bytes.writeInt16BE(0, 51);
        }),
        'a base offset': changed(three(), (bytes) => bytes.writeBigInt64BE(77n, 0)),
      };
      for (const [name, batch] of Object.entries(batches)) {
        assert.equal((await send(client, topic, batch)).errorCode, 87, name);
      }
      assert.deepEqual(await kept(client, topic), []);
      assert.equal((await send(client, topic, three())).baseOffset, 0);
    });

    scenario('records without a key are named where the topic is compacted', async (client) => {
      const topic = unique('compacted');
      await client.createTopic(topic, { 'cleanup.policy': 'compact' });
      const mixed = encodeBatch({ records: [record('a', { key: Buffer.from('k') }), record('b')] });
      const answer = await send(client, topic, mixed);
      assert.equal(answer.errorCode, 87);
      assert.equal(answer.logStartOffset, 0);
      assert.deepEqual(
        answer.recordErrors.map(({ batchIndex }) => batchIndex),
        [1],
      );
      assert.ok(answer.errorMessage);
      const all = await send(client, topic, three());
      assert.equal(all.recordErrors.length, 3);
      const keyed = encodeBatch({ records: [record('a', { key: Buffer.from('k') })] });
      assert.equal((await send(client, topic, keyed)).errorCode, 0);
    });

    scenario('timestamps outside the bounds are named; the record counts, not what the header says', async (client) => {
      const topic = unique('timestamps');
      const bounds = { 'message.timestamp.before.max.ms': '60000', 'message.timestamp.after.max.ms': '60000' };
      await client.createTopic(topic, bounds);
      const now = Date.now();
      const old = encodeBatch({ records: [record('a'), record('b', { timestamp: now - 600_000 })] });
      const refusedOld = await send(client, topic, old);
      assert.equal(refusedOld.errorCode, 32);
      assert.deepEqual(
        refusedOld.recordErrors.map(({ batchIndex }) => batchIndex),
        [1],
      );
      const future = encodeBatch({ records: [record('a', { timestamp: now + 600_000 })] });
      assert.equal((await send(client, topic, future)).errorCode, 32);
      const none = encodeBatch({ records: [record('none', { timestamp: -1 })] });
      assert.equal((await send(client, topic, none)).errorCode, 0);
      const lying = changed(three(), (bytes) => bytes.writeBigInt64BE(BigInt(now + 600_000), 35));
      assert.equal((await send(client, topic, lying)).errorCode, 0);
    });

    scenario('with LogAppendTime the broker stamps what it keeps and tells when', async (client) => {
      for (const configs of [{}, { 'compression.type': 'gzip' }]) {
        const topic = unique('append-time');
        await client.createTopic(topic, { ...configs, 'message.timestamp.type': 'LogAppendTime' });
        const old = encodeBatch({ records: [record('a', { timestamp: 1000 }), record('b', { timestamp: 2000 })] });
        const { errorCode, logAppendTimeMs } = await send(client, topic, old);
        assert.equal(errorCode, 0);
        const [batch] = await kept(client, topic);
        assert.equal(batch!.header.timestampType, 'LogAppendTime');
        assert.deepEqual(
          batch!.records.map(({ timestamp }) => timestamp),
          [logAppendTimeMs, logAppendTimeMs],
        );
      }
    });

    for (const type of ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
      scenario(`a topic with compression.type ${type} keeps every batch so, whatever was sent`, async (client) => {
        const topic = unique(type);
        await client.createTopic(topic, { 'compression.type': type });
        const sent: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
        for (const [index, compression] of sent.entries()) {
          const batch = three({ compression, producerId: 4000 + index, producerEpoch: 0, baseSequence: 0 });
          const answer = await send(client, topic, batch);
          assert.equal(answer.errorCode, 0);
          assert.equal(answer.baseOffset, 3 * index);
        }
        for (const [index, { header, records }] of (await kept(client, topic)).entries()) {
          assert.equal(header.compression, type === 'uncompressed' ? 'none' : type);
          assert.equal(header.producerId, 4000 + index);
          assert.equal(header.baseSequence, 0);
          assert.deepEqual(
            records.map(({ offset, value }) => `${offset} ${value}`),
            ['one', 'two', 'three'].map((value, at) => `${3 * index + at} ${value}`),
          );
        }
      });
    }

    scenario('max.message.bytes holds for the batch as sent, and as kept', async (client) => {
      const [small, plain] = [unique('small'), unique('plain')];
      await client.createTopic(small, { 'max.message.bytes': '400', 'compression.type': 'gzip' });
      await client.createTopic(plain, { 'max.message.bytes': '400', 'compression.type': 'uncompressed' });
      const large = (compression: Compression) => encodeBatch({ compression, records: [record('a'.repeat(1000))] });
      assert.equal((await send(client, small, large('none'))).errorCode, 10);
      assert.equal((await send(client, small, large('gzip'))).errorCode, 0);
      assert.equal((await send(client, plain, large('gzip'))).errorCode, 10);
    });

    scenario('min.insync.replicas counts no more replicas than there are', async (client) => {
      const topic = unique('isr');
      await client.createTopic(topic, { 'min.insync.replicas': '2' });
      assert.equal((await send(client, topic, three())).errorCode, 0);
      assert.equal((await kept(client, topic)).length, 1, 'and it is visible');
    });

    scenario(
      'acks that there are not, partitions that there are not, and ids that are missing are refused',
      async (client) => {
        const topic = unique('refused');
        await client.createTopic(topic);
        for (const acks of [2, 5, -2]) assert.equal((await send(client, topic, three(), { acks })).errorCode, 21);
        assert.equal((await send(client, unique('missing'), three())).errorCode, 3);
        const transactional = changed(three({ producerId: 5, producerEpoch: 0, baseSequence: 0 }), (bytes) =>
          bytes.writeInt16BE(0x10, 21),
        );
        assert.equal((await send(client, topic, transactional)).errorCode, 53);
        const nothing = await client.call(produce, VERSION, { acks: -1, timeoutMs: 1000, topicData: [] });
        assert.deepEqual(nothing.responses, []);
        const unknownId = await client.call(produce, 13, {
          acks: -1,
          timeoutMs: 1000,
          topicData: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitionData: [{ index: 0, records: three() }] }],
        });
        assert.equal(unknownId.responses[0]!.partitionResponses[0]!.errorCode, 100);
      },
    );

    scenario('acks=0 has no answer, and an error closes the connection', async (client) => {
      const topic = unique('no-acks');
      await client.createTopic(topic);
      const body = (name: string) => ({
        acks: 0,
        timeoutMs: 1000,
        topicData: [{ name, partitionData: [{ index: 0, records: three() }] }],
      });
      client.send(produce, VERSION, body(topic));
      // The next answer is that of the next request.
      assert.equal((await send(client, topic, three())).baseOffset, 3);
      client.send(produce, VERSION, body(unique('missing')));
      await assert.rejects(client.next(), /closed the connection/);
    });
  });
}
