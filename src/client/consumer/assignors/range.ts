/** `range`, as the Java client's assignor of the same name shares, so that a mixed group agrees. */
import type { TopicPartition } from '../../topic-partition.ts';
import { type Assignor, byIdentity, compare } from './assignor.ts';

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
