/** `roundrobin`, as the Java client's assignor of the same name shares, so that a mixed group agrees. */
import type { TopicPartition } from '../../topic-partition.ts';
import { type Assignor, byIdentity, compare } from './assignor.ts';

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
