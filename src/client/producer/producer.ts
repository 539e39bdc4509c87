/** The producer: takes records, tells what became of them, and holds transactions. */
import type { Logger } from '../../core/index.ts';
import { type Runtime, runtimeOf } from '../connections/runtime.ts';
import { BufferExhaustedError, ClientError, ClosedError, IllegalStateError, TimeoutError } from '../errors.ts';
import { Cluster } from '../metadata/cluster.ts';
import type { Listener } from '../observability/emitter.ts';
import type { ProducerEvents } from '../observability/events.ts';
import { ProducerInstruments, type ProducerMetrics } from '../observability/producer-instruments.ts';
import {
  normaliseProducerOptions,
  type ProducerConfig,
  type ProducerOptions,
  type ProducerPresetOptions,
} from '../options/producer.ts';
import { ignore, within } from '../support/async.ts';
import { type TraceContextHook, withTraceContext } from '../trace-context.ts';
import { Accumulator, type TopicQueues } from './accumulator.ts';
import { Patience } from './patience.ts';
import { plainGuard } from './plain-guard.ts';
import type { ProducerBatch } from './producer-batch.ts';
import { faultOf } from './record-check.ts';
import type {
  DeliveryCallback,
  DeliveryWaitOptions,
  ProducerCloseOptions,
  ProducerRecord,
  RecordMetadata,
  WaitOptions,
} from './records.ts';
import { sendAndWait } from './send-and-wait.ts';
import { Sender } from './sender.ts';
import { Transaction } from './transaction.ts';
import type { TransactionStateName } from './transaction-state.ts';
import { Transactions } from './transactions.ts';

/** So many batches' worth of bytes are taken in one turn of the event loop before the caller is asked to let them leave. */
const TURN_BATCHES = 5;
const TURN_BYTES_MIN = 16 * 1024;
const TURN_BYTES_MAX = 320 * 1024;

/**
 * Sends records to a Kafka cluster. Idempotent by default: a record lands once, in order, whatever is sent again.
 *
 * ```ts
 * await using producer = new Producer({ bootstrapServers: 'localhost:9092' });
 * for (const order of orders) await producer.send({ topic: 'orders', key: order.id, value: JSON.stringify(order) });
 * await producer.flush();
 * ```
 */
export class Producer {
  readonly config: ProducerConfig;
  private readonly runtime: Runtime;
  private readonly logger: Logger;
  private readonly instruments: ProducerInstruments;
  private readonly cluster: Cluster;
  private readonly traceContext: TraceContextHook | undefined;
  private readonly accumulator: Accumulator;
  private readonly sender: Sender;
  private readonly transactions: Transactions | undefined;
  private readonly turnBytes: number;
  private readonly lookups = new Set<string>();
  private room: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  /** Of records without a callback, since the last flush. */
  private unreported: { error: ClientError; count: number } | undefined;
  private poison: ClientError | undefined;
  private hookBlamed = false;
  private closing: Promise<void> | undefined;
  private readonly patience: Patience;

  /**
   * `instruments`: of the producer that this one takes the place of; its metrics and listeners go on.
   * @throws ConfigurationError for options that are unknown, wrong or contradictory
   */
  constructor(options: ProducerOptions | ProducerPresetOptions, instruments = new ProducerInstruments(options.logger)) {
    const { config, warnings } = normaliseProducerOptions(options);
    this.config = config;
    this.traceContext = options.traceContext;
    this.instruments = instruments;
    this.turnBytes = Math.max(TURN_BYTES_MIN, Math.min(TURN_BATCHES * config.batchSize, TURN_BYTES_MAX));
    this.runtime = runtimeOf(options, instruments);
    this.logger = this.runtime.logger;
    for (const warning of warnings) this.logger.warn(warning);
    this.cluster = new Cluster(this.runtime, config);
    this.patience = new Patience(this.runtime.timers);
    const leaders = {
      brokerOf: (topic: string, partition: number) => this.cluster.image.leaderOf(topic, partition)?.broker.id,
      isSlow: (broker: number) => this.sender.isSlow(broker),
    };
    this.accumulator = new Accumulator(config, this.runtime, leaders, {
      batchReady: () => this.sender.wake(),
      topicWanted: (topic) => this.lookUp(topic),
      recordTooLarge: (error, topic) => instruments.events.emit('error', { error, topic, records: 1 }),
      recordFailed: (error, reported) => {
        instruments.counters['record-error-total']++;
        if (!reported) this.unreportedFailure(error, 1);
        this.transactions?.recordFailed(error);
      },
    });
    this.transactions =
      config.transactionalId === null
        ? undefined
        : new Transactions(this.cluster, config, instruments, {
            wake: () => this.sender.wake(),
            drain: () => this.drain(),
            dropAndSettle: (error) => this.dropAndSettle(error),
          });
    this.sender = new Sender(
      this.cluster,
      config,
      this.accumulator,
      this.transactions ?? plainGuard(this.cluster, config, (failure) => this.identityChanged(failure)),
      instruments,
      (batch, error) => this.batchDone(batch, error),
    );
    this.cluster.pool.onChange = () => this.sender.wake();
    this.cluster.onRefresh = () => this.metadataChanged();
  }

