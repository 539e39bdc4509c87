/** Questions that are answered out of a partition's segments, ascending and never empty. */
import { RecordCursor } from '../records/index.ts';
import type { ReadOptions, TimestampedOffset } from './log-options.ts';
import { NO_BYTES, type Segment } from './segment.ts';
import type { AbortedTransaction } from './transaction-index.ts';

/** The position of the segment that an offset belongs to. */
function segmentAt(segments: readonly Segment[], offset: number): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (segments[middle]!.baseOffset <= offset) low = middle + 1;
    else high = middle;
  }
  return Math.max(low - 1, 0);
}

/** Whole batches out of the first segment that has any from `fromOffset` on. */
export function readBatches(segments: readonly Segment[], options: ReadOptions): Uint8Array {
  for (let at = segmentAt(segments, options.fromOffset); at < segments.length; at++) {
    const bytes = segments[at]!.read(options);
    if (bytes !== undefined) return bytes;
  }
  return NO_BYTES;
}

/** The aborted transactions with records in [fromOffset, upTo), by first offset. */
export function abortedBetween(segments: readonly Segment[], fromOffset: number, upTo: number): AbortedTransaction[] {
  const found: AbortedTransaction[] = [];
  scan: for (let at = segmentAt(segments, fromOffset); at < segments.length; at++) {
    for (const transaction of segments[at]!.aborted.entries) {
      if (transaction.lastOffset >= fromOffset && transaction.firstOffset < upTo) found.push(transaction);
      // All transactions that begin below had ended by then.
      if (transaction.lastStableOffset >= upTo) break scan;
    }
  }
  return found.sort((a, b) => a.firstOffset - b.firstOffset);
}

/** The first record in [start, upTo) whose timestamp is `timestamp` or later. */
export function offsetForTimestamp(
  segments: readonly Segment[],
  timestamp: number,
  start: number,
  upTo: number,
): TimestampedOffset | undefined {
  let found: TimestampedOffset | undefined;
  for (const segment of segments) {
    if (segment.baseOffset >= upTo) return undefined;
    if (segment.maxTimestamp < timestamp || segment.nextOffset <= start) continue;
    segment.scan(Math.max(start, segment.times.offsetBefore(timestamp)), (header, batch) => {
      if (header.baseOffset >= upTo) return false;
      if (header.maxTimestamp < timestamp) return true;
      found = firstRecord(batch, (at) => at.timestamp >= timestamp && at.offset >= start);
      return found === undefined;
    });
    if (found !== undefined) return found.offset < upTo ? found : undefined;
  }
  return undefined;
}

/** The first record in [start, upTo) with the largest timestamp. */
export function offsetOfMaxTimestamp(
  segments: readonly Segment[],
  start: number,
  upTo: number,
): TimestampedOffset | undefined {
  let largest = -1;
  let place: { readonly segment: Segment; readonly lastOffset: number } | undefined;
  for (const segment of segments) {
    if (segment.maxTimestamp <= largest || segment.baseOffset >= upTo || segment.nextOffset <= start) continue;
    if (segment.maxTimestampOffset < upTo && segment.baseOffset >= start) {
      largest = segment.maxTimestamp;
      place = { segment, lastOffset: segment.maxTimestampOffset };
      continue;
    }
    segment.scan(start, (header) => {
      if (header.lastOffset >= upTo) return false;
      if (header.maxTimestamp > largest) {
        largest = header.maxTimestamp;
        place = { segment, lastOffset: header.lastOffset };
      }
      return true;
    });
  }
  let found: TimestampedOffset | undefined;
  place?.segment.scan(place.lastOffset, (_header, batch) => {
    found = firstRecord(batch, (at) => at.timestamp === largest);
    return false;
  });
  return found;
}

function firstRecord(batch: Uint8Array, wanted: (at: RecordCursor) => boolean): TimestampedOffset | undefined {
  const cursor = new RecordCursor(batch);
  while (cursor.next()) {
    if (!wanted(cursor)) continue;
    return { offset: cursor.offset, timestamp: cursor.timestamp, leaderEpoch: cursor.header.partitionLeaderEpoch };
  }
  return undefined;
}
