/** OffsetFetch: what a group has committed. Version 8 and later ask for groups, earlier ones for one. */
import { errorName, isRetriable } from '../../core/index.ts';
import { offsetFetch } from '../../wire/index.ts';
import type { Connection } from '../connections/connection.ts';
import { brokerError } from '../errors.ts';
import { byTopic, type TopicPartition } from '../topic-partition.ts';
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
  readonly signal?: AbortSignal | undefined;
}

/** Partitions without a commit are left out of the answer. */
export async function fetchCommitted(
  connection: Connection,
  question: CommittedQuestion,
): Promise<Verdict<CommittedOffset[]>> {
  const what = `OffsetFetch of group "${question.groupId}"`;
  const { errorCode, partitions } = await askForCommitted(connection, question);
  const codes = [errorCode, ...partitions.map((each) => each.errorCode)].filter((code) => code !== 0);
  const refused = codes.find((code) => !isRetriable(code));
  if (refused !== undefined) return { refused: brokerError(refused, what) };
  if (codes.length > 0) return { retry: codes[0]! };
  return { done: partitions.map(({ errorCode: _, ...offset }) => offset) };
}

/** What one answer says of a group. */
export interface CommittedAnswer {
  /** Of the whole group; then there are no partitions. */
  readonly errorCode: number;
  /** Those with a commit, and those with an error, of which nothing else is known. */
  readonly partitions: readonly (CommittedOffset & { readonly errorCode: number })[];
}

/** A topic that is not there any more has no commit; that is no error. */
export async function askForCommitted(
  connection: Connection,
  { groupId, partitions, requireStable, timeoutMs, signal }: CommittedQuestion,
): Promise<CommittedAnswer> {
  // Version 10 goes by topic ids.
  const version = connection.version(offsetFetch, { min: requireStable ? 7 : partitions === null ? 2 : 1, max: 9 });
  const topics =
    partitions === null
      ? null
      : [...byTopic(partitions)].map(([name, theirs]) => ({
          name,
          partitionIndexes: theirs.map(({ partition }) => partition),
        }));
  const answer = await connection.request(
    offsetFetch,
    version,
    version >= 8 ? { groups: [{ groupId, topics }], requireStable } : { groupId, topics, requireStable },
    { timeoutMs, signal },
  );
  const group = version >= 8 ? answer.groups[0] : answer;
  if (group === undefined) throw brokerError(-1, `OffsetFetch of group "${groupId}"`, 'the answer is empty');
  return {
    errorCode: group.errorCode,
    partitions: group.topics.flatMap(({ name: topic, partitions: theirs }) =>
      theirs.flatMap(({ partitionIndex: partition, committedOffset: offset, ...each }) => {
        const failed = each.errorCode !== 0 && errorName(each.errorCode) !== 'UNKNOWN_TOPIC_OR_PARTITION';
        if (!failed && offset < 0) return [];
        const { committedLeaderEpoch: leaderEpoch, metadata } = each;
        const errorCode = failed ? each.errorCode : 0;
        return [{ topic, partition, offset, leaderEpoch, metadata: metadata ?? '', errorCode }];
      }),
    ),
  };
}
