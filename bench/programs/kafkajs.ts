/** kafkajs: 600 records a send, five sends in flight; reading by `eachBatch`. */
import { randomUUID } from 'node:crypto';
import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { readPayloads } from '../harness/payloads.ts';
import { IN_FLIGHT, inTurns } from './sends.ts';
import { type ConsumeRequest, measured, type ProduceRequest, Stopwatch, serve } from './serve.ts';

const kafka = (bootstrap: string) => new Kafka({ clientId: 'bench', brokers: [bootstrap], logLevel: logLevel.NOTHING });

async function produce({ bootstrap, topic, records, values: path, acks, compression }: ProduceRequest) {
  if (compression !== 'none') throw new Error('kafkajs brings neither lz4 nor zstd');
  const values = readPayloads(path);
  const producer = kafka(bootstrap).producer({ maxInFlightRequests: IN_FLIGHT, allowAutoTopicCreation: false });
  await producer.connect();
  const send = (messages: { value: Buffer }[]) =>
    producer.send({ topic, messages, acks: acks === 'one' ? 1 : -1, compression: CompressionTypes.None });
  await send([{ value: values[0]! }]);
  const watch = new Stopwatch();
  await inTurns(records, (first, count) => {
    const messages = [];
    for (let n = 0; n < count; n++) messages.push({ value: values[(first + n) % values.length]! });
    return send(messages);
  });
  const result = watch.read(records);
  await producer.disconnect();
  return result;
}

async function consume({ bootstrap, topic, leading, records }: ConsumeRequest) {
  const consumer = kafka(bootstrap).consumer({ groupId: randomUUID(), allowAutoTopicCreation: false });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let seen = 0;
  let bytes = 0;
  let from = 0;
  let watch: Stopwatch | undefined;
  let result: Readonly<Record<string, number>> | undefined;
  await new Promise<void>((resolve, reject) => {
    const run = consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: true,
      eachBatch: async ({ batch }) => {
        if (watch === undefined && seen >= leading) {
          watch = new Stopwatch();
          from = seen;
        }
        for (const { value } of batch.messages) bytes += value!.length;
        seen += batch.messages.length;
        if (result === undefined && seen >= leading + records) {
          result = { ...measured(watch, seen - from), bytes };
          resolve();
        }
      },
    });
    run.catch(reject);
  });
  await consumer.disconnect();
  return result!;
}

await serve({ produce, consume });
