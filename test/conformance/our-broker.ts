/** Our broker as a cluster for the scenarios: on TCP, with a data directory, as it is by default. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Broker } from '../../src/broker/index.ts';
import type { Cluster } from './cluster.ts';

export async function startOurBroker(): Promise<Cluster> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'onceward-conformance-'));
  const broker = await Broker.start({ port: 0, dataDirectory });
  return {
    bootstrap: broker.bootstrap,
    async stop() {
      await broker.close();
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}
