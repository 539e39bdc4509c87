/** The group coordinator's settings, under Kafka's names and with Kafka's defaults. */
export interface GroupConfig {
  readonly 'group.min.session.timeout.ms': number;
  readonly 'group.max.session.timeout.ms': number;
  /** How long a group that was empty waits for more members before its first rebalance. */
  readonly 'group.initial.rebalance.delay.ms': number;
  readonly 'group.max.size': number;
  /** Longest metadata of a committed offset, in characters. */
  readonly 'offset.metadata.max.bytes': number;
  /** How long the offsets of a group without members are kept. */
  readonly 'offsets.retention.minutes': number;
  readonly 'offsets.retention.check.interval.ms': number;
  /** Of what is written to `__consumer_offsets`: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
  readonly 'offsets.topic.compression.codec': number;
}

export const groupConfigDefaults: GroupConfig = {
  'group.min.session.timeout.ms': 6000,
  'group.max.session.timeout.ms': 1_800_000,
  'group.initial.rebalance.delay.ms': 3000,
  'group.max.size': 2_147_483_647,
  'offset.metadata.max.bytes': 4096,
  'offsets.retention.minutes': 10_080,
  'offsets.retention.check.interval.ms': 600_000,
  'offsets.topic.compression.codec': 0,
};
