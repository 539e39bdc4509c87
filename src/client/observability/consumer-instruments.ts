/** What a consumer counts (Kafka's consumer-fetch-manager-metrics and consumer-coordinator-metrics). */
import type { TopicPartition } from '../topic-partition.ts';
import {
  type ConnectionCounter,
  type ConnectionGauge,
  Distribution,
  Instruments,
  type MetricsSnapshot,
  snapshots,
} from './instruments.ts';

const counters = {
  /** Records handed out. */
  'records-consumed-total': 0,
  /** Of the batches that they came in, as fetched. */
  'bytes-consumed-total': 0,
  'commit-total': 0,
  /** Commits that were refused or got no answer in time. Not Kafka's. */
  'commit-failure-total': 0,
  'rebalance-total': 0,
  'failed-rebalance-total': 0,
};

/** From the answers to these APIs. */
type CountedByApi = 'fetch-total' | 'heartbeat-total' | 'join-total' | 'sync-total';

type ConsumerGauge =
  | 'assigned-partitions'
  /** The largest of `partitions`; -1: none is known. */
  | 'records-lag-max'
  /** Bytes that were fetched and not handed out. Not Kafka's. */
  | 'fetched-bytes'
  /** -1: never. */
  | 'last-rebalance-seconds-ago'
  | 'last-poll-seconds-ago';

type ConsumerDistribution =
  | keyof ConsumerInstruments['distributions']
  /** Of Fetch, of which fetch.max.wait.ms may be waiting for records, of OffsetCommit, Heartbeat, JoinGroup, SyncGroup. */
  | 'fetch-latency'
  | 'commit-latency'
  | 'heartbeat-latency'
  | 'join-time'
  | 'sync-time';

/** One assigned partition. */
export interface PartitionMetrics extends TopicPartition {
  /** Of the next record to hand out; -1: not found yet. */
  readonly position: number;
  /** Offsets between the position and the end, as the last fetch saw it; -1: not fetched yet. */
  readonly 'records-lag': number;
}

export interface ConsumerMetrics
  extends MetricsSnapshot<
    keyof typeof counters | CountedByApi | ConnectionCounter,
    ConsumerGauge | ConnectionGauge,
    ConsumerDistribution
  > {
  /** Those that are assigned at the moment. */
  readonly partitions: readonly PartitionMetrics[];
}

/** What is looked at when a snapshot is taken. */
export interface ConsumerLevels {
  readonly partitions: readonly PartitionMetrics[];
  readonly fetchedBytes: number;
  /** Monotonic milliseconds. */
  readonly now: number;
}

export class ConsumerInstruments extends Instruments {
  readonly counters = { ...counters };
  readonly distributions = {
    /** Bytes of records in an answer. */
    'fetch-size': new Distribution(),
    /** From the begin of a join until the partitions are taken on. */
    'rebalance-latency': new Distribution(),
    'time-between-poll': new Distribution(),
  };
  private rebalancedAt: number | undefined;
  private polledAt: number | undefined;

  /** `now`: monotonic milliseconds. */
  polled(now: number): void {
    if (this.polledAt !== undefined) this.distributions['time-between-poll'].add(now - this.polledAt);
    this.polledAt = now;
  }

  rebalanced(now: number, durationMs: number): void {
    this.rebalancedAt = now;
    this.counters['rebalance-total']++;
    this.distributions['rebalance-latency'].add(durationMs);
  }

  metrics({ partitions, fetchedBytes, now }: ConsumerLevels): ConsumerMetrics {
    const common = this.connectionMetrics();
    const ago = (at: number | undefined): number => (at === undefined ? -1 : (now - at) / 1000);
    const fetches = this.latencyOf('Fetch');
    const heartbeats = this.latencyOf('Heartbeat');
    const joins = this.latencyOf('JoinGroup');
    const syncs = this.latencyOf('SyncGroup');
    return {
      counters: {
        ...common.counters,
        ...this.counters,
        'fetch-total': fetches.count,
        'heartbeat-total': heartbeats.count,
        'join-total': joins.count,
        'sync-total': syncs.count,
      },
      gauges: {
        ...common.gauges,
        'assigned-partitions': partitions.length,
        'records-lag-max': partitions.reduce((most, partition) => Math.max(most, partition['records-lag']), -1),
        'fetched-bytes': fetchedBytes,
        'last-rebalance-seconds-ago': ago(this.rebalancedAt),
        'last-poll-seconds-ago': ago(this.polledAt),
      },
      distributions: {
        ...snapshots(this.distributions),
        'fetch-latency': fetches,
        'commit-latency': this.latencyOf('OffsetCommit'),
        'heartbeat-latency': heartbeats,
        'join-time': joins,
        'sync-time': syncs,
      },
      requests: common.requests,
      partitions,
    };
  }
}
