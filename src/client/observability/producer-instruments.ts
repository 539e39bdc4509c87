/** What a producer counts (Kafka's producer-metrics; those about transactions are in milliseconds here). */
import type { ClientError } from '../errors.ts';
import {
  type ConnectionCounter,
  type ConnectionGauge,
  Distribution,
  Instruments,
  type MetricsSnapshot,
  snapshots,
} from './instruments.ts';

const counters = {
  /** Records sent, each once however often it is sent again. */
  'record-send-total': 0,
  /** Records sent again. */
  'record-retry-total': 0,
  /** Records that were not delivered in the end. */
  'record-error-total': 0,
  /** Batches, and their bytes as they were sent, each once. `batch-total` is not Kafka's. */
  'batch-total': 0,
  'byte-total': 0,
  /** Calls of send() that were refused because the promises were not waited for. */
  'buffer-exhausted-total': 0,
  /** The outcomes of transactions. Not Kafka's. */
  'txn-begin-total': 0,
  'txn-commit-total': 0,
  'txn-abort-total': 0,
  /** Transactions that could only be aborted, or that ended the producer. */
  'txn-broken-total': 0,
};

type ProducerGauge = 'buffer-total-bytes' | 'buffer-available-bytes' | 'requests-in-flight' | 'batches-in-flight';

type ProducerDistribution =
  | keyof ProducerInstruments['distributions']
  /** Of Produce, from the request to its answer. */
  | 'request-latency';

export type ProducerMetrics = MetricsSnapshot<
  keyof typeof counters | ConnectionCounter,
  ProducerGauge | ConnectionGauge,
  ProducerDistribution
>;

/** What is looked at when a snapshot is taken. */
export interface ProducerLevels {
  readonly bufferMemory: number;
  /** Of it, bytes in use. */
  readonly reserved: number;
  readonly requests: number;
  /** Not done yet. */
  readonly batches: number;
}

export class ProducerInstruments extends Instruments {
  readonly counters = { ...counters };
  readonly distributions = {
    /** Bytes of a batch as it was sent. */
    'batch-size': new Distribution(),
    /** What was sent, by what it was before the compression. */
    'compression-rate': new Distribution(),
    'records-per-request': new Distribution(),
    /** From a batch's first record to its first request. */
    'record-queue-time': new Distribution(),
    'txn-init-time': new Distribution(),
    'txn-send-offsets-time': new Distribution(),
    /** From commit() and abort() to the answer. */
    'txn-commit-time': new Distribution(),
    'txn-abort-time': new Distribution(),
    /** From begin() to the outcome. Not Kafka's. */
    'txn-duration': new Distribution(),
  };

  /** For the first time. */
  batchSent({ count, rawBytes }: { count: number; rawBytes: number }, bytes: number, waitedMs: number): void {
    const { counters, distributions } = this;
    counters['record-send-total'] += count;
    counters['batch-total']++;
    counters['byte-total'] += bytes;
    distributions['batch-size'].add(bytes);
    if (rawBytes > 0) distributions['compression-rate'].add(bytes / rawBytes);
    distributions['record-queue-time'].add(waitedMs);
  }

  batchRetried(topic: string, partition: number, records: number, attempt: number, error: ClientError): void {
    this.counters['record-retry-total'] += records;
    this.events.emit('retry', { what: 'Produce', attempt, error, topic, partition, records });
  }

  /** For good. */
  batchFailed(topic: string, partition: number, records: number, error: ClientError): void {
    this.counters['record-error-total'] += records;
    this.events.emit('error', { error, topic, partition, records });
  }

  metrics({ bufferMemory, reserved, requests, batches }: ProducerLevels): ProducerMetrics {
    const common = this.connectionMetrics();
    return {
      counters: { ...common.counters, ...this.counters },
      gauges: {
        ...common.gauges,
        'buffer-total-bytes': bufferMemory,
        'buffer-available-bytes': Math.max(0, bufferMemory - reserved),
        'requests-in-flight': requests,
        'batches-in-flight': batches,
      },
      distributions: { ...snapshots(this.distributions), 'request-latency': this.latencyOf('Produce') },
      requests: common.requests,
    };
  }
}
