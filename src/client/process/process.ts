/**
 * `process`: consume, transform, produce, under a guarantee that is one word. It sets up the producer and the consumer as
 * the guarantee needs them, runs the loop, hands partitions over cleanly when the group moves, and takes back and repeats
 * what failed. Instances of one group share its partitions: start more of them to go faster.
 *
 * ```ts
 * await using billing = process({
 *   bootstrapServers: 'localhost:9092',
 *   group: 'billing',
 *   from: 'orders',
 *   to: 'invoices',
 *   guarantee: 'exactly-once',
 *   handler: (order) => ({ key: order.key, value: invoiceFor(order.value) }),
 * });
 * await billing.done;
 * ```
 */
import { type Logger, type Ports, silentLogger } from '../../core/index.ts';
import { type Runtime, runtimeOf } from '../connections/runtime.ts';
import { Consumer } from '../consumer/consumer.ts';
import type { ConsumerRecord } from '../consumer/records.ts';
import { ConfigurationError } from '../errors.ts';
import type { ConsumerOptions } from '../options/consumer.ts';
import type { ProducerOptions } from '../options/producer.ts';
import type { SaslOptions } from '../options/sasl.ts';
import type { SslOptions } from '../options/ssl.ts';
import { Producer } from '../producer/producer.ts';
import type { ProducerRecord } from '../producer/records.ts';
import { type ReadRecord, Topic, type TypedRecord } from '../topic.ts';
import {
  type TraceCarrier,
  type TraceContext,
  traceContextOf,
  validTraceContext,
  withTraceContext,
} from '../trace-context.ts';
import { AtLeastOnce, AtMostOnce } from './acknowledged.ts';
import { ExactlyOnce } from './exactly-once.ts';
import { type Guarantee, settingsFor } from './guarantee.ts';
import { ProcessInstruments } from './process-instruments.ts';
import { Processing } from './processing.ts';
import type { Send, Transform, Work } from './work.ts';

/** A record to be written; to the topic `to` where it names none. */
export type Output = Omit<ProducerRecord, 'topic'> & { readonly topic?: string };

export type Outputs = Output | readonly Output[] | undefined;

type Owned = 'bootstrap.servers' | 'bootstrapServers' | 'ports' | 'logger';
type OwnedByProducer =
  | Owned
  | 'preset'
  | 'traceContext'
  | 'transactional.id'
  | 'transactionalId'
  | 'enable.idempotence'
  | 'enableIdempotence';
type OwnedByConsumer =
  | Owned
  | 'preset'
  | 'group.id'
  | 'groupId'
  | 'enable.auto.commit'
  | 'enableAutoCommit'
  | 'isolation.level'
  | 'isolationLevel';

export interface ProcessOptions {
  /** `host:port`, several separated by commas. */
  readonly bootstrapServers: string | readonly string[];
  /** The topics to read. */
  readonly from: string | readonly string[] | RegExp;
  /** The topic for outputs that name none. */
  readonly to?: string;
  /** Instances with the same group share the partitions. */
  readonly group: string;
  /**
   * - `at-most-once`: positions are committed before the work. A failure loses records; none is handled twice.
   * - `at-least-once`: positions are committed once every output is acknowledged. A failure repeats records; none is lost.
   * - `exactly-once`: outputs and positions are one transaction; a failure aborts it, and it is done again. Effects of the
   *   handler outside Kafka are not part of it. Readers of the output use read_committed.
   */
  readonly guarantee: Guarantee;
  /**
   * Called for each record, in order within a partition, one at a time. What it throws ends the processing: what is not
   * final is taken back, and `done` rejects.
   */
  readonly handler:
    | ((record: ConsumerRecord, traceContext?: TraceContext) => Outputs | Promise<Outputs>)
    | ((record: ConsumerRecord, traceContext?: TraceContext) => void | Promise<void>);
  /**
   * Carries the W3C trace context from a record to the outputs made of it, unless an output has one of its own. `true`: as
   * it came. A function: what it makes of that, once for each record, before the handler. The handler gets it too. Without it
   * no header is looked at.
   */
  readonly traceContext?:
    | true
    | ((input: TraceContext | undefined, record: ConsumerRecord) => TraceCarrier | undefined);
  /** How often positions (and transactions) are committed, milliseconds. @default 100 */
  readonly commitIntervalMs?: number;
  /** A name of this instance that a restart keeps: what it left open is then aborted at once. @default a random one */
  readonly instanceId?: string;
  /** Ends it, as `close` does. */
  readonly signal?: AbortSignal;
  /** Further options of the consumer; those that the guarantee decides are refused. */
  readonly consumer?: Omit<ConsumerOptions, OwnedByConsumer>;
  /** Further options of the producer; those that the guarantee decides are refused. */
  readonly producer?: Omit<ProducerOptions, OwnedByProducer>;
  /** How to encrypt, for the consumer and the producer. */
  readonly ssl?: boolean | SslOptions;
  /** How to log in, for the consumer and the producer. */
  readonly sasl?: SaslOptions;
  readonly ports?: Partial<Ports>;
  readonly logger?: Logger;
}

const COMMIT_INTERVAL_MS = 100;
/** A dead instance's transaction holds readers back for as long as this. */
const TRANSACTION_TIMEOUT_MS = 10_000;

