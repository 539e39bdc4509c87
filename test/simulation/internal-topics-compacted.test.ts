/** The coordinators' topics while they are compacted: what they replay after each restart is what was acknowledged. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Simulation } from '../../src/lab/index.ts';
import { BROKER, ClientNode, startBroker, text } from './world.ts';

/** A segment for each millisecond, compacted at once. */
const SETTINGS = {
  'log.roll.ms': 1,
  'log.initial.task.delay.ms': 0,
  'log.cleaner.backoff.ms': 20,
  'log.cleaner.min.cleanable.ratio': 0,
  'log.cleaner.delete.retention.ms': 0,
};
const ROUNDS = 9;
const TRANSACTIONS = 8;

test('groups and transactions go on from compacted topics as from whole ones, whatever ends the broker', async () => {
  const sim = new Simulation({ seed: 11 });
  await sim.run(
    async () => {
      let broker = await startBroker(sim.node(BROKER), SETTINGS);
      const setup = new ClientNode(sim, 'setup').admin();
      await setup.createTopics([
        { name: 'input', partitions: 1, replicationFactor: 1 },
        { name: 'output', partitions: 1, replicationFactor: 1 },
      ]);
      await setup.close();
      const committed: string[] = [];
      let position = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const node = new ClientNode(sim, `client-${round}`);
        const producer = node.producer({ transactionalId: 'pipeline' });
        await producer.initTransactions();
        const consumer = node.consumer({ groupId: 'pipeline', enableAutoCommit: false });
        consumer.assign([{ topic: 'input', partition: 0 }]);
        const place = [{ topic: 'input', partition: 0 }];
        const found = await consumer.committed(place);
        assert.equal(found[0]?.offset ?? 0, position, `round ${round}`);
        for (let at = 0; at < TRANSACTIONS; at++) {
          const tx = await producer.begin();
          const value = `${round}-${at}`;
          tx.send({ topic: 'output', value });
          await tx.sendOffsets([{ topic: 'input', partition: 0, offset: position + 1 }], consumer.groupMetadata());
          if (at % 3 === 2) await tx.abort();
          else {
            await tx.commit();
            position++;
            committed.push(value);
          }
        }
        await consumer.close();
        await producer.close();
        await sim.sleep(300);
        if (round % 3 === 0) sim.crash(BROKER);
        else if (round % 3 === 1) sim.kill(BROKER);
        else {
          await broker.close();
          sim.crash(BROKER);
        }
        broker = await startBroker(sim.restart(BROKER), SETTINGS);
      }
      const { disk } = sim.node(BROKER);
      const checkpoint = disk.open('/data/cleaner-offset-checkpoint');
      const bytes = Buffer.alloc(checkpoint.size());
      checkpoint.read(bytes, 0);
      assert.match(bytes.toString(), /^__consumer_offsets \d+ \d{2,}$/m);
      assert.match(bytes.toString(), /^__transaction_state \d+ \d{2,}$/m);
      const reader = new ClientNode(sim, 'reader').consumer({ groupId: 'reader', isolationLevel: 'read_committed' });
      reader.subscribe(['output']);
      const read: string[] = [];
      while (read.length < committed.length) for (const { value } of await reader.poll()) read.push(text(value));
      assert.deepEqual(read, committed);
      await reader.close();
    },
    { untilMs: 600_000 },
  );
});