  /** What it has counted, and how it stands now. */
  metrics(): ProducerMetrics {
    const { bufferMemory } = this.config;
    const { reserved, incomplete } = this.accumulator;
    return this.instruments.metrics({
      bufferMemory,
      reserved,
      requests: this.sender.requests,
      batches: incomplete.size,
    });
  }
  /**
   * Tells the listener of what happens from now on; returns how to stop that. It is called after the step in which it
   * happened; what it throws is logged and touches nothing.
   */
  on<Name extends keyof ProducerEvents>(event: Name, listener: Listener<ProducerEvents[Name]>): () => void {
    return this.instruments.events.on(event, listener);
  }

  /**
   * Takes a record. Returns undefined, or a promise where it is time to wait: the buffer is full, or so much was filled in
   * this turn of the event loop that it should leave first. The record is taken all the same. `onDelivery` is called once with the outcome; without it `flush` reports.
   * @throws ClientError INVALID_RECORD, ClosedError, IllegalStateError outside a transaction of a transactional producer, BufferExhaustedError when
   * the promises are not waited for
   */
  send(record: ProducerRecord, onDelivery?: DeliveryCallback): undefined | Promise<void> {
    if (this.transactions !== undefined) {
      throw new IllegalStateError(
        'a transactional producer sends inside a transaction: const tx = await producer.begin(); tx.send(…)',
      );
    }
    return this.accept(record, onDelivery);
  }

  /**
   * Sends one record and waits for its outcome. For many records, `send` and `flush` are far faster.
   * @throws what `send` throws, and the record's error; TimeoutError and the signal's reason, after which it may still land
   */
  sendAndWait(record: ProducerRecord, options: DeliveryWaitOptions = {}): Promise<RecordMetadata> {
    return sendAndWait((one, onDelivery) => this.send(one, onDelivery), record, this.runtime.timers, options);
  }

  /**
   * Waits until everything sent before is delivered or failed.
   * @throws the first error of a record without callback since the last flush; the signal's reason
   */
  async flush(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.checkOpen();
    await within(this.runtime.timers, Number.POSITIVE_INFINITY, this.drain(), noDeadline, options.signal);
    this.throwUnreported();
  }

  /** Partitions of a topic. @throws TimeoutError where the topic is not known within max.block.ms */
  async partitionsOf(topic: string, options: WaitOptions = {}): Promise<number> {
    this.checkOpen();
    return (await this.cluster.topic(topic, this.deadline(options))).partitions.length;
  }

  /**
   * Takes the transactional.id over from whoever had it and ends what that one left open. Once, before `begin`.
   * @throws TimeoutError, the signal's reason (may be repeated); IllegalStateError
   */
  async initTransactions(options: WaitOptions = {}): Promise<void> {
    await this.transactional().initialize(this.deadline(options));
  }

  /** Where a transactional producer stands; undefined for any other. */
  get transactionState(): TransactionStateName | undefined {
    return this.transactions?.state.name;
  }

  /** Begins a transaction. @throws IllegalStateError; the fatal error that ended this producer */
  async begin(): Promise<Transaction> {
    const transactions = this.transactional();
    transactions.begin();
    return new Transaction(transactions, this.cluster, this.config.maxBlockMs, (record, onDelivery) =>
      this.accept(record, onDelivery),
    );
  }

