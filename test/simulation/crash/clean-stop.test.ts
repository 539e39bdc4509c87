/** The power fails at each change of the disk that a clean stop makes, and after it: nothing that was acknowledged is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Simulation } from '../../../src/lab/index.ts';
import { BROKER, ClientNode, startBroker, text } from '../world.ts';

const SETTINGS = {
  'offsets.topic.num.partitions': 1,
  'transaction.state.log.num.partitions': 1,
  'num.partitions': 2,
  'log.segment.bytes': 1024 * 1024,
} as const;

interface Life {
  readonly acknowledged: readonly string[];
  readonly read: readonly string[];
  /** Changes of the disk that the stop made. */
  readonly changes: number;
}

/** `crashAt`: the power fails at that change of the stop, from 1; else after it. `reopened`: the logs were closed once before. */
async function life(sim: Simulation, crashAt: number, reopened: boolean): Promise<Life> {
  const acknowledged: string[] = [];
  let broker = await startBroker(sim.node(BROKER), SETTINGS);
  const client = new ClientNode(sim, 'client');
  const send = async (partition: number, name: string, bytes = 0) => {
    await using producer = client.producer();
    await producer.sendAndWait({ topic: 't', partition, key: name, value: Buffer.alloc(bytes) });
    acknowledged.push(name);
  };
  // The two large ones do not fit into one segment.
  for (const [at, bytes] of [0, 0, 600_000, 500_000, 0].entries()) await send(0, `plain-${at}`, bytes);
  {
    await using producer = client.producer({ transactionalId: 'tx' });
    await producer.initTransactions();
    await using tx = await producer.begin();
    tx.send({ topic: 't', partition: 1, key: 'transactional' });
    await tx.commit();
    acknowledged.push('transactional');
  }
  if (reopened) {
    await broker.close();
    broker = await startBroker(sim.node(BROKER), SETTINGS);
  }
  await send(1, 'last');

  const disk = sim.disk(BROKER);
  const crashed = Promise.withResolvers<void>();
  let changes = 0;
  disk.onChange = () => {
    changes += 1;
    if (changes !== crashAt) return;
    sim.crash(BROKER);
    crashed.resolve();
  };
  await Promise.race([broker.close().catch(() => {}), crashed.promise]);
  disk.onChange = undefined;
  if (changes < crashAt || crashAt === 0) sim.crash(BROKER);
  sim.restart(BROKER);

  await using _ = await startBroker(sim.node(BROKER), SETTINGS);
  await using consumer = new ClientNode(sim, 'reader').consumer({ isolationLevel: 'read_committed' });
  consumer.assign([0, 1].map((partition) => ({ topic: 't', partition })));
  const read: string[] = [];
  while (read.length < acknowledged.length) {
    const records = await consumer.poll({ timeoutMs: 5_000 });
    if (records.length === 0) break;
    read.push(...records.map(({ key }) => text(key)));
  }
  return { acknowledged, read, changes };
}

for (const reopened of [false, true]) {
  test(`a stop ${reopened ? 'of logs that were closed before' : 'after the first writes'}, cut off anywhere`, async () => {
    const run = async (crashAt: number): Promise<Life> => {
      const sim = new Simulation({ seed: `stop-${crashAt}` });
      let lived: Life | undefined;
      await sim.run(async () => {
        lived = await life(sim, crashAt, reopened);
      });
      const { acknowledged, read } = lived!;
      assert.deepEqual(read.toSorted(), acknowledged.toSorted(), `the power failed at change ${crashAt}`);
      return lived!;
    };
    const { changes } = await run(0);
    assert.ok(changes >= 10, `${changes} changes`);
    for (let at = 1; at <= changes; at++) await run(at);
  });
}
