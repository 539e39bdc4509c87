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
import type { ConsumerOptions } from '../options/consumer.ts';
import { camelCase } from '../options/normalise.ts';
import type { ProducerOptions } from '../options/producer.ts';

export const guarantees = ['at-most-once', 'at-least-once', 'exactly-once'] as const;
export type Guarantee = (typeof guarantees)[number];

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
  'at-least-once': { enableIdempotence: [false] },
  'exactly-once': {},
};

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
    if (!Object.hasOwn(needed, name)) continue;
    const wanted = (needed as Readonly<Record<string, unknown>>)[name];
    if (String(value) === String(wanted) || tolerated[guarantee][name]?.some((it) => String(it) === String(value))) {
      continue;
    }
    throw new ConfigurationError(
      `${client}.${key}=${String(value)} contradicts guarantee=${guarantee}, which needs ${key}=${String(wanted)}: ` +
        `leave ${key} out, or choose another guarantee`,
    );
  }
  const rest = Object.entries(needed).filter(([name]) => !own.has(name));
  return { ...given, ...Object.fromEntries(rest) } as T;
}
