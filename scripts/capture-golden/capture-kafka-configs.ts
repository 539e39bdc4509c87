/**
 * Writes test/golden/kafka-configs.json and test/golden/kafka-config-answers.json from a running Apache Kafka: what it knows,
 * and what it answered to the conversation of test/conformance/config-steps.ts.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Answer, converse, steps } from '../../test/conformance/config-steps.ts';
import { start } from '../../test/real/apache-kafka.ts';
import { classPathDirectory } from '../../test/real/versions.ts';

const golden = join(import.meta.dirname, '..', '..', 'test', 'golden');
/** How long a change takes in Kafka until every part of it has seen it. */
const SETTLE_MS = 400;
const kafka = await start();
try {
  const source = join(import.meta.dirname, 'KafkaConfigs.java');
  const args = ['-cp', join(classPathDirectory, '*'), source, kafka.bootstrap];
  const text = execFileSync('java', args, { encoding: 'utf8', timeout: 60_000, maxBuffer: 64 * 1024 * 1024 });
  // Addresses and directories are of this run.
  writeFileSync(
    join(golden, 'kafka-configs.json'),
    text.replaceAll(/127\.0\.0\.1:\d+/g, 'HOST:PORT').replaceAll(/"[^"]*onceward-kafka-[^"]*"/g, '"DIRECTORY"'),
  );
} finally {
  await kafka.stop();
}
const other = await start();
try {
  const answers: Record<string, Answer[]> = {};
  for (const part of Object.keys(steps)) answers[part] = await converse(other.bootstrap, part, SETTLE_MS);
  const captured = {
    capturedBy: 'scripts/capture-golden/capture-kafka-configs.ts',
    from: 'Apache Kafka 4.3.1',
    answers,
  };
  writeFileSync(join(golden, 'kafka-config-answers.json'), JSON.stringify(captured));
} finally {
  await other.stop();
}
process.exit(0);
