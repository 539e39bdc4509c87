/** OffsetFetch: what a group has committed. Version 8 and later ask for groups, earlier ones for one. */
import { errorName, isRetriable } from '../../core/index.ts';
import { offsetFetch } from '../../wire/index.ts';
import type { Connection } from '../connections/connection.ts';
import { brokerError } from '../errors.ts';
import type { TopicPartition } from '../topic-partition.ts';
import type { Verdict } from './coordinator-calls.ts';

export interface CommittedOffset extends TopicPartition {
  readonly offset: number;
  /** -1: not told. */
  readonly leaderEpoch: number;
  readonly metadata: string;
}

export interface CommittedQuestion {
  readonly groupId: string;
  /** Null: everything the group has committed. */
  readonly partitions: readonly TopicPartition[] | null;
  /** Offsets that an open transaction is about to replace are waited for (KIP-447). */
  readonly requireStable: boolean;
  readonly timeoutMs: number;
}

/** Partitions without a commit are left out of the answer. */
export async function fetchCommitted(
  connection: Connection,
  { groupId, partitions, requireStable, timeoutMs }: CommittedQuestion,
): Promise<Verdict<CommittedOffset[]>> {
  const what = `OffsetFetch of group "${groupId}"`;
  // Version 10 goes by topic ids.
  const version = connection.version(offsetFetch, { min: requireStable ? 7 : 1, max: 9 });
  const topics = partitions === null ? null : byTopic(partitions);
  const answer = await connection.request(
    offsetFetch,
    version,
    version >= 8 ? { groups: [{ groupId, topics }], requireStable } : { groupId, topics, requireStable },
    { timeoutMs },
  );
  const group = version >= 8 ? answer.groups[0] : answer;
  if (group === undefined) return { refused: brokerError(-1, what, 'the answer is empty') };
  const codes = [group.errorCode, ...group.topics.flatMap((t) => t.partitions.map((p) => p.errorCode))];
  const failed = codes.filter((code) => code !== 0 && errorName(code) !== 'UNKNOWN_TOPIC_OR_PARTITION');
  const refused = failed.find((code) => !isRetriable(code));
  if (refused !== undefined) return { refused: brokerError(refused, what) };
  if (failed.length > 0) return { retry: failed[0]! };
  const found: CommittedOffset[] = [];
  for (const topic of group.topics) {
    for (const { partitionIndex, committedOffset, committedLeaderEpoch, metadata } of topic.partitions) {
      if (committedOffset < 0) continue;
      found.push({
        topic: topic.name,
        partition: partitionIndex,
        offset: committedOffset,
        leaderEpoch: committedLeaderEpoch,
        metadata: metadata ?? '',
      });
    }
  }
  return { done: found };
}

function byTopic(partitions: readonly TopicPartition[]): { name: string; partitionIndexes: number[] }[] {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of partitions) {
    const known = topics.get(topic);
    if (known) known.push(partition);
    else topics.set(topic, [partition]);
  }
  return [...topics].map(([name, partitionIndexes]) => ({ name, partitionIndexes }));
}
