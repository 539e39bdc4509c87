/**
 * Fetch (key 1), versions 4-18: consumers read whole batches, the first one containing the offset asked for; at least one
 * batch comes even where it is larger than every limit. Waits for `min_bytes` up to `max_wait_ms`. Since version 13
 * topics go by id. Left out: fetch sessions (every answer says that there is none, which KIP-227 allows), followers.
 */
import { ErrorCode, KafkaError } from '../../core/index.ts';
import { batchesOf } from '../../records/index.ts';
import { type FetchRequest, type FetchResponseInput, fetch } from '../../wire/index.ts';
import { type Partition, READ_COMMITTED } from '../partition/partition.ts';
import type { BrokerServices } from '../services.ts';
import { type Call, handler } from './handler.ts';

type TopicAnswer = NonNullable<FetchResponseInput['responses']>[number];
type PartitionAnswer = NonNullable<TopicAnswer['partitions']>[number];

/**
 * One answer reads no more than this unless `min_bytes` asks for more: a turn of the broker stays short, and consumers
 * of other partitions get theirs. Readers come back for the rest.
 */
const BYTES_PER_ANSWER = 1024 * 1024;
const FIRST_VERSION_WITH_IDS = 13;
const FIRST_VERSION_WITH_ZSTD = 10;
const NO_SESSION = 0;

const EMPTY = Buffer.alloc(0);

/** One partition of a request, with where its answer goes. */
interface Asked {
  readonly request: FetchRequest['topics'][number]['partitions'][number];
  readonly partition: Partition | undefined;
  /** Why there is no partition. */
  readonly errorCode: number;
}

interface Round {
  readonly answers: PartitionAnswer[];
  readonly bytes: number;
  readonly failed: boolean;
}

export const fetchHandler = handler(fetch, (request, call, broker) => {
  if (request.sessionId !== NO_SESSION) {
    return { errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND, responses: [] };
  }
  if (request.sessionEpoch > 0) return { errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH, responses: [] };
  const asked = resolve(request, call, broker);
  const first = read(request, asked, call, broker);
  const mayWait = request.maxWaitMs > 0 && !first.failed && first.bytes < request.minBytes && asked.length > 0;
  if (!mayWait) return answer(request, first);
  return new Promise<FetchResponseInput>((resolveAnswer) => {
    const cancel = broker.waitingFetches.wait({
      partitions: asked.map(({ partition }) => partition!),
      missingBytes: request.minBytes - first.bytes,
      maxWaitMs: request.maxWaitMs,
      attempt: (final) => {
        const round = read(request, asked, call, broker);
        if (!final && !round.failed && round.bytes < request.minBytes) return false;
        resolveAnswer(answer(request, round));
        return true;
      },
    });
    call.connection.onClose(cancel);
  });
});

function resolve(request: FetchRequest, { apiVersion }: Call, { partitions }: BrokerServices): Asked[] {
  const asked: Asked[] = [];
  for (const { topic, topicId, partitions: wanted } of request.topics) {
    for (const each of wanted) {
      const found =
        apiVersion >= FIRST_VERSION_WITH_IDS
          ? partitions.findById(topicId, each.partition)
          : partitions.find(topic, each.partition);
      if (typeof found === 'number') asked.push({ request: each, partition: undefined, errorCode: found });
      else asked.push({ request: each, partition: found, errorCode: ErrorCode.NONE });
    }
  }
  return asked;
}

/** Reads every partition once. Which of them comes first changes from call to call, so that none is starved. */
function read(request: FetchRequest, asked: readonly Asked[], call: Call, broker: BrokerServices): Round {
  const limit = Math.min(request.maxBytes, broker.config['fetch.max.bytes']);
  let left = Math.min(limit, Math.max(BYTES_PER_ANSWER, request.minBytes));
  const answers: PartitionAnswer[] = new Array(asked.length);
  const start = asked.length > 1 ? broker.waitingFetches.nextTurn() % asked.length : 0;
  let bytes = 0;
  let failed = false;
  for (let step = 0; step < asked.length; step++) {
    const index = (start + step) % asked.length;
    const each = asked[index]!;
    const result = readOne(request, each, Math.max(0, left), bytes === 0, call);
    answers[index] = result;
    if (result.errorCode !== undefined && result.errorCode !== ErrorCode.NONE) failed = true;
    const size = result.records?.length ?? 0;
    bytes += size;
    left -= size;
  }
  return { answers, bytes, failed };
}

function readOne(
  request: FetchRequest,
  { request: wanted, partition, errorCode }: Asked,
  left: number,
  minOneBatch: boolean,
  call: Call,
): PartitionAnswer {
  if (partition === undefined) return refusal(wanted.partition, errorCode);
  if (partition.failure !== undefined) return refusal(wanted.partition, partition.failure.errorCode);
  const epochError = partition.checkLeaderEpoch(wanted.currentLeaderEpoch);
  if (epochError !== ErrorCode.NONE) return refusal(wanted.partition, epochError);
  const { log } = partition;
  const upTo = partition.readLimit(request.isolationLevel);
  const { highWatermark, lastStableOffset, startOffset } = log;
  try {
    const records = log.read({
      fromOffset: wanted.fetchOffset,
      maxBytes: Math.min(wanted.partitionMaxBytes, left),
      upTo,
      minOneBatch,
    });
    if (call.apiVersion < FIRST_VERSION_WITH_ZSTD && holdsZstd(records)) {
      return refusal(wanted.partition, ErrorCode.UNSUPPORTED_COMPRESSION_TYPE);
    }
    return {
      partitionIndex: wanted.partition,
      highWatermark,
      lastStableOffset,
      logStartOffset: startOffset,
      abortedTransactions:
        request.isolationLevel === READ_COMMITTED
          ? records.length === 0
            ? []
            : log.abortedTransactions(wanted.fetchOffset, endOf(records))
          : null,
      records: records.length === 0 ? EMPTY : records,
    };
  } catch (error) {
    if (KafkaError.is(error)) return refusal(wanted.partition, error.errorCode);
    partition.failed(error);
    return refusal(wanted.partition, ErrorCode.KAFKA_STORAGE_ERROR);
  }
}

function refusal(partitionIndex: number, errorCode: number): PartitionAnswer {
  return { partitionIndex, errorCode, highWatermark: -1, abortedTransactions: null, records: EMPTY };
}

/** Puts the answers back under their topics. */
function answer(request: FetchRequest, { answers }: Round): FetchResponseInput {
  let at = 0;
  return {
    sessionId: NO_SESSION,
    responses: request.topics.map(({ topic, topicId, partitions }) => {
      const from = at;
      at += partitions.length;
      return { topic, topicId, partitions: answers.slice(from, at) };
    }),
  };
}

/** Offset after the last record of whole batches. */
function endOf(records: Uint8Array): number {
  let end = 0;
  for (const { header } of batchesOf(records)) end = header.lastOffset + 1;
  return end;
}

function holdsZstd(records: Uint8Array): boolean {
  for (const { header } of batchesOf(records)) if (header.compression === 'zstd') return true;
  return false;
}
