/** Finds where to begin: the committed offset, else what auto.offset.reset says; and where the ends are when asked to. */
import { ClientError, isRetriableError, NoOffsetForPartitionError } from '../errors.ts';
import type { Cluster, Deadline } from '../metadata/cluster.ts';
import { type CommittedOffset, fetchCommitted } from '../metadata/committed-offsets.ts';
import { askCoordinator } from '../metadata/coordinator-calls.ts';
import { listPartitionOffsets } from '../metadata/offset-lookup.ts';
import type { ConsumerConfig } from '../options/consumer.ts';
import { partitionKey, type TopicPartition } from '../topic-partition.ts';
import type { PartitionState, Positions } from './positions.ts';

export class PositionFinder {
  private readonly cluster: Cluster;
  private readonly config: ConsumerConfig;
  private readonly positions: Positions;
  private readonly changed: () => void;
  private readonly failed: (error: unknown) => void;
  private running = false;

  constructor(
    cluster: Cluster,
    config: ConsumerConfig,
    positions: Positions,
    changed: () => void,
    failed: (error: unknown) => void,
  ) {
    this.cluster = cluster;
    this.config = config;
    this.positions = positions;
    this.changed = changed;
    this.failed = failed;
  }

  /** Begins to look for the positions that are missing, unless it does already. */
  run(): void {
    if (this.running) return;
    const lost = this.positions.all().filter((state) => state.position === undefined);
    if (lost.length === 0) return;
    this.running = true;
    this.find(lost)
      .catch((error) => {
        if (this.cluster.signal.aborted) return;
        if (!isRetriableError(error)) this.failed(error);
      })
      .finally(() => {
        this.running = false;
        this.changed();
      });
  }

  /** @throws TimeoutError, GROUP_AUTHORIZATION_FAILED, … */
  committed(partitions: readonly TopicPartition[], deadline: Deadline): Promise<CommittedOffset[]> {
    const groupId = this.config.groupId!;
    return askCoordinator(this.cluster, 'group', groupId, deadline, 'OffsetFetch', (connection) =>
      fetchCommitted(connection, {
        groupId,
        partitions,
        requireStable: true,
        timeoutMs: this.config.requestTimeoutMs,
      }),
    );
  }

  private async find(lost: readonly PartitionState[]): Promise<void> {
    const deadline = this.cluster.deadline(this.config.defaultApiTimeoutMs);
    const versions = new Map(lost.map((state) => [state, state.version]));
    const unmoved = (state: PartitionState): boolean => !state.gone && state.version === versions.get(state);

    const fromGroup = lost.filter((state) => state.reset === undefined);
    if (fromGroup.length > 0 && this.config.groupId !== null) {
      for (const { topic, partition, offset, leaderEpoch } of await this.committed(fromGroup, deadline)) {
        const state = this.positions.get({ topic, partition });
        if (state === undefined || !unmoved(state)) continue;
        state.moveTo(offset, leaderEpoch);
        versions.set(state, state.version);
      }
    }
    const without = fromGroup.filter((state) => state.position === undefined && unmoved(state));
    if (without.length > 0 && this.config.autoOffsetReset === 'none') {
      throw new NoOffsetForPartitionError(without.map(({ topic, partition }) => ({ topic, partition })));
    }
    const policy = this.config.autoOffsetReset === 'earliest' ? 'earliest' : 'latest';
    const toReset = lost.filter((state) => state.position === undefined && unmoved(state));
    if (toReset.length === 0) return;
    const found = await listPartitionOffsets(this.cluster, {
      partitions: toReset.map(({ topic, partition, reset }) => ({ topic, partition, at: reset ?? policy })),
      isolationLevel: this.config.isolationLevel,
      deadline,
      requestTimeoutMs: this.config.requestTimeoutMs,
    });
    const offsets = new Map(found.map((result) => [partitionKey(result.topic, result.partition), result]));
    for (const state of toReset) {
      const result = offsets.get(partitionKey(state.topic, state.partition));
      if (result === undefined || result.offset < 0) {
        throw new ClientError('UNKNOWN_SERVER_ERROR', `no offset of ${state.topic}-${state.partition} was told`);
      }
      if (unmoved(state)) state.moveTo(result.offset);
    }
  }
}
