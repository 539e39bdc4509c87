/** What an assignor is: a rule by which the leader of a classic group shares partitions among its members. */
import type { TopicPartition } from '../../topic-partition.ts';

export interface Subscriber {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly topics: readonly string[];
  /** What the member says that it has, and since which generation (-1: it does not say). */
  readonly owned: { readonly generation: number; readonly partitions: readonly TopicPartition[] };
}

export type Assignor = (
  subscribers: readonly Subscriber[],
  partitionCounts: ReadonlyMap<string, number>,
) => Map<string, TopicPartition[]>;

/** Static members by their instance id first, then dynamic ones by member id. */
export function byIdentity(a: Subscriber, b: Subscriber): number {
  if (a.groupInstanceId !== null && b.groupInstanceId !== null) return compare(a.groupInstanceId, b.groupInstanceId);
  if (a.groupInstanceId !== null) return -1;
  if (b.groupInstanceId !== null) return 1;
  return compare(a.memberId, b.memberId);
}

/** By UTF-16 code unit, as Java compares strings. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
