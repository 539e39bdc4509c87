/** Which of a partition's oldest segments are to go, by Kafka's rules: whole segments, the oldest first, without a hole. */
import type { LogConfig } from './log-config.ts';
import type { Segment } from './segment.ts';

export interface RetentionView {
  readonly config: LogConfig;
  /** Wall clock. */
  readonly now: number;
  /** Records below are deleted already (DeleteRecords). */
  readonly startOffset: number;
  /** Nothing at or beyond it goes. */
  readonly highWatermark: number;
}

/** How many segments from the first on; all of them only where the last one holds something. */
export function expiredSegments(segments: readonly Segment[], view: RetentionView): number {
  const byStart = count(segments, view, (_segment, end) => end <= view.startOffset);
  if (!view.config.deletes) return Math.min(byStart, segments.length - 1);
  return Math.max(Math.min(byStart, segments.length - 1), byAge(segments, view), bySize(segments, view));
}

/** A newest record in the future keeps its segment: a clock was wrong, and nobody knows which. */
function byAge(segments: readonly Segment[], view: RetentionView): number {
  const { retentionMs } = view.config;
  if (retentionMs < 0) return 0;
  return count(segments, view, (segment) => view.now - segment.newestTimestamp > retentionMs);
}

function bySize(segments: readonly Segment[], view: RetentionView): number {
  const { retentionBytes } = view.config;
  if (retentionBytes < 0) return 0;
  let surplus = segments.reduce((sum, segment) => sum + segment.size, 0) - retentionBytes;
  return count(segments, view, (segment) => {
    surplus -= segment.size;
    return surplus >= 0;
  });
}

function count(
  segments: readonly Segment[],
  view: RetentionView,
  expired: (segment: Segment, end: number) => boolean,
): number {
  let found = 0;
  for (const segment of segments) {
    const next = segments[found + 1];
    const end = next?.baseOffset ?? segment.nextOffset;
    if (end > view.highWatermark || (next === undefined && segment.size === 0) || !expired(segment, end)) break;
    found++;
  }
  return found;
}