/** The same between topics with types: the handler gets what `from` holds, and returns what `to` takes. */
export interface TypedProcessOptions<KI, VI, KO, VO> extends Omit<ProcessOptions, 'from' | 'to' | 'handler'> {
  readonly from: Topic<KI, VI>;
  readonly to: Topic<KO, VO>;
  readonly handler: (
    record: ReadRecord<KI, VI>,
    traceContext?: TraceContext,
  ) => TypedOutputs<KO, VO> | Promise<TypedOutputs<KO, VO>>;
}

export type TypedOutputs<K, V> = TypedRecord<K, V> | readonly TypedRecord<K, V>[] | undefined;

/** Begins at once. @throws ConfigurationError for options that are wrong, or contradict the guarantee */
export function process<KI, VI, KO, VO>(options: TypedProcessOptions<KI, VI, KO, VO>): Processing;
export function process(options: ProcessOptions): Processing;
export function process<KI, VI, KO, VO>(given: ProcessOptions | TypedProcessOptions<KI, VI, KO, VO>): Processing {
  const options =
    given.from instanceof Topic ? untyped(given as TypedProcessOptions<KI, VI, KO, VO>) : (given as ProcessOptions);
  const { group, guarantee, from, commitIntervalMs = COMMIT_INTERVAL_MS } = options;
  if (typeof group !== 'string' || group === '')
    throw new ConfigurationError('group is missing: name the consumer group');
  if (!(commitIntervalMs >= 1))
    throw new ConfigurationError(`commitIntervalMs=${commitIntervalMs}: at least 1 is wanted`);
  const runtime = runtimeOf({ ports: options.ports, logger: options.logger });
  const logger = options.logger ?? silentLogger;
  const { ports, bootstrapServers, ssl, sasl } = options;
  const security = { ...(ssl === undefined ? {} : { ssl }), ...(sasl === undefined ? {} : { sasl }) };
  const surroundings = { ports, logger: options.logger, bootstrapServers, ...security };
  const settings = settingsFor(guarantee, {
    producer: (options.producer ?? {}) as ProducerOptions,
    consumer: (options.consumer ?? {}) as ConsumerOptions,
  });
  const instruments = new ProcessInstruments(logger);
  const consumer = new Consumer({ autoOffsetReset: 'earliest', ...settings.consumer, ...surroundings, groupId: group });
  instruments.consumer = consumer;
  const makeProducer = (extra: ProducerOptions = {}) => {
    const producer = new Producer({ ...extra, ...settings.producer, ...surroundings }, instruments.ofProducers);
    instruments.producer = producer;
    return producer;
  };
  const work = ((): Work => {
    switch (guarantee) {
      case 'at-most-once':
        return new AtMostOnce(consumer, makeProducer(), logger);
      case 'at-least-once':
        return new AtLeastOnce(consumer, makeProducer());
      case 'exactly-once': {
        const transactionalId = `${group}-${options.instanceId ?? randomName(runtime)}`;
        const transactional = { transactionalId, transactionTimeoutMs: TRANSACTION_TIMEOUT_MS };
        return new ExactlyOnce(consumer, () => makeProducer(transactional), logger);
      }
    }
  })();
  const topics = typeof from === 'string' ? [from] : from;
  const transform = transformOf(options);
  const { signal } = options;
  return new Processing({ consumer, work, transform, topics, commitIntervalMs, runtime, instruments, signal });
}

function untyped<KI, VI, KO, VO>(options: TypedProcessOptions<KI, VI, KO, VO>): ProcessOptions {
  const { from, to, handler } = options;
  const written = (outputs: TypedOutputs<KO, VO>): Outputs => {
    if (outputs === undefined) return undefined;
    return Array.isArray(outputs)
      ? outputs.map((output: TypedRecord<KO, VO>) => to.record(output))
      : to.record(outputs as TypedRecord<KO, VO>);
  };
  return {
    ...options,
    from: from.name,
    to: to.name,
    handler: (record: ConsumerRecord, traceContext?: TraceContext): Outputs | Promise<Outputs> => {
      const outputs = handler(from.read(record), traceContext);
      return outputs instanceof Promise ? outputs.then(written) : written(outputs);
    },
  };
}

function transformOf({ handler, to, traceContext: carry }: ProcessOptions): Transform {
  const handle = handler as (record: ConsumerRecord, traceContext?: TraceContext) => Outputs | Promise<Outputs>;
  const putOne = (output: Output, send: Send, context: TraceContext | undefined): undefined | Promise<void> => {
    const topic = output.topic ?? to;
    if (topic === undefined) throw new ConfigurationError('an output names no topic, and there is no `to`: give one');
    return send(withTraceContext({ ...output, topic }, context));
  };
  const put = (outputs: Outputs, send: Send, context: TraceContext | undefined): undefined | Promise<void> => {
    if (outputs === undefined) return undefined;
    if (!Array.isArray(outputs)) return putOne(outputs as Output, send, context);
    let full: undefined | Promise<void>;
    for (const output of outputs as readonly Output[]) full = putOne(output, send, context) ?? full;
    return full;
  };
  return (record, send) => {
    const context = carry === undefined ? undefined : contextFor(record, carry);
    const outputs = context === undefined ? handle(record) : handle(record, context);
    return outputs instanceof Promise ? outputs.then((made) => put(made, send, context)) : put(outputs, send, context);
  };
}

function contextFor(
  record: ConsumerRecord,
  carry: NonNullable<ProcessOptions['traceContext']>,
): TraceContext | undefined {
  const input = traceContextOf(record);
  return carry === true ? input : validTraceContext(carry(input, record));
}

function randomName({ random }: Runtime): string {
  return Buffer.from(random.bytes(9)).toString('base64url');
}
