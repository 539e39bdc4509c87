/** The metadata log over many restarts: it is cut at its snapshots, and every restart, also one after a crash, knows all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Simulation } from '../../src/lab/index.ts';
import { BROKER, ClientNode, startBroker } from './world.ts';

const LOG = '/data/__cluster_metadata-0';
const SETTINGS = { 'metadata.log.max.record.bytes.between.snapshots': 3000 };

test('the metadata log does not grow with the restarts, and no topic is forgotten', async () => {
  const sim = new Simulation({ seed: 5 });
  await sim.run(
    async () => {
      const topics: string[] = [];
      const sizes: number[] = [];
      let ports = sim.node(BROKER);
      for (let round = 0; round < 24; round++) {
        const broker = await startBroker(ports, SETTINGS);
        const admin = new ClientNode(sim, `admin-${round}`).admin();
        const name = `topic-${round}`;
        if (round < 6) {
          await admin.createTopics([{ name, partitions: 5, replicationFactor: 1 }]);
          topics.push(name);
        }
        assert.deepEqual((await admin.listTopics()).sort(), topics.toSorted(), `round ${round}`);
        await admin.close();
        if (round % 3 === 0) sim.crash(BROKER);
        else if (round % 3 === 1) sim.kill(BROKER);
        else {
          await broker.close();
          sim.crash(BROKER);
        }
        ports = sim.restart(BROKER);
        const { disk } = ports;
        const bytes = disk
          .list(LOG)
          .filter((file) => file.endsWith('.log') || file.endsWith('.checkpoint'))
          .reduce((sum, file) => sum + disk.open(`${LOG}/${file}`).size(), 0);
        sizes.push(bytes);
      }
      const { disk } = ports;
      assert.equal(disk.list(LOG).filter((file) => file.endsWith('.checkpoint')).length, 2);
      assert.ok(sizes.at(-1)! < 20_000 && sizes.at(-1)! < sizes[10]! * 2, sizes.join(' '));
    },
    { untilMs: 1_000_000 },
  );
});
