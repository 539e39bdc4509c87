/** How much of a log waits for compaction, and whether it is time. */
import type { LogConfig } from '../log-config.ts';
import type { Segment } from '../segment.ts';

export interface Cleanable {
  /** Below, no key is there twice. */
  readonly firstDirtyOffset: number;
  /** The start of the first segment that must not be compacted yet. */
  readonly firstUncleanableOffset: number;
  readonly cleanableBytes: number;
  /** Cleanable bytes in relation to those and the ones that are clean; 0 to 1. */
  readonly dirtyRatio: number;
  /** `min.cleanable.dirty.ratio` is exceeded, or `max.compaction.lag.ms`. */
  readonly due: boolean;
}

export interface CleanableView {
  readonly config: LogConfig;
  /** Where the last compaction ended, undefined before the first. */
  readonly cleanedUpTo: number | undefined;
  readonly startOffset: number;
  readonly lastStableOffset: number;
  /** Wall clock. */
  readonly now: number;
}

/**
 * `segments`: ascending, the last one is being written. Compacted are whole segments that are on the device, below the
 * last stable offset, and as old as `min.compaction.lag.ms` wants them.
 */
export function cleanableOf(segments: readonly Segment[], view: CleanableView): Cleanable {
  const { config, now } = view;
  const end = segments.at(-1)!.baseOffset;
  const stored = view.cleanedUpTo ?? view.startOffset;
  const firstDirtyOffset = stored < view.startOffset || stored > end ? view.startOffset : stored;
  let cleanBytes = 0;
  let cleanableBytes = 0;
  let firstUncleanableOffset = segments[0]!.baseOffset;
  let oldestDirty = Number.POSITIVE_INFINITY;
  for (let at = 0; at + 1 < segments.length; at++) {
    const segment = segments[at]!;
    const next = segments[at + 1]!.baseOffset;
    const dirty = next > firstDirtyOffset;
    if (!segment.durablySealed || next > view.lastStableOffset) break;
    if (dirty && config.minCompactionLagMs > 0 && segment.newestTimestamp > now - config.minCompactionLagMs) break;
    if (dirty) {
      cleanableBytes += segment.size;
      if (segment.rollTimestamp >= 0) oldestDirty = Math.min(oldestDirty, segment.rollTimestamp);
    } else {
      cleanBytes += segment.size;
    }
    firstUncleanableOffset = next;
  }
  const total = cleanBytes + cleanableBytes;
  const dirtyRatio = total === 0 ? 0 : cleanableBytes / total;
  const overdue = now - oldestDirty > config.maxCompactionLagMs;
  return {
    firstDirtyOffset,
    firstUncleanableOffset,
    cleanableBytes,
    dirtyRatio,
    due: cleanableBytes > 0 && (overdue || dirtyRatio > config.minCleanableDirtyRatio),
  };
}
