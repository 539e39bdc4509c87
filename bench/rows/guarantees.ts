/** The three guarantees, a producer and a consumer at once: as fast as they go, and how late at a given rate. */
import type { Guarantee } from '../../src/client/index.ts';
import type { Agent } from '../harness/agent.ts';
import { payloadFile } from '../harness/payloads.ts';
import type { Row, RunningBroker, Side } from '../harness/row.ts';
import { createTopic, deleteTopic } from '../harness/topics.ts';
import { startClient } from '../peers/clients.ts';
import { LINGER_MS } from '../programs/serve.ts';
import { comparison } from './sides.ts';

const SIZE = 100;
/** Throughput: how long a transaction is open. */
const TRANSACTION_MS = 100;
/** Latency: the same. A reader of committed records waits for the rest of it. */
const SHORT_TRANSACTION_MS = 2;

/** What the project began with: records a second, and milliseconds. */
const seeds: Readonly<Record<Guarantee, { readonly rate: number; readonly p99: number }>> = {
  'at-most-once': { rate: 100_000, p99: 2 },
  'at-least-once': { rate: 75_000, p99: 5 },
  'exactly-once': { rate: 50_000, p99: 15 },
};

const meaning: Readonly<Record<Guarantee, string>> = {
  'at-most-once': 'acks=0, no retries; the consumer commits each batch before it reads it',
  'at-least-once':
    'the defaults: acks=all, idempotent, fdatasync; the consumer commits every five seconds what it has read',
  'exactly-once': 'transactions, fdatasync; the consumer reads committed records',
};

/** Seconds, and records at the beginning, that a latency does not count. */
const RATED_SECONDS = 5;
const RATED_SECONDS_QUICK = 1.2;
const LEADING_PART = 0.2;

const RECORDS: Readonly<Record<Guarantee, number>> = {
  'at-most-once': 3_000_000,
  'at-least-once': 3_000_000,
  'exactly-once': 2_000_000,
};

interface Clients {
  readonly producer: Agent;
  readonly consumer: Agent;
}

interface Run {
  readonly records: number;
  /** 0: full speed. */
  readonly rate: number;
  readonly leading: number;
  readonly lingerMs: number;
  readonly transactionMs: number;
}

/** Both at once on a new topic. Answers from the first `send` to the last record read, and how late the records were. */
async function both({ producer, consumer }: Clients, broker: RunningBroker, guarantee: Guarantee, run: Run) {
  const topic = await createTopic(broker);
  const { bootstrap } = broker;
  await consumer.call({ do: 'subscribe', bootstrap, topic, guarantee });
  const { leading, ...sent } = run;
  const following = consumer.call({ do: 'follow', records: run.records, leading, timed: run.rate > 0 });
  const sending = producer.call({ do: 'send', bootstrap, topic, guarantee, values: payloadFile(SIZE), ...sent });
  const [{ began }, followed] = await Promise.all([sending, following]);
  await deleteTopic(broker, topic);
  return { seconds: followed.ended! - began!, p50: followed.p50!, p99: followed.p99!, p999: followed.p999! };
}

async function clients(stack: AsyncDisposableStack, profiles: string | undefined): Promise<Clients> {
  const start = async () => stack.adopt(await startClient('onceward', profiles), (agent) => agent.stop());
  return { producer: await start(), consumer: await start() };
}

/** A figure that is not measured here. */
const figure = (name: string, value: number): Side => ({ name, measure: async () => ({ value }) });

function fullSpeedRow(guarantee: Guarantee): Row {
  return {
    name: `${guarantee}, produce and consume at once, full speed`,
    unit: 'records/s',
    target: { atLeast: 10 },
    quick: true,
    brokers: ['onceward'],
    async prepare(bench) {
      await using stack = new AsyncDisposableStack();
      const pair = await clients(stack, bench.profiles);
      const records = bench.records(RECORDS[guarantee]);
      const run = { records, rate: 0, leading: 0, lingerMs: LINGER_MS, transactionMs: TRANSACTION_MS };
      const ours: Side = {
        name: 'onceward',
        async measure() {
          const { seconds } = await both(pair, bench.broker('onceward'), guarantee, run);
          return { value: records / seconds };
        },
      };
      const open = guarantee === 'exactly-once' ? `; a commit every ${TRANSACTION_MS} ms` : '';
      return comparison(
        {
          ours,
          peers: [figure('the figure at the beginning', seeds[guarantee].rate)],
          note: `100 B, one partition; ${meaning[guarantee]}${open}`,
        },
        stack.move(),
      );
    },
  };
}

function latencyRow(guarantee: Guarantee): Row {
  const { rate, p99 } = seeds[guarantee];
  return {
    name: `${guarantee}, end to end at ${rate.toLocaleString('en-US')} records/s: p99`,
    unit: 'ms',
    target: { atMost: 1 },
    quick: true,
    brokers: ['onceward'],
    async prepare(bench) {
      await using stack = new AsyncDisposableStack();
      const pair = await clients(stack, bench.profiles);
      const records = Math.round(rate * (bench.quick ? RATED_SECONDS_QUICK : RATED_SECONDS));
      const leading = Math.round(records * LEADING_PART);
      const run = { records, rate, leading, lingerMs: 0, transactionMs: SHORT_TRANSACTION_MS };
      const ours: Side = {
        name: 'onceward',
        async measure() {
          const late = await both(pair, bench.broker('onceward'), guarantee, run);
          return { value: late.p99, details: { 'p50 ms': late.p50, 'p99.9 ms': late.p999 } };
        },
      };
      const open = guarantee === 'exactly-once' ? `, a commit every ${SHORT_TRANSACTION_MS} ms` : '';
      return comparison(
        {
          ours,
          peers: [figure('the figure at the beginning', p99)],
          note: `100 B, one partition, linger.ms 0${open}; from the moment at which a record should have been sent to the moment at which the consumer has it; ${meaning[guarantee]}`,
        },
        stack.move(),
      );
    },
  };
}

const all = Object.keys(seeds) as Guarantee[];
export const guaranteeRows: readonly Row[] = [...all.map(fullSpeedRow), ...all.map(latencyRow)];
