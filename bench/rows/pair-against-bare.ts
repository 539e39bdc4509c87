/** Our client and broker together, against what Node can do at all: frames, a checksum, an append, no protocol. */
import type { Row } from '../harness/row.ts';
import { deleteTopic } from '../harness/topics.ts';
import { startBare } from '../peers/bare.ts';
import { consume, produce, startClient } from '../peers/clients.ts';
import { comparison, consuming, filledTopic, leadingOf, producing } from './sides.ts';

const SIZE = 100;
const RECORDS = 3_000_000;
const settings = '100 B, one partition, both with batches of 64 KiB, five in flight';

function producingRow(acks: 'one' | 'all'): Row {
  return {
    name: `pair against the bare limit: produce, acks=${acks === 'one' ? '1' : 'all'}`,
    unit: 'records/s',
    ...(acks === 'one' ? { target: { atLeast: 0.5 } } : {}),
    quick: acks === 'one',
    brokers: ['onceward'],
    async prepare(bench) {
      await using stack = new AsyncDisposableStack();
      const ours = stack.adopt(await startClient('onceward', bench.profiles), (agent) => agent.stop());
      const bareClient = stack.adopt(await startClient('bare'), (agent) => agent.stop());
      const bare = stack.use(await startBare());
      const records = bench.records(RECORDS);
      const load = { records, size: SIZE, acks };
      return comparison(
        {
          ours: producing('onceward', ours, bench.broker('onceward'), load),
          peers: [{ name: 'bare', measure: () => produce(bareClient, bare, { ...load, topic: '' }) }],
          note: `${settings}${acks === 'all' ? '; both answer after an fdatasync that waiting batches share' : ''}`,
        },
        stack.move(),
      );
    },
  };
}

const consumingRow: Row = {
  name: 'pair against the bare limit: consume',
  unit: 'records/s',
  target: { atLeast: 0.5 },
  quick: true,
  brokers: ['onceward'],
  async prepare(bench) {
    await using stack = new AsyncDisposableStack();
    const broker = bench.broker('onceward');
    const ours = stack.adopt(await startClient('onceward', bench.profiles), (agent) => agent.stop());
    const bareClient = stack.adopt(await startClient('bare'), (agent) => agent.stop());
    const bare = stack.use(await startBare());
    const records = bench.records(2 * RECORDS);
    const topic = await filledTopic(broker, { records, size: SIZE });
    stack.defer(() => deleteTopic(broker, topic));
    await produce(bareClient, bare, { topic: '', records, size: SIZE, acks: 'one' });
    const leading = leadingOf(records);
    return comparison(
      {
        ours: consuming('onceward', ours, broker, topic, records),
        peers: [{ name: 'bare', measure: () => consume(bareClient, bare, '', records - leading, leading) }],
        note: `${settings}; up to 1 MiB a fetch from the page cache`,
      },
      stack.move(),
    );
  },
};

export const pairAgainstBare: readonly Row[] = [producingRow('one'), producingRow('all'), consumingRow];
