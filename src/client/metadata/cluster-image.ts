/**
 * What is known of the cluster: its brokers, and of each topic of interest its id, partitions and leaders. Pure state;
 * an answer older than what is known (a lower leader epoch of the same topic, or a topic that
 * was replaced by another of its name) does not overwrite it.
 */
import { ZERO_UUID } from '../../core/index.ts';
import type { Address } from '../connections/connection.ts';

export interface BrokerInfo extends Address {
  readonly id: number;
  readonly rack: string | null;
}

export interface PartitionInfo {
  readonly partition: number;
  /** -1: none at the moment. */
  readonly leader: number;
  /** -1: not told. */
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  /** Replicas whose broker is away or whose log is offline (KIP-112); empty where the broker does not tell. */
  readonly offlineReplicas: readonly number[];
}

export interface TopicInfo {
  readonly name: string;
  /** The zero id where the broker does not tell ids. */
  readonly id: string;
  readonly internal: boolean;
  /** By partition number. */
  readonly partitions: readonly PartitionInfo[];
}

/** The parts of a Metadata response that the image takes in. */
export interface MetadataAnswer {
  readonly brokers: readonly { nodeId: number; host: string; port: number; rack: string | null }[];
  readonly clusterId: string | null;
  readonly controllerId: number;
  readonly topics: readonly {
    errorCode: number;
    name: string | null;
    topicId: string;
    isInternal: boolean;
    partitions: readonly {
      errorCode: number;
      partitionIndex: number;
      leaderId: number;
      leaderEpoch: number;
      replicaNodes: readonly number[];
      isrNodes: readonly number[];
      offlineReplicas: readonly number[];
    }[];
  }[];
}

export class ClusterImage {
  clusterId: string | null = null;
  controllerId = -1;
  readonly brokers = new Map<number, BrokerInfo>();
  readonly topics = new Map<string, TopicInfo>();
  private readonly namesById = new Map<string, string>();
  /** By name: a topic that was forgotten or replaced. Its epochs count where it comes back; bounded. */
  private readonly departed = new Map<string, { readonly topic: TopicInfo; timesTold: number }>();

  /** Takes in an answer; returns the error of each topic that has one. `isComplete`: what it does not name is gone. */
  update(answer: MetadataAnswer, isComplete = false): Map<string, number> {
    this.clusterId = answer.clusterId;
    this.controllerId = answer.controllerId;
    if (answer.brokers.length > 0) {
      this.brokers.clear();
      for (const { nodeId, host, port, rack } of answer.brokers) {
        this.brokers.set(nodeId, { id: nodeId, host, port, rack });
      }
    }
    const errors = new Map<string, number>();
    for (const topic of answer.topics) {
      const name = topic.name ?? this.namesById.get(topic.topicId);
      if (name === undefined) continue;
      if (topic.errorCode !== 0) {
        errors.set(name, topic.errorCode);
        if (topic.errorCode === UNKNOWN_TOPIC_OR_PARTITION || topic.errorCode === UNKNOWN_TOPIC_ID) this.forget(name);
        continue;
      }
      this.put(name, topic);
    }
    if (isComplete) {
      const named = new Set(answer.topics.map(({ name }) => name));
      for (const name of [...this.topics.keys()]) if (!named.has(name)) this.forget(name);
    }
    return errors;
  }

  nameOf(topicId: string): string | undefined {
    return this.namesById.get(topicId);
  }

  /** Every partition has a leader. */
  get isLed(): boolean {
    for (const { partitions } of this.topics.values()) if (partitions.some(({ leader }) => leader < 0)) return false;
    return true;
  }

  leaderOf(topic: string, partition: number): { broker: BrokerInfo; epoch: number } | undefined {
    const info = this.topics.get(topic)?.partitions[partition];
    if (info === undefined || info.leader < 0) return undefined;
    const broker = this.brokers.get(info.leader);
    return broker === undefined ? undefined : { broker, epoch: info.leaderEpoch };
  }

  private put(name: string, topic: MetadataAnswer['topics'][number]): void {
    const current = this.topics.get(name);
    const departed = this.departed.get(name);
    const returns = departed?.topic.id === topic.topicId;
    // A broker that is behind may still tell the topic that was replaced; one answer is not believed.
    if (current !== undefined && current.id !== topic.topicId && returns && departed.timesTold++ < ODD_ANSWERS) return;
    const known = current === undefined && returns ? departed.topic : current;
    const same = known !== undefined && known.id === topic.topicId;
    const partitions: PartitionInfo[] = [];
    const sorted = [...topic.partitions].sort((a, b) => a.partitionIndex - b.partitionIndex);
    for (const told of sorted) {
      const { partitionIndex, leaderEpoch } = told;
      const before = same ? known.partitions[partitionIndex] : undefined;
      const stale = before !== undefined && leaderEpoch >= 0 && leaderEpoch < before.leaderEpoch;
      partitions[partitionIndex] = stale ? before : partitionInfo(told);
    }
    if (current !== undefined && !same) this.remember(current);
    else if (returns) this.departed.delete(name);
    this.topics.set(name, { name, id: topic.topicId, internal: topic.isInternal, partitions });
    if (topic.topicId !== ZERO_UUID) this.namesById.set(topic.topicId, name);
  }

  private forget(name: string): void {
    const known = this.topics.get(name);
    if (known === undefined) return;
    this.topics.delete(name);
    this.remember(known);
  }

  private remember(topic: TopicInfo): void {
    this.namesById.delete(topic.id);
    this.departed.delete(topic.name);
    this.departed.set(topic.name, { topic, timesTold: 0 });
    if (this.departed.size <= DEPARTED_MAX) return;
    for (const oldest of this.departed.keys()) return void this.departed.delete(oldest);
  }
}

/** Under the names that users know. */
export function partitionInfo(told: MetadataAnswer['topics'][number]['partitions'][number]): PartitionInfo {
  return {
    partition: told.partitionIndex,
    leader: told.leaderId,
    leaderEpoch: told.leaderEpoch,
    replicas: told.replicaNodes,
    isr: told.isrNodes,
    offlineReplicas: told.offlineReplicas,
  };
}

/** Answers in a row, at least, that speak of a replaced topic before it is taken to be back. */
const ODD_ANSWERS = 2;
const DEPARTED_MAX = 1000;
const UNKNOWN_TOPIC_OR_PARTITION = 3;
const UNKNOWN_TOPIC_ID = 100;
