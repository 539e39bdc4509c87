/** What readers of an open log may ask: batches, timestamps, aborted transactions. Moves none of its offsets. */
import { KafkaError } from '../core/index.ts';
import { batchesOf, damageOf } from '../records/index.ts';
import type { LogBody } from './log-body.ts';
import type { ReadOptions, TimestampedOffset } from './log-options.ts';
import { NO_BYTES } from './segment.ts';
import { abortedBetween, offsetForTimestamp, offsetOfMaxTimestamp, readBatches } from './segment-queries.ts';

/** @throws KafkaError, as `PartitionLog.read` says */
export function readLog(log: LogBody, options: ReadOptions): Uint8Array {
  log.ensureUsable();
  const { fromOffset } = options;
  const { startOffset, endOffset } = log;
  if (fromOffset < startOffset || fromOffset > endOffset) {
    throw new KafkaError('OFFSET_OUT_OF_RANGE', `offset ${fromOffset}, the log has ${startOffset} to ${endOffset}`);
  }
  if (fromOffset >= options.upTo) return NO_BYTES;
  // A reader of many logs who has no room left: no batch is this small.
  if (options.maxBytes <= 0 && !options.minOneBatch) return NO_BYTES;
  return log.attempt(() => {
    const bytes = readBatches(log.list.all, options);
    return fromOffset < log.uncheckedBelow ? soundStart(log, bytes) : bytes;
  });
}

/** Batches up to the first whose checksum is wrong. @throws KafkaError CORRUPT_MESSAGE where that is the first of all */
function soundStart({ uncheckedBelow, directory }: LogBody, bytes: Uint8Array): Uint8Array {
  let at = 0;
  for (const { bytes: batch, header } of batchesOf(bytes)) {
    if (header.baseOffset >= uncheckedBelow) break;
    const damage = damageOf(batch);
    if (damage !== undefined) {
      if (at > 0) return bytes.subarray(0, at);
      throw new KafkaError('CORRUPT_MESSAGE', `${directory}: the batch at offset ${header.baseOffset}: ${damage}`);
    }
    at += batch.length;
  }
  return bytes;
}

/** The aborted transactions with records in [fromOffset, upTo), by first offset. */
export function abortedTransactions(
  log: LogBody,
  fromOffset: number,
  upTo: number,
): { producerId: number; firstOffset: number }[] {
  const found = abortedBetween(log.list.all, fromOffset, upTo);
  return found.map(({ producerId, firstOffset }) => ({ producerId, firstOffset }));
}

/** The first record below `upTo` whose timestamp is `timestamp` or later. @throws KafkaError KAFKA_STORAGE_ERROR */
export function findTimestamp(log: LogBody, timestamp: number, upTo: number): TimestampedOffset | undefined {
  log.ensureUsable();
  return log.attempt(() => offsetForTimestamp(log.list.all, timestamp, log.startOffset, upTo));
}

/** The first record below `upTo` with the largest timestamp. @throws KafkaError KAFKA_STORAGE_ERROR */
export function findMaxTimestamp(log: LogBody, upTo: number): TimestampedOffset | undefined {
  log.ensureUsable();
  return log.attempt(() => offsetOfMaxTimestamp(log.list.all, log.startOffset, upTo));
}
