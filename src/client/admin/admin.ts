/** The admin client: topics, offsets and the cluster itself. */
import { errorName } from '../../core/index.ts';
import { createTopics, deleteTopics, describeCluster, metadata as metadataApi } from '../../wire/index.ts';
import { type Runtime, runtimeOf } from '../connections/runtime.ts';
import { brokerError, ClosedError, UnknownTopicError } from '../errors.ts';
import { Cluster, type Deadline } from '../metadata/cluster.ts';
import type { BrokerInfo, TopicInfo } from '../metadata/cluster-image.ts';
import { type CommittedOffset, fetchCommitted } from '../metadata/committed-offsets.ts';
import { askCoordinator } from '../metadata/coordinator-calls.ts';
import { type ListedOffset, listPartitionOffsets } from '../metadata/offset-lookup.ts';
import { type AdminConfig, type AdminOptions, normaliseAdminOptions } from '../options/admin.ts';
import type { IsolationLevel } from '../options/consumer.ts';
import type { OffsetSpec, TopicPartition } from '../topic-partition.ts';

/** A topic to be made. */
export interface NewTopic {
  readonly name: string;
  /** The broker's default where it is left out. */
  readonly partitions?: number;
  /** The broker's default where it is left out. */
  readonly replicationFactor?: number;
  /** By Kafka's names: `{ 'cleanup.policy': 'compact' }`. */
  readonly configs?: Readonly<Record<string, string>>;
}

export interface ClusterDescription {
  readonly clusterId: string | null;
  /** -1 where it is not known. */
  readonly controllerId: number;
  readonly brokers: readonly BrokerInfo[];
}

export interface CallOptions {
  /** Milliseconds; default.api.timeout.ms where it is left out. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export class Admin {
  readonly config: AdminConfig;
  private readonly cluster: Cluster;
  private readonly runtime: Runtime;
  private closing: Promise<void> | undefined;

  /** @throws ConfigurationError */
  constructor(options: AdminOptions) {
    this.config = normaliseAdminOptions(options);
    this.runtime = runtimeOf(options);
    this.cluster = new Cluster(this.runtime, { ...this.config, allowAutoCreateTopics: false });
  }

  /**
   * Makes topics; resolves once the controller has them. A failed topic does not undo the others.
   * @throws ClientError TOPIC_ALREADY_EXISTS, INVALID_PARTITIONS, … of the first that failed
   */
  async createTopics(topics: readonly NewTopic[], options: CallOptions = {}): Promise<void> {
    const deadline = this.begin(options);
    const left = new Map(topics.map((topic) => [topic.name, topic]));
    await this.cluster.retry('CreateTopics', deadline, async () => {
      const connection = await this.controller();
      const answer = await connection.request(
        createTopics,
        connection.version(createTopics),
        {
          topics: [...left.values()].map(({ name, partitions, replicationFactor, configs }) => ({
            name,
            numPartitions: partitions ?? -1,
            replicationFactor: replicationFactor ?? -1,
            configs: Object.entries(configs ?? {}).map(([key, value]) => ({ name: key, value })),
          })),
          timeoutMs: this.config.requestTimeoutMs,
        },
        this.call(deadline),
      );
      for (const { name, errorCode } of answer.topics) if (errorCode === 0) left.delete(name);
      this.throwFirst(answer.topics, (topic) => `creating topic ${topic.name}`);
    });
  }

  /** Deletes topics. @throws ClientError UNKNOWN_TOPIC_OR_PARTITION, … of the first that failed */
  async deleteTopics(names: readonly string[], options: CallOptions = {}): Promise<void> {
    const deadline = this.begin(options);
    const left = new Set(names);
    await this.cluster.retry('DeleteTopics', deadline, async () => {
      const connection = await this.controller();
      const version = connection.version(deleteTopics);
      const answer = await connection.request(
        deleteTopics,
        version,
        version >= 6
          ? { topics: [...left].map((name) => ({ name })), timeoutMs: this.config.requestTimeoutMs }
          : { topicNames: [...left], timeoutMs: this.config.requestTimeoutMs },
        this.call(deadline),
      );
      for (const { name, errorCode } of answer.responses) if (errorCode === 0 && name !== null) left.delete(name);
      this.throwFirst(answer.responses, (topic) => `deleting topic ${topic.name}`);
    });
  }

  /** The names of all topics, sorted; internal ones only when asked for. */
  async listTopics(options: CallOptions & { readonly includeInternal?: boolean } = {}): Promise<string[]> {
    const topics = await this.metadata(null, this.begin(options));
    return topics
      .filter((topic) => options.includeInternal === true || !topic.internal)
      .map((topic) => topic.name)
      .sort();
  }

  /** @throws ClientError UNKNOWN_TOPIC_OR_PARTITION for one that is not there */
  describeTopics(names: readonly string[], options: CallOptions = {}): Promise<TopicInfo[]> {
    return this.metadata(names, this.begin(options));
  }

