/** @platformatic/kafka as a writer and a reader of records, in bytes. */
import { Consumer, MessagesStreamModes, Producer } from '@platformatic/kafka';
import { eventually, unique } from '../cluster.ts';
import type { Found, Peer } from './samples.ts';

/** Its types know no null, which its encoder writes. */
type Part = Buffer;
/** Where its decoder reads null it gives undefined, of which its types know nothing. */
const orNull = (part: Buffer | undefined): Buffer | null => part ?? null;

export function platformaticPeer(): Peer {
  const common = (bootstrap: string) => ({ clientId: 'platformatic', bootstrapBrokers: [bootstrap], retries: 5 });
  return {
    name: '@platformatic/kafka',
    codecs: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
    writes: () => true,
    shows: () => true,
    setsTimestamps: true,
    // It does not look at that bit of a batch.
    showsLogAppendTime: false,
    // It takes the hash as unsigned, where Java's producer clears its sign: the same where 2^31 can be divided by this.
    keyedPartitions: 16,
    async write(bootstrap, topic, samples, { codec, timestamp, byKey = false }) {
      const producer = new Producer(common(bootstrap));
      await producer.send({
        compression: codec,
        messages: samples.map(({ key, value, headers }, at) => ({
          topic,
          key: key as Part,
          value: value as Part,
          // Buffers are told apart as keys of a map, even where they are alike.
          headers: new Map(headers.map(([name, part]) => [Buffer.from(name), part as Part])),
          timestamp: BigInt(timestamp + at),
          ...(byKey ? {} : { partition: 0 }),
        })),
      });
      await producer.close();
    },
    async read(bootstrap, topic, count) {
      const consumer = new Consumer({ ...common(bootstrap), groupId: unique('platformatic'), maxWaitTime: 100 });
      const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST, autocommit: false });
      const found: Found[] = [];
      stream.on('data', ({ partition, key, value, headerEntries, timestamp }) => {
        const headers = headerEntries.map(([name, part]) => [name.toString(), orNull(part)] as const);
        found.push({
          partition,
          key: orNull(key),
          value: orNull(value),
          headers,
          timestamp: Number(timestamp),
        });
      });
      await eventually(`${count} records`, () => found.length >= count);
      await stream.close();
      await consumer.close(true);
      return found;
    },
  };
}
