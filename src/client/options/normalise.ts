/**
 * Reads the options of a client. Each option has Kafka's dotted name; its camelCase form is accepted as well
 * (`linger.ms` = `lingerMs`). What is unknown is refused with the nearest known name.
 */
import { ConfigurationError } from '../errors.ts';
import type { NotTakenTable } from './not-taken.ts';

/** One option of a client. */
export interface OptionDefinition<T> {
  /** What it is and in which unit. */
  readonly doc: string;
  readonly default: T;
  /** @throws ConfigurationError-worthy text as an Error when the value is no good */
  readonly parse: (value: unknown) => T;
  /** Its value is never shown. */
  readonly secret?: true;
}

export type OptionTable = Readonly<Record<string, OptionDefinition<unknown>>>;

export type CamelCase<Name extends string> = Name extends `${infer Head}.${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/** What a user may pass: every option under both of its names. */
export type GivenOptions<Table> = {
  [Name in keyof Table as CamelCase<Name & string>]?: Input<Table[Name]> | undefined;
} & {
  [Name in keyof Table]?: Input<Table[Name]> | undefined;
};
/** What may be given of the properties that are not taken: what happens anyway. */
export type GivenNotTaken<Table extends NotTakenTable> = {
  readonly [Name in keyof Table as Table[Name] extends { readonly accepts: readonly unknown[] }
    ? Name | CamelCase<Name & string>
    : never]?: Table[Name] extends { readonly accepts: readonly (infer Accepted)[] } ? Accepted | undefined : never;
};

/** What the client works with: every option present, in camelCase. */
export type Options<Table> = {
  readonly [Name in keyof Table as CamelCase<Name & string>]: Output<Table[Name]>;
};
type Output<Definition> = Definition extends OptionDefinition<infer T> ? T : never;
type Input<Definition> = Definition extends { readonly input: infer T } ? T : Output<Definition>;

export interface Normalised<Table> {
  readonly options: Options<Table>;
  /** Dotted names of the options that the user set. */
  readonly given: ReadonlySet<string>;
}

/** Another client, whose options may have been meant. */
export interface Elsewhere {
  readonly client: string;
  readonly table: OptionTable;
}

/** `max.poll.records` -> `maxPollRecords` */
export function camelCase(name: string): string {
  return name.replace(/\.([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** @throws ConfigurationError for an unknown name, a value out of its type or range, one option given twice */
export function normalise<Table extends OptionTable>(
  table: Table,
  given: object,
  client: string,
  others: ReadonlySet<string> = new Set(),
  notTaken: NotTakenTable = {},
  elsewhere?: Elsewhere,
): Normalised<Table> {
  const names = new Map<string, string>();
  for (const name of Object.keys(table)) {
    names.set(name, name);
    names.set(camelCase(name), name);
  }
  const options: Record<string, unknown> = {};
  for (const [name, definition] of Object.entries(table)) options[camelCase(name)] = definition.default;
  const givenAs = new Map<string, string>();
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined || others.has(key)) continue;
    const name = names.get(key);
    if (name === undefined) {
      if (changesNothing(key, value, client, notTaken)) continue;
      throw unknown(key, [...names.keys()], client, elsewhere);
    }
    const earlier = givenAs.get(name);
    if (earlier !== undefined) {
      throw new ConfigurationError(`${earlier} and ${key} are two names of one option: give one of them`);
    }
    givenAs.set(name, key);
    try {
      options[camelCase(name)] = table[name]!.parse(value);
    } catch (error) {
      const got = table[name]!.secret ? '' : ` (got ${shown(value)})`;
      throw new ConfigurationError(`${key}: ${(error as Error).message}${got}`);
    }
  }
  return { options: options as Options<Table>, given: new Set(givenAs.keys()) };
}

/** As JSON where that says it: it knows neither NaN nor a bigint. */
export function shown(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}n` : part));
}

