/**
 * Reads the partitions of one Fetch request, once: whole batches up to the reader's limit, no more than the request, the
 * broker and one turn allow, at least one batch where there is any. An error is its partition's own.
 */
import { ErrorCode, KafkaError, type Uuid } from '../../core/index.ts';
import { batchesOf } from '../../records/index.ts';
import type { FetchRequest } from '../../wire/index.ts';
import type { SessionPartition } from '../partition/fetch-sessions.ts';
import { type Partition, READ_COMMITTED } from '../partition/partition.ts';
import type { BrokerServices } from '../services.ts';
import { currentLeader } from './current-leader.ts';
import type { PartitionAnswer, Result } from './fetch-context.ts';

/**
 * One answer reads no more than this unless `min_bytes` asks for more: a turn of the broker stays short, and consumers
 * of other partitions get theirs. Readers come back for the rest.
 */
const BYTES_PER_ANSWER = 1024 * 1024;
/** Where that was the limit, so little of it is not worth a read of each of the other partitions. */
const LEFTOVER = 64 * 1024;
const FIRST_VERSION_WITH_IDS = 13;
const FIRST_VERSION_WITH_LEADERS = 16;

const EMPTY = Buffer.alloc(0);

/** A wanted partition, and where it is read. */
export interface Source {
  readonly part: SessionPartition;
  readonly partition: Partition | undefined;
  /** The answer where there is no partition. */
  readonly refused: PartitionAnswer | undefined;
  /** Nobody knows the topic or the partition: the others' records may still be waited for. */
  readonly unknown: boolean;
}

export interface Round {
  /** Those of unknown partitions come last, as from Kafka. */
  readonly results: readonly Result[];
  readonly bytes: number;
  /** A partition that exists could not be read: the reader is to know at once. */
  readonly failed: boolean;
}

export interface FetchLimits {
  /** Of this request, in bytes; what the broker allows is in it. */
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly isolationLevel: number;
}

export function limitsOf({ minBytes, maxBytes, isolationLevel }: FetchRequest, broker: BrokerServices): FetchLimits {
  const most = Math.min(maxBytes, broker.config['fetch.max.bytes']);
  return { minBytes: Math.min(minBytes, most), maxBytes: most, isolationLevel };
}

export function sourceOf(part: SessionPartition, apiVersion: number, broker: BrokerServices): Source {
  const { topic, topicId, partition: index } = part.wanted;
  const byId = apiVersion >= FIRST_VERSION_WITH_IDS;
  const found = byId ? broker.partitions.findById(topicId, index) : broker.partitions.find(topic, index);
  if (typeof found !== 'number') {
    part.knownName = found.topic;
    return { part, partition: found, refused: undefined, unknown: false };
  }
  const code = byId && found === ErrorCode.UNKNOWN_TOPIC_ID ? unknownIdError(part, broker) : found;
  const unknown = code === ErrorCode.UNKNOWN_TOPIC_ID || code === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  const answer = refusal(part, code, apiVersion, broker);
  // As Kafka has it, though it makes no difference to anybody.
  const refused = unknown ? { ...answer, abortedTransactions: [] } : answer;
  return { part, partition: undefined, refused, unknown };
}

/** In a session the id may be of a topic that has gone since, or has been made anew. */
function unknownIdError({ knownName }: SessionPartition, { image }: BrokerServices): number {
  if (knownName === undefined) return ErrorCode.UNKNOWN_TOPIC_ID;
  return image.topic(knownName) === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INCONSISTENT_TOPIC_ID;
}

