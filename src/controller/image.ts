/**
 * What the cluster is: features, brokers, topics, partitions, configurations, producer id blocks. Built only by
 * replaying metadata records in order, on every node alike; each replay also notes what changed, for `takeDelta`.
 */
import { assert, type Uuid } from '../core/index.ts';
import type { MetadataRecord } from '../wire/index.ts';

export interface PartitionImage {
  readonly topic: TopicImage;
  readonly index: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  /** Node id; -1 where there is none. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
}

export interface TopicImage {
  readonly name: string;
  readonly id: Uuid;
  /** By partition index, without gaps. */
  readonly partitions: readonly PartitionImage[];
}

export interface BrokerEndpoint {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export interface BrokerImage {
  readonly id: number;
  readonly epoch: number;
  readonly incarnationId: Uuid;
  readonly endpoints: readonly BrokerEndpoint[];
  readonly rack: string | null;
  /** A fenced broker is registered but serves nobody. */
  readonly fenced: boolean;
}

/** Kafka's resource types of ConfigRecord. */
export const ConfigResource = { TOPIC: 2, BROKER: 4, BROKER_LOGGER: 8, CLIENT_METRICS: 16, GROUP: 32 } as const;

/** What changed between two looks at an image. */
export interface MetadataDelta {
  readonly topicsCreated: readonly TopicImage[];
  readonly topicsDeleted: readonly TopicImage[];
  /** Partitions of topics that were there before: new ones, and those with another leader or ISR. */
  readonly partitionsChanged: readonly PartitionImage[];
  /** Topics whose configuration changed and that were there before. */
  readonly topicConfigsChanged: readonly string[];
  /** Properties of a broker, or of all. */
  readonly brokerConfigsChanged: boolean;
  readonly featuresChanged: boolean;
  readonly brokersChanged: boolean;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
interface MutableTopic extends Omit<Writable<TopicImage>, 'partitions'> {
  partitions: PartitionImage[];
}

const NO_LEADER_CHANGE = -2;

export class MetadataImage {
  /** Offset of the last record replayed; -1 before the first. */
  offset = -1;
  /** Offset of the last feature record: grows with every change of a level. -1 before the first. */
  featuresEpoch = -1;
  /** The first producer id not yet given out in a block. */
  nextProducerId = 0;
  private readonly featureLevels = new Map<string, number>();
  private readonly brokersById = new Map<number, BrokerImage>();
  private readonly byName = new Map<string, MutableTopic>();
  private readonly byId = new Map<Uuid, MutableTopic>();
  private readonly configs = new Map<string, Map<string, string>>();
  private changes = new Changes();

