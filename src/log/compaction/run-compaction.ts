/** Compaction of an open log: what it lends for it, that none of its segments go meanwhile, and what a failure means. */
import { SystemError } from '../../core/index.ts';
import type { LogBody } from '../log-body.ts';
import type { Segment } from '../segment.ts';
import { isOutOfSpace, storageError } from '../storage-errors.ts';
import { type Cleanable, cleanableOf } from './cleanable.ts';
import { type CompactedLog, type CompactionOptions, type CompactionResult, compactLog } from './compact-log.ts';

/** `cleanedUpTo`: where the last compaction ended. `now`: wall clock. */
export function cleanableNow(log: LogBody, now: number, cleanedUpTo: number | undefined): Cleanable {
  return cleanableOf(log.list.all, {
    config: log.config,
    cleanedUpTo,
    startOffset: log.startOffset,
    lastStableOffset: log.lastStableOffset,
    now,
  });
}

/**
 * undefined: it was stopped, and has changed nothing, or not all; the log is sound. `now`: wall clock.
 * @throws KafkaError, MalformedBytesError, SystemError, as `PartitionLog.compact` says
 */
export async function runCompaction(
  log: LogBody,
  now: number,
  options: CompactionOptions,
): Promise<CompactionResult | undefined> {
  log.ensureUsable();
  const { disk, directory, config, list, producers } = log;
  const lent: CompactedLog = {
    disk,
    directory,
    config,
    segments: () => list.all,
    producers: producers.producers,
    usable: () => log.failure === undefined,
    replace: (sources, cleaned) => replaceSegments(log, sources, cleaned),
  };
  log.compacting = true;
  try {
    return await compactLog(lent, cleanableNow(log, now, options.cleanedUpTo), options, now);
  } catch (error) {
    if (error instanceof SystemError && !isOutOfSpace(error)) {
      log.fail(error);
      throw storageError(error);
    }
    throw error;
  } finally {
    log.compacting = false;
  }
}

function* replaceSegments(log: LogBody, sources: readonly Segment[], cleaned: Segment): Generator<void> {
  try {
    yield* log.list.replace(sources, cleaned);
  } catch (error) {
    log.fail(error);
    throw storageError(error);
  }
}
