/**
 * Produce (key 0), versions 3-13, advertised from 0: librdkafka stops compressing for a broker that does not list the old
 * ones, and no client of today sends them. One batch a partition, kept as opaque bytes. A transactional batch that is the
 * first of its transaction in a partition is vouched for by the transaction coordinator: up to version 11 the partition
 * must have been added (TV1), since 12 the append adds it (TV2, KIP-890). All partitions are appended before the next
 * request of the connection starts; the answer to acks=-1 then waits for the disk. acks=0 has no answer, so an error
 * closes the connection. `timeoutMs` bounds the wait for the disk. Left out: nothing.
 */
import { isInternalTopic } from '../../controller/index.ts';
import { ErrorCode, type ErrorName, errorName, KafkaError, type Timers } from '../../core/index.ts';
import type { VerificationGuard } from '../../log/index.ts';
import type { BatchHeader } from '../../records/index.ts';
import { type ProduceRequest, type ProduceResponseInput, produce } from '../../wire/index.ts';
import { ConnectionRefusal } from '../network/connection.ts';
import type { Partition } from '../partition/partition.ts';
import { admitBatch, checkProduced, RecordsRefused } from '../partition/produced-batch.ts';
import type { BrokerServices } from '../services.ts';
import { guardFor, produceProtocol } from '../transaction-verification.ts';
import { currentLeader, nodeEndpoints } from './current-leader.ts';
import { type Call, handler } from './handler.ts';

type TopicAnswer = NonNullable<ProduceResponseInput['responses']>[number];
type PartitionAnswer = NonNullable<TopicAnswer['partitionResponses']>[number];

const FIRST_VERSION_WITH_LEADERS = 10;
const FIRST_VERSION_WITH_IDS = 13;
/** What librdkafka wants to see; real requests below version 3 are refused. */
const ADVERTISED_MIN = 0;

export const produceHandler = handler(
  produce,
  (request, call, broker) => {
    const { acks } = request;
    if (acks !== -1 && acks !== 0 && acks !== 1) {
      return refuseAll(request, new KafkaError('INVALID_REQUIRED_ACKS', `acks is ${acks}, not -1, 0 or 1`), call);
    }
    const { appends, answers, anonymousTransaction } = prepare(request, call, broker);
    if (anonymousTransaction) {
      const error = new KafkaError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'transactional records without an id');
      return finish(request, refuseAll(request, error, call), acks);
    }
    const verified = verify(request.transactionalId, call, appends, broker);
    if (verified === undefined) return appendAll(request, call, appends, answers, broker);
    return verified.then(() => appendAll(request, call, appends, answers, broker));
  },
  // Appending writes the batches into files; what stays of them is numbers.
  { advertisedMin: ADVERTISED_MIN, keepsRequest: false },
);

/** A batch that is good for its partition. */
interface PendingAppend {
  /** Among the partitions of the request. */
  readonly position: number;
  readonly index: number;
  readonly partition: Partition;
  readonly batch: Uint8Array;
  readonly header: BatchHeader;
  guard: VerificationGuard | undefined;
  /** Why it is not appended after all. */
  refused: KafkaError | undefined;
  /** Settles once the batch is committed; undefined: it is. */
  committed: Promise<void> | undefined;
}

interface Prepared {
  readonly appends: PendingAppend[];
  /** By position in the request; those of `appends` come later. */
  readonly answers: PartitionAnswer[];
  readonly anonymousTransaction: boolean;
}

