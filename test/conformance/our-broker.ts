/** Our broker as a cluster for the scenarios: on TCP, with a data directory, as it is by default. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Broker, type BrokerConfigInput } from '../../src/broker/index.ts';
import type { Cluster } from './cluster.ts';

interface OurBroker extends Cluster {
  readonly dataDirectory: string;
  /** Closes the broker; its directory stays until `stop`. */
  shutDown(): Promise<void>;
}

export async function startOurBroker(config: BrokerConfigInput = {}): Promise<OurBroker> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'onceward-conformance-'));
  const broker = await Broker.start({ port: 0, dataDirectory, config });
  return {
    bootstrap: broker.bootstrap,
    dataDirectory,
    shutDown: () => broker.close(),
    async stop() {
      await broker.close();
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}
