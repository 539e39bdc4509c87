/** The names of a partition directory's files, as Apache Kafka has them: an offset of twenty digits and a suffix. */

export type SegmentSuffix = 'log' | 'index' | 'timeindex' | 'txnindex' | 'snapshot';

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
