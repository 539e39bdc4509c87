/** ListOffsets: where partitions begin and end, and where a time is. Asked of each partition's leader. */
import { isRetriable } from '../../core/index.ts';
import { listOffsets } from '../../wire/index.ts';
import type { Connection, RequestOptions } from '../connections/connection.ts';
import { asClientError, brokerError, type ClientError, isRetriableError, TimeoutError } from '../errors.ts';
import type { IsolationLevel } from '../options/consumer.ts';
import { ignore } from '../support/async.ts';
import { byTopic, type OffsetSpec, partitionKey, type TopicPartition } from '../topic-partition.ts';
import type { Cluster, Deadline } from './cluster.ts';
import type { BrokerInfo } from './cluster-image.ts';

export interface ListedOffset extends TopicPartition {
  /** -1: no such record. */
  readonly offset: number;
  /** Of the record found; -1 for the ends. */
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

export interface OffsetQuestion {
  readonly partitions: readonly (TopicPartition & { readonly at: OffsetSpec })[];
  /** With read_committed, `latest` is the last stable offset. */
  readonly isolationLevel: IsolationLevel;
  readonly deadline: Deadline;
  readonly requestTimeoutMs: number;
}

/** One answer per partition, in the order asked. @throws TimeoutError, a permanent error of any partition */
export async function listPartitionOffsets(cluster: Cluster, question: OffsetQuestion): Promise<ListedOffset[]> {
  const { partitions, deadline } = question;
  const found = new Map<string, ListedOffset>();
  for (let failures = 1; ; failures++) {
    const missing = partitions.filter((p) => !found.has(partitionKey(p.topic, p.partition)));
    if (missing.length === 0) return partitions.map((p) => found.get(partitionKey(p.topic, p.partition))!);
    const leaders = new Map<number, { broker: BrokerInfo; asked: typeof missing }>();
    for (const partition of missing) {
      const { broker } = await cluster.leader(partition.topic, partition.partition, deadline);
      const known = leaders.get(broker.id);
      if (known) known.asked.push(partition);
      else leaders.set(broker.id, { broker, asked: [partition] });
    }
    const failuresOfRound = await Promise.all(
      [...leaders.values()].map(({ broker, asked }) => askLeader(cluster, broker, asked, question, found)),
    );
    const failure = failuresOfRound.find((error) => error !== undefined);
    if (failure === undefined) continue;
    if (!failure.retriable) throw failure;
    if (cluster.left(deadline) <= 0) {
      throw new TimeoutError(`ListOffsets took too long (last: ${failure.message})`, { cause: failure });
    }
    await cluster.pause(failures, deadline);
    await cluster.refresh().catch(ignore);
  }
}

async function askLeader(
  cluster: Cluster,
  broker: BrokerInfo,
  asked: OffsetQuestion['partitions'],
  { isolationLevel, requestTimeoutMs, deadline }: OffsetQuestion,
  found: Map<string, ListedOffset>,
): Promise<ClientError | undefined> {
  try {
    const connection = await cluster.pool.connect('main', broker);
    const answers = await askForOffsets(
      connection,
      asked.map((each) => ({ ...each, leaderEpoch: cluster.image.leaderOf(each.topic, each.partition)?.epoch ?? -1 })),
      isolationLevel,
      { timeoutMs: requestTimeoutMs, signal: deadline.signal },
    );
    let failure: ClientError | undefined;
    for (const { errorCode, ...result } of answers) {
      const { topic, partition } = result;
      if (errorCode === 0) found.set(partitionKey(topic, partition), result);
      else if (failure === undefined || !isRetriable(errorCode)) {
        failure = brokerError(errorCode, `ListOffsets of ${topic}-${partition}`);
      }
    }
    return failure;
  } catch (error) {
    if (!isRetriableError(error)) throw error;
    return asClientError(error);
  }
}

/** One request to the leader of all these partitions; where `errorCode` is not 0 the rest means nothing. */
export async function askForOffsets(
  connection: Connection,
  asked: readonly (TopicPartition & { readonly at: OffsetSpec; readonly leaderEpoch?: number })[],
  isolationLevel: IsolationLevel,
  options: RequestOptions,
): Promise<(ListedOffset & { readonly errorCode: number })[]> {
  const byMaximum = asked.some((partition) => partition.at === 'maxTimestamp');
  const answer = await connection.request(
    listOffsets,
    connection.version(listOffsets, byMaximum ? { min: 7 } : {}),
    {
      replicaId: -1,
      isolationLevel: isolationLevel === 'read_committed' ? 1 : 0,
      topics: [...byTopic(asked)].map(([name, partitions]) => ({
        name,
        partitions: partitions.map(({ partition, at, leaderEpoch }) => ({
          partitionIndex: partition,
          currentLeaderEpoch: leaderEpoch ?? -1,
          timestamp: timestampOf(at),
        })),
      })),
      timeoutMs: options.timeoutMs,
    },
    options,
  );
  return answer.topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, errorCode, offset, timestamp, leaderEpoch }) => {
      return { topic: name, partition: partitionIndex, errorCode, offset, timestamp, leaderEpoch };
    }),
  );
}

function timestampOf(at: OffsetSpec): number {
  if (at === 'latest') return -1;
  if (at === 'earliest') return -2;
  if (at === 'maxTimestamp') return -3;
  return at.timestamp;
}
