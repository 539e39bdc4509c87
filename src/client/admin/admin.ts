/**
 * The admin client: the cluster as its operators see and change it. Every request goes to the broker that can answer it, and is
 * repeated while leaders and coordinators move, until the call's deadline.
 *
 * A method about several things either returns a result for each, in the order asked, or throws `PartialFailureError`, which
 * carries the error of each that failed and the results of the others: those were done and stay done. Where an answer was
 * lost, what is repeated may have been done already: TOPIC_ALREADY_EXISTS may be one's own topic.
 */
import { type Runtime, runtimeOf } from '../connections/runtime.ts';
import { ClosedError } from '../errors.ts';
import { Cluster } from '../metadata/cluster.ts';
import type { TopicInfo } from '../metadata/cluster-image.ts';
import type { CommittedOffset } from '../metadata/committed-offsets.ts';
import type { ListedOffset } from '../metadata/offset-lookup.ts';
import type { Listener } from '../observability/emitter.ts';
import type { AdminEvents } from '../observability/events.ts';
import type { AdminMetrics } from '../observability/instruments.ts';
import { type AdminConfig, type AdminOptions, normaliseAdminOptions } from '../options/admin.ts';
import type { IsolationLevel } from '../options/consumer.ts';
import type { OffsetSpec, TopicPartition, TopicPartitionOffset } from '../topic-partition.ts';
import { AdminCall, type CallOptions, callOptions, type OwnOptions, type ValidateOnly } from './call.ts';
import { type ClusterDescription, describeClusterBy } from './cluster.ts';
import {
  type ConfigAlteration,
  type ConfigDetails,
  type ConfigResource,
  type ConfigResourceType,
  type DescribedConfig,
  describeConfigsBy,
  incrementalAlterConfigsBy,
  listConfigResourcesBy,
} from './configs.ts';
import { describeFeaturesBy, type FeatureMetadata, type FeatureUpdate, updateFeaturesBy } from './features.ts';
import { refuseUnknownFields } from './given.ts';
import { alterGroupOffsetsBy, deleteGroupOffsetsBy, listGroupOffsetsBy } from './group-offsets.ts';
import {
  deleteGroupsBy,
  describeGroupsBy,
  type GroupDescription,
  type GroupFilter,
  type GroupListing,
  listGroupsBy,
  type MemberToRemove,
  removeMembersBy,
} from './groups.ts';
import { findHangingBy, type HangingTransaction } from './hanging-transactions.ts';
import { resultsOf } from './items.ts';
import { describeLogDirsBy, type LogDirDescription } from './log-dirs.ts';
import { Newcomers } from './newcomers.ts';
import { type DeletedRecords, deleteRecordsBy, listOffsetsBy, type RecordsToDelete } from './partition-records.ts';
import {
  type ElectionType,
  electLeadersBy,
  listPartitionReassignmentsBy,
  type PartitionReassignment,
} from './replicas.ts';
import {
  type CreatedTopic,
  createPartitionsBy,
  createTopicsBy,
  deleteTopicsBy,
  describeTopicsBy,
  listTopicsBy,
  type NewPartitions,
  type NewTopic,
} from './topics.ts';
import {
  type AbortTransactionSpec,
  abortTransactionBy,
  describeProducersBy,
  type FencedProducer,
  fenceProducersBy,
  listTransactionsBy,
  type PartitionProducers,
  settleDescriptions,
  type TransactionDescription,
  type TransactionFilter,
  type TransactionListing,
} from './transactions.ts';

/** What a transaction may last where brokers are left as they are: transaction.max.timeout.ms. */
const MAX_TRANSACTION_TIMEOUT_MS = 900_000;

export class Admin {
  readonly config: AdminConfig;
  private readonly cluster: Cluster;
  private readonly runtime: Runtime;
  private readonly newcomers: Newcomers;
  private closing: Promise<void> | undefined;

  /** @throws ConfigurationError */
  constructor(options: AdminOptions) {
    this.config = normaliseAdminOptions(options);
    this.runtime = runtimeOf(options);
    this.cluster = new Cluster(this.runtime, { ...this.config, allowAutoCreateTopics: false });
    this.newcomers = new Newcomers(this.runtime.clock);
  }

  /** What it has counted up to now. */
  metrics(): AdminMetrics {
    return this.runtime.instruments.connectionMetrics();
  }
  /** Tells the listener of what happens from now on; returns how to stop that. */
  on<Name extends keyof AdminEvents>(event: Name, listener: Listener<AdminEvents[Name]>): () => void {
    return this.runtime.instruments.events.on(event, listener);
  }

