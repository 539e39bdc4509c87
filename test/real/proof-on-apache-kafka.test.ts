/** The main job before Apache Kafka: pipeline, faults and counting know nothing of the broker behind the proxy. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { jsonTransform, prove } from '../../src/lab/index.ts';
import { type ApacheKafka, apacheKafkaVersion, start } from './apache-kafka.ts';

let kafka: ApacheKafka;
before(async () => {
  kafka = await start();
});
after(() => kafka.stop());

test(`every promise holds on Apache Kafka ${apacheKafkaVersion}`, { timeout: 90_000 }, async () => {
  const inputs = 400;
  const result = await prove({
    bootstrapServers: kafka.bootstrap,
    topic: 'input',
    transform: jsonTransform,
    // The shortest that Apache Kafka allows, unless it is told otherwise.
    sessionTimeoutMs: 6000,
    input: (async function* () {
      yield Array.from({ length: inputs }, (_, at) => JSON.stringify({ at }));
    })(),
  });
  assert.deepEqual(result.broken, []);
  const [most, least, exactly] = result.guarantees;
  for (const { lost, duplicated } of most!.perTopic) assert.ok(lost > 0 && duplicated === 0);
  for (const { lost, duplicated } of least!.perTopic) assert.ok(lost === 0 && duplicated > 0);
  for (const { lost, duplicated } of exactly!.perTopic) assert.ok(lost === 0 && duplicated === 0);
  for (const { faults } of result.guarantees) {
    for (const { fault, planned, happened } of faults) assert.ok(fault === 'unplanned' || happened === planned, fault);
  }
});