/**
 * Whether it is a property that says what happens anyway.
 * @throws ConfigurationError with the reason where it is one that is not taken
 */
function changesNothing(key: string, value: unknown, client: string, notTaken: NotTakenTable): boolean {
  const found = Object.entries(notTaken).find(([name]) => key === name || key === camelCase(name));
  if (found === undefined) return false;
  const [, { reason, accepts }] = found;
  if (accepts?.some((accepted) => String(accepted) === String(value))) return true;
  throw new ConfigurationError(`${client} does not take ${key}: ${reason}`);
}

function unknown(key: string, known: readonly string[], client: string, elsewhere?: Elsewhere): ConfigurationError {
  if (elsewhere !== undefined && Object.keys(elsewhere.table).some((name) => key === name || key === camelCase(name))) {
    return new ConfigurationError(
      `${client} has no option ${key}: it is an option of ${elsewhere.client}, give it there`,
    );
  }
  return new ConfigurationError(`${client} has no option ${key}${hintAt(key, known)}`);
}

/** At the known name that somebody may have meant, for the end of a message; empty where none is like it. */
export function hintAt(key: string, known: readonly string[]): string {
  let best: string | undefined;
  let bestDistance = Math.max(3, Math.floor(key.length / 2));
  for (const name of known) {
    const distance = editDistance(key.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best === undefined ? '' : `; did you mean ${best}?`;
}

/** Levenshtein's distance. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(swap, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}

/** An option whose given form is wider than what it becomes. */
export interface OptionWithInput<T, Given> extends OptionDefinition<T> {
  /** Type only. */
  readonly input: Given;
}

/** An option with a grammar of its own. */
export function define<T, Given>(doc: string, fallback: T, parse: (value: unknown) => T): OptionWithInput<T, Given> {
  return { doc, default: fallback, parse, input: undefined as Given };
}

/** A whole number within bounds. Kafka's property files hold text, so `'5'` is accepted. */
export function integer(doc: string, fallback: number, min = 0, max = 2147483647): OptionWithInput<number, number> {
  return define(doc, fallback, (value) => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number)) throw new Error('a whole number is wanted');
    if (number < min || number > max) throw new Error(`must be between ${min} and ${max}`);
    return number;
  });
}

export function boolean(doc: string, fallback: boolean): OptionWithInput<boolean, boolean> {
  return define(doc, fallback, (value) => {
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false') return false;
    throw new Error('true or false is wanted');
  });
}

export function text<T extends string | null>(doc: string, fallback: T): OptionWithInput<string | T, string> {
  return define<string | T, string>(doc, fallback, (value) => {
    if (typeof value !== 'string' || value === '') throw new Error('a text that is not empty is wanted');
    return value;
  });
}

/** One of a few values, some of which have other spellings. */
export function choice<T extends string | number, Given = T>(
  doc: string,
  fallback: T,
  values: readonly T[],
  spellings: Readonly<Record<string, T>> = {},
): OptionWithInput<T, Given> {
  return define<T, Given>(doc, fallback, (value) => {
    const found = values.find((candidate) => candidate === value || String(candidate) === String(value));
    if (found !== undefined) return found;
    const spelled = spellings[String(value)];
    if (spelled !== undefined) return spelled;
    throw new Error(`one of ${values.join(', ')} is wanted`);
  });
}

/** A list of texts, or one text with commas. */
export function list<T extends string>(
  doc: string,
  fallback: readonly T[],
  item: (value: string) => T,
): OptionWithInput<readonly T[], string | readonly string[]> {
  return define<readonly T[], string | readonly string[]>(doc, fallback, (value) => {
    const items = typeof value === 'string' ? value.split(',') : value;
    if (!Array.isArray(items) || items.length === 0) throw new Error('a list that is not empty is wanted');
    return items.map((entry) => {
      if (typeof entry !== 'string' || entry.trim() === '') throw new Error('a list of texts is wanted');
      return item(entry.trim());
    });
  });
}
