/**
 * What a client counts, under Kafka's names where Kafka has the metric, and whom it tells of what happens. Counting is
 * adding numbers: once per batch, request or event, never once per record. Nothing here grows with what passes through.
 */
import { type Logger, silentLogger } from '../../core/index.ts';
import { Emitter } from './emitter.ts';
import type { ProcessEvents } from './events.ts';

/** Of values seen since the client was made. Kafka's `…-avg` is `sum / count`, its `…-max` is `max`. */
export interface DistributionSnapshot {
  readonly count: number;
  readonly sum: number;
  readonly max: number;
}

export class Distribution implements DistributionSnapshot {
  count = 0;
  sum = 0;
  max = 0;

  add(value: number): void {
    this.count++;
    this.sum += value;
    if (value > this.max) this.max = value;
  }
  snapshot(): DistributionSnapshot {
    return { count: this.count, sum: this.sum, max: this.max };
  }
}

/** The metrics of one client at one moment: plain data, its own copy. Times are milliseconds, sizes bytes. */
export interface MetricsSnapshot<
  Counter extends string = string,
  Gauge extends string = string,
  Name extends string = string,
> {
  /** What only grows. */
  readonly counters: Readonly<Record<Counter, number>>;
  /** How it is now. */
  readonly gauges: Readonly<Record<Gauge, number>>;
  readonly distributions: Readonly<Record<Name, DistributionSnapshot>>;
  /** How long answers took, by the name of the API (`Produce`, `Fetch`, …); only those that were asked. */
  readonly requests: Readonly<Record<string, DistributionSnapshot>>;
}

/** What every client counts: its connections, and the requests on them. */
const connectionCounters = {
  'connection-creation-total': 0,
  'connection-close-total': 0,
  /** Attempts to connect that failed. Not Kafka's. */
  'connection-failure-total': 0,
  'successful-authentication-total': 0,
  'failed-authentication-total': 0,
  /** Logins again on a connection whose session was about to end. */
  'successful-reauthentication-total': 0,
  'failed-reauthentication-total': 0,
  'request-total': 0,
  'response-total': 0,
  'outgoing-byte-total': 0,
  'incoming-byte-total': 0,
  /** Whatever was tried again, but for batches. Not Kafka's. */
  'request-retry-total': 0,
};
export type ConnectionCounter = keyof typeof connectionCounters;
export type ConnectionGauge = 'connection-count';

export type AdminMetrics = MetricsSnapshot<ConnectionCounter, ConnectionGauge, never>;

export class Instruments {
  readonly connections = { ...connectionCounters };
  readonly events: Emitter<ProcessEvents>;
  private readonly latencies = new Map<string, Distribution>();

  constructor(logger: Logger = silentLogger) {
    this.events = new Emitter(logger);
  }

  answered(api: string, latencyMs: number): void {
    this.connections['response-total']++;
    let latency = this.latencies.get(api);
    if (latency === undefined) {
      latency = new Distribution();
      this.latencies.set(api, latency);
    }
    latency.add(latencyMs);
  }

  /** Something failed for now and is tried again; `attempt` counts its failures. */
  retrying(what: string, attempt: number, error: Error): void {
    this.connections['request-retry-total']++;
    this.events.emit('retry', { what, attempt, error });
  }

  connectionMetrics(): AdminMetrics {
    const { connections } = this;
    return {
      counters: { ...connections },
      gauges: {
        'connection-count': connections['connection-creation-total'] - connections['connection-close-total'],
      },
      distributions: {},
      requests: Object.fromEntries([...this.latencies].map(([api, latency]) => [api, latency.snapshot()])),
    };
  }

  /** How long answers of one API took. */
  protected latencyOf(api: string): DistributionSnapshot {
    return (this.latencies.get(api) ?? new Distribution()).snapshot();
  }
}

/** Each distribution as it is now. */
export function snapshots<Name extends string>(
  distributions: Readonly<Record<Name, Distribution>>,
): Record<Name, DistributionSnapshot> {
  const entries = Object.entries<Distribution>(distributions).map(([name, values]) => [name, values.snapshot()]);
  return Object.fromEntries(entries) as Record<Name, DistributionSnapshot>;
}
