/** Hostile peers on the machine's network and on the simulated one. */
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Broker } from '../../src/broker/index.ts';
import { Simulation } from '../../src/lab/index.ts';
import { nodePorts } from '../../src/node/index.ts';
import { hostilePeers, settings } from './hostile-peers.ts';
import { RawClient } from './raw-client.ts';
import { BROKER, PORT, startBroker } from './world.ts';

describe('on the machine’s network', () => {
  for (const [name, scenario] of Object.entries(hostilePeers)) {
    test(name, async () => {
      const { network } = nodePorts();
      await using broker = await Broker.start({ config: settings });
      const connect = () => RawClient.connect(network, broker.host, broker.port);
      await scenario({ broker, connect, sleep: (ms) => sleep(ms) });
    });
  }
});

describe('on the simulated network', () => {
  for (const [name, scenario] of Object.entries(hostilePeers)) {
    test(name, async () => {
      const sim = new Simulation({ seed: 7 });
      await sim.run(async () => {
        const broker = await startBroker(sim.node(BROKER), settings);
        const { network } = sim.node('peer');
        const connect = () => RawClient.connect(network, BROKER, PORT);
        await scenario({ broker, connect, sleep: (ms) => sim.sleep(ms) });
      });
    });
  }
});