  /**
   * Waits for what was sent (at most `timeoutMs`, default delivery.timeout.ms), then closes. An open transaction is aborted.
   * Does not throw for records that failed. Called again, it may be given less time, not more.
   */
  close({ timeoutMs, signal }: ProducerCloseOptions = {}): Promise<void> {
    const isFirst = this.closing === undefined;
    this.closing ??= this.shutDown();
    this.patience.endAfter(isFirst ? (timeoutMs ?? this.config.deliveryTimeoutMs) : timeoutMs, signal);
    return this.closing;
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private transactional(): Transactions {
    this.checkOpen();
    if (this.transactions === undefined) {
      throw new IllegalStateError('transactions need transactional.id: set it in the producer’s options');
    }
    return this.transactions;
  }

  private deadline({ timeoutMs, signal }: WaitOptions): ReturnType<Cluster['deadline']> {
    return this.cluster.deadline(timeoutMs ?? this.config.maxBlockMs, signal);
  }

  private accept(record: ProducerRecord, onDelivery: DeliveryCallback | undefined): undefined | Promise<void> {
    if (this.closing !== undefined) this.checkOpen();
    if (this.poison !== undefined) throw this.poison;
    const fault = faultOf(record);
    if (fault !== undefined) throw new ClientError('INVALID_RECORD', fault);
    if (this.accumulator.reserved >= 2 * this.config.bufferMemory) {
      this.instruments.counters['buffer-exhausted-total']++;
      throw new BufferExhaustedError(this.config.bufferMemory);
    }
    this.accumulator.append(
      this.traceContext === undefined ? record : this.traced(record, this.traceContext),
      onDelivery,
    );
    if (this.accumulator.full) {
      this.room ??= Promise.withResolvers<void>();
      this.sender.wake();
      return this.room.promise;
    }
    return this.sender.unseenBytes < this.turnBytes ? undefined : this.sender.turn();
  }

  /** What the hook throws costs the record its context and nothing else. */
  private traced(record: ProducerRecord, hook: TraceContextHook): ProducerRecord {
    try {
      return withTraceContext(record, hook(record));
    } catch (error) {
      if (!this.hookBlamed) {
        this.logger.error('traceContext threw: records go without a context, and this is not reported again', {
          cause: error instanceof Error ? error.message : String(error),
        });
      }
      this.hookBlamed = true;
      return record;
    }
  }

  private checkOpen(): void {
    if (this.closing !== undefined) throw new ClosedError('producer');
  }

  /** Asks for a topic's partitions, once at a time, no longer than max.block.ms. */
  private lookUp(topic: TopicQueues): void {
    const { name } = topic;
    if (this.lookups.has(name)) return;
    this.lookups.add(name);
    this.cluster.topic(name, this.cluster.deadline(this.config.maxBlockMs)).then(
      (info) => {
        this.lookups.delete(name);
        this.accumulator.topicKnown(info);
        this.makeRoom();
      },
      (error) => {
        this.lookups.delete(name);
        this.instruments.events.emit('error', { error, topic: name, records: topic.parked.length });
        this.accumulator.failParked(error, topic);
        this.cluster.unfollow(name);
        this.makeRoom();
      },
    );
  }

  private metadataChanged(): void {
    for (const name of this.accumulator.topics.keys()) {
      const info = this.cluster.image.topics.get(name);
      if (info !== undefined) this.accumulator.topicKnown(info);
    }
    this.sender.wake();
  }

  /** Resolves when every record taken so far is delivered or failed. */
  private async drain(): Promise<void> {
    this.sender.urgent++;
    this.sender.wake();
    try {
      for (const name of [...this.lookups]) {
        const topic = this.accumulator.topics.get(name);
        if (topic === undefined || topic.parked.length === 0) continue;
        await this.cluster.topic(name, this.cluster.deadline(this.config.maxBlockMs)).catch(ignore);
        // The look-up that parked them settles in the same turn or the next.
        while (topic.parked.length > 0 && this.lookups.has(name)) await this.cluster.sleep(1);
      }
      await new Promise<void>((resolve) => {
        const batches = [...this.accumulator.incomplete];
        let left = batches.length;
        if (left === 0) return resolve();
        const one = (): void => {
          left--;
          if (left === 0) resolve();
        };
        for (const batch of batches) batch.whenDone(one);
        this.sender.wake();
      });
    } finally {
      this.sender.urgent--;
    }
  }

  private async dropAndSettle(error: ClientError): Promise<void> {
    this.accumulator.failParked(error);
    this.sender.dropWaiting(error);
    await this.sender.settled();
    // What came back to be sent again must not get into the next transaction.
    this.sender.dropWaiting(error);
  }

  private batchDone(batch: ProducerBatch, error: ClientError | undefined): void {
    if (error !== undefined && batch.silentCount > 0) this.unreportedFailure(error, batch.silentCount);
    this.makeRoom();
  }
  private makeRoom(): void {
    if (this.room === undefined || this.accumulator.reserved > this.config.bufferMemory * 0.75) return;
    const { resolve } = this.room;
    this.room = undefined;
    resolve();
  }
  private unreportedFailure(error: ClientError, count: number): void {
    if (this.unreported === undefined) this.unreported = { error, count };
    else this.unreported.count += count;
  }
  private throwUnreported(): void {
    const { unreported } = this;
    this.unreported = undefined;
    if (unreported === undefined) return;
    const { error, count } = unreported;
    throw count === 1
      ? error
      : new ClientError(error.code, `${count} records failed, the first: ${error.message}`, {
          cause: error,
          fatal: error.fatal,
          abortable: error.abortable,
        });
  }

  /** A producer id came, or `failure` says that there will be none. */
  private identityChanged(failure: ClientError | undefined): void {
    if (failure !== undefined) {
      this.poison = failure;
      this.instruments.events.emit('error', { error: failure });
      this.logger.error('the producer is of no more use', { cause: failure.message });
    }
    this.sender.wake();
  }

  private async shutDown(): Promise<void> {
    const { transactions, patience } = this;
    if (transactions?.state.is('in transaction', 'abortable error')) {
      await patience.waitFor(transactions.end('abort', this.cluster.deadline(Number.POSITIVE_INFINITY)));
    } else if (transactions?.state.is('committing', 'aborting')) {
      await patience.waitFor(transactions.settled());
    } else {
      await patience.waitFor(this.drain());
    }
    this.sender.stop();
    const closed = new ClosedError('producer');
    this.accumulator.failParked(closed);
    this.sender.dropWaiting(closed);
    for (const batch of [...this.accumulator.incomplete]) {
      batch.fail(closed);
      this.instruments.batchFailed(batch.queue.topic, batch.queue.partition, batch.count, closed);
    }
    this.room?.resolve();
    await this.cluster.close();
    patience.dispose();
  }
}

function noDeadline(): Error {
  return new TimeoutError('the producer was closed before everything was delivered');
}