/** Reads every partition once. Which of them comes first changes from call to call, so that none is starved. */
export function readAll(
  sources: readonly Source[],
  limits: FetchLimits,
  apiVersion: number,
  broker: BrokerServices,
): Round {
  let left = Math.min(limits.maxBytes, Math.max(BYTES_PER_ANSWER, limits.minBytes));
  const leftover = left < limits.maxBytes ? LEFTOVER : 0;
  const answers: PartitionAnswer[] = new Array(sources.length);
  const start = sources.length > 1 ? broker.waitingFetches.nextTurn() % sources.length : 0;
  let bytes = 0;
  let failed = false;
  for (let step = 0; step < sources.length; step++) {
    const index = (start + step) % sources.length;
    const { part, partition, refused, unknown } = sources[index]!;
    const room = { ...limits, maxBytes: limits.maxBytes < 0 ? -1 : Math.max(0, left) };
    const answer = partition === undefined ? refused! : readOne(part, partition, room, bytes === 0, apiVersion, broker);
    answers[index] = answer;
    if (answer.errorCode !== undefined && !unknown) failed = true;
    const size = answer.records?.length ?? 0;
    bytes += size;
    left -= size;
    if (left < leftover && bytes >= limits.minBytes) left = 0;
  }
  const results = sources.map(({ part }, index) => ({ part, answer: answers[index]! }));
  const known = results.filter((_, index) => !sources[index]!.unknown);
  const unknown = results.filter((_, index) => sources[index]!.unknown);
  return { results: unknown.length === 0 ? known : [...known, ...unknown], bytes, failed };
}

function readOne(
  part: SessionPartition,
  partition: Partition,
  { maxBytes, isolationLevel }: FetchLimits,
  minOneBatch: boolean,
  apiVersion: number,
  broker: BrokerServices,
): PartitionAnswer {
  const refuse = (errorCode: number) => refusal(part, errorCode, apiVersion, broker, partition.topicId);
  if (partition.failure !== undefined) return refuse(partition.failure.errorCode);
  const { wanted } = part;
  const epochError = partition.checkLeaderEpoch(wanted.currentLeaderEpoch);
  if (epochError !== ErrorCode.NONE) return refuse(epochError);
  const most = Math.min(wanted.partitionMaxBytes, maxBytes);
  if (most < 0) return refuse(ErrorCode.UNKNOWN_SERVER_ERROR);
  const { log } = partition;
  const upTo = partition.readLimit(isolationLevel);
  const { highWatermark, lastStableOffset, startOffset } = log;
  if (wanted.lastFetchedEpoch >= 0) {
    const end = log.endOffsetForEpoch(wanted.lastFetchedEpoch);
    if (end === undefined) return refuse(ErrorCode.OFFSET_OUT_OF_RANGE);
    if (end.epoch < wanted.lastFetchedEpoch || end.endOffset < wanted.fetchOffset) {
      return {
        partitionIndex: wanted.partition,
        highWatermark,
        lastStableOffset,
        logStartOffset: startOffset,
        divergingEpoch: end,
        abortedTransactions: null,
        records: EMPTY,
      };
    }
  }
  try {
    const records = log.read({
      fromOffset: wanted.fetchOffset,
      maxBytes: most,
      upTo,
      minOneBatch,
      allocate: (length) => broker.buffers.take(length),
    });
    return {
      partitionIndex: wanted.partition,
      highWatermark,
      lastStableOffset,
      logStartOffset: startOffset,
      abortedTransactions:
        isolationLevel !== READ_COMMITTED
          ? null
          : records.length === 0
            ? []
            : log.abortedTransactions(wanted.fetchOffset, endOf(records)),
      records: records.length === 0 ? EMPTY : records,
    };
  } catch (error) {
    if (KafkaError.is(error)) return refuse(error.errorCode);
    partition.failed(error);
    return refuse(ErrorCode.KAFKA_STORAGE_ERROR);
  }
}

/** A partition that is not read. A reader with the wrong leader learns the right one. */
export function refusal(
  { wanted }: SessionPartition,
  errorCode: number,
  apiVersion: number,
  { image }: BrokerServices,
  topicId: Uuid = wanted.topicId,
): PartitionAnswer {
  const leaderIsNews = errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER || errorCode === ErrorCode.FENCED_LEADER_EPOCH;
  const leader =
    leaderIsNews && apiVersion >= FIRST_VERSION_WITH_LEADERS
      ? currentLeader(image.topicById(topicId), wanted.partition)
      : undefined;
  return {
    partitionIndex: wanted.partition,
    errorCode,
    highWatermark: -1,
    abortedTransactions: null,
    records: EMPTY,
    ...(leader === undefined ? {} : { currentLeader: leader }),
  };
}

/** Offset after the last record of whole batches. */
function endOf(records: Uint8Array): number {
  let end = 0;
  for (const { header } of batchesOf(records)) end = header.lastOffset + 1;
  return end;
}
