/** The names of a partition directory's files, as Apache Kafka has them: an offset of twenty digits and a suffix. */

export type SegmentSuffix = 'log' | 'index' | 'timeindex' | 'txnindex' | 'snapshot';

/**
 * Behind the name of a segment's file: '.cleaned' while compaction writes it, '.swap' once it is complete and on its way
 * to replace others, '.deleted' once it is no part of the log.
 */
export type FileState = '' | '.cleaned' | '.swap' | '.deleted';

/** The files of a segment. */
export const SEGMENT_SUFFIXES = ['log', 'index', 'timeindex', 'txnindex'] as const;
export const INDEX_SUFFIXES = ['index', 'timeindex', 'txnindex'] as const;

export const LEADER_EPOCHS_FILE = 'leader-epoch-checkpoint';
export const PARTITION_METADATA_FILE = 'partition.metadata';

export function offsetFileName(offset: number, suffix: SegmentSuffix): string {
  return `${String(offset).padStart(20, '0')}.${suffix}`;
}

/** The offset in such a name, undefined when it is another name. */
export function offsetOfFileName(name: string, suffix: SegmentSuffix): number | undefined {
  const match = /^(\d{20})\.([a-z]+)$/.exec(name);
  if (match === null || match[2] !== suffix) return undefined;
  const offset = Number(match[1]);
  return Number.isSafeInteger(offset) ? offset : undefined;
}
