/** Produce: what is appended, in every version, and what is refused. */
import { type Compression, crc32c, encodeBatch } from '../../../../src/records/index.ts';
import { findCoordinator, produce } from '../../../../src/wire/index.ts';
import { script } from '../harness/script.ts';
import { batch, idempotentProducer, now, produceRequest, read, send } from './requests.ts';

const MAGIC_AT = 16;
const CRC_AT = 17;
const LAST_OFFSET_DELTA_AT = 23;
const RECORD_COUNT_AT = 57;

/** A batch with something done to its bytes. */
function damaged(change: (bytes: Buffer) => unknown): Buffer {
  const bytes = Buffer.from(batch(['a', 'b']));
  change(bytes);
  return bytes;
}

export const produceScript = script('produce', {
  'every version appends, and is read back': async (on) => {
    const topic = { name: 'produce-versions', id: await on.topic('produce-versions') };
    for (const version of on.versions(produce, produce.minVersion)) {
      for (const acks of [-1, 1]) await send(on, topic, batch(['a', 'b']), { version, acks, as: `acks ${acks}` });
      await on.tell(produce, version, produceRequest(topic, batch(['c']), { acks: 0 }), { as: 'acks 0' });
    }
    await read(on, topic);
  },

  'versions that are advertised and not spoken': async (on) => {
    for (const version of on.versions(produce, 0, produce.minVersion - 1)) {
      const header = Buffer.from([0, 0, 0, 22, 0, 0, 0, version, 0, 0, 0, 1, 0xff, 0xff]);
      const body = Buffer.from([0, 1, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0]);
      await on.raw(Buffer.concat([header, body]), `Produce v${version}`, { apiName: 'Produce', version });
    }
  },

  'every codec in every version that knows it': async (on) => {
    const topic = { name: 'produce-codecs', id: await on.topic('produce-codecs') };
    for (const version of on.versions(produce, produce.minVersion)) {
      for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] satisfies Compression[]) {
        const records = batch(['a'.repeat(100), 'b'.repeat(100)], { compression });
        await send(on, topic, records, { version, as: compression });
      }
    }
  },

  'topics and partitions that are not there': async (on) => {
    const topic = { name: 'produce-unknown', id: await on.topic('produce-unknown', { partitions: 2 }) };
    const missing = { name: 'produce-no-such-topic', id: 'AAAAAAAAAAAAAAAAAAAAEA' };
    for (const version of on.versions(produce, produce.minVersion)) {
      await send(on, topic, batch(['a']), { version, partition: 2, as: 'partition 2 of 2' });
      await send(on, topic, batch(['a']), { version, partition: -1, as: 'partition -1' });
      await send(on, missing, batch(['a']), { version, as: 'a topic that is not there' });
      await on.call(produce, version, { ...produceRequest(topic, null), topicData: [] }, { as: 'nothing' });
      await on.call(
        produce,
        version,
        {
          acks: -1,
          timeoutMs: 1000,
          topicData: [
            {
              name: topic.name,
              topicId: topic.id,
              partitionData: [
                { index: 0, records: batch(['a']) },
                { index: 7, records: batch(['b']) },
                { index: 1, records: batch(['c']) },
              ],
            },
          ],
        },
        { as: 'one of three missing' },
      );
    }
    await on.tell(produce, 9, produceRequest(missing, batch(['a']), { acks: 0 }), { as: 'acks 0 to no topic' });
  },

  'acks that are none': async (on) => {
    const topic = { name: 'produce-acks', id: await on.topic('produce-acks') };
    for (const version of on.versions(produce, produce.minVersion)) {
      for (const acks of [2, -2]) {
        await on.attempt(produce, version, produceRequest(topic, batch(['a']), { acks }), { as: `acks ${acks}` });
      }
    }
  },

  'batches that are not right': async (on) => {
    const topic = { name: 'produce-damaged', id: await on.topic('produce-damaged') };
    const two = Buffer.concat([batch(['a']), batch(['b'])]);
    const bad: Record<string, Uint8Array | null> = {
      null: null,
      'no bytes': Buffer.alloc(0),
      'two batches': two,
      'a wrong checksum': damaged((bytes) => bytes.writeUInt32BE(1, CRC_AT)),
      'a bit of the value turned': damaged((bytes) => bytes.writeUInt8(0, bytes.length - 2)),
      'magic 1': damaged((bytes) => bytes.writeInt8(1, MAGIC_AT)),
      'magic 3': damaged((bytes) => bytes.writeInt8(3, MAGIC_AT)),
      'a count that is one too many': encoded((bytes) => bytes.writeInt32BE(3, RECORD_COUNT_AT)),
      'a last delta that is one too many': encoded((bytes) => bytes.writeInt32BE(2, LAST_OFFSET_DELTA_AT)),
      'a control batch': batch(['a'], { control: true }),
      'cut short': damaged(() => {}).subarray(0, 70),
      'ten bytes': Buffer.alloc(10),
    };
    for (const version of [3, 8, 11, 13]) {
      for (const [as, records] of Object.entries(bad)) {
        await on.attempt(produce, version, produceRequest(topic, records), { as, timeoutMs: 1000 });
      }
    }
    await read(on, topic);
  },

  'a batch that is too large': async (on) => {
    const name = 'produce-large';
    const topic = { name, id: await on.topic(name, { configs: { 'max.message.bytes': '1000' } }) };
    for (const version of on.versions(produce, produce.minVersion)) {
      await send(on, topic, batch(['x'.repeat(2000)]), { version });
    }
  },

  'records without a key in a compacted topic': async (on) => {
    const name = 'produce-compacted';
    const topic = { name, id: await on.topic(name, { configs: { 'cleanup.policy': 'compact' } }) };
    const records = encodeBatch({
      records: [
        { timestamp: now, key: 'a', value: 'a' },
        { timestamp: now, key: null, value: 'b' },
        { timestamp: now, key: null, value: 'c' },
      ],
    });
    for (const version of on.versions(produce, produce.minVersion)) await send(on, topic, records, { version });
    await send(on, topic, batch([null]), { as: 'a tombstone' });
    await read(on, topic);
  },

  'timestamps that are out of bounds': async (on) => {
    const name = 'produce-timestamps';
    const configs = { 'message.timestamp.before.max.ms': '60000', 'message.timestamp.after.max.ms': '60000' };
    const topic = { name, id: await on.topic(name, { configs }) };
    const of = (...timestamps: number[]) =>
      encodeBatch({ records: timestamps.map((timestamp) => ({ timestamp, key: 'k', value: 'v' })) });
    for (const version of on.versions(produce, produce.minVersion)) {
      await send(on, topic, of(on.now, on.now - 3_600_000), { version, as: 'too old' });
      await send(on, topic, of(on.now + 3_600_000, on.now), { version, as: 'too new' });
      await send(on, topic, of(-1), { version, as: 'none' });
    }
    await send(on, topic, of(on.now - 30_000, on.now + 30_000), { as: 'within them' });
    await read(on, topic);
  },

  'log append time': async (on) => {
    const name = 'produce-append-time';
    const topic = { name, id: await on.topic(name, { configs: { 'message.timestamp.type': 'LogAppendTime' } }) };
    for (const version of on.versions(produce, produce.minVersion))
      await send(on, topic, batch(['a', 'b']), { version });
    for (const compression of ['none', 'gzip'] satisfies Compression[]) {
      await send(on, topic, batch(['a', 'b'], { compression }), { as: compression });
    }
    await read(on, topic);
  },

  'a codec of the topic': async (on) => {
    for (const codec of ['gzip', 'snappy', 'lz4', 'zstd', 'uncompressed']) {
      const name = `produce-as-${codec}`;
      const topic = { name, id: await on.topic(name, { configs: { 'compression.type': codec } }) };
      await send(on, topic, batch(['a'.repeat(50), 'b'.repeat(50)]), { as: `none to ${codec}` });
      await send(on, topic, batch(['a'.repeat(50)], { compression: 'gzip' }), { as: `gzip to ${codec}` });
      await read(on, topic);
    }
  },

  'idempotent sequences': async (on) => {
    const topic = { name: 'produce-idempotent', id: await on.topic('produce-idempotent') };
    const { producerId, producerEpoch } = await idempotentProducer(on);
    const of = (baseSequence: number, epoch = producerEpoch, values = ['a', 'b']) =>
      batch(values, { producerId, producerEpoch: epoch, baseSequence });
    await send(on, topic, of(0), { as: 'the first' });
    await send(on, topic, of(0), { as: 'the first again' });
    await send(on, topic, of(4), { as: 'one is missing' });
    await send(on, topic, of(2), { as: 'the second' });
    await send(on, topic, of(1), { as: 'half a duplicate' });
    for (let sequence = 4; sequence < 16; sequence += 2) await send(on, topic, of(sequence), { as: `${sequence}` });
    await send(on, topic, of(6), { as: 'the fifth last again' });
    await send(on, topic, of(4), { as: 'the sixth last again' });
    await send(on, topic, of(0), { as: 'long ago' });
    await send(on, topic, of(16, producerEpoch + 1), { as: 'a new epoch not from 0' });
    await send(on, topic, of(0, producerEpoch + 1), { as: 'a new epoch' });
    await send(on, topic, of(16), { as: 'the old epoch' });
    await send(on, topic, of(0), { as: 'the old epoch, from 0' });
    await send(on, topic, of(-1, producerEpoch + 1), { as: 'without a sequence' });
    for (const version of on.versions(produce, produce.minVersion)) {
      await send(on, topic, of(90, producerEpoch + 1), { version, as: 'out of order' });
      await send(on, topic, of(90), { version, as: 'fenced' });
    }
    await read(on, topic);
  },

  'a producer that is not known': async (on) => {
    const topic = { name: 'produce-stranger', id: await on.topic('produce-stranger') };
    const stranger = (producerId: number, baseSequence: number) =>
      batch(['a'], { producerId, producerEpoch: 3, baseSequence });
    await send(on, topic, stranger(777_777, 42), { as: 'from 42 on' });
    await send(on, topic, stranger(777_777, 44), { as: 'and then 44' });
    await send(on, topic, stranger(777_777, 43), { as: 'and then 43' });
    await send(on, topic, stranger(777_778, 2147483647), { as: 'the last sequence of all' });
    await send(on, topic, stranger(777_778, 0), { as: 'and the one after it' });
    await read(on, topic);
  },

  'a producer without an epoch': async (on) => {
    const topic = { name: 'produce-no-epoch', id: await on.topic('produce-no-epoch') };
    await send(on, topic, batch(['a'], { producerId: 777_779, producerEpoch: -1, baseSequence: 0 }));
  },

  'transactional records without a transaction': async (on) => {
    const topic = { name: 'produce-anonymous', id: await on.topic('produce-anonymous') };
    const records = batch(['a'], { producerId: 5, producerEpoch: 0, baseSequence: 0, transactional: true });
    for (const version of on.versions(produce, produce.minVersion)) {
      await send(on, topic, records, { version, as: 'no transactional id' });
      await send(on, topic, records, { version, transactionalId: 'produce-stranger', as: 'an id that is not known' });
    }
  },

  'internal topics': async (on) => {
    for (const name of ['__consumer_offsets', '__transaction_state']) {
      await on.quietly(findCoordinator, 2, { key: 'x', keyType: name === '__consumer_offsets' ? 0 : 1 });
      const topic = { name, id: await on.ready(name, 5) };
      for (const version of on.versions(produce, produce.minVersion)) {
        await on.attempt(produce, version, produceRequest(topic, batch(['a'])), { as: name });
      }
    }
  },
});

/** As `damaged`, with the checksum made right again. */
function encoded(change: (bytes: Buffer) => unknown): Buffer {
  return damaged((bytes) => {
    change(bytes);
    bytes.writeUInt32BE(crc32c(bytes.subarray(CRC_AT + 4)), CRC_AT);
  });
}
