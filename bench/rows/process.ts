/** What exactly-once costs: `process` under it, against `process` at least once. */
import type { Guarantee } from '../../src/client/index.ts';
import { processorSeconds } from '../harness/processor-time.ts';
import type { Row, Side } from '../harness/row.ts';
import { createTopic, deleteTopic } from '../harness/topics.ts';
import { startClient } from '../peers/clients.ts';
import { comparison, filledTopic, leadingOf } from './sides.ts';

const RECORDS = 2_000_000;

export const processRow: Row = {
  name: 'process, exactly-once against at-least-once',
  unit: 'records/s',
  target: { atLeast: 0.7 },
  quick: true,
  brokers: ['onceward'],
  async prepare(bench) {
    await using stack = new AsyncDisposableStack();
    const broker = bench.broker('onceward');
    const records = bench.records(RECORDS);
    const leading = leadingOf(records);
    const from = await filledTopic(broker, { records, size: 100 });
    stack.defer(() => deleteTopic(broker, from));
    const side = async (guarantee: Guarantee, profiles?: string): Promise<Side> => {
      const client = stack.adopt(await startClient('onceward', profiles), (agent) => agent.stop());
      return {
        name: guarantee,
        async measure() {
          const to = await createTopic(broker);
          const before = processorSeconds(broker.pid);
          const answer = await client.call({
            do: 'process',
            ...{ bootstrap: broker.bootstrap, from, to, guarantee, leading, records: records - leading },
          });
          const cpu = processorSeconds(broker.pid) - before;
          await deleteTopic(broker, to);
          const done = answer.records!;
          return {
            value: done / answer.seconds!,
            details: { 'client µs': (answer.cpuSeconds! / done) * 1e6, 'broker µs': (cpu / done) * 1e6 },
          };
        },
      };
    };
    return comparison(
      {
        ours: await side('exactly-once', bench.profiles),
        peers: [await side('at-least-once')],
        note: 'read, transform, write, and positions, committed every 100 ms; 100 B, one partition each',
      },
      stack.move(),
    );
  },
};
