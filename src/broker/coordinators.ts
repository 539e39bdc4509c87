/**
 * The coordinators of this broker, on the partitions of the internal topics that it leads: elected, resigned and told
 * about deleted topics as the partitions come and go.
 */
import {
  CONSUMER_OFFSETS,
  type Controller,
  type TopicImage,
  TRANSACTION_STATE,
  TRANSACTION_VERSION,
} from '../controller/index.ts';
import { GroupCoordinator, TransactionCoordinator, type WriteMarkers } from '../coordinator/index.ts';
import { ErrorCode, type Logger, type Ports } from '../core/index.ts';
import type { RecordLog } from '../replay/index.ts';
import type { BrokerConfig } from './config/broker-configs.ts';
import type { InternalTopics } from './internal-topics.ts';
import type { Partition } from './partition/partition.ts';
import { PartitionRecordLog } from './partition/partition-record-log.ts';
import type { LeadershipListener, Partitions } from './partition/partitions.ts';
import { TransactionMarkers } from './transaction-markers.ts';

export interface CoordinatorsOptions {
  readonly config: BrokerConfig;
  readonly ports: Ports;
  readonly logger: Logger;
  readonly nodeId: number;
  readonly controller: Controller;
  readonly partitions: Partitions;
  readonly internalTopics: InternalTopics;
}

export class Coordinators implements LeadershipListener {
  readonly groups: GroupCoordinator;
  readonly transactions: TransactionCoordinator;
  readonly markers: TransactionMarkers;
  private readonly options: CoordinatorsOptions;
  private loading: Promise<unknown>[] = [];

  constructor(options: CoordinatorsOptions) {
    this.options = options;
    const { config, ports, logger, nodeId, controller, partitions, internalTopics } = options;
    const { clock, timers, random } = ports;
    this.groups = new GroupCoordinator({
      clock,
      timers,
      random,
      logger,
      config,
      logFor: (index) => this.logOf(CONSUMER_OFFSETS, index),
      // The topic may be created later, with another count than configured.
      get partitionCount() {
        return internalTopics.partitionCount(CONSUMER_OFFSETS);
      },
    });
    this.markers = new TransactionMarkers({ partitions, groups: this.groups, clock, logger });
    this.transactions = new TransactionCoordinator({
      clock,
      timers,
      logger,
      config,
      logFor: (index) => this.logOf(TRANSACTION_STATE, index),
      get partitionCount() {
        return internalTopics.partitionCount(TRANSACTION_STATE);
      },
      allocateProducerIds: () => controller.allocateProducerIds(nodeId),
      writeMarkers: this.writeMarkers,
      groupPartitionFor: (groupId) => this.groups.partitionFor(groupId),
      transactionVersion: () => controller.image.featureLevel(TRANSACTION_VERSION),
    });
  }

  /** Loads what this broker leads already, and from now on what it comes to lead. */
  async load(): Promise<void> {
    this.options.partitions.listen(this);
    await Promise.all(this.loading);
    this.loading = [];
  }

  elected({ topic, index, leaderEpoch }: Partition): void {
    if (topic === CONSUMER_OFFSETS) this.loading.push(this.groups.onElection(index, leaderEpoch));
    if (topic === TRANSACTION_STATE) this.loading.push(this.transactions.onElection(index, leaderEpoch));
  }

  topicDeleted({ name, partitions }: TopicImage): void {
    if (name === CONSUMER_OFFSETS) for (const { index } of partitions) this.groups.onResignation(index);
    else if (name === TRANSACTION_STATE) for (const { index } of partitions) this.transactions.onResignation(index);
    else void this.groups.onTopicsDeleted([name]);
  }

  close(): void {
    this.transactions.close();
    this.groups.close();
  }

  /** A partition that is gone with its topic has nothing to be ended. */
  private readonly writeMarkers: WriteMarkers = async (markers) => {
    const codes = await this.markers.write(markers);
    for (const [partition, code] of codes) {
      if (code === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) codes.set(partition, ErrorCode.NONE);
    }
    return codes;
  };

  private logOf(topic: string, index: number): RecordLog | undefined {
    const partition = this.options.partitions.find(topic, index);
    return typeof partition === 'number' ? undefined : new PartitionRecordLog(partition);
  }
}
