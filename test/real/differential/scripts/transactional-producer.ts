/** A transactional producer for scenes, under either version of the protocol: TV1 adds partitions first, TV2 does not. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  endTxn,
  findCoordinator,
  initProducerId,
  txnOffsetCommit,
} from '../../../../src/wire/index.ts';
import { type AskOptions, type Caller, UNTIL_TIMEOUT_MS } from '../harness/caller.ts';
import { batch, type Producer, send, type Topic } from './requests.ts';

export type ProtocolVersion = 1 | 2;

const CONCURRENT_TRANSACTIONS = 51;
const COORDINATOR_LOAD_IN_PROGRESS = 14;
const COORDINATOR_NOT_AVAILABLE = 15;
const NOT_COORDINATOR = 16;

/** What a client waits for and asks again. */
export function isSettled(errorCode: number): boolean {
  const busy = [CONCURRENT_TRANSACTIONS, COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR];
  return !busy.includes(errorCode);
}

/** InitProducerId until the coordinator is ready for it. */
export async function initialise(
  on: Caller,
  transactionalId: string,
  options: AskOptions & { readonly version?: number; readonly timeoutMs?: number; readonly current?: Producer } = {},
): Promise<Producer> {
  const { version = 5, timeoutMs = 60_000, current, ...ask } = options;
  await on.quietly(findCoordinator, 2, { key: transactionalId, keyType: 1 });
  const body = { transactionalId, transactionTimeoutMs: timeoutMs, ...current };
  return on.until(initProducerId, version, body, ({ errorCode }) => isSettled(errorCode), ask);
}

export class Transaction {
  producer: Producer;
  private readonly on: Caller;
  private readonly transactionalId: string;
  private readonly protocol: ProtocolVersion;
  private readonly sequences = new Map<string, number>();
  private readonly added = new Set<string>();

  constructor(on: Caller, transactionalId: string, protocol: ProtocolVersion, producer: Producer) {
    this.on = on;
    this.transactionalId = transactionalId;
    this.protocol = protocol;
    this.producer = producer;
  }

  /** Sends a batch to a partition, which TV1 has added to the transaction before. */
  async send(topic: Topic, values: readonly string[], { partition = 0, as = 'in a transaction' } = {}) {
    const { transactionalId } = this;
    const key = `${topic.name}-${partition}`;
    if (this.protocol === 1 && !this.added.has(key)) {
      this.added.add(key);
      await this.add(topic.name, [partition]);
    }
    const baseSequence = this.sequences.get(key) ?? 0;
    this.sequences.set(key, baseSequence + values.length);
    const records = batch(values, { ...this.producer, baseSequence, transactional: true });
    return send(this.on, topic, records, { version: this.protocol === 1 ? 11 : 12, transactionalId, partition, as });
  }

  add(name: string, partitions: readonly number[], as = 'adding') {
    const { transactionalId, producer } = this;
    const body = {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producer.producerId,
      v3AndBelowProducerEpoch: producer.producerEpoch,
      v3AndBelowTopics: [{ name, partitions }],
    };
    const settled = (answer: {
      resultsByTopicV3AndBelow: { resultsByPartition: { partitionErrorCode: number }[] }[];
    }) =>
      answer.resultsByTopicV3AndBelow.every(({ resultsByPartition }) =>
        resultsByPartition.every(({ partitionErrorCode }) => isSettled(partitionErrorCode)),
      );
    return this.on.until(addPartitionsToTxn, 3, body, settled, { as });
  }

  /** Commits an offset of a group within the transaction. */
  async sendOffset(groupId: string, topic: Topic, offset: number, as = 'in a transaction') {
    const { transactionalId, producer } = this;
    if (this.protocol === 1) {
      const body = { transactionalId, ...producer, groupId };
      await this.on.until(addOffsetsToTxn, 3, body, ({ errorCode }) => isSettled(errorCode));
    }
    const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: 'm' }];
    const body = { transactionalId, ...producer, groupId, topics: [{ name: topic.name, partitions }] };
    const settled = (answer: { topics: { partitions: { errorCode: number }[] }[] }) =>
      answer.topics.every(({ partitions }) => partitions.every(({ errorCode }) => isSettled(errorCode)));
    return this.on.until(txnOffsetCommit, this.protocol === 1 ? 4 : 5, body, settled, { as });
  }

  /** Commits or aborts, goes on with the epoch that TV2 answers, and waits until the outcome is whole. */
  async end(committed: boolean, as = committed ? 'commit' : 'abort') {
    const { transactionalId, producer } = this;
    const version = this.protocol === 1 ? 4 : 5;
    const body = { transactionalId, ...producer, committed };
    const ended = await this.on.until(endTxn, version, body, ({ errorCode }) => isSettled(errorCode), { as });
    if (ended.errorCode !== 0) return ended;
    this.added.clear();
    if (this.protocol === 2) {
      this.producer = { producerId: ended.producerId, producerEpoch: ended.producerEpoch };
      this.sequences.clear();
    }
    await this.completed(committed);
    return ended;
  }

  /** TV1 answers the repeated EndTxn once the markers are written; TV2 answers the old epoch's so. */
  private async completed(committed: boolean): Promise<void> {
    const { transactionalId } = this;
    const producerEpoch =
      this.protocol === 1 ? this.producer.producerEpoch : Math.max(0, this.producer.producerEpoch - 1);
    const body = { transactionalId, ...this.producer, producerEpoch, committed };
    const deadline = Date.now() + UNTIL_TIMEOUT_MS;
    for (;;) {
      const { errorCode } = await this.on.quietly(endTxn, this.protocol === 1 ? 4 : 5, body);
      if (isSettled(errorCode)) return;
      if (Date.now() > deadline) throw new Error(`${transactionalId} is not completed within ${UNTIL_TIMEOUT_MS} ms`);
      await sleep(5);
    }
  }
}

/** A producer with a transactional id, ready for its first transaction. */
export async function beginTransaction(
  on: Caller,
  transactionalId: string,
  protocol: ProtocolVersion,
  timeoutMs = 60_000,
): Promise<Transaction> {
  const version = protocol === 1 ? 4 : 5;
  const { producerId, producerEpoch } = await initialise(on, transactionalId, { version, timeoutMs });
  return new Transaction(on, transactionalId, protocol, { producerId, producerEpoch });
}
