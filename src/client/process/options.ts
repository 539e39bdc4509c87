/** The options of `process`, and their check before anything begins: names that it does not have, and what is missing or wrong. */
import type { Logger, Ports } from '../../core/index.ts';
import type { ConsumerRecord } from '../consumer/records.ts';
import { ConfigurationError } from '../errors.ts';
import { hintAt } from '../options/normalise.ts';
import type { SaslOptions } from '../options/sasl.ts';
import type { SslOptions } from '../options/ssl.ts';
import type { ProducerRecord } from '../producer/records.ts';
import { type ReadRecord, Topic, type TypedRecord } from '../topic.ts';
import type { TraceCarrier, TraceContext } from '../trace-context.ts';
import type { ConsumerUnder, Guarantee, ProducerUnder } from './guarantee.ts';
import type { HandlerCall } from './work.ts';

/** A record to be written; to the topic `to` where it names none. */
export type Output = Omit<ProducerRecord, 'topic'> & { readonly topic?: string };

export type Outputs = Output | readonly Output[] | undefined;

/** `G`: of a guarantee that is known, no options that contradict it. */
export interface ProcessOptions<G extends Guarantee = Guarantee> {
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
  readonly guarantee: G;
  /**
   * Called for each record, in order within a partition, one at a time. What it throws ends the processing: what is not
   * final is taken back, and `done` rejects. `call.signal` is aborted when the processing is to end, which waits for the
   * call: a handler that then rejects with an AbortError, or with the signal's reason, has not handled its record.
   */
  readonly handler:
    | ((
        record: ConsumerRecord,
        traceContext: TraceContext | undefined,
        call: HandlerCall,
      ) => Outputs | Promise<Outputs>)
    | ((record: ConsumerRecord, traceContext: TraceContext | undefined, call: HandlerCall) => void | Promise<void>);
  /**
   * Carries the W3C trace context from a record to the outputs made of it, unless an output has one of its own. `true`: as
   * it came. A function: what it makes of that, once for each record, before the handler. The handler gets it too. Without it
   * no header is looked at.
   */
  readonly traceContext?:
    | true
    | ((input: TraceContext | undefined, record: ConsumerRecord) => TraceCarrier | undefined);
  /**
   * How often positions (and transactions) are committed, milliseconds; between two calls of the handler, so also in the middle of
   * what one poll brought. With exactly-once less than transaction.timeout.ms. @default 100
   */
  readonly commitIntervalMs?: number;
  /** A name of this instance that a restart keeps: what it left open is then aborted at once. @default a random one */
  readonly instanceId?: string;
  /** Ends it, as `close` does: after the call of the handler that is running. */
  readonly signal?: AbortSignal;
  /** Further options of the consumer; those that the guarantee decides are refused. */
  readonly consumer?: ConsumerUnder<G>;
  /**
   * Further options of the producer; those that contradict the guarantee are refused. With exactly-once `transactionTimeoutMs` is
   * 10 seconds where it is not given: longer than any call of the handler takes, it is how long a dead instance holds readers back.
   */
  readonly producer?: ProducerUnder<G>;
  /** How to encrypt, for the consumer and the producer. */
  readonly ssl?: boolean | SslOptions;
  /** How to log in, for the consumer and the producer. */
  readonly sasl?: SaslOptions;
  readonly ports?: Partial<Ports>;
  readonly logger?: Logger;
}

/** The same between topics with types: the handler gets what `from` holds, and returns what `to` takes. */
export interface TypedProcessOptions<KI, VI, KO, VO, G extends Guarantee = Guarantee>
  extends Omit<ProcessOptions<G>, 'from' | 'to' | 'handler'> {
  readonly from: Topic<KI, VI>;
  readonly to: Topic<KO, VO>;
  readonly handler: (
    record: ReadRecord<KI, VI>,
    traceContext: TraceContext | undefined,
    call: HandlerCall,
  ) => TypedOutputs<KO, VO> | Promise<TypedOutputs<KO, VO>>;
}

export type TypedOutputs<K, V> = TypedRecord<K, V> | readonly TypedRecord<K, V>[] | undefined;

const names: Readonly<Record<keyof ProcessOptions, true>> = {
  bootstrapServers: true,
  from: true,
  to: true,
  group: true,
  guarantee: true,
  handler: true,
  traceContext: true,
  commitIntervalMs: true,
  instanceId: true,
  signal: true,
  consumer: true,
  producer: true,
  ssl: true,
  sasl: true,
  ports: true,
  logger: true,
};

/** @throws ConfigurationError naming the option and the cure */
export function checkProcessOptions(given: unknown): void {
  if (!isObject(given)) throw new ConfigurationError('process wants an object of options');
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && !Object.hasOwn(names, name)) {
      throw new ConfigurationError(`process has no option ${name}${hintAt(name, Object.keys(names))}`);
    }
  }
  const { bootstrapServers, from, to, group, handler, traceContext, commitIntervalMs, instanceId, signal } = given;
  if (bootstrapServers === undefined) {
    throw new ConfigurationError('bootstrapServers is missing: give host:port');
  }
  if (!isName(group)) throw new ConfigurationError('group is missing: name the consumer group');
  if (from === undefined) throw new ConfigurationError('from is missing: name the topic to read');
  const topics = Array.isArray(from) ? from : [from];
  const isTopics = from instanceof RegExp || from instanceof Topic || (topics.length > 0 && topics.every(isName));
  if (!isTopics) {
    throw new ConfigurationError('from: a topic’s name, several, a pattern, or a topic with types is wanted');
  }
  if (typeof handler !== 'function') {
    throw new ConfigurationError('handler is missing: give the function that is called for each record');
  }
  if (from instanceof Topic && !(to instanceof Topic)) {
    throw new ConfigurationError('to: a topic with types is wanted, as `from` is one');
  }
  if (!(from instanceof Topic) && to !== undefined && !isName(to)) {
    throw new ConfigurationError('to: a topic’s name is wanted, as `from` is not a topic with types');
  }
  if (commitIntervalMs !== undefined && !(typeof commitIntervalMs === 'number' && commitIntervalMs >= 1)) {
    throw new ConfigurationError(`commitIntervalMs=${String(commitIntervalMs)}: at least 1 is wanted`);
  }
  if (traceContext !== undefined && traceContext !== true && typeof traceContext !== 'function') {
    throw new ConfigurationError('traceContext: true or a function is wanted; leave it out for none');
  }
  if (instanceId !== undefined && !isName(instanceId)) {
    throw new ConfigurationError('instanceId: a text that is not empty is wanted');
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new ConfigurationError('signal: an AbortSignal is wanted');
  }
  for (const client of ['consumer', 'producer']) {
    if (given[client] === undefined || isObject(given[client])) continue;
    throw new ConfigurationError(`${client}: an object of further options of the ${client} is wanted`);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
