/**
 * One fake broker that keeps topics in memory: appends with the sequence rules of a partition leader, serves fetches,
 * coordinates everything. For the paths that a test does not bend.
 */
import { ErrorCode, type Ports, ZERO_UUID } from '../../core/index.ts';
import { type BatchHeader, batchesOf, decodeRecords, setBaseOffset } from '../../records/index.ts';
import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  endTxn,
  type FetchRequest,
  type FetchResponseInput,
  fetch,
  findCoordinator,
  initProducerId,
  listOffsets,
  metadata,
  offsetForLeaderEpoch,
  type ProduceRequest,
  type ProduceResponseInput,
  produce,
  txnOffsetCommit,
} from '../../wire/index.ts';
import { FakeBroker, type Reaction } from './fake-broker.ts';

interface ProducerEntry {
  epoch: number;
  batches: { first: number; last: number; offset: number }[];
}

export class FakePartition {
  readonly batches: Uint8Array[] = [];
  end = 0;
  /** Stamped on what is appended, and told as the leader's. */
  leaderEpoch = 0;
  private readonly producers = new Map<number, ProducerEntry>();

  /** What a partition leader does: duplicates answered, gaps refused. */
  append(bytes: Uint8Array): { errorCode: number; baseOffset: number } {
    const [batch] = batchesOf(bytes);
    const { producerId, producerEpoch, baseSequence, lastSequence, recordCount } = batch!.header;
    if (producerId >= 0) {
      const known = this.producers.get(producerId);
      const repeated = known?.batches.find((one) => one.first === baseSequence && one.last === lastSequence);
      if (known !== undefined && known.epoch === producerEpoch && repeated) {
        return { errorCode: 0, baseOffset: repeated.offset };
      }
      if (known !== undefined && producerEpoch < known.epoch) {
        return { errorCode: ErrorCode.INVALID_PRODUCER_EPOCH, baseOffset: -1 };
      }
      const fresh = known !== undefined && known.epoch === producerEpoch ? undefined : known && 0;
      const expected = fresh ?? (known && known.batches[known.batches.length - 1]!.last + 1);
      if (expected !== undefined && baseSequence !== expected) {
        return { errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, baseOffset: -1 };
      }
      const entry = known?.epoch === producerEpoch ? known : { epoch: producerEpoch, batches: [] };
      entry.batches.push({ first: baseSequence, last: lastSequence, offset: this.end });
      if (entry.batches.length > 5) entry.batches.shift();
      this.producers.set(producerId, entry);
    }
    const copy = Uint8Array.from(batch!.bytes);
    setBaseOffset(copy, 0, this.end);
    new DataView(copy.buffer).setInt32(LEADER_EPOCH_AT, this.leaderEpoch);
    this.batches.push(copy);
    const baseOffset = this.end;
    this.end += recordCount;
    return { errorCode: 0, baseOffset };
  }

  /** As under a leader that was elected without what lies behind `end`. */
  elect(leaderEpoch: number, end = this.end): void {
    this.leaderEpoch = leaderEpoch;
    while (this.end > end) this.end = headerOf(this.batches.pop()!).baseOffset;
  }
  /** As a leader answers OffsetForLeaderEpoch. */
  endOfEpoch(asked: number): { leaderEpoch: number; endOffset: number } {
    if (asked === this.leaderEpoch) return { leaderEpoch: asked, endOffset: this.end };
    if (asked > this.leaderEpoch) return { leaderEpoch: -1, endOffset: -1 };
    const headers = this.batches.map(headerOf).filter(({ partitionLeaderEpoch }) => partitionLeaderEpoch <= asked);
    const last = headers.at(-1);
    return {
      leaderEpoch: last?.partitionLeaderEpoch ?? asked,
      endOffset: last === undefined ? 0 : last.lastOffset + 1,
    };
  }
  /** What a leader says to a client that knows another epoch. */
  epochError(known: number): number {
    if (known < 0 || known === this.leaderEpoch) return 0;
    return known < this.leaderEpoch ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH;
  }

  /** As a log that lost its producer state. */
  forgetProducers(): void {
    this.producers.clear();
  }
  values(): string[] {
    return this.batches.flatMap((batch) => decodeRecords(batch).map((record) => Buffer.from(record.value!).toString()));
  }
}

export class FakeCluster extends FakeBroker {
  readonly topics = new Map<string, FakePartition[]>();
  private readonly ids = new Map<string, string>();
  private made = 0;
  private nextProducerId = 1000;
  private readonly timers: Ports['timers'];
  /** Of the transactional producer. */
  epoch = -1;