  /**
   * Makes topics; resolves once the controller has them. A broker may learn of them a moment later: other calls of this
   * admin client wait for that, up to their own time.
   * @throws PartialFailureError by topic: TOPIC_ALREADY_EXISTS, INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_CONFIG…
   */
  async createTopics(topics: readonly NewTopic[], options: CallOptions & ValidateOnly = {}): Promise<CreatedTopic[]> {
    return createTopicsBy(this.begin(options, { validateOnly: true }), topics, options.validateOnly ?? false);
  }

  /** Deletes topics with all their records. @throws PartialFailureError by topic: UNKNOWN_TOPIC_OR_PARTITION… */
  async deleteTopics(names: readonly string[], options: CallOptions = {}): Promise<void> {
    return deleteTopicsBy(this.begin(options), names);
  }

  /** The names of all topics, sorted; internal ones only when asked for. */
  async listTopics(options: CallOptions & { readonly includeInternal?: boolean } = {}): Promise<string[]> {
    return listTopicsBy(this.begin(options, { includeInternal: true }), options.includeInternal ?? false);
  }

  /** @throws PartialFailureError by topic: UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION */
  async describeTopics(names: readonly string[], options: CallOptions = {}): Promise<TopicInfo[]> {
    return describeTopicsBy(this.begin(options), names);
  }

  /**
   * Gives topics more partitions (KIP-195). Keys go to other partitions from then on.
   * @throws PartialFailureError by topic: INVALID_PARTITIONS where it has as many or more, UNKNOWN_TOPIC_OR_PARTITION…
   */
  async createPartitions(topics: readonly NewPartitions[], options: CallOptions & ValidateOnly = {}): Promise<void> {
    return createPartitionsBy(this.begin(options, { validateOnly: true }), topics, options.validateOnly ?? false);
  }

  /**
   * Deletes what is before an offset (KIP-107).
   * @throws PartialFailureError by `topic-partition`: OFFSET_OUT_OF_RANGE beyond the high watermark, POLICY_VIOLATION of a
   *   compacted topic, UNKNOWN_TOPIC_OR_PARTITION
   */
  async deleteRecords(partitions: readonly RecordsToDelete[], options: CallOptions = {}): Promise<DeletedRecords[]> {
    return deleteRecordsBy(this.begin(options), partitions);
  }

  /**
   * Offsets by position in time: `earliest`, `latest` (with read_committed: the last stable offset), `maxTimestamp`, or the
   * first at or after a timestamp in milliseconds (offset -1 where there is none).
   * @throws PartialFailureError by `topic-partition`: UNKNOWN_TOPIC_OR_PARTITION
   */
  async listOffsets(
    partitions: readonly (TopicPartition & { readonly at: OffsetSpec })[],
    options: CallOptions & { readonly isolationLevel?: IsolationLevel } = {},
  ): Promise<ListedOffset[]> {
    return listOffsetsBy(
      this.begin(options, { isolationLevel: true }),
      partitions,
      options.isolationLevel ?? 'read_uncommitted',
    );
  }

  /** @throws PartialFailureError by resource (`topic orders`): UNKNOWN_TOPIC_OR_PARTITION, INVALID_REQUEST… */
  async describeConfigs(
    resources: readonly ConfigResource[],
    options: CallOptions & ConfigDetails = {},
  ): Promise<DescribedConfig[]> {
    return describeConfigsBy(
      this.begin(options, { names: true, includeSynonyms: true, includeDocumentation: true }),
      resources,
      options,
    );
  }

  /**
   * Changes single properties and leaves the others as they are (KIP-339); all changes of one resource or none.
   * @throws PartialFailureError by resource (`topic orders`): INVALID_CONFIG, UNKNOWN_TOPIC_OR_PARTITION, INVALID_REQUEST…
   */
  async incrementalAlterConfigs(
    alterations: readonly ConfigAlteration[],
    options: CallOptions & ValidateOnly = {},
  ): Promise<void> {
    return incrementalAlterConfigsBy(
      this.begin(options, { validateOnly: true }),
      alterations,
      options.validateOnly ?? false,
    );
  }

  /** What has a configuration, of the given types or of all (KIP-1142). @throws UNSUPPORTED_VERSION before Kafka 4.1 */
  async listConfigResources(
    types: readonly ConfigResourceType[] = [],
    options: CallOptions = {},
  ): Promise<ConfigResource[]> {
    return listConfigResourcesBy(this.begin(options), types);
  }

  /** All groups, as every broker tells of its own. @throws PartialFailureError by `broker 1` */
  async listGroups(options: CallOptions & GroupFilter = {}): Promise<GroupListing[]> {
    return listGroupsBy(this.begin(options, { states: true, types: true }), options);
  }

