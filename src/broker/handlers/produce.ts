/**
 * Produce (key 0), versions 3-13, advertised from 0: librdkafka stops compressing for a broker that does not list the old
 * ones, and no client of today sends them. One batch a partition, kept as opaque bytes. A transactional batch that is the
 * first of its transaction in a partition is vouched for by the transaction coordinator: up to version 11 the partition
 * must have been added (TV1), since 12 the append adds it (TV2, KIP-890). All partitions are appended before the next
 * request of the connection starts; the answer to acks=-1 then waits for the disk. acks=0 has no answer, so an error
 * closes the connection. Left out: `timeoutMs` (there is no replica to wait for), recompression to `compression.type`.
 */
import { ErrorCode, errorName, KafkaError } from '../../core/index.ts';
import type { VerificationGuard } from '../../log/index.ts';
import { type BatchHeader, readBatchHeader } from '../../records/index.ts';
import { type ProduceRequest, type ProduceResponseInput, produce } from '../../wire/index.ts';
import { ConnectionRefusal } from '../network/connection.ts';
import type { Partition } from '../partition/partition.ts';
import { checkProduced, recordErrorsOf } from '../partition/produced-batch.ts';
import type { BrokerServices } from '../services.ts';
import { guardFor, produceProtocol } from '../transaction-verification.ts';
import { type Call, handler } from './handler.ts';

type TopicAnswer = NonNullable<ProduceResponseInput['responses']>[number];
type PartitionAnswer = NonNullable<TopicAnswer['partitionResponses']>[number];

const FIRST_VERSION_WITH_IDS = 13;
/** What librdkafka wants to see; real requests below version 3 are refused. */
const ADVERTISED_MIN = 0;

export const produceHandler = handler(
  produce,
  (request, call, broker) => {
    const { acks } = request;
    if (acks !== -1 && acks !== 0 && acks !== 1) {
      return refuseAll(request, new KafkaError('INVALID_REQUIRED_ACKS', `acks is ${acks}, not -1, 0 or 1`));
    }
    const { appends, answers, anonymousTransaction } = prepare(request, call, broker);
    if (anonymousTransaction) {
      const error = new KafkaError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'transactional records without an id');
      return finish(request, refuseAll(request, error), acks);
    }
    const verified = verify(request.transactionalId, call, appends, broker);
    if (verified === undefined) return appendAll(request, call, appends, answers);
    return verified.then(() => appendAll(request, call, appends, answers));
  },
  { advertisedMin: ADVERTISED_MIN },
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
function prepare(request: ProduceRequest, call: Call, { partitions }: BrokerServices): Prepared {
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
        answers[position] = refusal(index, new KafkaError(errorName(partition)));
        continue;
      }
      try {
        checkProduced(records, call.apiVersion);
      } catch (error) {
        answers[position] = refusal(index, asKafkaError(error));
        continue;
      }
      const header = readBatchHeader(records);
      if (header.isTransactional && request.transactionalId === null) anonymousTransaction = true;
      appends.push({
        position,
        index,
        partition,
        batch: records,
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
    if (!header.isTransactional || partition.log.isDuplicate(header)) continue;
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
      if (error !== 'NONE') append.refused = new KafkaError(error);
    }
  });
  return Promise.all(answers);
}

function appendAll(
  request: ProduceRequest,
  call: Call,
  appends: readonly PendingAppend[],
  answers: PartitionAnswer[],
): ProduceResponseInput | undefined | Promise<ProduceResponseInput> {
  const { acks } = request;
  let commits: Promise<void>[] | undefined;
  for (const append of appends) {
    answers[append.position] = appendOne(append, acks, call);
    if (acks !== -1 || append.committed === undefined) continue;
    commits ??= [];
    commits.push(
      append.committed.catch((error: unknown) => {
        answers[append.position] = refusal(append.index, asKafkaError(error));
      }),
    );
  }
  if (commits === undefined) return finish(request, grouped(request, answers), acks);
  call.connection.proceed();
  return Promise.all(commits).then(() => grouped(request, answers));
}

function appendOne(append: PendingAppend, acks: number, call: Call): PartitionAnswer {
  const { index, partition, batch, guard, refused } = append;
  if (refused !== undefined) return refusal(index, refused);
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
    const known = asKafkaError(error);
    const answer = refusal(index, known);
    if (call.apiVersion < 8 || known.code !== 'INVALID_RECORD') return answer;
    return { ...answer, recordErrors: recordErrorsOf(batch, partition) };
  }
}

function refusal(index: number, error: KafkaError): PartitionAnswer {
  return { index, errorCode: error.errorCode, errorMessage: error.message, baseOffset: -1 };
}

function refuseAll(request: ProduceRequest, error: KafkaError): ProduceResponseInput {
  return {
    responses: request.topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index }) => refusal(index, error)),
    })),
  };
}

/** Puts the answers back under their topics. */
function grouped(request: ProduceRequest, answers: readonly PartitionAnswer[]): ProduceResponseInput {
  let at = 0;
  return {
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
