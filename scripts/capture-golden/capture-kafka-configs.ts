/** Writes test/golden/kafka-configs.json from a running Apache Kafka. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { start } from '../../test/real/apache-kafka.ts';
import { classPathDirectory } from '../../test/real/versions.ts';

const file = join(import.meta.dirname, '..', '..', 'test', 'golden', 'kafka-configs.json');
const kafka = await start();
try {
  const source = join(import.meta.dirname, 'KafkaConfigs.java');
  const args = ['-cp', join(classPathDirectory, '*'), source, kafka.bootstrap];
  const text = execFileSync('java', args, { encoding: 'utf8', timeout: 60_000, maxBuffer: 64 * 1024 * 1024 });
  // Addresses and directories are of this run.
  writeFileSync(
    file,
    text.replaceAll(/127\.0\.0\.1:\d+/g, 'HOST:PORT').replaceAll(/"[^"]*onceward-kafka-[^"]*"/g, '"DIRECTORY"'),
  );
} finally {
  await kafka.stop();
}
process.exit(0);