/** Finds the partitions and looks at the batches; appends nothing yet. */
function prepare(request: ProduceRequest, call: Call, broker: BrokerServices): Prepared {
  const { partitions } = broker;
  const appends: PendingAppend[] = [];
  const answers: PartitionAnswer[] = [];
  let anonymousTransaction = false;
  let position = -1;
  for (const { name, topicId, partitionData } of request.topicData) {
    for (const { index, records } of partitionData) {
      position += 1;
      const partition =
        call.apiVersion >= FIRST_VERSION_WITH_IDS ? partitions.findById(topicId, index) : partitions.find(name, index);
      if (typeof partition === 'number') {
        answers[position] = misplaced(index, partition, name, topicId, call, broker);
        continue;
      }
      // Kafka lets its own tools through; our coordinators would not learn of what they write.
      if (isInternalTopic(partition.topic)) {
        const why = `${partition.topic} is written by its coordinator alone`;
        answers[position] = refusal(index, new KafkaError('INVALID_TOPIC_EXCEPTION', why), call);
        continue;
      }
      let header: BatchHeader;
      let batch: Uint8Array;
      try {
        header = checkProduced(records, call.apiVersion);
      } catch (error) {
        answers[position] = refusal(index, asKafkaError(error), call);
        continue;
      }
      try {
        batch = admitBatch(records!, header, partition.log.config, broker.clock.now());
      } catch (error) {
        answers[position] = refusal(index, asKafkaError(error), call, partition);
        continue;
      }
      if (header.isTransactional && request.transactionalId === null) anonymousTransaction = true;
      appends.push({
        position,
        index,
        partition,
        batch,
        header,
        guard: undefined,
        refused: undefined,
        committed: undefined,
      });
    }
  }
  return { appends, answers, anonymousTransaction };
}

/** Has the batches vouched for that may begin a transaction in their partition. Undefined: there are none. */
function verify(
  transactionalId: string | null,
  { apiVersion }: Call,
  appends: readonly PendingAppend[],
  { verification }: BrokerServices,
): Promise<unknown> | undefined {
  if (transactionalId === null) return undefined;
  const protocol = produceProtocol(apiVersion);
  const byProducer = new Map<string, PendingAppend[]>();
  for (const append of appends) {
    const { partition, header } = append;
    if (!header.isTransactional) continue;
    const { producerId, producerEpoch, baseSequence } = header;
    append.guard = guardFor(partition, { producerId, producerEpoch, firstSequence: baseSequence }, protocol);
    if (append.guard === undefined) continue;
    const key = `${producerId}/${producerEpoch}`;
    const same = byProducer.get(key);
    if (same === undefined) byProducer.set(key, [append]);
    else same.push(append);
  }
  if (byProducer.size === 0) return undefined;
  const answers = [...byProducer.values()].map(async (same) => {
    const { producerId, producerEpoch } = same[0]!.header;
    const partitions = same.map(({ partition }) => partition);
    const refusals = await verification.verify({ transactionalId, producerId, producerEpoch, partitions }, protocol);
    for (const [at, append] of same.entries()) {
      const error = refusals[at]!;
      if (error !== 'NONE') append.refused = unverified(error);
    }
  });
  return Promise.all(answers);
}

/** Only what may be tried again is explained: the coordinator's own word is not shown. */
function unverified(error: ErrorName): KafkaError {
  if (error !== 'NOT_ENOUGH_REPLICAS') return new KafkaError(error);
  return new KafkaError(error, 'the transaction coordinator cannot vouch for the partition at the moment: try again');
}

function appendAll(
  request: ProduceRequest,
  call: Call,
  appends: readonly PendingAppend[],
  answers: PartitionAnswer[],
  broker: BrokerServices,
): ProduceResponseInput | undefined | Promise<ProduceResponseInput> {
  const { acks } = request;
  let commits: Promise<void>[] | undefined;
  for (const append of appends) {
    answers[append.position] = appendOne(append, acks, call);
    if (acks !== -1 || append.committed === undefined) continue;
    commits ??= [];
    commits.push(
      within(append.committed, request.timeoutMs, broker.timers).catch((error: unknown) => {
        answers[append.position] = refusal(append.index, asKafkaError(error), call, append.partition);
      }),
    );
  }
  if (commits === undefined) return finish(request, grouped(request, answers, call, broker), acks);
  call.connection.proceed();
  return Promise.all(commits).then(() => grouped(request, answers, call, broker));
}

/** A producer that waits for no replica at all still waits for the disk, milliseconds. */
const DISK_WAIT_MIN_MS = 1000;

/** Rejects with REQUEST_TIMED_OUT when it takes too long: the batch is in the log, and its retry will be recognised. */
function within(committed: Promise<void>, timeoutMs: number, timers: Timers): Promise<void> {
  return new Promise((resolve, reject) => {
    const ms = Math.max(timeoutMs, DISK_WAIT_MIN_MS);
    const timer = timers.after(ms, () => {
      reject(new KafkaError('REQUEST_TIMED_OUT', `the batch was written, but not synced to the disk within ${ms} ms`));
    });
    const settled = <T>(then: (value: T) => void) => {
      return (value: T) => {
        timer.cancel();
        then(value);
      };
    };
    committed.then(settled(resolve), settled(reject));
  });
}

