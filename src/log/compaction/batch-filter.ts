/**
 * What compaction leaves of one batch, by Kafka's rules: records that a later one of the same key replaces go; tombstones,
 * and markers without data, go once their delete horizon has passed (KIP-534); records of aborted transactions go at once.
 * The last batch of each producer stays, empty if it must, for its epoch and sequence numbers.
 */
import {
  type BatchHeader,
  controlRecordOf,
  emptyBatchOf,
  NO_TIMESTAMP,
  type RecordCursor,
  retainRecords,
} from '../../records/index.ts';
import type { ProducerEntry } from '../producer-state.ts';
import type { AbortedTransaction } from '../transaction-index.ts';
import type { CleanedTransactions } from './cleaned-transactions.ts';
import type { KeyOffsets } from './key-offsets.ts';

export interface BatchFilterOptions {
  readonly keys: KeyOffsets;
  /** Records beyond are not in `keys`, and stay. */
  readonly lastKnownOffset: number;
  readonly transactions: CleanedTransactions;
  readonly producers: ReadonlyMap<number, ProducerEntry>;
  /** Wall clock at the beginning of the compaction. */
  readonly now: number;
  /** `delete.retention.ms` */
  readonly deleteRetentionMs: number;
  /** Told of each aborted transaction that still has batches here, when its marker is met. */
  readonly aborted: (transaction: AbortedTransaction) => void;
}

/**
 * `batch` itself where nothing changes, undefined where nothing is left. Batches must come in order.
 * @throws MalformedBytesError
 */
export function compactBatch(
  header: BatchHeader,
  batch: Uint8Array,
  options: BatchFilterOptions,
): Uint8Array | undefined {
  const { transactions, now } = options;
  let discard: boolean;
  let unneededMarker = false;
  if (header.isControl) {
    const { unneeded, aborted } = transactions.marker(header, controlRecordOf(batch)!);
    if (aborted !== undefined) options.aborted(aborted);
    unneededMarker = unneeded;
    const horizon = header.deleteHorizonMs;
    discard = unneeded && horizon !== undefined && horizon <= now;
  } else {
    discard = transactions.data(header);
  }
  const keepEmpty = () => (isLastOfProducer(header, options.producers) ? emptyBatchOf(batch) : undefined);
  if (header.recordCount === 0) return isLastOfProducer(header, options.producers) ? batch : undefined;
  if (discard) return keepEmpty();
  const horizon = Math.min(now + options.deleteRetentionMs, Number.MAX_SAFE_INTEGER);
  const kept = retainRecords(batch, {
    keep: header.isControl ? () => true : (record) => staysWith(record, header, options),
    deleteHorizon: (tombstones) => ((header.isControl ? unneededMarker : tombstones) ? horizon : undefined),
  });
  return kept ?? keepEmpty();
}

function staysWith(record: RecordCursor, header: BatchHeader, options: BatchFilterOptions): boolean {
  if (record.offset > options.lastKnownOffset) return true;
  const { key } = record;
  if (key === null || record.offset < options.keys.get(key)) return false;
  if (record.valueSize >= 0) return true;
  return (header.deleteHorizonMs ?? NO_TIMESTAMP) < 0 || options.now < header.deleteHorizonMs!;
}

/** Its last data, or, where its epoch has no data yet, the marker that raised it. */
function isLastOfProducer(header: BatchHeader, producers: ReadonlyMap<number, ProducerEntry>): boolean {
  const entry = header.hasProducerId ? producers.get(header.producerId) : undefined;
  if (entry === undefined) return false;
  const last = entry.batches.at(-1);
  if (last !== undefined) return header.lastOffset === last.lastOffset;
  return header.isControl && header.producerEpoch === entry.producerEpoch;
}
