/**
 * Settings by use: what is moved, what may go wrong, and what that asks of the producer and of the consumer. A preset is a
 * promise: what is given besides may change anything but what the promise rests on.
 *
 * | Preset          | Producer                           | Consumer                                 | Gives                          |
 * |-----------------|------------------------------------|------------------------------------------|--------------------------------|
 * | log-collection  | acks 0, snappy, large batches      | as it is                                 | at-most-once                   |
 * | general-events  | acks all (or 1), retries, lz4      | earliest                                 | at-least-once (1: see below)   |
 * | critical-events | acks all, idempotent               | earliest or none, no automatic commits   | at-least-once, no copies by retries |
 * | payments        | transactional, acks all, idempotent| read_committed, and as critical-events   | exactly-once in Kafka          |
 */
import { ConfigurationError } from '../errors.ts';
import { type CamelCase, camelCase } from './normalise.ts';

export const presetNames = ['log-collection', 'general-events', 'critical-events', 'payments'] as const;
export type PresetName = (typeof presetNames)[number];

type Value = string | number | boolean;

/** What a preset says of one property. */
interface Rule {
  /** Where it is not given; undefined: the client's own default. */
  readonly value?: Value;
  /** What else may be given; undefined: anything. Empty: nothing but `value`. */
  readonly or?: readonly Value[];
  /** What may not be given; goes before `or`. */
  readonly not?: readonly Value[];
  /** It must be given. */
  readonly required?: true;
  /** It may not be given. */
  readonly absent?: true;
  /** Completes "which". */
  readonly because?: string;
}

type Rules = Readonly<Record<string, Rule>>;

export interface Preset {
  /** What it is for. */
  readonly use: string;
  /** What it promises. */
  readonly guarantee: string;
  /** What may happen all the same. */
  readonly mayHappen: string;
  readonly producer: Rules;
  readonly consumer: Rules;
}

const notTransactional: Rule = {
  absent: true,
  because: 'sends outside transactions: choose preset=payments for them',
};
const nothingSkipped: Rule = {
  value: 'earliest',
  or: ['none'],
  because: 'skips no record that is there when a group begins',
};

export const presets: Readonly<Record<PresetName, Preset>> = {
  'log-collection': {
    use: 'logs, metrics, clicks: many, small, and each of little worth',
    guarantee: 'at-most-once',
    mayHappen:
      'Nobody answers: what is on its way when a connection or a broker dies is gone, and so is what the broker refuses. ' +
      'The client cannot tell. Nothing comes twice.',
    producer: {
      acks: { value: 0, or: [], because: 'waits for no answer' },
      'enable.idempotence': { value: false, or: [], because: 'has no answers to number records for' },
      'transactional.id': notTransactional,
      'compression.type': { value: 'snappy' },
      'linger.ms': { value: 50 },
      'batch.size': { value: 65_536 },
    },
    consumer: {},
  },
  'general-events': {
    use: 'events between services whose readers can live with one that comes twice',
    guarantee: 'at-least-once; with acks=1 only while the leader lives',
    mayHappen:
      'A reader that dies before its commit reads again. With acks=1 an acknowledged record is lost when the leader dies ' +
      'before the others have copied it, and retries may double or reorder records.',
    producer: {
      acks: { value: 'all', or: [1, -1], because: 'sends again what was not acknowledged' },
      retries: { not: [0], because: 'sends again what was not acknowledged' },
      'transactional.id': notTransactional,
      'compression.type': { value: 'lz4' },
      'linger.ms': { value: 20 },
      'batch.size': { value: 32_768 },
    },
    consumer: { 'auto.offset.reset': { value: 'earliest' } },
  },
  'critical-events': {
    use: 'events of which none may be missing, and which retries must not double or reorder',
    guarantee: 'at-least-once, each record once and in order in the log',
    mayHappen:
      'The log has each record once as long as one producer lives: a program that restarts and sends again what it is not ' +
      'sure of sends a new record. A reader that dies before its commit reads again. In a cluster, min.insync.replicas=2.',
    producer: {
      acks: { value: 'all', or: [-1], because: 'counts a record as sent once the in-sync replicas have it' },
      'enable.idempotence': { value: true, or: [], because: 'numbers its records, so that retries leave no copies' },
      retries: { not: [0], because: 'sends again what was not acknowledged' },
      'transactional.id': notTransactional,
    },
    consumer: {
      'enable.auto.commit': { value: false, or: [], because: 'commits what was handled, not what was read' },
      'auto.offset.reset': nothingSkipped,
    },
  },
  payments: {
    use: 'payments, balances: what is read, written and committed as one',
    guarantee: 'exactly-once, for what is in Kafka and read with read_committed',
    mayHappen:
      'Transactions that fail are aborted and done again; readers wait for open ones, at most transaction.timeout.ms. What ' +
      'is done outside Kafka (a call, a mail) is not part of it and may happen again.',
    producer: {
      'transactional.id': { required: true, because: 'sends in transactions: give each instance an id that it keeps' },
      acks: { value: 'all', or: [-1], because: 'counts a record as sent once the in-sync replicas have it' },
      'enable.idempotence': { value: true, or: [], because: 'numbers its records' },
      retries: { not: [0], because: 'sends again what was not acknowledged' },
    },
    consumer: {
      'isolation.level': { value: 'read_committed', or: [], because: 'reads nothing of open or aborted transactions' },
      'enable.auto.commit': { value: false, or: [], because: 'commits its positions inside the transactions' },
      'auto.offset.reset': nothingSkipped,
    },
  },
};

