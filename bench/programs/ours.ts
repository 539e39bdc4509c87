/** Our client, as docs/client.md shows its fast path: `send` and `flush`, batches for reading. */
import { randomUUID } from 'node:crypto';
import { Consumer, Producer } from '../../src/client/index.ts';
import { readPayloads } from '../harness/payloads.ts';
import { follow, send, subscribe } from './ours-guarantees.ts';
import { processRecords } from './ours-process.ts';
import {
  BATCH_SIZE,
  type ConsumeRequest,
  LINGER_MS,
  measured,
  type ProduceRequest,
  Stopwatch,
  serve,
} from './serve.ts';

async function produce({ bootstrap, topic, records, values: path, acks, compression, keys }: ProduceRequest) {
  const values = readPayloads(path);
  await using producer = new Producer({
    bootstrapServers: bootstrap,
    acks: acks === 'one' ? 1 : 'all',
    compressionType: compression,
    batchSize: BATCH_SIZE,
    lingerMs: LINGER_MS,
  });
  await producer.sendAndWait({ topic, value: values[0]! }); // connections and metadata are behind it
  const names = Array.from({ length: keys }, (_, index) => `key-${index}`);
  const watch = new Stopwatch();
  for (let n = 0; n < records; n++) {
    const value = values[n % values.length]!;
    const full = producer.send(keys === 0 ? { topic, value } : { topic, value, key: names[n % keys]! });
    if (full !== undefined) await full;
  }
  await producer.flush();
  return watch.read(records);
}

async function consume({ bootstrap, topic, leading, records }: ConsumeRequest) {
  await using consumer = new Consumer({
    bootstrapServers: bootstrap,
    groupId: randomUUID(),
    autoOffsetReset: 'earliest',
    enableAutoCommit: false,
  });
  consumer.subscribe([topic]);
  let seen = 0;
  let bytes = 0;
  let from = 0;
  let watch: Stopwatch | undefined;
  for await (const batch of consumer) {
    if (watch === undefined && seen >= leading) {
      watch = new Stopwatch();
      from = seen;
    }
    for (const record of batch) bytes += record.value!.length;
    seen += batch.length;
    if (seen >= leading + records) break;
  }
  return { ...measured(watch, seen - from), bytes };
}

await serve({ produce, consume, send, subscribe, follow, process: processRecords });
