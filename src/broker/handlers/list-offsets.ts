/**
 * ListOffsets (key 2), versions 1-11: offsets by timestamp, and those of the special timestamps: -1 latest (the last
 * stable offset for read_committed), -2 earliest, -3 that of the largest timestamp (7+), -4 earliest local (8+), -5 latest
 * tiered (9+) and -6 earliest not yet uploaded (11+). A partition named
 * twice is refused. Left out: tiered storage, so -5 and -6 find nothing and -4 is -2.
 */
import { ErrorCode, KafkaError } from '../../core/index.ts';
import { type ListOffsetsRequest, type ListOffsetsResponseInput, listOffsets } from '../../wire/index.ts';
import { type Partition, READ_COMMITTED, READ_UNCOMMITTED } from '../partition/partition.ts';
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

export const listOffsetsHandler = handler(listOffsets, (request, { apiVersion }, { partitions }) => {
  const { isolationLevel } = request;
  const isolated = isolationLevel === READ_UNCOMMITTED || isolationLevel === READ_COMMITTED;
  const answerOne = (topic: string, asked: Asked, twice: boolean): Answer => {
    const { partitionIndex, timestamp, currentLeaderEpoch } = asked;
    const refuse = (errorCode: number): Answer => ({ partitionIndex, errorCode });
    if (!isolated) return refuse(ErrorCode.UNKNOWN_SERVER_ERROR);
    if (twice) return refuse(ErrorCode.INVALID_REQUEST);
    const since = SINCE[timestamp];
    if (timestamp < 0 && (since === undefined || apiVersion < since)) return refuse(ErrorCode.UNSUPPORTED_VERSION);
    const partition = partitions.find(topic, partitionIndex);
    if (typeof partition === 'number') return refuse(partition);
    if (partition.failure !== undefined) return refuse(partition.failure.errorCode);
    const epochError = partition.checkLeaderEpoch(currentLeaderEpoch);
    if (epochError !== ErrorCode.NONE) return refuse(epochError);
    try {
      return { partitionIndex, ...find(partition, asked, isolationLevel) };
    } catch (error) {
      if (KafkaError.is(error)) return refuse(error.errorCode);
      partition.failed(error);
      return refuse(ErrorCode.KAFKA_STORAGE_ERROR);
    }
  };
  const topics: TopicAnswer[] = [];
  for (const { name, partitions: asked } of request.topics) {
    const times = new Map<number, number>();
    for (const { partitionIndex } of asked) times.set(partitionIndex, (times.get(partitionIndex) ?? 0) + 1);
    const once = new Map(asked.map((each) => [each.partitionIndex, each]));
    if (once.size === 0) continue;
    const answers = [...once.values()].map((each) => answerOne(name, each, times.get(each.partitionIndex)! > 1));
    topics.push({ name, partitions: answers });
  }
  return { topics };
});

/** Empty: nothing was found, and the defaults say so. */
function find(partition: Partition, { timestamp }: Asked, isolationLevel: number): Omit<Answer, 'partitionIndex'> {
  const { log, leaderEpoch } = partition;
  const limit = partition.readLimit(isolationLevel);
  switch (timestamp) {
    case LATEST:
      return { offset: limit, leaderEpoch };
    case EARLIEST:
    case EARLIEST_LOCAL: {
      // Nothing is there yet: whatever comes will be of this epoch.
      const empty = log.startOffset === log.endOffset;
      return { offset: log.startOffset, leaderEpoch: empty ? leaderEpoch : log.leaderEpochFor(log.startOffset) };
    }
    case LATEST_TIERED:
    case EARLIEST_PENDING_UPLOAD:
      return {};
    case MAX_TIMESTAMP: {
      // The largest of all: where it may not be read yet there is no other.
      const found = log.offsetOfMaxTimestamp(log.endOffset);
      return found === undefined || found.offset >= limit ? {} : found;
    }
    default:
      return log.offsetForTimestamp(timestamp, limit) ?? {};
  }
}
