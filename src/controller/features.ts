/**
 * The features of the cluster that have levels (KIP-584): which this program supports and which it finalizes on a
 * fresh directory. A feature whose APIs are absent is not listed.
 */
export interface FeatureRange {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Finalized when the metadata log is new. */
  readonly initial: number;
}

export const METADATA_VERSION = 'metadata.version';
export const TRANSACTION_VERSION = 'transaction.version';

export const supportedFeatures: readonly FeatureRange[] = [
  // 30 is 4.3-IV0: the formats of the metadata records written here.
  { name: METADATA_VERSION, min: 7, max: 30, initial: 30 },
  // 1: flexible transaction log records; 2: transactions protocol v2 (KIP-890).
  { name: TRANSACTION_VERSION, min: 0, max: 2, initial: 2 },
];
