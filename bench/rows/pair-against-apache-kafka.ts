/** Our client and broker, against the fastest pair that is known: Apache Kafka with franz-go. */
import type { Row } from '../harness/row.ts';
import { createTopic, deleteTopic } from '../harness/topics.ts';
import { startClient } from '../peers/clients.ts';
import { comparison, consuming, filledTopic, producing, type TopicLoad } from './sides.ts';

const brokers = ['onceward', 'Apache Kafka'] as const;
const settings =
  'both with batch.size 64 KiB, linger.ms 5, five requests in flight and about 32 MiB of buffer; Apache Kafka never syncs';

type Shape = Omit<TopicLoad, 'records' | 'acks'> & { readonly size: number; readonly partitions: number };

/** What a full run adds: each size, codec and number of partitions. */
const shapes: readonly Shape[] = [100, 1024].flatMap((size) =>
  (['none', 'lz4', 'zstd'] as const).flatMap((compression) =>
    [1, 100].map((partitions) => ({ size, compression, partitions })),
  ),
);

/** The row with the target. */
const plain: Shape = { size: 100, compression: 'none', partitions: 1 };
const isPlain = (shape: Shape) => JSON.stringify(shape) === JSON.stringify(plain);

function named({ size, compression, partitions }: Shape): string {
  const bytes = size === 100 ? '100 B' : '1 KiB';
  return `${bytes}, ${compression === 'none' ? 'uncompressed' : compression}, ${partitions === 1 ? '1 partition' : `${partitions} partitions`}`;
}

/** Fewer of the larger ones, and of the rows that are for the record. */
function recordsOf(shape: Shape): number {
  return isPlain(shape) ? 3_000_000 : shape.size === 100 ? 800_000 : 200_000;
}

function producingRow(acks: 'one' | 'all', shape: Shape): Row {
  const target = acks === 'one' && isPlain(shape);
  return {
    name: `pair against Apache Kafka and franz-go: produce, acks=${acks === 'one' ? '1' : 'all'}, ${named(shape)}`,
    unit: 'records/s',
    ...(target ? { target: { atLeast: 1.5 } } : {}),
    quick: target,
    tools: ['go'],
    brokers,
    async prepare(bench) {
      await using stack = new AsyncDisposableStack();
      const ours = stack.adopt(await startClient('onceward', bench.profiles), (agent) => agent.stop());
      const theirs = stack.adopt(await startClient('franz-go'), (agent) => agent.stop());
      const load = { ...shape, records: bench.records(recordsOf(shape)), acks };
      // The first records of a hundred partitions make files, and nothing else would be seen: such a topic stands.
      const standing = async (name: (typeof brokers)[number]) => {
        if (shape.partitions === 1) return undefined;
        const broker = bench.broker(name);
        const topic = await createTopic(broker, shape.partitions);
        stack.defer(() => deleteTopic(broker, topic));
        return topic;
      };
      const here = await standing('onceward');
      const there = await standing('Apache Kafka');
      const syncs = acks === 'all' ? ', ours does (fdatasync, shared by what waits)' : '';
      return comparison(
        {
          ours: producing('onceward', ours, bench.broker('onceward'), load, here),
          peers: [producing('Apache Kafka, franz-go', theirs, bench.broker('Apache Kafka'), load, there)],
          note: `${settings}${syncs}; ${here === undefined ? 'a new topic each time' : 'one topic for all repetitions'}`,
        },
        stack.move(),
      );
    },
  };
}

function consumingRow(shape: Shape): Row {
  return {
    name: `pair against Apache Kafka and franz-go: consume, ${named(shape)}`,
    unit: 'records/s',
    ...(isPlain(shape) ? { target: { atLeast: 1 } } : {}),
    quick: isPlain(shape),
    tools: ['go'],
    brokers,
    async prepare(bench) {
      await using stack = new AsyncDisposableStack();
      const ours = stack.adopt(await startClient('onceward', bench.profiles), (agent) => agent.stop());
      const theirs = stack.adopt(await startClient('franz-go'), (agent) => agent.stop());
      const records = bench.records(recordsOf(shape) * 2);
      const filled = async (name: (typeof brokers)[number]) => {
        const broker = bench.broker(name);
        const topic = await filledTopic(broker, { ...shape, records });
        stack.defer(() => deleteTopic(broker, topic));
        return topic;
      };
      const here = await filled('onceward');
      const there = await filled('Apache Kafka');
      return comparison(
        {
          ours: consuming('onceward', ours, bench.broker('onceward'), here, records),
          peers: [consuming('Apache Kafka, franz-go', theirs, bench.broker('Apache Kafka'), there, records)],
          note: 'the same batches on both; fetches of at most 1 MiB a partition, each client’s default',
        },
        stack.move(),
      );
    },
  };
}

const others = shapes.filter((shape) => !isPlain(shape));

export const pairAgainstApacheKafka: readonly Row[] = [
  producingRow('one', plain),
  producingRow('all', plain),
  consumingRow(plain),
];

/**
 * For the record: sizes, codecs, partitions. Consuming from one partition only: of a hundred, one fetch of franz-go brings
 * nearly all before its first record is handed over, and nothing is left to be timed.
 */
export const pairInShapes: readonly Row[] = [
  ...others.map((shape) => producingRow('one', shape)),
  ...others.filter(({ partitions }) => partitions === 1).map(consumingRow),
];
