/**
 * Our client under each of the three guarantees, as docs/client.md tells them: a producer, and a consumer in another
 * process that reads at the same time. At full speed, or at a rate, with the time that each record was on its way.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'hdr-histogram-js';
import {
  Consumer,
  type ConsumerOptions,
  type Guarantee,
  Producer,
  type ProducerOptions,
} from '../../src/client/index.ts';
import { readPayloads } from '../harness/payloads.ts';
import { BATCH_SIZE } from './serve.ts';

/** Seconds of the clock that all processes of a machine share. */
const now = () => Number(process.hrtime.bigint()) / 1e9;

/** At most once: the position is committed first, and no batch is small then. */
const POLL_RECORDS_COMMITTED_FIRST = 20_000;

const producerOptions: Readonly<Record<Guarantee, Omit<ProducerOptions, 'bootstrapServers'>>> = {
  'at-most-once': { acks: 0, retries: 0 },
  'at-least-once': {},
  'exactly-once': {},
};

const consumerOptions: Readonly<Record<Guarantee, Omit<ConsumerOptions, 'bootstrapServers'>>> = {
  'at-most-once': { enableAutoCommit: false, maxPollRecords: POLL_RECORDS_COMMITTED_FIRST },
  'at-least-once': {},
  'exactly-once': { isolationLevel: 'read_committed' },
};

export interface SendRequest {
  readonly bootstrap: string;
  readonly topic: string;
  readonly guarantee: Guarantee;
  readonly records: number;
  /** Path of the values. */
  readonly values: string;
  /** Records a second; 0: as many as possible. */
  readonly rate: number;
  readonly lingerMs: number;
  readonly transactionMs: number;
}

/** What a loop sends with: the producer, or the transaction that is open. */
interface Sending {
  readonly producer: Producer;
  send(value: Buffer): undefined | Promise<void>;
  /** A transaction that has been open for long enough is committed. */
  turn(): undefined | Promise<void>;
  /** All is acknowledged, or committed. */
  finish(): Promise<void>;
}

async function sendingFor({ bootstrap, topic, guarantee, lingerMs, transactionMs }: SendRequest): Promise<Sending> {
  const options = { ...producerOptions[guarantee], bootstrapServers: bootstrap, batchSize: BATCH_SIZE, lingerMs };
  if (guarantee !== 'exactly-once') {
    const producer = new Producer(options);
    await producer.partitionsOf(topic);
    const send = (value: Buffer) => producer.send({ topic, value });
    return { producer, send, turn: () => undefined, finish: () => producer.flush() };
  }
  const producer = new Producer({ ...options, transactionalId: `bench-${randomUUID()}` });
  await producer.initTransactions();
  await producer.partitionsOf(topic);
  let transaction = await producer.begin();
  let began = now();
  const next = async () => {
    await transaction.commit();
    transaction = await producer.begin();
    began = now();
  };
  return {
    producer,
    send: (value) => transaction.send({ topic, value }),
    turn: () => (now() - began < transactionMs / 1000 ? undefined : next()),
    finish: () => transaction.commit(),
  };
}

/** Looks at the clock once for so many records. */
const TURN_RECORDS = 100;

/** Answers when it began. */
export async function send(request: SendRequest) {
  const values = readPayloads(request.values);
  const sending = await sendingFor(request);
  await using _ = sending.producer;
  const began = now();
  if (request.rate > 0) await sendAtRate(request, sending, values, began);
  else {
    for (let n = 0; n < request.records; n++) {
      const full = sending.send(values[n % values.length]!);
      if (full !== undefined) await full;
      if (n % TURN_RECORDS === 0) {
        const turn = sending.turn();
        if (turn !== undefined) await turn;
      }
    }
  }
  await sending.finish();
  return { began, ended: now() };
}

/**
 * Each record carries the time at which it should have been sent, which is what its latency counts from: a producer that
 * falls behind does not make its records look younger.
 */
async function sendAtRate(
  { records, rate }: SendRequest,
  sending: Sending,
  values: readonly Buffer[],
  began: number,
): Promise<void> {
  for (let n = 0; n < records; ) {
    const due = Math.min(records, Math.floor((now() - began) * rate));
    for (; n < due; n++) {
      const value = Buffer.from(values[n % values.length]!);
      value.writeDoubleBE(began + n / rate, 0);
      const full = sending.send(value);
      if (full !== undefined) await full;
    }
    const turn = sending.turn();
    if (turn !== undefined) await turn;
    else await sleep(1);
  }
}

export interface SubscribeRequest {
  readonly bootstrap: string;
  readonly topic: string;
  readonly guarantee: Guarantee;
}

let subscribed: { readonly consumer: Consumer; readonly guarantee: Guarantee } | undefined;

/** Answers once the partitions are assigned. */
export async function subscribe({ bootstrap, topic, guarantee }: SubscribeRequest) {
  const consumer = new Consumer({
    ...consumerOptions[guarantee],
    bootstrapServers: bootstrap,
    groupId: randomUUID(),
    autoOffsetReset: 'earliest',
  });
  consumer.subscribe([topic]);
  while (consumer.assignment().length === 0) await consumer.poll({ timeoutMs: 100 });
  subscribed = { consumer, guarantee };
  return {};
}

export interface FollowRequest {
  readonly records: number;
  /** Records that are not counted in the latencies. */
  readonly leading: number;
  readonly timed: boolean;
}

/** Reads so many records of what was subscribed to, then closes. Answers when it had them, and their latencies in ms. */
export async function follow({ records, leading, timed }: FollowRequest) {
  const { consumer, guarantee } = subscribed!;
  await using _ = consumer;
  const latencies = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
  });
  let seen = 0;
  let bytes = 0;
  for await (const batch of consumer) {
    if (guarantee === 'at-most-once') await consumer.commit();
    const at = timed ? now() : 0;
    for (const { value } of batch) {
      bytes += value!.length;
      if (timed && ++seen > leading) latencies.recordValue(Math.max(1, Math.round((at - sentAt(value!)) * 1e6)));
    }
    if (!timed) seen += batch.length;
    if (seen >= records) break;
  }
  const percentile = (part: number) => latencies.getValueAtPercentile(part) / 1000;
  return { ended: now(), bytes, p50: percentile(50), p99: percentile(99), p999: percentile(99.9) };
}

function sentAt(value: Uint8Array): number {
  return new DataView(value.buffer, value.byteOffset, 8).getFloat64(0);
}
