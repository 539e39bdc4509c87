/** The storm on our broker over TCP and on Apache Kafka; `ONCEWARD_SEED` chooses who is hit and how. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cluster } from '../../conformance/cluster.ts';
import { startOurBroker } from '../../conformance/our-broker.ts';
import { apacheKafkaVersion, start } from '../apache-kafka.ts';
import { brokerSettings } from './settings.ts';
import { storm } from './storm.ts';

const SEED = process.env.ONCEWARD_SEED ?? String(process.pid);
const DURATION_MS = 120_000;

const brokers: readonly (readonly [string, () => Promise<Cluster>])[] = [
  ['our broker', () => startOurBroker(brokerSettings)],
  [`Apache Kafka ${apacheKafkaVersion}`, () => start(brokerSettings)],
];

for (const [name, begin] of brokers) {
  test(`a storm of restarts on ${name}: the output is exactly the input, ONCEWARD_SEED=${SEED}`, async (t) => {
    const cluster = await begin();
    t.after(() => cluster.stop());
    const report = await storm(cluster.bootstrap, { seed: SEED, durationMs: DURATION_MS });
    t.diagnostic(`${name}: ${JSON.stringify(report)}`);
    assert.ok(report.killed > 20 && report.paused > 20, JSON.stringify(report));
    assert.ok(report.doneInStorm > report.fed / 2, `it hardly moved during the storm: ${JSON.stringify(report)}`);
  });
}
