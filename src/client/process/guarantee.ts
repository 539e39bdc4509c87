/**
 * The delivery guarantees by name, and what each needs of a producer and a consumer. The table is the promise: whoever
 * asks for a guarantee gets these settings, and is refused others that would break it.
 *
 * | Guarantee     | Producer                          | Consumer                          | What may happen            |
 * |---------------|-----------------------------------|-----------------------------------|----------------------------|
 * | at-most-once  | acks 0 or 1, no retries           | commits before it processes       | loss, no duplicates        |
 * | at-least-once | acks all, retries, idempotent     | commits after it has processed    | duplicates, no loss        |
 * | exactly-once  | transactional                     | read_committed, offsets inside    | neither                    |
 */
import { ConfigurationError } from '../errors.ts';
import type { ConsumerOptions, IsolationLevel } from '../options/consumer.ts';
import { camelCase } from '../options/normalise.ts';
import type { Both } from '../options/presets.ts';
import type { ProducerOptions } from '../options/producer.ts';

export const guarantees = ['at-most-once', 'at-least-once', 'exactly-once'] as const;
export type Guarantee = (typeof guarantees)[number];

type Decided = 'acks' | 'enable.idempotence' | 'enableIdempotence';

/** What may be given of the options that a guarantee decides. `retries` is checked when it runs: a type has no numbers but 0. */
interface LeftToProducer {
  'at-most-once': Both<'acks', 0 | 1> & Both<'enable.idempotence', false> & { readonly retries?: 0 | undefined };
  'at-least-once': Both<'acks', 'all' | -1> & Both<'enable.idempotence', boolean> & Pick<ProducerOptions, 'retries'>;
  'exactly-once': Both<'acks', 'all' | -1> & Both<'enable.idempotence', true> & Pick<ProducerOptions, 'retries'>;
}
interface LeftToConsumer {
  'at-most-once': Both<'enable.auto.commit', false> & Both<'isolation.level', IsolationLevel>;
  'at-least-once': Both<'enable.auto.commit', false> & Both<'isolation.level', IsolationLevel>;
  'exactly-once': Both<'enable.auto.commit', false> & Both<'isolation.level', 'read_committed'>;
}

type Owned = 'bootstrap.servers' | 'bootstrapServers' | 'ports' | 'logger' | 'preset';

/** Further options of the producer; those that contradict the guarantee do not compile. */
export type ProducerUnder<G extends Guarantee> = LeftToProducer[G] &
  Omit<ProducerOptions, Owned | Decided | 'retries' | 'traceContext' | 'transactional.id' | 'transactionalId'>;

/** Further options of the consumer; those that contradict the guarantee do not compile. */
export type ConsumerUnder<G extends Guarantee> = LeftToConsumer[G] &
  Omit<
    ConsumerOptions,
    Owned | 'group.id' | 'groupId' | 'enable.auto.commit' | 'enableAutoCommit' | 'isolation.level' | 'isolationLevel'
  >;

interface Settings {
  readonly producer: ProducerOptions;
  readonly consumer: ConsumerOptions;
}

const required: Readonly<Record<Guarantee, Settings>> = {
  'at-most-once': {
    producer: { acks: 1, retries: 0, enableIdempotence: false },
    consumer: { enableAutoCommit: false },
  },
  'at-least-once': {
    producer: { acks: 'all', enableIdempotence: true },
    consumer: { enableAutoCommit: false },
  },
  'exactly-once': {
    producer: { acks: 'all', enableIdempotence: true },
    consumer: { enableAutoCommit: false, isolationLevel: 'read_committed' },
  },
};

/** What may be given although it differs from the table, because the promise holds all the same. */
const tolerated: Readonly<Record<Guarantee, Readonly<Record<string, readonly unknown[]>>>> = {
  'at-most-once': { acks: [0] },
  'at-least-once': { acks: [-1], enableIdempotence: [false] },
  'exactly-once': { acks: [-1] },
};

/** What may not be given, of properties that the guarantee does not set itself. */
const broken: Readonly<Record<Guarantee, Readonly<Record<string, readonly unknown[]>>>> = {
  'at-most-once': {},
  'at-least-once': { retries: [0] },
  'exactly-once': { retries: [0] },
};

const isAmong = (values: readonly unknown[] | undefined, value: unknown): boolean =>
  values?.some((one) => String(one) === String(value)) ?? false;

const ownWord: Readonly<Record<string, string>> = {
  preset: 'the guarantee decides what a preset would; leave the preset out',
  traceContext: 'give traceContext to process itself, which carries it from record to outputs',
};

/**
 * What is given, completed by what the guarantee needs.
 * @throws ConfigurationError naming the guarantee, the property that contradicts it, and the cure
 */
export function settingsFor(guarantee: Guarantee, given: Settings): Settings {
  if (!guarantees.includes(guarantee)) {
    throw new ConfigurationError(`guarantee: one of ${guarantees.join(', ')} is wanted (got ${String(guarantee)})`);
  }
  for (const [client, options] of Object.entries(given)) {
    for (const key of ['preset', 'traceContext']) {
      if ((options as Readonly<Record<string, unknown>>)[key] === undefined) continue;
      throw new ConfigurationError(`${client}.${key} contradicts guarantee=${guarantee}: ${ownWord[key]}`);
    }
  }
  const { producer, consumer } = required[guarantee];
  return {
    producer: complete(guarantee, 'producer', producer, given.producer),
    consumer: complete(guarantee, 'consumer', consumer, given.consumer),
  };
}

function complete<T extends object>(guarantee: Guarantee, client: string, needed: T, given: T): T {
  const own = new Set<string>();
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const name = camelCase(key);
    own.add(name);
    if (client === 'producer' && isAmong(broken[guarantee][name], value)) {
      throw new ConfigurationError(
        `${client}.${key}=${String(value)} contradicts guarantee=${guarantee}: leave ${key} out, or choose another guarantee`,
      );
    }
    if (!Object.hasOwn(needed, name)) continue;
    const wanted = (needed as Readonly<Record<string, unknown>>)[name];
    if (String(value) === String(wanted) || isAmong(tolerated[guarantee][name], value)) continue;
    throw new ConfigurationError(
      `${client}.${key}=${String(value)} contradicts guarantee=${guarantee}, which needs ${key}=${String(wanted)}: ` +
        `leave ${key} out, or choose another guarantee`,
    );
  }
  const rest = Object.entries(needed).filter(([name]) => !own.has(name));
  return { ...given, ...Object.fromEntries(rest) } as T;
}