  constructor(ports: Ports, host: string, topics: Readonly<Record<string, number>>) {
    super(ports, host);
    this.timers = ports.timers;
    for (const [name, count] of Object.entries(topics)) this.addTopic(name, count);
    this.on(metadata, ({ topics: wanted }) => ({
      brokers: [{ nodeId: 1, host: this.host, port: this.port }],
      clusterId: 'fake',
      controllerId: 1,
      topics: (wanted ?? [...this.topics.keys()].map((name) => ({ name }))).map(({ name }) => {
        const partitions = this.topics.get(name!);
        return {
          name,
          topicId: partitions === undefined ? ZERO_UUID : this.idOf(name!),
          errorCode: partitions === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : 0,
          partitions: (partitions ?? []).map(({ leaderEpoch }, partitionIndex) => ({
            partitionIndex,
            leaderId: 1,
            leaderEpoch,
            replicaNodes: [1],
            isrNodes: [1],
          })),
        };
      }),
    }));
    this.on(produce, this.appends);
    this.on(fetch, this.serves);
    this.on(listOffsets, ({ topics: wanted }) => ({
      topics: wanted.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, timestamp }) => ({
          partitionIndex,
          offset: timestamp === -2 ? 0 : this.partition(name, partitionIndex).end,
        })),
      })),
    }));
    this.on(offsetForLeaderEpoch, ({ topics: wanted }) => ({
      topics: wanted.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch }) => {
          const theirs = this.partition(topic, partition);
          const errorCode = theirs.epochError(currentLeaderEpoch);
          return errorCode === 0 ? { partition, ...theirs.endOfEpoch(leaderEpoch) } : { partition, errorCode };
        }),
      })),
    }));
    this.on(findCoordinator, ({ coordinatorKeys }) => ({
      coordinators: coordinatorKeys.map((key) => ({ key, nodeId: 1, host: this.host, port: this.port })),
    }));
    this.on(initProducerId, ({ transactionalId }) => {
      if (transactionalId === null) return { producerId: this.nextProducerId++, producerEpoch: 0 };
      this.epoch++;
      return { producerId: 7, producerEpoch: this.epoch };
    });
    this.on(addPartitionsToTxn, ({ v3AndBelowTopics }) => ({
      resultsByTopicV3AndBelow: v3AndBelowTopics.map(({ name, partitions }) => ({
        name,
        resultsByPartition: partitions.map((partitionIndex) => ({ partitionIndex })),
      })),
    }));
    this.on(addOffsetsToTxn, () => ({}));
    this.on(txnOffsetCommit, ({ topics: committed }) => ({
      topics: committed.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex })),
      })),
    }));
    this.on(endTxn, (_, version) => {
      if (version < 5) return {};
      this.epoch++;
      return { producerId: 7, producerEpoch: this.epoch };
    });
  }

  /** How Produce is answered where a test does not say otherwise. */
  readonly appends = ({ acks, topicData }: ProduceRequest, ..._: unknown[]): ProduceResponseInput | Reaction => {
    const responses = topicData.map((topic) => ({
      name: topic.name,
      topicId: topic.topicId,
      partitionResponses: topic.partitionData.map(({ index, records }) => ({
        index,
        ...this.partition(topic.name || this.nameOf(topic.topicId)!, index).append(records!),
      })),
    }));
    return acks === 0 ? 'no answer' : { responses };
  };

  /** How Fetch is answered where a test does not say otherwise. */
  readonly serves = async (
    { topics: wanted, maxWaitMs }: FetchRequest,
    ..._: unknown[]
  ): Promise<FetchResponseInput> => {
    const responses = wanted.map((topic) => ({
      topic: topic.topic,
      topicId: topic.topicId,
      partitions: topic.partitions.map(({ partition, fetchOffset, currentLeaderEpoch }) => {
        const name = topic.topic || this.nameOf(topic.topicId);
        if (name === undefined) return refusedFetch(partition, ErrorCode.UNKNOWN_TOPIC_ID);
        const theirs = this.partition(name, partition);
        const { batches, end } = theirs;
        const errorCode =
          theirs.epochError(currentLeaderEpoch) || (fetchOffset > end ? ErrorCode.OFFSET_OUT_OF_RANGE : 0);
        if (errorCode !== 0) return refusedFetch(partition, errorCode);
        const at = batches.filter((bytes) => [...batchesOf(bytes)][0]!.header.lastOffset >= fetchOffset);
        return { partitionIndex: partition, highWatermark: end, records: Buffer.concat(at) };
      }),
    }));
    const isEmpty = ({ records, errorCode }: { records: Buffer; errorCode?: number }) =>
      records.length === 0 && !errorCode;
    const empty = responses.every((topic) => topic.partitions.every(isEmpty));
    if (empty) await new Promise<void>((resolve) => void this.timers.after(maxWaitMs, resolve));
    return { responses };
  };

  /** In the place of the topic of this name, if there is one: with an id of its own. */
  addTopic(name: string, partitions: number): void {
    const id = Buffer.from(`${name}.${this.made++}`.padEnd(16, '.')).toString('base64url');
    for (const [old, of] of this.ids) if (of === name) this.ids.delete(old);
    this.ids.set(id, name);
    this.topics.set(
      name,
      Array.from({ length: partitions }, () => new FakePartition()),
    );
  }
  partition(topic: string, partition = 0): FakePartition {
    return this.topics.get(topic)![partition]!;
  }
  private idOf(topic: string): string {
    return [...this.ids].find(([, name]) => name === topic)![0];
  }
  private nameOf(topicId: string): string | undefined {
    return this.ids.get(topicId);
  }
  values(topic: string, partition = 0): string[] {
    return this.partition(topic, partition).values();
  }
  /** An answer to Produce in which every partition has this error. */
  refusal(errorCode: number): (body: ProduceRequest, ...rest: unknown[]) => ProduceResponseInput {
    return ({ topicData }) => ({
      responses: topicData.map(({ name, topicId, partitionData }) => ({
        name,
        topicId,
        partitionResponses: partitionData.map(({ index }) => ({ index, errorCode, baseOffset: -1 })),
      })),
    });
  }
}

const LEADER_EPOCH_AT = 12;

function headerOf(batch: Uint8Array): BatchHeader {
  return [...batchesOf(batch)][0]!.header;
}
function refusedFetch(partitionIndex: number, errorCode: number) {
  return { partitionIndex, errorCode, highWatermark: -1, records: Buffer.alloc(0) };
}
