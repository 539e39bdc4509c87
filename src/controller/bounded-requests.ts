/** What the controller asks of every request that makes topics or partitions: names once, and a size that it can write. */
import { KafkaError } from '../core/index.ts';
import type { NewMetadataRecord } from './metadata-records.ts';

/** As many partitions as Kafka makes in one request. */
export const MAX_PARTITIONS_PER_REQUEST = 10_000;
/** As many records as Kafka writes at once. */
export const MAX_RECORDS_PER_REQUEST = 10_000;

/** @throws KafkaError POLICY_VIOLATION */
export function checkPartitionCount(counts: readonly number[]): void {
  const sum = counts.reduce((total, count) => total + count, 0);
  if (sum > MAX_PARTITIONS_PER_REQUEST) {
    throw new KafkaError('POLICY_VIOLATION', 'Excessively large number of partitions per request.');
  }
}

/** @throws KafkaError POLICY_VIOLATION */
export function checkRecordCount(records: readonly NewMetadataRecord[]): void {
  if (records.length > MAX_RECORDS_PER_REQUEST) {
    throw new KafkaError('POLICY_VIOLATION', 'Unable to perform excessively large batch operation.');
  }
}

/** Those named once, and the names that came more often. Both in the order of the request. */
export function splitByName<T extends { readonly name: string }>(
  topics: readonly T[],
): { single: T[]; repeated: Set<string> } {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { name } of topics) {
    if (seen.has(name)) repeated.add(name);
    seen.add(name);
  }
  return { single: topics.filter(({ name }) => !repeated.has(name)), repeated };
}
