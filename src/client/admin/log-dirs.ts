/** Data directories of brokers (KIP-113, KIP-827). Asked of each broker. */
import { type DescribeLogDirsResponse, describeLogDirs } from '../../wire/index.ts';
import { brokerError, type ClientError } from '../errors.ts';
import { byTopic, type TopicPartition } from '../topic-partition.ts';
import type { AdminCall } from './call.ts';
import { flatResultsOf, type Outcome, refusal, settle } from './items.ts';
import { allBrokers, labelledBrokers, toBrokers } from './routes.ts';

export interface LogDirDescription {
  readonly brokerId: number;
  readonly path: string;
  /** Such as KAFKA_STORAGE_ERROR of a directory that is offline; undefined where it is well. */
  readonly error: ClientError | undefined;
  readonly replicas: readonly ReplicaInfo[];
  /** Of the volume, bytes; -1 where the broker does not tell. */
  readonly totalBytes: number;
  /** Of the volume, bytes; -1 where the broker does not tell. */
  readonly usableBytes: number;
}

export interface ReplicaInfo extends TopicPartition {
  /** Bytes of its segments. */
  readonly size: number;
  /** Records that it is behind the high watermark or, for a future replica, behind the present one. */
  readonly offsetLag: number;
  /** On its way here from another directory. */
  readonly isFuture: boolean;
}

export async function describeLogDirsBy(
  call: AdminCall,
  brokerIds: readonly number[] | undefined,
  partitions: readonly TopicPartition[] | undefined,
): Promise<LogDirDescription[]> {
  const brokers = brokerIds === undefined ? await allBrokers(call) : labelledBrokers(brokerIds);
  const topics =
    partitions === undefined
      ? null
      : [...byTopic(partitions)].map(([topic, theirs]) => ({
          topic,
          partitions: theirs.map((each) => each.partition),
        }));
  const perBroker = await settle(call, 'DescribeLogDirs', brokers, toBrokers, async (connection, left) => {
    const answer = await call.send(connection, describeLogDirs, { topics });
    return new Map([...left].map(([label, brokerId]) => [label, described(brokerId, answer)]));
  });
  return flatResultsOf('DescribeLogDirs', perBroker);
}

function described(brokerId: number, { errorCode, results }: DescribeLogDirsResponse): Outcome<LogDirDescription[]> {
  const what = `log dirs of broker ${brokerId}`;
  if (errorCode !== 0) return refusal(errorCode, what);
  return {
    done: results.map(({ logDir: path, totalBytes, usableBytes, topics, errorCode: code }) => ({
      ...{ brokerId, path, totalBytes, usableBytes },
      error: code === 0 ? undefined : brokerError(code, `${path} of broker ${brokerId}`),
      replicas: topics.flatMap(({ name: topic, partitions }) =>
        partitions.map(({ partitionIndex: partition, partitionSize: size, offsetLag, isFutureKey: isFuture }) => {
          return { topic, partition, size, offsetLag, isFuture };
        }),
      ),
    })),
  };
}
