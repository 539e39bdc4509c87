/** What a client counts and tells: see instruments.ts. */

export type { ConsumerMetrics, PartitionMetrics } from './consumer-instruments.ts';
export type { Listener } from './emitter.ts';
export type * from './events.ts';
export type { AdminMetrics, DistributionSnapshot, MetricsSnapshot } from './instruments.ts';
export type { ProducerMetrics } from './producer-instruments.ts';