/**
 * What is given, completed by its preset. The preset itself stays among the options.
 * @throws ConfigurationError naming the preset, what contradicts it, why, and the cure
 */
export function withPreset<Given extends { readonly preset?: string | undefined }>(
  client: 'producer' | 'consumer',
  given: Given,
): Given {
  const { preset } = given;
  if (preset === undefined) return given;
  if (!presetNames.some((name) => name === preset)) {
    throw new ConfigurationError(`preset: one of ${presetNames.join(', ')} is wanted (got ${JSON.stringify(preset)})`);
  }
  const completed: Record<string, unknown> = { ...given };
  for (const [name, rule] of Object.entries(presets[preset as PresetName][client])) {
    const key = [name, camelCase(name)].find((spelling) => completed[spelling] !== undefined);
    if (key !== undefined) {
      if (!allows(rule, completed[key])) throw contradiction(preset, key, completed[key], rule);
    } else if (rule.required) {
      throw new ConfigurationError(`preset=${preset} needs ${name}: it ${rule.because}`);
    } else if (rule.value !== undefined) {
      completed[camelCase(name)] = rule.value;
    }
  }
  return completed as Given;
}

function allows({ value, or, not, absent }: Rule, given: unknown): boolean {
  const isOneOf = (values: readonly Value[]): boolean => values.some((one) => String(one) === String(given));
  if (absent) return false;
  if (not !== undefined) return !isOneOf(not);
  if (or === undefined || given === value) return true;
  return isOneOf([...or, ...(value === undefined ? [] : [value])]);
}

function contradiction(preset: string, key: string, value: unknown, { because }: Rule): ConfigurationError {
  return new ConfigurationError(
    `${key}=${String(value)} contradicts preset=${preset}, which ${because}: leave ${key} out, or choose another preset`,
  );
}

/** A property under both of its names. */
export type Both<Name extends string, T> = { readonly [Key in Name | CamelCase<Name>]?: T | undefined };

/** No preset: what a wrapper takes that hands options on. */
export interface NoPreset {
  readonly preset?: undefined;
}

/** The preset of a producer, and what it leaves open. */
export type ProducerPreset =
  | ({ readonly preset: 'log-collection' } & Both<'acks', 0> &
      Both<'enable.idempotence', false> &
      Both<'transactional.id', never>)
  | ({ readonly preset: 'general-events' } & Both<'acks', 1 | 'all' | -1> & Both<'transactional.id', never>)
  | ({ readonly preset: 'critical-events' } & Both<'acks', 'all' | -1> &
      Both<'enable.idempotence', true> &
      Both<'transactional.id', never>)
  | ({ readonly preset: 'payments' } & Both<'acks', 'all' | -1> &
      Both<'enable.idempotence', true> &
      ({ readonly 'transactional.id': string } | { readonly transactionalId: string }));

/** The preset of a consumer, and what it leaves open. */
export type ConsumerPreset =
  | { readonly preset: 'log-collection' | 'general-events' }
  | ({ readonly preset: 'critical-events' } & Both<'enable.auto.commit', false> &
      Both<'auto.offset.reset', 'earliest' | 'none'>)
  | ({ readonly preset: 'payments' } & Both<'enable.auto.commit', false> &
      Both<'isolation.level', 'read_committed'> &
      Both<'auto.offset.reset', 'earliest' | 'none'>);
