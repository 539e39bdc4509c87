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
import { silentLogger } from '../../core/index.ts';
import { type Runtime, runtimeOf } from '../connections/runtime.ts';
import { Consumer } from '../consumer/consumer.ts';
import type { ConsumerRecord } from '../consumer/records.ts';
import { ConfigurationError } from '../errors.ts';
import type { ConsumerOptions } from '../options/consumer.ts';
import { normaliseProducerOptions, type ProducerOptions } from '../options/producer.ts';
import { Producer } from '../producer/producer.ts';
import { Topic, type TypedRecord } from '../topic.ts';
import { type TraceContext, traceContextOf, validTraceContext, withTraceContext } from '../trace-context.ts';
import { AtLeastOnce, AtMostOnce } from './acknowledged.ts';
import { ExactlyOnce } from './exactly-once.ts';
import { type Guarantee, settingsFor } from './guarantee.ts';
import {
  checkProcessOptions,
  type Output,
  type Outputs,
  type ProcessOptions,
  type TypedOutputs,
  type TypedProcessOptions,
} from './options.ts';
import { ProcessInstruments } from './process-instruments.ts';
import { Processing } from './processing.ts';
import type { HandlerCall, Send, Transform, Work } from './work.ts';

const COMMIT_INTERVAL_MS = 100;
/** A dead instance's transaction holds readers back for as long as this. */
const TRANSACTION_TIMEOUT_MS = 10_000;

/** Begins at once. @throws ConfigurationError for options that are unknown, missing or wrong, or contradict the guarantee */
export function process<KI, VI, KO, VO, G extends Guarantee>(
  options: TypedProcessOptions<KI, VI, KO, VO, G>,
): Processing;
export function process<G extends Guarantee>(options: ProcessOptions<G>): Processing;
export function process<KI, VI, KO, VO>(given: ProcessOptions | TypedProcessOptions<KI, VI, KO, VO>): Processing {
  checkProcessOptions(given);
  const options =
    given.from instanceof Topic ? untyped(given as TypedProcessOptions<KI, VI, KO, VO>) : (given as ProcessOptions);
  const { group, guarantee, from, commitIntervalMs = COMMIT_INTERVAL_MS } = options;
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
  const transactionalId = `${group}-${options.instanceId ?? randomName(runtime)}`;
  const transactional = { transactionalId, ...timeoutOf(settings.producer) };
  if (guarantee === 'exactly-once') {
    // Its producers are made later, and what is wrong is to be said now.
    const { config } = normaliseProducerOptions({ ...settings.producer, ...transactional, ...surroundings });
    checkInterval(commitIntervalMs, config.transactionTimeoutMs);
  }
  const work = ((): Work => {
    switch (guarantee) {
      case 'at-most-once':
        return new AtMostOnce(consumer, makeProducer(), logger, () => {
          instruments.counters['output-lost-total']++;
        });
      case 'at-least-once':
        return new AtLeastOnce(consumer, makeProducer());
      case 'exactly-once':
        return new ExactlyOnce(consumer, () => makeProducer(transactional), runtime);
    }
  })();
  const topics = typeof from === 'string' ? [from] : from;
  const transform = transformOf(options);
  const { signal } = options;
  return new Processing({ consumer, work, transform, topics, commitIntervalMs, runtime, instruments, signal });
}

function timeoutOf(given: ProducerOptions): ProducerOptions {
  const isGiven = given.transactionTimeoutMs !== undefined || given['transaction.timeout.ms'] !== undefined;
  return isGiven ? {} : { transactionTimeoutMs: TRANSACTION_TIMEOUT_MS };
}

function checkInterval(commitIntervalMs: number, transactionTimeoutMs: number): void {
  if (commitIntervalMs < transactionTimeoutMs) return;
  throw new ConfigurationError(
    `commitIntervalMs=${commitIntervalMs} contradicts transaction.timeout.ms=${transactionTimeoutMs}: transactions would be ` +
      'aborted before they are committed; commit more often, or raise it with producer: { transactionTimeoutMs }',
  );
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
    handler: (
      record: ConsumerRecord,
      traceContext: TraceContext | undefined,
      call: HandlerCall,
    ): Outputs | Promise<Outputs> => {
      const outputs = handler(from.read(record), traceContext, call);
      return outputs instanceof Promise ? outputs.then(written) : written(outputs);
    },
  };
}

function transformOf({ handler, to, traceContext: carry }: ProcessOptions): Transform {
  const handle = handler as (
    record: ConsumerRecord,
    traceContext: TraceContext | undefined,
    call: HandlerCall,
  ) => Outputs | Promise<Outputs>;
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
  return (record, send, call) => {
    const context = carry === undefined ? undefined : contextFor(record, carry);
    const outputs = handle(record, context, call);
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