  get features(): ReadonlyMap<string, number> {
    return this.featureLevels;
  }
  featureLevel(name: string): number {
    return this.featureLevels.get(name) ?? 0;
  }
  get brokers(): ReadonlyMap<number, BrokerImage> {
    return this.brokersById;
  }
  get topics(): ReadonlyMap<string, TopicImage> {
    return this.byName;
  }
  topic(name: string): TopicImage | undefined {
    return this.byName.get(name);
  }
  topicById(id: Uuid): TopicImage | undefined {
    return this.byId.get(id);
  }
  /** What was set for a resource, defaults left out. */
  configsOf(resourceType: number, resourceName: string): ReadonlyMap<string, string> {
    return this.configs.get(configKey(resourceType, resourceName)) ?? noConfigs;
  }
  /** The names of the resources of a type on which something is set. */
  configuredResources(resourceType: number): string[] {
    const prefix = configKey(resourceType, '');
    return [...this.configs.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  }

  /** All that is set, as it would be set again. */
  *configurations(): Generator<{ resourceType: number; resourceName: string; name: string; value: string }> {
    for (const [key, configs] of this.configs) {
      const at = key.indexOf(':');
      const resource = { resourceType: Number(key.slice(0, at)), resourceName: key.slice(at + 1) };
      for (const [name, value] of configs) yield { ...resource, name, value };
    }
  }

  /** Into an empty image: the records of a snapshot, which stand for everything below `endOffset`. */
  restore(records: Iterable<MetadataRecord>, endOffset: number): void {
    assert(this.offset === -1, 'a snapshot is the beginning of an image');
    for (const record of records) this.apply(record, endOffset - 1);
    this.offset = endOffset - 1;
  }

  /** Applies the record at `offset`. */
  replay(record: MetadataRecord, offset: number): void {
    assert(offset > this.offset, `metadata record ${offset} replayed after ${this.offset}`);
    this.apply(record, offset);
    this.offset = offset;
  }

  private apply(record: MetadataRecord, offset: number): void {
    switch (record.type) {
      case 'FeatureLevelRecord': {
        const { name, featureLevel } = record.value;
        if (featureLevel === 0) this.featureLevels.delete(name);
        else this.featureLevels.set(name, featureLevel);
        this.featuresEpoch = offset;
        this.changes.featuresChanged = true;
        return;
      }
      case 'RegisterBrokerRecord': {
        const broker = record.value;
        this.brokersById.set(broker.brokerId, {
          id: broker.brokerId,
          epoch: broker.brokerEpoch,
          incarnationId: broker.incarnationId,
          endpoints: broker.endPoints.map(({ name, host, port }) => ({ name, host, port })),
          rack: broker.rack,
          fenced: broker.fenced,
        });
        this.changes.brokersChanged = true;
        return;
      }
      case 'BrokerRegistrationChangeRecord': {
        const { brokerId, fenced } = record.value;
        const broker = this.brokersById.get(brokerId);
        assert(broker !== undefined, `change of broker ${brokerId}, which is not registered`);
        if (fenced !== 0) this.brokersById.set(brokerId, { ...broker, fenced: fenced > 0 });
        this.changes.brokersChanged = true;
        return;
      }
      case 'UnregisterBrokerRecord':
        this.brokersById.delete(record.value.brokerId);
        this.changes.brokersChanged = true;
        return;
      case 'TopicRecord': {
        const { name, topicId } = record.value;
        assert(!this.byName.has(name), `topic ${name} created twice`);
        const topic: MutableTopic = { name, id: topicId, partitions: [] };
        this.byName.set(name, topic);
        this.byId.set(topicId, topic);
        this.changes.created.set(topicId, topic);
        return;
      }
      case 'PartitionRecord': {
        const { topicId, partitionId, replicas, isr, leader, leaderEpoch, partitionEpoch } = record.value;
        const topic = this.topicMustExist(topicId);
        assert(partitionId <= topic.partitions.length, `partition ${partitionId} of ${topic.name} leaves a gap`);
        this.setPartition(topic, { topic, index: partitionId, replicas, isr, leader, leaderEpoch, partitionEpoch });
        return;
      }
      case 'PartitionChangeRecord': {
        const { topicId, partitionId, isr, leader, replicas } = record.value;
        const topic = this.topicMustExist(topicId);
        const before = topic.partitions[partitionId];
        assert(before !== undefined, `change of partition ${partitionId} of ${topic.name}, which does not exist`);
        const elected = leader !== NO_LEADER_CHANGE;
        this.setPartition(topic, {
          ...before,
          isr: isr ?? before.isr,
          replicas: replicas ?? before.replicas,
          leader: elected ? leader : before.leader,
          leaderEpoch: elected ? before.leaderEpoch + 1 : before.leaderEpoch,
          partitionEpoch: before.partitionEpoch + 1,
        });
        return;
      }
      case 'RemoveTopicRecord': {
        const topic = this.topicMustExist(record.value.topicId);
        this.byName.delete(topic.name);
        this.byId.delete(topic.id);
        this.configs.delete(configKey(ConfigResource.TOPIC, topic.name));
        this.changes.topicRemoved(topic);
        return;
      }
      case 'ConfigRecord': {
        const { resourceType, resourceName, name, value } = record.value;
        const key = configKey(resourceType, resourceName);
        const configs = this.configs.get(key) ?? new Map<string, string>();
        if (value === null) configs.delete(name);
        else configs.set(name, value);
        if (configs.size === 0) this.configs.delete(key);
        else this.configs.set(key, configs);
        if (resourceType === ConfigResource.BROKER) this.changes.brokerConfigsChanged = true;
        if (resourceType === ConfigResource.TOPIC) this.changes.topicConfigs.add(resourceName);
        return;
      }
      case 'ProducerIdsRecord':
        this.nextProducerId = record.value.nextProducerId;
        return;
      case 'FenceBrokerRecord':
      case 'UnfenceBrokerRecord': {
        const broker = this.brokersById.get(record.value.id);
        assert(broker !== undefined, `fencing of broker ${record.value.id}, which is not registered`);
        this.brokersById.set(broker.id, { ...broker, fenced: record.type === 'FenceBrokerRecord' });
        this.changes.brokersChanged = true;
        return;
      }
      case 'NoOpRecord':
        return;
      case 'BeginTransactionRecord':
      case 'EndTransactionRecord':
      case 'AbortTransactionRecord':
        // This controller writes each decision as one batch, and needs no metadata transactions (KIP-868).
        throw new Error(`${record.type} at offset ${offset}: this metadata log was written by another controller`);
    }
  }

  /** What was replayed since the last call. */
  takeDelta(): MetadataDelta {
    const changes = this.changes;
    this.changes = new Changes();
    return changes.toDelta();
  }

  private topicMustExist(id: Uuid): MutableTopic {
    const topic = this.byId.get(id);
    assert(topic !== undefined, `record about the unknown topic id ${id}`);
    return topic;
  }

  private setPartition(topic: MutableTopic, partition: PartitionImage): void {
    topic.partitions[partition.index] = partition;
    if (!this.changes.created.has(topic.id)) {
      this.changes.partitions.set(`${topic.id}-${partition.index}`, partition);
    }
  }
}

class Changes {
  readonly created = new Map<Uuid, TopicImage>();
  readonly deleted: TopicImage[] = [];
  readonly partitions = new Map<string, PartitionImage>();
  readonly topicConfigs = new Set<string>();
  brokerConfigsChanged = false;
  featuresChanged = false;
  brokersChanged = false;

  topicRemoved(topic: TopicImage): void {
    for (const { index } of topic.partitions) this.partitions.delete(`${topic.id}-${index}`);
    this.topicConfigs.delete(topic.name);
    if (!this.created.delete(topic.id)) this.deleted.push(topic);
  }

  toDelta(): MetadataDelta {
    const createdNames = new Set([...this.created.values()].map((topic) => topic.name));
    return {
      topicsCreated: [...this.created.values()],
      topicsDeleted: this.deleted,
      partitionsChanged: [...this.partitions.values()],
      topicConfigsChanged: [...this.topicConfigs].filter((name) => !createdNames.has(name)),
      brokerConfigsChanged: this.brokerConfigsChanged,
      featuresChanged: this.featuresChanged,
      brokersChanged: this.brokersChanged,
    };
  }
}

const noConfigs: ReadonlyMap<string, string> = new Map();

function configKey(resourceType: number, resourceName: string): string {
  return `${resourceType}:${resourceName}`;
}
