/** Our client against Node's others, on the same broker: ours. */
import type { Row } from '../harness/row.ts';
import { deleteTopic } from '../harness/topics.ts';
import { startClient } from '../peers/clients.ts';
import { comparison, consuming, filledTopic, producing } from './sides.ts';

const SIZE = 100;
const others = ['@platformatic/kafka', 'kafkajs'] as const;
/** About as many as each client takes a second for. */
const producedBy = { onceward: 2_000_000, '@platformatic/kafka': 400_000, kafkajs: 250_000 } as const;
const consumedBy = { onceward: 4_000_000, '@platformatic/kafka': 500_000, kafkajs: 1_500_000 } as const;

const produceRow: Row = {
  name: 'our client against @platformatic/kafka and kafkajs: produce, acks=1',
  unit: 'records/s',
  target: { atLeast: 3 },
  quick: true,
  brokers: ['onceward'],
  async prepare(bench) {
    await using stack = new AsyncDisposableStack();
    const side = async (name: keyof typeof producedBy) => {
      const client = stack.adopt(await startClient(name), (agent) => agent.stop());
      const load = { records: bench.records(producedBy[name]), size: SIZE, acks: 'one' } as const;
      return producing(name, client, bench.broker('onceward'), load);
    };
    return comparison(
      {
        ours: await side('onceward'),
        peers: [await side(others[0]), await side(others[1])],
        note: '100 B, one partition; the others send 600 records at a time, five sends in flight; ours fills batches of 64 KiB by itself, five in flight',
      },
      stack.move(),
    );
  },
};

const consumeRow: Row = {
  name: 'our client against @platformatic/kafka and kafkajs: consume',
  unit: 'records/s',
  target: { atLeast: 2 },
  quick: true,
  brokers: ['onceward'],
  async prepare(bench) {
    await using stack = new AsyncDisposableStack();
    const broker = bench.broker('onceward');
    const topic = await filledTopic(broker, { records: bench.records(consumedBy.onceward), size: SIZE });
    stack.defer(() => deleteTopic(broker, topic));
    const side = async (name: keyof typeof consumedBy) => {
      const client = stack.adopt(await startClient(name), (agent) => agent.stop());
      return consuming(name, client, broker, topic, bench.records(consumedBy[name]));
    };
    return comparison(
      {
        ours: await side('onceward'),
        peers: [await side(others[0]), await side(others[1])],
        note: '100 B, one partition, one topic for all; ours by batches, kafkajs by eachBatch, @platformatic/kafka by its stream, which has no batches',
      },
      stack.move(),
    );
  },
};

export const clientRows: readonly Row[] = [produceRow, consumeRow];
