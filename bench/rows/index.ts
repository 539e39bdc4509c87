/** All rows, in the order in which they are measured and shown. */
import type { Row } from '../harness/row.ts';
import { pairAgainstBare } from './pair-against-bare.ts';

export const rows: readonly Row[] = [...pairAgainstBare];
