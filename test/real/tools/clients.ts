/** The tools that produce and consume: console, verifiable, perf; keys, headers, partitions, isolation, transactions. */
import { values } from '../../conformance/cluster.ts';
import type { Bench } from './bench.ts';
import { client } from './fill.ts';

const format = (...names: readonly string[]) => names.map((name) => `--formatter-property ${name}`).join(' ');

/** Speeds and times: the words stay. */
const withoutNumbers = (text: string) => text.replaceAll(/-?\d+\.\d+|\bNaN\b|\b\d+(?= ms)/g, 'N');

async function oneCommittedOneAborted(bootstrap: string, topic: string): Promise<void> {
  const producer = client(bootstrap).producer({ transactionalId: 'console', idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  for (const outcome of ['abort', 'commit'] as const) {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: values(outcome, 2).map((value) => ({ value })) });
    await transaction[outcome]();
  }
  await producer.disconnect();
}

async function consoles(on: Bench): Promise<void> {
  const consume = 'kafka-console-consumer --topic p1';
  const produce = 'kafka-console-producer --topic p1';
  await on.create('p1', 3);
  const reader = ['parse.key=true', 'key.separator=:', 'parse.headers=true', 'headers.delimiter=|', 'null.marker=NULL']
    .map((property) => `--reader-property ${property}`)
    .join(' ');
  await on.prints(`${produce} ${reader} --compression-codec zstd`, '', {
    input: 'h:1,i:2|a:one\nNULL|b:two\nh:3|c:NULL\n',
  });
  await on.prints(`${produce} --request-required-acks 1 --sync`, '', { input: 'plain\n' });
  await on.prints(`${produce} --request-required-acks 0 ${reader}`, '', { input: 'h:0|a:unheard\n' });
  await on.refuses(`${produce} --reader-property parse.key=true`, /No key separator found on line number 1: 'nokey'/, {
    input: 'nokey\n',
  });
  const all = format('print.key=true', 'print.headers=true', 'print.partition=true', 'null.literal=NULL');
  await on.prints(`${consume} --from-beginning --max-messages 5 ${all}`, /^Partition:\d h:1,i:2 a one$/m, {
    sorted: true,
    // Where a record without a key goes is the producer's choice.
    tidy: (text) => text.replace(/Partition:\d(?=.*plain)/, 'Partition:any'),
  });
  await on.prints(`${consume} --partition 1 --offset latest --timeout-ms 300`, '');
  await on.create('p2', 1);
  await oneCommittedOneAborted(on.bootstrap, 'p2');
  const offsets = format('print.offset=true');
  const read = 'kafka-console-consumer --topic p2 --partition 0';
  await on.prints(
    `${read} --offset earliest --isolation-level read_committed --max-messages 2 ${offsets}`,
    'Offset:3 commit-0\nOffset:4 commit-1',
  );
  await on.prints(
    `${read} --offset earliest --isolation-level read_uncommitted --max-messages 4 ${offsets}`,
    'Offset:0 abort-0\nOffset:1 abort-1\nOffset:3 commit-0\nOffset:4 commit-1',
  );
  await on.prints(
    `${read} --offset 4 --max-messages 1 ${format('print.offset=true', 'print.partition=true')}`,
    'Partition:0 Offset:4 commit-1',
  );
  const group = 'kafka-console-consumer --topic p2 --group consoles --from-beginning --isolation-level read_committed';
  await on.prints(`${group} --max-messages 1`, 'commit-0');
  await on.prints(`${group} --max-messages 1`, 'commit-1');

  // The internal topics, as its formatters show them; other scenarios have written to them, too.
  const internal = (topic: string, formatter: string) =>
    `kafka-console-consumer --from-beginning --topic ${topic} --timeout-ms 1500 --formatter org.apache.kafka.tools.consumer.${formatter}`;
  const about = (word: string) => ({
    ownErrors: true,
    tidy: (text: string) =>
      text
        .replaceAll('}{"key":', '}\n{"key":')
        .split('\n')
        .filter((line) => line.includes(word))
        .join('\n')
        .replaceAll(/roducerId":\d+/g, 'roducerId":"PID"')
        .replaceAll(/"topicId":"[\w-]{22}"/g, '"topicId":"ID"'),
  });
  const committed = /"group":"consoles","topic":"p2","partition":0\}\},"value":\{"version":\d,"data":\{"offset":[56],/;
  await on.prints(internal('__consumer_offsets', 'OffsetsMessageFormatter'), committed, about('"consoles"'));
  const state = /"transactionalId":"console"\}\},"value":\{"version":1,"data":\{.*"transactionStatus":4,/;
  await on.prints(internal('__transaction_state', 'TransactionLogMessageFormatter'), state, about('"console"'));
}

async function verifiable(on: Bench): Promise<void> {
  await on.create('v1', 2);
  const tidy = (text: string) => withoutNumbers(text);
  await on.prints(
    'kafka-verifiable-producer --topic v1 --max-messages 20 --repeating-keys 7 --value-prefix 3 --acks -1',
    /"name":"tool_data","sent":20,"acked":20,/,
    { tidy, sorted: true },
  );
  await on.prints(
    'kafka-verifiable-consumer --topic v1 --group-id verifiable --max-messages 20 --reset-policy earliest',
    /"name":"shutdown_complete"/,
    {
      // How many records come with each answer is a matter of time.
      tidy: (text) =>
        text
          .split('\n')
          .filter((line) => !/records_consumed|offsets_committed|shutdown_requested/.test(line))
          .join('\n'),
    },
  );
  await on.prints('kafka-consumer-groups --describe --group verifiable', /^verifiable v1 [01] (\d+) \1 0 /m);
}

async function perf(on: Bench): Promise<void> {
  await on.create('f1', 1);
  const produce = 'kafka-producer-perf-test --topic f1 --record-size 100';
  const summary = /^(?:.*\n)*\d+ records sent, N records\/sec \(N MB\/sec\), N ms avg latency/;
  await on.prints(`${produce} --num-records 2000 --throughput -1`, summary, { tidy: withoutNumbers });
  for (const compression of ['gzip', 'snappy', 'lz4', 'zstd']) {
    await on.prints(
      `${produce} --num-records 200 --throughput -1 --command-property compression.type=${compression} acks=all`,
      summary,
      { tidy: withoutNumbers },
    );
  }
  await on.prints(
    `${produce} --num-records 1000 --throughput 2000 --transactional-id perf-run --transaction-duration-ms 100`,
    summary,
    { tidy: withoutNumbers },
  );
  await on.prints('kafka-transactions list --transactional-id-pattern perf-run', /^perf-run 1 \d+ CompleteCommit$/m, {
    tidy: (text) => text.replaceAll(/^(perf-run\s+1\s+)\d+/gm, '$10'),
  });
  await on.prints(
    'kafka-consumer-perf-test --topic f1 --num-records 3800',
    /^start\.time, end\.time, data\.consumed\.in\.MB/,
    {
      tidy: (text) =>
        text
          .split('\n')
          .map((line) => (/^\d/.test(line) ? `${line.split(', ')[4]} records` : line))
          .join('\n'),
    },
  );
  const committed = '--command-property isolation.level=read_committed';
  await on.prints(`kafka-consumer-perf-test --topic f1 --num-records 3800 --hide-header ${committed}`, '3800 records', {
    tidy: (text) => `${text.split(', ')[4]} records`,
  });
}

export async function clients(on: Bench): Promise<void> {
  await consoles(on);
  await verifiable(on);
  await perf(on);
  await on.prints('kafka-topics --delete --topic (p1|p2|v1|f1)', '');
}
