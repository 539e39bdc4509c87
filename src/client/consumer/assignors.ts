/**
 * How the leader of a classic group shares partitions among its members. Both rules give what the Java client's
 * assignors of the same name give, so that a mixed group agrees.
 */
import type { AssignorName } from '../options/consumer.ts';
import type { TopicPartition } from '../topic-partition.ts';

export interface Subscriber {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly topics: readonly string[];
}

export type Assignor = (
  subscribers: readonly Subscriber[],
  partitionCounts: ReadonlyMap<string, number>,
) => Map<string, TopicPartition[]>;

/** Static members by their instance id first, then dynamic ones by member id. */
function byIdentity(a: Subscriber, b: Subscriber): number {
  if (a.groupInstanceId !== null && b.groupInstanceId !== null) return compare(a.groupInstanceId, b.groupInstanceId);
  if (a.groupInstanceId !== null) return -1;
  if (b.groupInstanceId !== null) return 1;
  return compare(a.memberId, b.memberId);
}

/** By UTF-16 code unit, as Java compares strings. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Per topic, contiguous runs of partitions; the first members get one more where it does not divide. */
export const rangeAssignor: Assignor = (subscribers, partitionCounts) => {
  const assignment = new Map<string, TopicPartition[]>(subscribers.map((s) => [s.memberId, []]));
  const topics = [...new Set(subscribers.flatMap((s) => s.topics))].sort(compare);
  for (const topic of topics) {
    const count = partitionCounts.get(topic) ?? 0;
    const members = subscribers.filter((s) => s.topics.includes(topic)).sort(byIdentity);
    const each = Math.floor(count / members.length);
    const extra = count % members.length;
    let next = 0;
    members.forEach((member, index) => {
      const end = next + each + (index < extra ? 1 : 0);
      const mine = assignment.get(member.memberId)!;
      for (; next < end; next++) mine.push({ topic, partition: next });
    });
  }
  return assignment;
};

/** All partitions in order, dealt in turn to the members that want their topic. */
export const roundRobinAssignor: Assignor = (subscribers, partitionCounts) => {
  const assignment = new Map<string, TopicPartition[]>(subscribers.map((s) => [s.memberId, []]));
  const members = [...subscribers].sort(byIdentity);
  const topics = [...new Set(subscribers.flatMap((s) => s.topics))].sort(compare);
  let turn = 0;
  for (const topic of topics) {
    const count = partitionCounts.get(topic) ?? 0;
    for (let partition = 0; partition < count; partition++) {
      while (!members[turn % members.length]!.topics.includes(topic)) turn++;
      assignment.get(members[turn % members.length]!.memberId)!.push({ topic, partition });
      turn++;
    }
  }
  return assignment;
};

export const assignors: Readonly<Record<AssignorName, Assignor>> = {
  range: rangeAssignor,
  roundrobin: roundRobinAssignor,
};
