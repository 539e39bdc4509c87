/**
 * ListOffsets (key 2), versions 1-11: offsets by timestamp, and those of the special timestamps: -1 latest (the last
 * stable offset for read_committed), -2 earliest, -3 that of the largest timestamp (7+), -4 earliest local (8+), -5 latest
 * tiered (9+) and -6 earliest not yet uploaded (11+). Left out: tiered storage, so -5 finds nothing and -4 and -6 are -2.
 */
import { ErrorCode, KafkaError } from '../../core/index.ts';
import { type ListOffsetsRequest, type ListOffsetsResponseInput, listOffsets } from '../../wire/index.ts';
import { type Partition, READ_COMMITTED } from '../partition/partition.ts';
import { handler } from './handler.ts';

type Asked = ListOffsetsRequest['topics'][number]['partitions'][number];
type TopicAnswer = NonNullable<ListOffsetsResponseInput['topics']>[number];
type Answer = NonNullable<TopicAnswer['partitions']>[number];

const LATEST = -1;
const EARLIEST = -2;
const MAX_TIMESTAMP = -3;
const EARLIEST_LOCAL = -4;
const LATEST_TIERED = -5;
const EARLIEST_PENDING_UPLOAD = -6;

/** The version of the API in which each special timestamp came. */
const SINCE: Readonly<Record<number, number>> = {
  [LATEST]: 1,
  [EARLIEST]: 1,
  [MAX_TIMESTAMP]: 7,
  [EARLIEST_LOCAL]: 8,
  [LATEST_TIERED]: 9,
  [EARLIEST_PENDING_UPLOAD]: 11,
};

export const listOffsetsHandler = handler(listOffsets, (request, { apiVersion }, { partitions }) => ({
  topics: request.topics.map(({ name, partitions: asked }) => ({
    name,
    partitions: asked.map((each): Answer => {
      const { partitionIndex, timestamp, currentLeaderEpoch } = each;
      const refuse = (errorCode: number): Answer => ({ partitionIndex, errorCode });
      const since = SINCE[timestamp];
      if (timestamp < 0 && (since === undefined || apiVersion < since)) return refuse(ErrorCode.UNSUPPORTED_VERSION);
      const partition = partitions.find(name, partitionIndex);
      if (typeof partition === 'number') return refuse(partition);
      if (partition.failure !== undefined) return refuse(partition.failure.errorCode);
      const epochError = partition.checkLeaderEpoch(currentLeaderEpoch);
      if (epochError !== ErrorCode.NONE) return refuse(epochError);
      try {
        return { partitionIndex, ...find(partition, each, request.isolationLevel) };
      } catch (error) {
        if (KafkaError.is(error)) return refuse(error.errorCode);
        partition.failed(error);
        return refuse(ErrorCode.KAFKA_STORAGE_ERROR);
      }
    }),
  })),
}));

/** Empty: nothing was found, and the defaults say so. */
function find(partition: Partition, { timestamp }: Asked, isolationLevel: number): Omit<Answer, 'partitionIndex'> {
  const { log, leaderEpoch } = partition;
  const limit = partition.readLimit(isolationLevel === READ_COMMITTED ? READ_COMMITTED : 0);
  switch (timestamp) {
    case LATEST:
      return { offset: limit, leaderEpoch };
    case EARLIEST:
    case EARLIEST_LOCAL:
    case EARLIEST_PENDING_UPLOAD:
      return { offset: log.startOffset, leaderEpoch: log.leaderEpochFor(log.startOffset) ?? -1 };
    case LATEST_TIERED:
      return {};
    case MAX_TIMESTAMP:
      return log.offsetOfMaxTimestamp(limit) ?? {};
    default:
      return log.offsetForTimestamp(timestamp, limit) ?? {};
  }
}
