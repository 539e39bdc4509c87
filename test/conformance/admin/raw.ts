/** What the scenarios of the admin APIs share: requests by hand, topics that are ready, records, producers. */
import assert from 'node:assert/strict';
import type { Ports } from '../../../src/core/index.ts';
import { nodePorts } from '../../../src/node/index.ts';
import { encodeBatch } from '../../../src/records/index.ts';
import * as wire from '../../../src/wire/index.ts';
import { RawClient, request } from '../../simulation/raw-client.ts';
import { eventually, uniqueBy } from '../cluster.ts';

export const ZERO_ID = 'AAAAAAAAAAAAAAAAAAAAAA';
/** Of records: not now, so that it is told apart from the time of an append. */
export const TIMESTAMP = 1_700_000_000_000;

/** No answer takes so long. */
const ANSWER_MS = 20_000;

export interface Producer {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** One connection, made at the first call. */
export class Raw {
  private readonly bootstrap: () => string;
  private readonly ports: Ports;
  private client: Promise<RawClient> | undefined;

  constructor(bootstrap: () => string, ports: Ports = nodePorts()) {
    this.bootstrap = bootstrap;
    this.ports = ports;
  }

  async close(): Promise<void> {
    (await this.client)?.close();
  }

  async call<Res, In>(api: wire.Api<unknown, Res, In>, version: number, body: NoInfer<In>): Promise<Res> {
    const [host, port] = this.bootstrap().split(':');
    this.client ??= RawClient.connect(this.ports.network, host!, Number(port));
    const client = await this.client;
    return new Promise((resolve, reject) => {
      const late = this.ports.timers.after(ANSWER_MS, () => {
        reject(new Error(`${api.name} v${version} is not answered after ${ANSWER_MS} ms`));
      });
      client
        .call(request(api, version, body))
        .then(resolve, reject)
        .finally(() => late.cancel());
    });
  }

  private eventually<T>(what: string, holds: () => T | Promise<T>): Promise<NonNullable<T>> {
    return eventually(what, holds, { ports: this.ports });
  }

  /** A new topic, once every partition has a leader. */
  async topic(name: string, partitions = 1, configs: Record<string, string> = {}): Promise<string> {
    const topic = uniqueBy(this.ports.random, name);
    const { topics } = await this.call(wire.createTopics, 4, {
      topics: [
        {
          name: topic,
          numPartitions: partitions,
          replicationFactor: 1,
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        },
      ],
      timeoutMs: 10_000,
    });
    assert.equal(topics[0]!.errorCode, 0);
    await this.hasLeaders(topic, partitions);
    return topic;
  }

  async hasLeaders(topic: string, partitions: number): Promise<void> {
    await this.eventually(`${topic} has ${partitions} leaders`, async () => {
      const answer = await this.call(wire.listOffsets, 5, {
        replicaId: -1,
        topics: [
          {
            name: topic,
            partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 })),
          },
        ],
      });
      return answer.topics[0]!.partitions.every(({ errorCode }) => errorCode === 0);
    });
  }

  async topicId(topic: string): Promise<string> {
    const answer = await this.call(wire.metadata, 12, { topics: [{ name: topic }], allowAutoTopicCreation: false });
    return answer.topics[0]!.topicId;
  }

  /** Appends one batch, outside of a transaction where no producer is given. */
  async produce(topic: string, partition: number, count: number, producer?: Producer, baseSequence = 0): Promise<void> {
    const records = Array.from({ length: count }, (_, index) => ({
      key: `k${index}`,
      value: `v${index}`,
      headers: [],
      timestamp: TIMESTAMP + index,
    }));
    const batch = encodeBatch({
      records,
      ...(producer === undefined ? {} : { ...producer, baseSequence, transactional: true }),
    });
    const answer = await this.call(wire.produce, 9, {
      acks: -1,
      timeoutMs: 10_000,
      transactionalId: producer?.transactionalId ?? null,
      topicData: [{ name: topic, partitionData: [{ index: partition, records: batch }] }],
    });
    assert.equal(answer.responses[0]!.partitionResponses[0]!.errorCode, 0);
  }

  /** A producer of the first version of transactions, whose coordinator is ready. */
  async producer(transactionalId: string): Promise<Producer> {
    return this.eventually(`a producer id for ${transactionalId}`, async () => {
      await this.call(wire.findCoordinator, 4, { keyType: 1, coordinatorKeys: [transactionalId] });
      const answer = await this.call(wire.initProducerId, 4, {
        transactionalId,
        transactionTimeoutMs: 60_000,
        producerId: -1,
        producerEpoch: -1,
      });
      const { errorCode, producerId, producerEpoch } = answer;
      return errorCode === 0 ? { transactionalId, producerId, producerEpoch } : undefined;
    });
  }

  async addPartitions(producer: Producer, topic: string, partitions: number[]): Promise<void> {
    await this.eventually(`${topic} is in the transaction`, async () => {
      const answer = await this.call(wire.addPartitionsToTxn, 3, {
        v3AndBelowTransactionalId: producer.transactionalId,
        v3AndBelowProducerId: producer.producerId,
        v3AndBelowProducerEpoch: producer.producerEpoch,
        v3AndBelowTopics: [{ name: topic, partitions }],
      });
      return answer.resultsByTopicV3AndBelow[0]!.resultsByPartition.every((each) => each.partitionErrorCode === 0);
    });
  }

  async end(producer: Producer, committed: boolean): Promise<void> {
    const { errorCode } = await this.call(wire.endTxn, 3, { ...producer, committed });
    assert.equal(errorCode, 0);
  }

  /** The group's coordinator is ready when this returns. */
  async commitOffsets(groupId: string, topic: string, partitions: number[], member = { generation: -1, memberId: '' }) {
    await this.eventually(`${groupId} commits`, async () => {
      await this.call(wire.findCoordinator, 4, { keyType: 0, coordinatorKeys: [groupId] });
      const answer = await this.call(wire.offsetCommit, 2, {
        groupId,
        generationIdOrMemberEpoch: member.generation,
        memberId: member.memberId,
        topics: [
          { name: topic, partitions: partitions.map((partitionIndex) => ({ partitionIndex, committedOffset: 1 })) },
        ],
      });
      return answer.topics[0]!.partitions.every(({ errorCode }) => errorCode === 0);
    });
  }
}

/** The parts of Kafka's answers that come in no order of their own. */
export function byName<T extends { readonly name: string | null }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1));
}