function appendOne(append: PendingAppend, acks: number, call: Call): PartitionAnswer {
  const { index, partition, batch, guard, refused } = append;
  if (refused !== undefined) return refusal(index, refused, call);
  try {
    const result = partition.append(batch, acks, { origin: 'client', verified: guard });
    if (acks === -1) append.committed = partition.committed(result.lastOffset + 1);
    return {
      index,
      baseOffset: result.baseOffset,
      logAppendTimeMs: result.logAppendTime,
      logStartOffset: result.logStartOffset,
    };
  } catch (error) {
    return refusal(index, asKafkaError(error), call, partition);
  }
}

/** Errors with which Kafka does not say where the log begins. */
const SILENT: ReadonlySet<string> = new Set<ErrorName>([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'NOT_LEADER_OR_FOLLOWER',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'CORRUPT_MESSAGE',
  'KAFKA_STORAGE_ERROR',
  'UNKNOWN_TOPIC_ID',
]);

function refusal(index: number, error: KafkaError, call: Call, partition?: Partition): PartitionAnswer {
  const recordErrors = call.apiVersion >= 8 && error instanceof RecordsRefused ? error.recordErrors : [];
  const logStartOffset = partition === undefined || SILENT.has(error.code) ? -1 : partition.log.startOffset;
  const errorMessage = error.message === error.code ? null : error.message;
  return { index, errorCode: error.errorCode, errorMessage, baseOffset: -1, logStartOffset, recordErrors };
}

/** The partition is not here. A producer that had the leader wrong learns who it is. */
function misplaced(
  index: number,
  code: number,
  name: string,
  topicId: string,
  call: Call,
  { image }: BrokerServices,
): PartitionAnswer {
  const answer = refusal(index, new KafkaError(errorName(code)), call);
  if (code !== ErrorCode.NOT_LEADER_OR_FOLLOWER || call.apiVersion < FIRST_VERSION_WITH_LEADERS) return answer;
  const topic = call.apiVersion >= FIRST_VERSION_WITH_IDS ? image.topicById(topicId) : image.topic(name);
  const leader = currentLeader(topic, index);
  return leader === undefined ? answer : { ...answer, currentLeader: leader };
}

function refuseAll(request: ProduceRequest, error: KafkaError, call: Call): ProduceResponseInput {
  return {
    responses: request.topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index }) => refusal(index, error, call)),
    })),
  };
}

/** Puts the answers back under their topics. */
function grouped(
  request: ProduceRequest,
  answers: readonly PartitionAnswer[],
  { listenerName }: Call,
  { image }: BrokerServices,
): ProduceResponseInput {
  let at = 0;
  const leaders = answers.flatMap(({ currentLeader: leader }) =>
    leader === undefined ? [] : [{ leaderId: leader.leaderId ?? -1, leaderEpoch: leader.leaderEpoch ?? -1 }],
  );
  return {
    ...(leaders.length === 0 ? {} : { nodeEndpoints: nodeEndpoints(image, leaders, listenerName) }),
    responses: request.topicData.map(({ name, topicId, partitionData }) => {
      const from = at;
      at += partitionData.length;
      return { name, topicId, partitionResponses: answers.slice(from, at) };
    }),
  };
}

/** acks=0 has no response: an error can only be shown by closing the connection. */
function finish(request: ProduceRequest, response: ProduceResponseInput, acks: number) {
  if (acks !== 0) return response;
  for (const { partitionResponses } of response.responses ?? []) {
    for (const { index, errorCode = ErrorCode.NONE } of partitionResponses ?? []) {
      if (errorCode === ErrorCode.NONE) continue;
      const topics = request.topicData.map(({ name }) => name).join(', ');
      throw new ConnectionRefusal(`acks=0 to partition ${index} of ${topics} failed with ${errorName(errorCode)}`);
    }
  }
  return undefined;
}

function asKafkaError(error: unknown): KafkaError {
  if (KafkaError.is(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new KafkaError('UNKNOWN_SERVER_ERROR', message, { cause: error });
}
