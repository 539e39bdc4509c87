/** Requests that tests send by hand, and what their answers say in the words of Kafka's errors. */
import { type ErrorName, errorName } from '../../src/core/index.ts';
import { batchesOf, controlRecordOf, decodeRecords } from '../../src/records/index.ts';
import {
  createTopics,
  deleteRecords,
  type FetchResponse,
  fetch,
  findCoordinator,
  type ListOffsetsResponse,
  listOffsets,
  metadata,
  type OffsetFetchResponse,
  offsetCommit,
  offsetFetch,
  updateFeatures,
} from '../../src/wire/index.ts';
import { type Request, request } from './raw-client.ts';
import { text } from './world.ts';

type Isolation = 'read_uncommitted' | 'read_committed';

/** Every error of an answer, by name, in its order; of an answer without partitions its one. */
export function errorsOf(answer: object): ErrorName[] {
  const found: ErrorName[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const each of value) visit(each);
    else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
      for (const [name, inner] of Object.entries(value)) {
        if (/errorCode$/i.test(name) && typeof inner === 'number') found.push(errorName(inner));
        else visit(inner);
      }
    }
  };
  visit(answer);
  return found;
}

/** The one thing that went wrong; NONE where nothing did. */
export function errorOf(answer: object): ErrorName {
  return errorsOf(answer).find((name) => name !== 'NONE') ?? 'NONE';
}

export function makeTopic(name: string, numPartitions: number, configs: Readonly<Record<string, string>> = {}) {
  const pairs = Object.entries(configs).map(([key, value]) => ({ name: key, value }));
  return request(createTopics, 4, { topics: [{ name, numPartitions, replicationFactor: 1, configs: pairs }] });
}

/** `how`: 1 up, 2 down. */
export function setTransactionVersion(level: number, how: 1 | 2) {
  const feature = 'transaction.version';
  return request(updateFeatures, 1, { featureUpdates: [{ feature, maxVersionLevel: level, upgradeType: how }] });
}

export function topicIds(names: readonly string[]) {
  return request(metadata, 10, { topics: names.map((name) => ({ name })), allowAutoTopicCreation: false });
}

/** Makes the internal topic where it is missing, as Kafka does. */
export function findTheCoordinator(of: 'group' | 'transaction', key: string) {
  return request(findCoordinator, 3, { key, keyType: of === 'group' ? 0 : 1 });
}

export function fetchFrom(
  topic: string,
  partition: number,
  fetchOffset: number,
  isolation: Isolation = 'read_uncommitted',
  maxWaitMs = 0,
): Request<FetchResponse> {
  return request(fetch, 11, {
    maxWaitMs,
    minBytes: 1,
    isolationLevel: isolation === 'read_committed' ? 1 : 0,
    topics: [{ topic, partitions: [{ partition, fetchOffset, partitionMaxBytes: 10_000_000 }] }],
  });
}

/** `timestamp`: -1 the end, -2 the start. */
export function offsetAt(
  topic: string,
  partition: number,
  timestamp: number,
  isolation: Isolation = 'read_uncommitted',
): Request<ListOffsetsResponse> {
  return request(listOffsets, 7, {
    replicaId: -1,
    isolationLevel: isolation === 'read_committed' ? 1 : 0,
    topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp }] }],
  });
}

export function deleteRecordsBelow(topic: string, partition: number, offset: number) {
  return request(deleteRecords, 2, { topics: [{ name: topic, partitions: [{ partitionIndex: partition, offset }] }] });
}

/** Of a group without members. */
export function commitOffset(groupId: string, topic: string, partition: number, offset: number) {
  return request(offsetCommit, 8, {
    groupId,
    generationIdOrMemberEpoch: -1,
    memberId: '',
    topics: [
      { name: topic, partitions: [{ partitionIndex: partition, committedOffset: offset, committedMetadata: '' }] },
    ],
  });
}

export function committedOffset(groupId: string, topic: string, partition: number, requireStable = true) {
  const topics = [{ name: topic, partitionIndexes: [partition] }];
  return request(offsetFetch, 7, { groupId, topics, requireStable }) satisfies Request<OffsetFetchResponse>;
}

/** The one partition of an answer to `committedOffset`. */
export function offsetIn(answer: OffsetFetchResponse): number {
  return answer.topics[0]!.partitions[0]!.committedOffset;
}

export interface ReadBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly crc: number;
  readonly transactional: boolean;
  /** Of a marker. */
  readonly marker: string | undefined;
  readonly values: readonly string[];
}

/** What lies in a log, or in the answer to a fetch. */
export function batchesIn(bytes: Uint8Array): ReadBatch[] {
  return [...batchesOf(bytes)].map(({ header, bytes: batch }) => ({
    baseOffset: header.baseOffset,
    lastOffset: header.lastOffset,
    producerId: header.producerId,
    producerEpoch: header.producerEpoch,
    crc: header.crc,
    transactional: header.isTransactional,
    marker: header.isControl ? controlRecordOf(batch)?.kind : undefined,
    values: header.isControl ? [] : decodeRecords(batch).map(({ value }) => text(value)),
  }));
}

/** What a read_committed consumer makes of one fetch: the values that it delivers, in order. */
export function visibleValues(answer: FetchResponse): string[] {
  const { records, abortedTransactions } = answer.responses[0]!.partitions[0]!;
  const pending = [...(abortedTransactions ?? [])].sort((a, b) => a.firstOffset - b.firstOffset);
  const aborted = new Set<number>();
  const seen: string[] = [];
  for (const batch of batchesIn(records ?? new Uint8Array())) {
    while (pending.length > 0 && pending[0]!.firstOffset <= batch.lastOffset) aborted.add(pending.shift()!.producerId);
    if (batch.marker === 'abort') aborted.delete(batch.producerId);
    else if (!batch.transactional || !aborted.has(batch.producerId)) seen.push(...batch.values);
  }
  return seen;
}
