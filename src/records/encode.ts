/** One call that makes one batch: for coordinators, the controller and tests. Producers use BatchBuilder. */
import { BatchBuilder, type BuildOptions } from './batch-builder.ts';
import type { Compression } from './compression.ts';
import type { RecordInput } from './record.ts';

export interface EncodeBatchOptions extends BuildOptions {
  /** At least one. */
  readonly records: readonly RecordInput[];
  readonly compression?: Compression;
}

export function encodeBatch(options: EncodeBatchOptions): Uint8Array {
  const builder = new BatchBuilder({
    compression: options.compression ?? 'none',
    maxBytes: Number.MAX_SAFE_INTEGER,
  });
  for (const record of options.records) {
    builder.tryAppend(record.timestamp, record.key, record.value, record.headers);
  }
  return builder.build(options);
}
