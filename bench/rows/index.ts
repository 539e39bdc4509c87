/** All rows, in the order in which they are measured and shown. */
import type { Row } from '../harness/row.ts';
import { brokerRows } from './brokers.ts';
import { clientRows } from './clients.ts';
import { pairAgainstApacheKafka, pairInShapes } from './pair-against-apache-kafka.ts';
import { pairAgainstBare } from './pair-against-bare.ts';

export const rows: readonly Row[] = [
  ...pairAgainstBare,
  ...clientRows,
  ...pairAgainstApacheKafka,
  ...brokerRows,
  ...pairInShapes,
];
