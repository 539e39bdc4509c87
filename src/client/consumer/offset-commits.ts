/** OffsetCommit: makes positions durable in the group, as the member that the consumer is. */
import { errorName } from '../../core/index.ts';
import { offsetCommit } from '../../wire/index.ts';
import { brokerError, ClientError, CommitFailedError } from '../errors.ts';
import type { Cluster, Deadline } from '../metadata/cluster.ts';
import { askCoordinator, whileWanted } from '../metadata/coordinator-calls.ts';
import type { GroupMetadata, TopicPartitionOffset } from '../topic-partition.ts';

/**
 * @throws CommitFailedError when the member was replaced; ClientError REBALANCE_IN_PROGRESS: poll, then commit what is
 * still assigned; TimeoutError; the signal's reason
 */
export async function commitOffsets(
  cluster: Cluster,
  group: GroupMetadata,
  offsets: readonly TopicPartitionOffset[],
  deadline: Deadline,
  requestTimeoutMs: number,
): Promise<void> {
  if (offsets.length === 0) return;
  const what = `OffsetCommit of group "${group.groupId}"`;
  const topics = new Map<
    string,
    { partitionIndex: number; committedOffset: number; committedLeaderEpoch: number; committedMetadata: string }[]
  >();
  for (const { topic, partition, offset, leaderEpoch, metadata } of offsets) {
    const list = topics.get(topic) ?? [];
    topics.set(topic, list);
    list.push({
      partitionIndex: partition,
      committedOffset: offset,
      committedLeaderEpoch: leaderEpoch ?? -1,
      committedMetadata: metadata ?? '',
    });
  }
  const asked = askCoordinator<void>(cluster, 'group', group.groupId, deadline, what, async (connection) => {
    const answer = await connection.request(
      offsetCommit,
      // Version 10 goes by topic ids.
      connection.version(offsetCommit, { max: 9 }),
      {
        groupId: group.groupId,
        generationIdOrMemberEpoch: group.generationId,
        memberId: group.memberId,
        groupInstanceId: group.groupInstanceId,
        topics: [...topics].map(([name, partitions]) => ({ name, partitions })),
      },
      { timeoutMs: requestTimeoutMs },
    );
    let retry = 0;
    for (const { name: topic, partitions } of answer.topics) {
      for (const { partitionIndex, errorCode } of partitions) {
        if (errorCode === 0) continue;
        const name = errorName(errorCode);
        const error = brokerError(errorCode, `${what} for ${topic}-${partitionIndex}`);
        switch (name) {
          case 'ILLEGAL_GENERATION':
          case 'UNKNOWN_MEMBER_ID':
          case 'FENCED_INSTANCE_ID':
            return { refused: new CommitFailedError(group.groupId, name) };
          case 'REBALANCE_IN_PROGRESS':
            return {
              refused: new ClientError(
                name,
                `${what}: the group is rebalancing; call poll(), then commit what is still assigned`,
              ),
            };
          default:
            if (!error.retriable) return { refused: error };
            retry = errorCode;
        }
      }
    }
    return retry === 0 ? { done: undefined } : { retry };
  });
  await whileWanted(cluster, deadline, what, asked);
}
