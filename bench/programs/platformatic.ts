/** @platformatic/kafka: 600 records a send, five sends in flight; reading by its stream. */
import { randomUUID } from 'node:crypto';
import {
  type CompressionAlgorithmValue,
  Consumer,
  MessagesStreamModes,
  ProduceAcks,
  Producer,
} from '@platformatic/kafka';
import { readPayloads } from '../harness/payloads.ts';
import { IN_FLIGHT, inTurns } from './sends.ts';
import { type ConsumeRequest, type ProduceRequest, Stopwatch, serve } from './serve.ts';

async function produce({ bootstrap, topic, records, values: path, acks, compression }: ProduceRequest) {
  const values = readPayloads(path);
  const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
    clientId: 'bench',
    bootstrapBrokers: [bootstrap],
    acks: acks === 'one' ? ProduceAcks.LEADER : ProduceAcks.ALL,
    maxInflights: IN_FLIGHT,
    compression: compression as CompressionAlgorithmValue,
  });
  await producer.send({ messages: [{ topic, value: values[0]! }] }); // connections and metadata are behind it
  const watch = new Stopwatch();
  await inTurns(records, (first, count) => {
    const messages = [];
    for (let n = 0; n < count; n++) messages.push({ topic, value: values[(first + n) % values.length]! });
    return producer.send({ messages });
  });
  const result = watch.read(records);
  await producer.close();
  return result;
}

async function consume({ bootstrap, topic, leading, records }: ConsumeRequest) {
  const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
    clientId: 'bench',
    groupId: randomUUID(),
    bootstrapBrokers: [bootstrap],
    autocommit: false,
    // As much as our broker puts into an answer: an answer of its default of 10 MiB it decodes far more slowly.
    maxBytes: 1_048_576,
  });
  const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST });
  // It decodes a whole fetch before it hands over the first record. So all is counted, from the moment at which the group
  // has assigned the partitions.
  const watch = new Stopwatch();
  const wanted = leading + records;
  let seen = 0;
  let bytes = 0;
  await new Promise<void>((resolve, reject) => {
    stream.on('error', reject);
    stream.on('data', ({ value }) => {
      bytes += value.length;
      if (++seen === wanted) resolve();
    });
  });
  const result = { ...watch.read(wanted), bytes };
  await consumer.close(true);
  return result;
}

await serve({ produce, consume });