  /**
   * Offsets by position in time: `earliest`, `latest` (with read_committed: the last stable offset), `maxTimestamp`, or the
   * first at or after a timestamp in milliseconds (offset -1 where there is none).
   */
  async listOffsets(
    partitions: readonly (TopicPartition & { readonly at: OffsetSpec })[],
    options: CallOptions & { readonly isolationLevel?: IsolationLevel } = {},
  ): Promise<ListedOffset[]> {
    return listPartitionOffsets(this.cluster, {
      partitions,
      isolationLevel: options.isolationLevel ?? 'read_uncommitted',
      deadline: this.begin(options),
      requestTimeoutMs: this.config.requestTimeoutMs,
    });
  }

  /** What a group has committed: of the given partitions, or of all. Partitions without a commit are left out. */
  async fetchOffsets(
    groupId: string,
    partitions?: readonly TopicPartition[],
    options: CallOptions & { readonly requireStable?: boolean } = {},
  ): Promise<CommittedOffset[]> {
    const deadline = this.begin(options);
    return askCoordinator(this.cluster, 'group', groupId, deadline, 'OffsetFetch', (connection) =>
      fetchCommitted(connection, {
        groupId,
        partitions: partitions ?? null,
        requireStable: options.requireStable ?? false,
        timeoutMs: this.config.requestTimeoutMs,
      }),
    );
  }
  /** Another name of `fetchOffsets`. */
  listGroupOffsets(
    groupId: string,
    partitions?: readonly TopicPartition[],
    options: CallOptions & { readonly requireStable?: boolean } = {},
  ): Promise<CommittedOffset[]> {
    return this.fetchOffsets(groupId, partitions, options);
  }

  async describeCluster(options: CallOptions = {}): Promise<ClusterDescription> {
    const deadline = this.begin(options);
    return this.cluster.retry('DescribeCluster', deadline, async () => {
      const connection = await this.cluster.anyConnection();
      if (connection.supports(describeCluster)) {
        const answer = await connection.request(
          describeCluster,
          connection.version(describeCluster),
          {},
          this.call(deadline),
        );
        if (answer.errorCode !== 0) throw brokerError(answer.errorCode, 'DescribeCluster', answer.errorMessage);
        const { clusterId, controllerId } = answer;
        const brokers = answer.brokers.map(({ brokerId, host, port, rack }) => ({ id: brokerId, host, port, rack }));
        return { clusterId, controllerId, brokers };
      }
      await this.cluster.refresh();
      const { clusterId, controllerId, brokers } = this.cluster.image;
      return { clusterId, controllerId, brokers: [...brokers.values()] };
    });
  }

  close(): Promise<void> {
    this.closing ??= this.cluster.close();
    return this.closing;
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private begin({ timeoutMs, signal }: CallOptions): Deadline {
    if (this.closing !== undefined) throw new ClosedError('admin client');
    return this.cluster.deadline(timeoutMs ?? this.config.defaultApiTimeoutMs, signal);
  }
  private call(deadline: Deadline): { timeoutMs: number; signal: AbortSignal | undefined } {
    return { timeoutMs: this.config.requestTimeoutMs, signal: deadline.signal };
  }

  private async controller(): Promise<Awaited<ReturnType<Cluster['controllerConnection']>>> {
    if (this.cluster.image.controllerId < 0) await this.cluster.refresh();
    return this.cluster.controllerConnection();
  }

  private metadata(names: readonly string[] | null, deadline: Deadline): Promise<TopicInfo[]> {
    return this.cluster.retry('Metadata', deadline, async () => {
      const connection = await this.cluster.anyConnection();
      const answer = await connection.request(
        metadataApi,
        connection.version(metadataApi),
        { topics: names === null ? null : names.map((name) => ({ name })), allowAutoTopicCreation: false },
        this.call(deadline),
      );
      this.cluster.image.update({ ...answer, topics: [] });
      return answer.topics.map((topic) => {
        if (topic.errorCode !== 0) {
          // A missing topic is an answer here, not a reason to wait.
          const error = brokerError(topic.errorCode, `topic ${topic.name}`);
          throw errorName(topic.errorCode) === 'UNKNOWN_TOPIC_OR_PARTITION'
            ? new UnknownTopicError(topic.name!)
            : error;
        }
        return {
          name: topic.name!,
          id: topic.topicId,
          internal: topic.isInternal,
          partitions: topic.partitions
            .map((p) => ({
              partition: p.partitionIndex,
              leader: p.leaderId,
              leaderEpoch: p.leaderEpoch,
              replicas: p.replicaNodes,
              isr: p.isrNodes,
            }))
            .sort((a, b) => a.partition - b.partition),
        };
      });
    });
  }

  /** A retriable code means that the whole question is asked again for what is left. */
  private throwFirst<T extends { errorCode: number; errorMessage: string | null }>(
    results: readonly T[],
    what: (result: T) => string,
  ): void {
    const failed = results.filter((result) => result.errorCode !== 0);
    const first = failed.find((result) => !brokerError(result.errorCode, '').retriable) ?? failed[0];
    if (first === undefined) return;
    if (errorName(first.errorCode) === 'UNKNOWN_TOPIC_OR_PARTITION') throw new UnknownTopicError(what(first));
    throw brokerError(first.errorCode, what(first), first.errorMessage);
  }
}