  /** Groups of the classic protocol, with members and what they are assigned. @throws PartialFailureError by group: GROUP_ID_NOT_FOUND */
  async describeConsumerGroups(groupIds: readonly string[], options: CallOptions = {}): Promise<GroupDescription[]> {
    return describeGroupsBy(this.begin(options), groupIds);
  }

  /** Deletes groups with their offsets. @throws PartialFailureError by group: NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND */
  async deleteConsumerGroups(groupIds: readonly string[], options: CallOptions = {}): Promise<void> {
    return deleteGroupsBy(this.begin(options), groupIds);
  }

  /**
   * Members leave at once, without waiting for their session timeout; one that lives joins again. All members where none is
   * named.
   * @throws PartialFailureError by member: UNKNOWN_MEMBER_ID; by group where all were to be removed: GROUP_ID_NOT_FOUND
   */
  async removeMembersFromConsumerGroup(
    groupId: string,
    members?: readonly MemberToRemove[],
    options: CallOptions & { readonly reason?: string } = {},
  ): Promise<void> {
    const call = this.begin(options, { reason: true });
    const leaving = members ?? (await describeGroupsBy(call, [groupId]))[0]!.members;
    return removeMembersBy(call, groupId, leaving, options.reason ?? 'removed by an admin client');
  }

  /**
   * What a group has committed: of the given partitions, or of all. Partitions without a commit are left out.
   * `requireStable`: waits for transactions that are about to commit others (KIP-447).
   * @throws PartialFailureError by group or by `topic-partition`
   */
  async listConsumerGroupOffsets(
    groupId: string,
    partitions?: readonly TopicPartition[],
    options: CallOptions & { readonly requireStable?: boolean } = {},
  ): Promise<CommittedOffset[]> {
    return listGroupOffsetsBy(
      this.begin(options, { requireStable: true }),
      groupId,
      partitions,
      options.requireStable ?? false,
    );
  }

  /**
   * Commits for a group from outside; makes the group where there is none.
   * @throws PartialFailureError by `topic-partition`: UNKNOWN_MEMBER_ID while the group has members,
   *   UNKNOWN_TOPIC_OR_PARTITION, OFFSET_METADATA_TOO_LARGE; ClientError INVALID_REQUEST for a negative offset
   */
  async alterConsumerGroupOffsets(
    groupId: string,
    offsets: readonly TopicPartitionOffset[],
    options: CallOptions = {},
  ): Promise<void> {
    return alterGroupOffsetsBy(this.begin(options), groupId, offsets);
  }

  /**
   * Forgets committed offsets (KIP-496).
   * @throws PartialFailureError by `topic-partition`: GROUP_SUBSCRIBED_TO_TOPIC, UNKNOWN_TOPIC_OR_PARTITION,
   *   GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP of members that are no consumers
   */
  async deleteConsumerGroupOffsets(
    groupId: string,
    partitions: readonly TopicPartition[],
    options: CallOptions = {},
  ): Promise<void> {
    return deleteGroupOffsetsBy(this.begin(options), groupId, partitions);
  }

  /** All transactional ids, as every broker tells of its own (KIP-664). @throws PartialFailureError by `broker 1` */
  async listTransactions(options: CallOptions & TransactionFilter = {}): Promise<TransactionListing[]> {
    return listTransactionsBy(
      this.begin(options, { states: true, producerIds: true, durationMs: true, transactionalIdPattern: true }),
      options,
    );
  }

  /** @throws PartialFailureError by transactional id: TRANSACTIONAL_ID_NOT_FOUND */
  async describeTransactions(
    transactionalIds: readonly string[],
    options: CallOptions = {},
  ): Promise<TransactionDescription[]> {
    return resultsOf('DescribeTransactions', await settleDescriptions(this.begin(options), transactionalIds));
  }

  /** The producers that partitions remember. @throws PartialFailureError by `topic-partition`: UNKNOWN_TOPIC_OR_PARTITION */
  async describeProducers(
    partitions: readonly TopicPartition[],
    options: CallOptions = {},
  ): Promise<PartitionProducers[]> {
    return describeProducersBy(this.begin(options), partitions);
  }

  /**
   * Transactions that these partitions hold open although no coordinator knows of them (KIP-664); `abortTransaction` ends one.
   * Only those without a record for `maxTransactionTimeoutMs` (900000: the default of transaction.max.timeout.ms) are looked at.
   * @throws PartialFailureError by `topic-partition`, by `broker 1`, by transactional id: whoever cannot be asked may know
   */
  async findHangingTransactions(
    partitions: readonly TopicPartition[],
    options: CallOptions & { readonly maxTransactionTimeoutMs?: number } = {},
  ): Promise<HangingTransaction[]> {
    const olderThan = options.maxTransactionTimeoutMs ?? MAX_TRANSACTION_TIMEOUT_MS;
    return findHangingBy(this.begin(options, { maxTransactionTimeoutMs: true }), partitions, olderThan);
  }

