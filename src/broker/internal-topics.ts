/** Topics that the broker creates by itself: those of the coordinators, and those that a client's Metadata brings about. */
import {
  CONSUMER_OFFSETS,
  type Controller,
  type CreatedTopic,
  type NewTopic,
  TRANSACTION_STATE,
} from '../controller/index.ts';
import { ErrorCode, errorName, KafkaError, type Uuid } from '../core/index.ts';
import type { BrokerConfig } from './config/broker-configs.ts';

type CoordinatorTopic = typeof CONSUMER_OFFSETS | typeof TRANSACTION_STATE;

export class InternalTopics {
  private readonly controller: Controller;
  private readonly config: BrokerConfig;
  private readonly counts = new Map<CoordinatorTopic, { readonly topicId: Uuid; readonly count: number }>();

  constructor(controller: Controller, config: BrokerConfig) {
    this.controller = controller;
    this.config = config;
  }

  /**
   * How many partitions a coordinator's topic has, or will have once it is created. Partitions that are added while this
   * broker runs do not count, as in Kafka: every group and every transactional id would have to move at once.
   */
  partitionCount(name: CoordinatorTopic): number {
    const topic = this.controller.image.topic(name);
    if (topic === undefined) return this.describe(name).numPartitions;
    const known = this.counts.get(name);
    if (known?.topicId === topic.id) return known.count;
    const count = topic.partitions.length;
    this.counts.set(name, { topicId: topic.id, count });
    return count;
  }

  /** Creates a coordinator's topic where it is missing. @throws KafkaError COORDINATOR_NOT_AVAILABLE */
  async ensure(name: CoordinatorTopic): Promise<void> {
    if (this.controller.image.topic(name) !== undefined) return;
    const [result] = await this.controller.createTopics([this.describe(name)]);
    const { errorCode, errorMessage } = result!;
    if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) return;
    const why = `${name} cannot be created: ${errorName(errorCode)} ${errorMessage ?? ''}`;
    throw new KafkaError('COORDINATOR_NOT_AVAILABLE', why);
  }

  /** Creates topics with the broker's defaults, the coordinators' with theirs. */
  createAutomatically(names: readonly string[]): Promise<CreatedTopic[]> {
    return this.controller.createTopics(names.map((name) => this.describe(name)));
  }

  private describe(name: string): NewTopic {
    const { config } = this;
    const of = (numPartitions: number, replicationFactor: number, configs: Record<string, string>): NewTopic => ({
      name,
      numPartitions,
      replicationFactor,
      assignments: [],
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    });
    switch (name) {
      case CONSUMER_OFFSETS:
        return of(config['offsets.topic.num.partitions'], config['offsets.topic.replication.factor'], {
          'cleanup.policy': 'compact',
          'compression.type': 'producer',
          'segment.bytes': String(config['offsets.topic.segment.bytes']),
        });
      case TRANSACTION_STATE:
        return of(config['transaction.state.log.num.partitions'], config['transaction.state.log.replication.factor'], {
          'cleanup.policy': 'compact',
          'compression.type': 'uncompressed',
          'min.insync.replicas': String(config['transaction.state.log.min.isr']),
          'segment.bytes': String(config['transaction.state.log.segment.bytes']),
          'unclean.leader.election.enable': 'false',
        });
      default:
        return of(-1, -1, {});
    }
  }
}
