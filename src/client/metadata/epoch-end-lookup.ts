/** OffsetForLeaderEpoch: where a leader's epoch ended in its log (KIP-320). Asked of each partition's leader. */
import { offsetForLeaderEpoch } from '../../wire/index.ts';
import type { Connection, RequestOptions } from '../connections/connection.ts';
import { byTopic, type TopicPartition } from '../topic-partition.ts';

export interface EpochQuestion extends TopicPartition {
  /** The leader epoch that the asker knows: the leader refuses it where it has another. */
  readonly currentLeaderEpoch: number;
  /** The one asked about. */
  readonly leaderEpoch: number;
}

/** Where `errorCode` is not 0 the rest means nothing. */
export interface EpochEnd extends TopicPartition {
  readonly errorCode: number;
  /** The largest that is not above the one asked about; -1: the log knows nothing of it. */
  readonly leaderEpoch: number;
  /** Behind its last record; -1: the log knows nothing of it. */
  readonly endOffset: number;
}

/** Before version 3 the answer was for brokers only: a client needed the rights of one. */
const LIMITS = { min: 3 };

/** Whether the broker can be asked by a client. */
export function tellsEpochEnds(connection: Connection): boolean {
  return connection.supports(offsetForLeaderEpoch, LIMITS);
}

/** @throws NetworkError, TimeoutError */
export async function askForEpochEnds(
  connection: Connection,
  asked: readonly EpochQuestion[],
  options: RequestOptions,
): Promise<EpochEnd[]> {
  const answer = await connection.request(
    offsetForLeaderEpoch,
    connection.version(offsetForLeaderEpoch, LIMITS),
    {
      replicaId: -1,
      topics: [...byTopic(asked)].map(([topic, partitions]) => ({
        topic,
        partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch }) => {
          return { partition, currentLeaderEpoch, leaderEpoch };
        }),
      })),
    },
    options,
  );
  return answer.topics.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, errorCode, leaderEpoch, endOffset }) => {
      return { topic, partition, errorCode, leaderEpoch, endOffset };
    }),
  );
}
