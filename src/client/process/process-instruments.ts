/**
 * What `process` counts and tells: its own, and that of its consumer and of its producers, which count on where one takes
 * the place of another.
 */
import type { Logger } from '../../core/index.ts';
import type { Consumer } from '../consumer/consumer.ts';
import type { ConsumerMetrics } from '../observability/consumer-instruments.ts';
import { Emitter, type Listener } from '../observability/emitter.ts';
import type { ConsumerEvents, ProcessEvents, ProducerEvents } from '../observability/events.ts';
import { Distribution, type DistributionSnapshot } from '../observability/instruments.ts';
import { ProducerInstruments, type ProducerMetrics } from '../observability/producer-instruments.ts';
import type { Producer } from '../producer/producer.ts';

export interface ProcessMetrics {
  readonly counters: {
    /** Records whose work is final. */
    readonly 'process-total': number;
    /** Records that were handled, and taken back to be handled again. */
    readonly 'process-undone-total': number;
    /** How often something was taken back. */
    readonly 'undo-total': number;
    /** Outputs that could not be sent; only at-most-once goes on without them. */
    readonly 'output-lost-total': number;
  };
  readonly distributions: {
    /** Making final what was handled, milliseconds. */
    readonly 'finish-time': DistributionSnapshot;
  };
  readonly consumer: ConsumerMetrics;
  /** Undefined until the first producer is made (exactly-once: with the first record). */
  readonly producer: ProducerMetrics | undefined;
}

export class ProcessInstruments {
  readonly counters = { 'process-total': 0, 'process-undone-total': 0, 'undo-total': 0, 'output-lost-total': 0 };
  readonly finishTime = new Distribution();
  readonly ofProducers: ProducerInstruments;
  readonly own: Emitter<Pick<ProcessEvents, 'undone'>>;
  consumer: Consumer | undefined;
  /** The last that was made. */
  producer: Producer | undefined;

  constructor(logger: Logger) {
    this.ofProducers = new ProducerInstruments(logger);
    this.own = new Emitter(logger);
  }

  undone(records: number, attempt: number, error: Error): void {
    this.counters['process-undone-total'] += records;
    this.counters['undo-total']++;
    this.own.emit('undone', { error, attempt });
  }

  metrics(): ProcessMetrics {
    return {
      counters: { ...this.counters },
      distributions: { 'finish-time': this.finishTime.snapshot() },
      consumer: this.consumer!.metrics(),
      producer: this.producer?.metrics(),
    };
  }

  on<Name extends keyof ProcessEvents>(event: Name, listener: Listener<ProcessEvents[Name]>): () => void {
    const stops = [
      this.own.on(event as 'undone', listener as Listener<ProcessEvents['undone']>),
      this.consumer!.on(event as keyof ConsumerEvents, listener as Listener<unknown>),
      this.ofProducers.events.on(event as keyof ProducerEvents, listener as Listener<unknown>),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }
}
