/** Finds where to begin: the committed offset, else what auto.offset.reset says; and where the ends are when asked to. */
import { ClientError, isRetriableError, NoOffsetForPartitionError } from '../errors.ts';
import type { Cluster, Deadline } from '../metadata/cluster.ts';
import { type CommittedOffset, fetchCommitted } from '../metadata/committed-offsets.ts';
import { askCoordinator, whileWanted } from '../metadata/coordinator-calls.ts';
import { type ListedOffset, listPartitionOffsets, type OffsetQuestion } from '../metadata/offset-lookup.ts';
import type { ConsumerConfig } from '../options/consumer.ts';
import { placeOf } from '../options/offset-reset.ts';
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

  /** @throws TimeoutError, the signal's reason, GROUP_AUTHORIZATION_FAILED, … */
  committed(partitions: readonly TopicPartition[], deadline: Deadline): Promise<CommittedOffset[]> {
    const groupId = this.config.groupId!;
    const asked = askCoordinator(this.cluster, 'group', groupId, deadline, 'OffsetFetch', (connection) =>
      fetchCommitted(connection, {
        groupId,
        partitions,
        requireStable: true,
        timeoutMs: this.config.requestTimeoutMs,
      }),
    );
    return whileWanted(this.cluster, deadline, 'OffsetFetch', asked);
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
    const toReset = lost.filter((state) => state.position === undefined && unmoved(state));
    const now = this.cluster.runtime.clock.now();
    const { autoOffsetReset } = this.config;
    const policy = autoOffsetReset === 'none' ? 'latest' : placeOf(autoOffsetReset, now);
    const places = toReset.map(({ topic, partition, reset }) => ({ topic, partition, at: reset ?? policy }));
    const offsets = await this.lookUp(places, deadline);
    for (const state of toReset) {
      const result = offsets.get(partitionKey(state.topic, state.partition));
      if (result === undefined || result.offset < 0) {
        throw new ClientError('UNKNOWN_SERVER_ERROR', `no offset of ${state.topic}-${state.partition} was told`);
      }
      if (unmoved(state)) state.moveTo(result.offset);
    }
  }

  /** By `partitionKey`. After a time at which there is no record any more, the end is meant. */
  private async lookUp(places: OffsetQuestion['partitions'], deadline: Deadline): Promise<Map<string, ListedOffset>> {
    const found = new Map<string, ListedOffset>();
    const { isolationLevel, requestTimeoutMs } = this.config;
    const ask = async (partitions: OffsetQuestion['partitions']): Promise<void> => {
      if (partitions.length === 0) return;
      const question = { partitions, isolationLevel, deadline, requestTimeoutMs };
      for (const result of await listPartitionOffsets(this.cluster, question)) {
        found.set(partitionKey(result.topic, result.partition), result);
      }
    };
    await ask(places);
    const beyond = places.filter(
      ({ topic, partition, at }) => typeof at !== 'string' && found.get(partitionKey(topic, partition))!.offset < 0,
    );
    await ask(beyond.map(({ topic, partition }) => ({ topic, partition, at: 'latest' })));
    return found;
  }
}
