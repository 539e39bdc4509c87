/**
 * The partitions that this broker leads, kept in step with the metadata image: the only way in is a delta. A partition
 * whose log cannot be opened is offline (KAFKA_STORAGE_ERROR) while the others live on.
 */
import type { MetadataDelta, MetadataImage, PartitionImage, TopicImage } from '../../controller/index.ts';
import { type Clock, type Disk, ErrorCode, KafkaError, type Logger, type Uuid } from '../../core/index.ts';
import { PartitionLog } from '../../log/index.ts';
import type { BrokerConfiguration } from '../config/broker-configuration.ts';
import type { DataDirectory } from '../data-directory.ts';
import type { LogManager } from '../log-manager/log-manager.ts';
import { logConfigOf } from '../topic-configuration.ts';
import { Partition } from './partition.ts';

export interface PartitionsOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly directory: DataDirectory;
  readonly logs: LogManager;
  readonly configuration: BrokerConfiguration;
  readonly nodeId: number;
}

/** Told of each partition that this broker begins to lead, and of each topic that is gone. */
export interface LeadershipListener {
  elected(partition: Partition): void;
  topicDeleted(topic: TopicImage): void;
}

interface Topic {
  readonly id: Uuid;
  /** By index; an error code where the partition is not here. */
  readonly partitions: (Partition | number)[];
}

export class Partitions {
  private readonly options: PartitionsOptions;
  private readonly byName = new Map<string, Topic>();
  private readonly byId = new Map<Uuid, Topic>();
  private listener: LeadershipListener | undefined;
  /** What is opened was here before, and something is stored about it. */
  private loading = false;

  constructor(options: PartitionsOptions) {
    this.options = options;
  }

  /** The partition, or the error code that says why it is not here. */
  find(topic: string, index: number): Partition | number {
    return this.byName.get(topic)?.partitions[index] ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  }
  findById(topicId: Uuid, index: number): Partition | number {
    const topic = this.byId.get(topicId);
    if (topic === undefined) return ErrorCode.UNKNOWN_TOPIC_ID;
    return topic.partitions[index] ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  }

  /** It is to be led here, and its log failed or could not be opened: so it stays until the broker restarts. */
  isOffline(topic: string, index: number): boolean {
    const found = this.byName.get(topic)?.partitions[index];
    return found !== undefined && isOffline(found);
  }

  *all(): Generator<Partition> {
    for (const { partitions } of this.byName.values()) {
      for (const partition of partitions) if (typeof partition !== 'number') yield partition;
    }
  }

  /** Sets who is told, and tells of what is led already. */
  listen(listener: LeadershipListener): void {
    this.listener = listener;
    for (const partition of this.all()) listener.elected(partition);
  }

  /** Opens everything in the image: at start. */
  load(image: MetadataImage): void {
    this.loading = true;
    for (const topic of image.topics.values()) this.openTopic(topic, image);
    this.loading = false;
  }

  apply(delta: MetadataDelta, image: MetadataImage): void {
    for (const topic of delta.topicsDeleted) this.deleteTopic(topic);
    for (const topic of delta.topicsCreated) this.openTopic(topic, image);
    for (const partition of delta.partitionsChanged) this.changePartition(partition, image);
    // A broker's property may be the default of any topic's.
    const configured = delta.brokerConfigsChanged ? [...this.byName.keys()] : delta.topicConfigsChanged;
    for (const name of configured) {
      if (!this.byName.has(name)) continue;
      const config = logConfigOf(image, name, this.options.configuration);
      for (const partition of this.byName.get(name)!.partitions) {
        if (typeof partition !== 'number') partition.configure(config);
      }
    }
  }

  /** Resolves with those that were open; `whole`: none was offline. */
  async close(): Promise<{ readonly closed: readonly Partition[]; readonly whole: boolean }> {
    const all = [...this.all()];
    const offline = [...this.byName.values()].some((topic) => topic.partitions.some(isOffline));
    this.byName.clear();
    this.byId.clear();
    const results = await Promise.allSettled(all.map((partition) => partition.close()));
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') continue;
      this.options.logger.error(`${all[index]!.name} was not closed cleanly: ${String(result.reason)}`);
    }
    return { closed: all, whole: !offline };
  }

  private openTopic(image: TopicImage, metadata: MetadataImage): void {
    const topic: Topic = { id: image.id, partitions: [] };
    this.byName.set(image.name, topic);
    this.byId.set(image.id, topic);
    for (const partition of image.partitions) this.place(topic, partition, metadata);
  }

  private place(topic: Topic, image: PartitionImage, metadata: MetadataImage): void {
    const opened = this.open(image, metadata);
    topic.partitions[image.index] = opened;
    if (typeof opened !== 'number') this.listener?.elected(opened);
  }

  private changePartition(image: PartitionImage, metadata: MetadataImage): void {
    const topic = this.byId.get(image.topic.id);
    if (topic === undefined) return;
    const current = topic.partitions[image.index];
    if (current === undefined || typeof current === 'number') {
      this.place(topic, image, metadata);
    } else if (image.leader !== this.options.nodeId) {
      topic.partitions[image.index] = ErrorCode.NOT_LEADER_OR_FOLLOWER;
      void current.close();
    } else if (current.leaderEpoch !== image.leaderEpoch) {
      current.leaderEpoch = image.leaderEpoch;
      this.listener?.elected(current);
    }
  }

  private open({ topic, index, leader, leaderEpoch }: PartitionImage, metadata: MetadataImage): Partition | number {
    const { disk, clock, logger, directory, logs, configuration, nodeId } = this.options;
    if (leader !== nodeId) return ErrorCode.NOT_LEADER_OR_FOLLOWER;
    try {
      const log = PartitionLog.open({
        disk,
        clock,
        directory: directory.partitionDirectory(topic.name, index),
        config: logConfigOf(metadata, topic.name, configuration),
        topicId: topic.id,
        logger,
        ...(this.loading ? logs.optionsFor(topic.name, index) : logs.optionsForNew()),
      });
      return new Partition({
        onSealed: () => logs.segmentSealed(),
        topic: topic.name,
        topicId: topic.id,
        index,
        leaderEpoch,
        log,
        logger,
        syncAcksAll: configuration.values['acks.all.fdatasync'],
      });
    } catch (error) {
      logger.error(`${topic.name}-${index} is offline: ${error instanceof Error ? error.message : String(error)}`, {
        error,
      });
      return KafkaError.is(error) ? error.errorCode : ErrorCode.KAFKA_STORAGE_ERROR;
    }
  }

  private deleteTopic(image: TopicImage): void {
    const topic = this.byId.get(image.id);
    if (topic === undefined) return;
    this.byId.delete(image.id);
    if (this.byName.get(image.name) === topic) this.byName.delete(image.name);
    this.listener?.topicDeleted(image);
    for (const partition of topic.partitions) {
      if (typeof partition === 'number') continue;
      partition.deleted();
      try {
        partition.log.delete();
      } catch (error) {
        this.options.logger.error(`${partition.name} was deleted, but its files were not: ${String(error)}`, { error });
      }
    }
  }
}

function isOffline(partition: Partition | number): boolean {
  if (typeof partition === 'number') return partition !== ErrorCode.NOT_LEADER_OR_FOLLOWER;
  return partition.failure !== undefined;
}
