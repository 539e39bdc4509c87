/** kafkajs as a writer and a reader of records, with the codecs that it leaves to plugins from npm's packages. */
import { zstdCompressSync } from 'node:zlib';
import kafkajs, { CompressionTypes, type IHeaders, Kafka, logLevel, Partitioners } from 'kafkajs';
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';
import { type Compression, decompress } from '../../../src/records/index.ts';
import { eventually, unique } from '../cluster.ts';
import type { Found, Peer, Sample } from './samples.ts';

const BYTES_MAX = 1 << 24;

/** A raw block for snappy, as plugins in use write it. */
function plugIn(
  type: keyof typeof kafkajs.CompressionCodecs,
  codec: Compression,
  compress: (bytes: Buffer) => Uint8Array,
): void {
  kafkajs.CompressionCodecs[type] = () => ({
    compress: async ({ buffer }: { readonly buffer: Buffer }) => Buffer.from(compress(buffer)),
    decompress: async (bytes: Buffer) => Buffer.from(decompress(codec, bytes, BYTES_MAX)),
  });
}

const types = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
} as const;

function headersOf(sample: Sample): IHeaders {
  const headers: Record<string, Buffer | Buffer[]> = {};
  for (const [name, value] of sample.headers) headers[name] = [...[headers[name] ?? []].flat(), value as Buffer];
  return headers;
}

export function kafkajsPeer(): Peer {
  plugIn(CompressionTypes.Snappy, 'snappy', compressSync);
  plugIn(CompressionTypes.LZ4, 'lz4', compressFrameSync);
  plugIn(CompressionTypes.ZSTD, 'zstd', zstdCompressSync);
  process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
  const client = (bootstrap: string) => new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });
  return {
    name: 'kafkajs',
    codecs: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
    // A header that is null is an error.
    writes: ({ headers }) => headers.every(([, part]) => part !== null),
    shows: () => true,
    setsTimestamps: true,
    showsLogAppendTime: true,
    keyedPartitions: 12,
    async write(bootstrap, topic, samples, { codec, timestamp, byKey = false }) {
      const producer = client(bootstrap).producer({ createPartitioner: Partitioners.DefaultPartitioner });
      await producer.connect();
      await producer.send({
        topic,
        compression: types[codec],
        messages: samples.map((sample, at) => ({
          key: sample.key,
          value: sample.value,
          headers: headersOf(sample),
          timestamp: String(timestamp + at),
          ...(byKey ? {} : { partition: 0 }),
        })),
      });
      await producer.disconnect();
    },
    async read(bootstrap, topic, count) {
      const consumer = client(bootstrap).consumer({ groupId: unique('kafkajs'), maxWaitTimeInMs: 100 });
      const found: Found[] = [];
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({
        eachMessage: async ({ partition, message }) => {
          const { key, value, headers = {}, timestamp } = message;
          const pairs = Object.entries(headers).flatMap(([name, values]) =>
            [values ?? null].flat().map((each) => [name, each === null ? null : Buffer.from(each)] as const),
          );
          found.push({ partition, key, value, headers: pairs, timestamp: Number(timestamp) });
        },
      });
      await eventually(`${count} records`, () => found.length >= count);
      await consumer.disconnect();
      return found;
    },
  };
}
