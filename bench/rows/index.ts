/** All rows, in the order in which they are measured and shown. */
import type { Row } from '../harness/row.ts';
import { brokerRows } from './brokers.ts';
import { clientRows } from './clients.ts';
import { costRows } from './cost.ts';
import { guaranteeRows } from './guarantees.ts';
import { memoryRows } from './memory.ts';
import { pairAgainstApacheKafka, pairInShapes } from './pair-against-apache-kafka.ts';
import { pairAgainstBare } from './pair-against-bare.ts';
import { processRow } from './process.ts';
import { restartRow } from './restart.ts';
import { startRow } from './start.ts';

export const rows: readonly Row[] = [
  ...pairAgainstBare,
  ...clientRows,
  ...guaranteeRows,
  processRow,
  ...costRows,
  ...pairAgainstApacheKafka,
  ...brokerRows,
  startRow,
  ...memoryRows,
  ...pairInShapes,
  restartRow,
];