  /**
   * Writes an abort marker into one partition, past the coordinator: for hanging transactions only. One whose coordinator still
   * knows it would be torn: aborted here, and perhaps committed elsewhere.
   * @throws PartialFailureError by `topic-partition`: INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED,
   *   UNKNOWN_TOPIC_OR_PARTITION
   */
  async abortTransaction(spec: AbortTransactionSpec, options: CallOptions = {}): Promise<void> {
    return abortTransactionBy(this.begin(options), spec);
  }

  /**
   * Aborts what producers with these transactional ids have open, and fences them: they cannot go on.
   * @throws PartialFailureError by transactional id
   */
  async fenceProducers(transactionalIds: readonly string[], options: CallOptions = {}): Promise<FencedProducer[]> {
    return fenceProducersBy(this.begin(options), transactionalIds);
  }

  /**
   * What lies in the data directories of brokers: of all where none is named, and of all partitions or those given.
   * @throws PartialFailureError by `broker 1`: BROKER_ID_NOT_REGISTERED; a directory that failed has its own `error`
   */
  async describeLogDirs(
    brokerIds?: readonly number[],
    options: CallOptions & { readonly partitions?: readonly TopicPartition[] } = {},
  ): Promise<LogDirDescription[]> {
    return describeLogDirsBy(this.begin(options, { partitions: true }), brokerIds, options.partitions);
  }

  /** @throws UNSUPPORTED_VERSION where fenced brokers are asked for before Kafka 4.0 */
  async describeCluster(
    options: CallOptions & { readonly includeFencedBrokers?: boolean } = {},
  ): Promise<ClusterDescription> {
    return describeClusterBy(
      this.begin(options, { includeFencedBrokers: true }),
      options.includeFencedBrokers ?? false,
    );
  }

  /** The features of the cluster and their levels (KIP-584). @throws UNSUPPORTED_VERSION before Kafka 2.4 */
  async describeFeatures(options: CallOptions = {}): Promise<FeatureMetadata> {
    return describeFeaturesBy(this.begin(options));
  }

  /**
   * Sets the levels of features: all of them or none, but before Kafka 4.1 each by itself.
   * @throws INVALID_UPDATE_VERSION; PartialFailureError by feature where the broker tells
   */
  async updateFeatures(updates: readonly FeatureUpdate[], options: CallOptions & ValidateOnly = {}): Promise<void> {
    return updateFeaturesBy(this.begin(options, { validateOnly: true }), updates, options.validateOnly ?? false);
  }

  /**
   * Elects leaders of the given partitions, or of all that need it; returns those with a new one (KIP-460).
   * @throws PartialFailureError by `topic-partition`: ELECTION_NOT_NEEDED, PREFERRED_LEADER_NOT_AVAILABLE,
   *   ELIGIBLE_LEADERS_NOT_AVAILABLE, UNKNOWN_TOPIC_OR_PARTITION
   */
  async electLeaders(
    type: ElectionType,
    partitions?: readonly TopicPartition[],
    options: CallOptions = {},
  ): Promise<TopicPartition[]> {
    return electLeadersBy(this.begin(options), type, partitions);
  }

  /** Partitions whose replicas are on the move: of the given ones, or of all (KIP-455). */
  async listPartitionReassignments(
    partitions?: readonly TopicPartition[],
    options: CallOptions = {},
  ): Promise<PartitionReassignment[]> {
    return listPartitionReassignmentsBy(this.begin(options), partitions);
  }

  /** Ends the connections; calls under way fail with ClosedError. */
  close(): Promise<void> {
    this.closing ??= this.cluster.close();
    return this.closing;
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** `own`: the options that this call has and others have not. @throws ClosedError, INVALID_REQUEST, the signal's reason */
  private begin<O extends CallOptions>(options: O, ...[own]: OwnOptions<O>): AdminCall {
    if (this.closing !== undefined) throw new ClosedError('admin client');
    refuseUnknownFields<CallOptions>('the options object', [options], { ...callOptions, ...own });
    const { timeoutMs, signal } = options;
    signal?.throwIfAborted();
    const { requestTimeoutMs, defaultApiTimeoutMs } = this.config;
    return new AdminCall(this.cluster, this.newcomers, requestTimeoutMs, timeoutMs ?? defaultApiTimeoutMs, signal);
  }
}
