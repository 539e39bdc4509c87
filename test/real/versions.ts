/** Which Apache Kafka the tests run beside, and where its jars are kept. */
import { join } from 'node:path';

export const apacheKafkaVersion = '4.3.1';

/** Filled by scripts/real.ts; used again while it is whole. */
export const classPathDirectory = join(import.meta.dirname, '..', '..', '.cache', `apache-kafka-${apacheKafkaVersion}`);
