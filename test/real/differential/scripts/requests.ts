/** Requests that many scenes send, in a version of the caller's choice. */
import { type EncodeBatchOptions, encodeBatch } from '../../../../src/records/index.ts';
import {
  type FetchRequestInput,
  type FetchResponse,
  fetch,
  initProducerId,
  type ProduceResponse,
  produce,
} from '../../../../src/wire/index.ts';
import type { AskOptions, Caller } from '../harness/caller.ts';

/** The same on both sides, and near their clocks. */
export const now = Date.now();

/** A topic by both its names. */
export interface Topic {
  readonly name: string;
  readonly id: string;
}

/** A batch of the given values, whose keys are `k0`, `k1` … */
export function batch(
  values: readonly (string | null)[],
  options: Omit<EncodeBatchOptions, 'records'> = {},
): Uint8Array {
  const records = values.map((value, index) => ({ timestamp: now + index, key: `k${index}`, value }));
  return encodeBatch({ ...options, records });
}

export interface ProduceOptions extends AskOptions {
  readonly version?: number;
  readonly partition?: number;
  readonly acks?: number;
  readonly transactionalId?: string | null;
}

/** The body of a Produce of one batch. */
export function produceRequest(topic: Topic, records: Uint8Array | null, options: ProduceOptions = {}) {
  const { partition = 0, acks = -1, transactionalId = null } = options;
  return {
    transactionalId,
    acks,
    timeoutMs: 5000,
    topicData: [{ name: topic.name, topicId: topic.id, partitionData: [{ index: partition, records }] }],
  };
}

export function send(
  on: Caller,
  topic: Topic,
  records: Uint8Array | null,
  options: ProduceOptions = {},
): Promise<ProduceResponse> {
  return on.call(produce, options.version ?? 11, produceRequest(topic, records, options), options);
}

export type FetchedPartition = NonNullable<NonNullable<FetchRequestInput['topics']>[number]['partitions']>[number];

export interface FetchOptions extends AskOptions {
  readonly version?: number;
  readonly committed?: boolean;
  readonly request?: Partial<FetchRequestInput>;
}

/** The body of a Fetch of one topic, without a session, which does not wait. */
export function fetchRequest(
  topic: Topic,
  partitions: readonly FetchedPartition[],
  options: FetchOptions = {},
): FetchRequestInput {
  return {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1 << 20,
    isolationLevel: options.committed ? 1 : 0,
    topics: [
      {
        topic: topic.name,
        topicId: topic.id,
        partitions: partitions.map((partition) => ({ partitionMaxBytes: 1 << 20, ...partition })),
      },
    ],
    ...options.request,
  };
}

/** Everything of partition 0 from an offset on. */
export function read(on: Caller, topic: Topic, fetchOffset = 0, options: FetchOptions = {}): Promise<FetchResponse> {
  const body = fetchRequest(topic, [{ partition: 0, fetchOffset }], options);
  return on.call(fetch, options.version ?? 12, body, options);
}

export interface Producer {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** A producer without a transactional id. */
export function idempotentProducer(on: Caller): Promise<Producer> {
  const body = { transactionalId: null, transactionTimeoutMs: 60_000 };
  return on.until(initProducerId, 4, body, ({ errorCode }) => errorCode === 0);
}
