/** Which other programs the tests run beside, and where they are kept. scripts/real.ts fills the directories. */
import { join } from 'node:path';

export const apacheKafkaVersion = '4.3.1';

const cache = join(import.meta.dirname, '..', '..', '.cache');

/** The jars of Apache Kafka and its tools. */
export const classPathDirectory = join(cache, `apache-kafka-${apacheKafkaVersion}`);

/** The oldest Node that package.json promises to run on. */
export const oldestNodeVersion = '22.18.0';
export const oldestNodeDirectory = join(cache, `node-${oldestNodeVersion}`);
export const oldestNode = join(oldestNodeDirectory, 'node_modules', '.bin', 'node');
