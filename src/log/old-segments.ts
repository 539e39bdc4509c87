/**
 * How the oldest records leave a log (DeleteRecords, retention), and how the files of segments go that are no part of it
 * any more. The order keeps a crash from leaving a gap: first the start moves, then the files go, the oldest first.
 */
import { KafkaError } from '../core/index.ts';
import type { LogBody } from './log-body.ts';
import type { LogFlush } from './log-flush.ts';
import { expiredSegments } from './retention.ts';

/** DeleteRecords. @throws KafkaError OFFSET_OUT_OF_RANGE above the high watermark */
export function advanceStartOffset(log: LogBody, offset: number): void {
  log.ensureUsable();
  if (offset > log.highWatermark) {
    throw new KafkaError('OFFSET_OUT_OF_RANGE', `offset ${offset}, the high watermark is ${log.highWatermark}`);
  }
  // Where compaction is under way, the next look at retention takes them.
  if (log.advanceStart(offset) && !log.compacting) log.list.retireBelow(offset);
}

/**
 * What the rules of retention.ts say is due leaves the log. `now`: wall clock.
 * @returns how many segments have left the log
 * @throws KafkaError KAFKA_STORAGE_ERROR when a new segment cannot be begun
 */
export function enforceRetention(log: LogBody, now: number): number {
  log.ensureUsable();
  if (log.compacting) return 0;
  const { list, config } = log;
  const expired = expiredSegments(list.all, {
    config,
    now,
    startOffset: log.startOffset,
    highWatermark: log.highWatermark,
  });
  if (expired === 0) return 0;
  if (expired === list.all.length) log.attempt(() => list.roll(log.endOffset, config));
  const start = list.all[expired]!.baseOffset;
  log.advanceStart(start);
  return list.retireBelow(start);
}

/**
 * Names the files of all segments that have left the log `.deleted`, one segment after the other, with a `pause` between.
 * @throws KafkaError KAFKA_STORAGE_ERROR, and the log has failed
 */
export async function dropRetired(log: LogBody, flushing: LogFlush, pause: () => Promise<void>): Promise<void> {
  while (log.list.hasRetired) {
    await flushing.flush();
    log.ensureUsable();
    if (flushing.idle === undefined) {
      log.attempt(() => log.list.dropOneRetired());
      await pause();
    } else {
      await flushing.idle;
    }
    if (log.failure !== undefined) return;
  }
}

/** Removes the files of one segment that has been `.deleted` for `file.delete.delay.ms`. True: there was one. */
export function removeDeletedFiles(log: LogBody): boolean {
  if (log.failure !== undefined) return false;
  return log.attempt(() => log.list.removeDeleted(log.config.fileDeleteDelayMs));
}
