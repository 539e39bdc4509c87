/**
 * A transactional or idempotent producer driven by hand: it makes the requests, and the test sends them when and where it
 * likes, late, twice, or on another connection. It speaks transactions version 1 or 2 (KIP-890).
 */
import { encodeBatch } from '../../src/records/index.ts';
import {
  type AddPartitionsToTxnResponse,
  addOffsetsToTxn,
  addPartitionsToTxn,
  type EndTxnResponse,
  endTxn,
  type InitProducerIdResponse,
  initProducerId,
  type ProduceResponse,
  produce,
  type TxnOffsetCommitResponse,
  txnOffsetCommit,
} from '../../src/wire/index.ts';
import { type Request, request } from './raw-client.ts';

export type Protocol = 'TV1' | 'TV2';
export const protocols: readonly Protocol[] = ['TV1', 'TV2'];

/** The highest version of each request that means this protocol. */
const versions = {
  TV1: { produce: 11, endTxn: 4, txnOffsetCommit: 4 },
  TV2: { produce: 12, endTxn: 5, txnOffsetCommit: 5 },
} as const;

export interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly values: readonly string[];
  /** Of each value; where absent, the value is its own key. */
  readonly keys?: readonly string[];
}

export interface HandProducerOptions {
  readonly transactionalId: string | null;
  readonly protocol: Protocol;
  /** Wall clock of the records, milliseconds since 1970. */
  readonly timestamp: number;
  readonly transactionTimeoutMs?: number;
}

export class HandProducer {
  readonly transactionalId: string | null;
  readonly protocol: Protocol;
  producerId = -1;
  producerEpoch = -1;
  private readonly timestamp: number;
  private readonly transactionTimeoutMs: number;
  private readonly sequences = new Map<string, number>();

  constructor(options: HandProducerOptions) {
    this.transactionalId = options.transactionalId;
    this.protocol = options.protocol;
    this.timestamp = options.timestamp;
    this.transactionTimeoutMs = options.transactionTimeoutMs ?? 60_000;
  }

  /** The same producer as it is now: what it makes later does not change the copy. */
  twin(): HandProducer {
    const { transactionalId, protocol, timestamp, transactionTimeoutMs } = this;
    const twin = new HandProducer({ transactionalId, protocol, timestamp, transactionTimeoutMs });
    twin.adopt(this);
    for (const [key, sequence] of this.sequences) twin.sequences.set(key, sequence);
    return twin;
  }

  /** Goes on with what the coordinator answered; a new id or epoch begins at sequence 0. */
  adopt({ producerId, producerEpoch }: { readonly producerId: number; readonly producerEpoch: number }): void {
    if (producerId !== this.producerId || producerEpoch !== this.producerEpoch) this.sequences.clear();
    this.producerId = producerId;
    this.producerEpoch = producerEpoch;
  }

  init(current = { producerId: -1, producerEpoch: -1 }): Request<InitProducerIdResponse> {
    const { transactionalId, transactionTimeoutMs } = this;
    return request(initProducerId, this.protocol === 'TV1' ? 4 : 5, {
      transactionalId,
      transactionTimeoutMs,
      ...current,
    });
  }

  /** TV1 only: TV2 leaves it to the broker. */
  addPartitions(...partitions: readonly { readonly topic: string; readonly partition: number }[]) {
    const byTopic = Map.groupBy(partitions, ({ topic }) => topic);
    return request(addPartitionsToTxn, 3, {
      v3AndBelowTransactionalId: this.transactionalId!,
      v3AndBelowProducerId: this.producerId,
      v3AndBelowProducerEpoch: this.producerEpoch,
      v3AndBelowTopics: [...byTopic].map(([name, of]) => ({ name, partitions: of.map(({ partition }) => partition) })),
    }) satisfies Request<AddPartitionsToTxnResponse>;
  }

  /** One batch for each entry, with the sequence numbers that are due. */
  produce(...batches: readonly Batch[]): Request<ProduceResponse> {
    const transactional = this.transactionalId !== null;
    const topicData = batches.map(({ topic, partition, values, keys = values }) => {
      const key = `${topic}-${partition}`;
      const baseSequence = this.sequences.get(key) ?? 0;
      this.sequences.set(key, baseSequence + values.length);
      const { producerId, producerEpoch, timestamp } = this;
      const records = encodeBatch({
        records: values.map((value, at) => ({ timestamp, key: keys[at]!, value })),
        producerId,
        producerEpoch,
        baseSequence,
        transactional,
      });
      return { name: topic, partitionData: [{ index: partition, records }] };
    });
    const { transactionalId } = this;
    return request(produce, versions[this.protocol].produce, {
      transactionalId,
      acks: -1,
      timeoutMs: 30_000,
      topicData,
    });
  }

  /** TV1 only. */
  addOffsets(groupId: string) {
    const { producerId, producerEpoch } = this;
    return request(addOffsetsToTxn, 3, { transactionalId: this.transactionalId!, producerId, producerEpoch, groupId });
  }

  commitOffset(groupId: string, topic: string, partition: number, offset: number): Request<TxnOffsetCommitResponse> {
    const { producerId, producerEpoch } = this;
    return request(txnOffsetCommit, versions[this.protocol].txnOffsetCommit, {
      transactionalId: this.transactionalId!,
      groupId,
      producerId,
      producerEpoch,
      topics: [
        { name: topic, partitions: [{ partitionIndex: partition, committedOffset: offset, committedMetadata: '' }] },
      ],
    });
  }

  end(outcome: 'commit' | 'abort'): Request<EndTxnResponse> {
    const { producerId, producerEpoch } = this;
    return request(endTxn, versions[this.protocol].endTxn, {
      transactionalId: this.transactionalId!,
      producerId,
      producerEpoch,
      committed: outcome === 'commit',
    });
  }
}
