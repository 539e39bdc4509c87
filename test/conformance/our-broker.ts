/** Our broker as a cluster for the scenarios: on TCP, with a data directory, as it is by default. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Broker, type BrokerConfigInput } from '../../src/broker/index.ts';
import type { Cluster } from './cluster.ts';

interface OurBroker extends Cluster {
  readonly dataDirectory: string;
  /** Closes the broker and starts it again, on its directory and at its address. */
  restart(): Promise<void>;
  /** Closes the broker; its directory stays until `stop`. */
  shutDown(): Promise<void>;
}

export async function startOurBroker(config: BrokerConfigInput = {}): Promise<OurBroker> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'onceward-conformance-'));
  let broker = await Broker.start({ port: 0, dataDirectory, config });
  const { bootstrap } = broker;
  return {
    bootstrap,
    dataDirectory,
    async restart() {
      await broker.close();
      broker = await Broker.start({ port: Number(bootstrap.split(':')[1]), dataDirectory, config });
    },
    shutDown: () => broker.close(),
    async stop() {
      await broker.close();
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}
