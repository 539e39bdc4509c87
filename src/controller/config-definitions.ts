/**
 * How one configuration property is described, parsed and checked: name, type, default, bounds. Kafka's own types and
 * wording (https://kafka.apache.org/documentation/#configuration). Values travel as text, as in Kafka's records.
 */
import { KafkaError } from '../core/index.ts';

export type ConfigType = 'boolean' | 'int' | 'short' | 'long' | 'double' | 'string' | 'list' | 'class' | 'password';

/** What a property may hold once parsed. A `long` beyond the safe range reads as plus or minus Infinity: no limit. */
export type ConfigValue = boolean | number | string | readonly string[] | null;

export interface ConfigRules {
  /** Inclusive bounds of a number. */
  readonly min?: number;
  readonly max?: number;
  /** A number that is right although the bounds leave it out. */
  readonly or?: number;
  /** The words that a string, or every entry of a list, may be. */
  readonly oneOf?: readonly string[];
  /** Are those words the same in capitals? */
  readonly ignoreCase?: boolean;
  /** What a string, or every entry of a list, must look like, and how Kafka writes that down. */
  readonly shape?: { readonly pattern: RegExp; readonly text: string };
  readonly nonEmpty?: boolean;
  /** Of a broker: where it can be changed while it runs. Absent: not at all, it is read-only. */
  readonly update?: 'cluster-wide' | 'per-broker';
  /** Kafka knows it and tells nobody. */
  readonly internal?: boolean;
  /** Kafka does not start without it. */
  readonly required?: boolean;
  /** The broker's properties that give this property its default, the strongest first. */
  readonly synonyms?: readonly ConfigSynonym[];
}

export interface ConfigSynonym {
  readonly name: string;
  /** How much of this property one of the synonym is: 3600000 where hours stand for milliseconds. @default 1 */
  readonly times?: number;
}

export interface ConfigDefinition extends ConfigRules {
  readonly type: ConfigType;
  /** As Kafka prints it; null where the property has no value until it is set. */
  readonly defaultText: string | null;
  readonly documentation: string;
  /** Why it changes nothing here. Absent: it has its effect. */
  readonly withoutEffect?: string;
}

const INTEGER_LIMITS = { int: 2147483647, short: 32767 } as const;
const LONG_LIMIT = 9223372036854775807n;

/** Parses and checks `text`. @throws KafkaError INVALID_CONFIG naming the property, the value and the rule */
export function parseConfigValue(name: string, definition: ConfigDefinition, text: string): ConfigValue {
  const invalid = (why: string) =>
    new KafkaError('INVALID_CONFIG', `Invalid value ${text} for configuration ${name}: ${why}`);
  const trimmed = text.trim();
  switch (definition.type) {
    case 'boolean': {
      const word = trimmed.toLowerCase();
      if (word !== 'true' && word !== 'false') throw invalid('Expected value to be either true or false');
      return word === 'true';
    }
    case 'string':
    case 'class':
    case 'password':
      if (definition.nonEmpty === true && trimmed === '') throw invalid('String must be non-empty');
      return checkedWord(trimmed, definition, invalid);
    case 'list': {
      const entries = trimmed === '' ? [] : trimmed.split(',').map((entry) => entry.trim());
      if (entries.includes('')) {
        throw new KafkaError('INVALID_CONFIG', `Configuration '${name}' values must not be empty.`);
      }
      // As in Kafka, an entry that comes twice counts once.
      return [...new Set(entries.map((entry) => checkedWord(entry, definition, invalid)))];
    }
    default: {
      const number = parseNumber(trimmed, definition.type);
      if (number === undefined) throw invalid(`Not a number of type ${definition.type.toUpperCase()}`);
      if (number === definition.or) return number;
      const { or, min, max } = definition;
      if (or !== undefined && (number < min! || number > max!)) {
        throw invalid(`Value must be between ${min} and ${max} or equal to ${or}`);
      }
      if (definition.min !== undefined && number < definition.min) {
        throw invalid(`Value must be at least ${definition.min}`);
      }
      if (definition.max !== undefined && number > definition.max) {
        throw invalid(`Value must be no more than ${definition.max}`);
      }
      return number;
    }
  }
}

function checkedWord(word: string, definition: ConfigDefinition, invalid: (why: string) => KafkaError): string {
  const { oneOf, ignoreCase = false, shape } = definition;
  const among = (words: readonly string[]) =>
    ignoreCase ? words.some((each) => each.toLowerCase() === word.toLowerCase()) : words.includes(word);
  if (oneOf !== undefined && !among(oneOf)) throw invalid(`String must be one of: ${oneOf.join(', ')}`);
  if (shape !== undefined && !shape.pattern.test(word)) throw invalid(`It must look like ${shape.text}`);
  return word;
}

function parseNumber(text: string, type: 'int' | 'short' | 'long' | 'double'): number | undefined {
  if (type === 'double') {
    const value = Number(text);
    return text === '' || !Number.isFinite(value) ? undefined : value;
  }
  if (!/^[+-]?\d{1,20}$/.test(text)) return undefined;
  const exact = BigInt(text);
  if (type === 'long') {
    if (exact > LONG_LIMIT || exact < -LONG_LIMIT - 1n) return undefined;
    if (exact > BigInt(Number.MAX_SAFE_INTEGER)) return Number.POSITIVE_INFINITY;
    if (exact < -BigInt(Number.MAX_SAFE_INTEGER)) return Number.NEGATIVE_INFINITY;
    return Number(exact);
  }
  const limit = INTEGER_LIMITS[type];
  const value = Number(exact);
  return value > limit || value < -limit - 1 ? undefined : value;
}

/** A value as Kafka prints it: no blanks around it or its entries, no needless zeros. @throws as parseConfigValue */
export function canonicalConfigText(name: string, definition: ConfigDefinition, text: string): string {
  const value = parseConfigValue(name, definition, text);
  if (Array.isArray(value)) return value.join(',');
  if (definition.type === 'long') return BigInt(text.trim()).toString();
  return definition.type === 'double' ? javaDouble(value as number) : String(value);
}

/** A double as Java prints it: 1.0, 0.05, 1.0E-4, 1.0E7. */
function javaDouble(value: number): string {
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-3 && size < 1e7)) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [mantissa, exponent] = value.toExponential().split('e');
  return `${mantissa!.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
}

/** The known name nearest to a misspelt one, or undefined where none is close. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(3, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.slice(0, 100), candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substituted, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
