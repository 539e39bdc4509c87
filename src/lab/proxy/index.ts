/** The fault proxy: damages Kafka traffic on purpose, by rules. */
export { FaultProxy, type FaultProxyOptions, type RuleCounters } from './fault-proxy.ts';
export { type ProducedBatch, ProxiedRequest } from './proxied-request.ts';
export type { FaultAction, FaultDirection, FaultHit, FaultRule, RuleHandle } from './rules.ts';
