/**
 * How one configuration property is described, parsed and checked: name, type, default, bounds. Kafka's own types and
 * wording (https://kafka.apache.org/documentation/#configuration). Values travel as text, as in Kafka's records.
 */
import { KafkaError } from '../core/index.ts';

export type ConfigType = 'boolean' | 'int' | 'short' | 'long' | 'double' | 'string' | 'list';

/** What a property may hold once parsed. A `long` beyond the safe range reads as plus or minus Infinity: no limit. */
export type ConfigValue = boolean | number | string | readonly string[] | null;

export interface ConfigDefinition {
  readonly type: ConfigType;
  /** As Kafka prints it; null where the property has no value until it is set. */
  readonly defaultText: string | null;
  /** Inclusive bounds of a number. */
  readonly min?: number;
  readonly max?: number;
  /** The words that a string, or every entry of a list, may be. */
  readonly oneOf?: readonly string[];
  /** The broker's property that gives this topic property its default. */
  readonly synonym?: string;
  readonly documentation: string;
}

const INTEGER_LIMITS = { int: 2147483647, short: 32767 } as const;
const LONG_MAX = 9223372036854775807n;

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
    case 'string': {
      if (definition.oneOf !== undefined && !definition.oneOf.includes(trimmed)) {
        throw invalid(`String must be one of: ${definition.oneOf.join(', ')}`);
      }
      return trimmed;
    }
    case 'list': {
      const entries = trimmed === '' ? [] : trimmed.split(',').map((entry) => entry.trim());
      for (const entry of entries) {
        if (definition.oneOf !== undefined && !definition.oneOf.includes(entry)) {
          throw invalid(`String must be one of: ${definition.oneOf.join(', ')}`);
        }
      }
      return entries;
    }
    default: {
      const number = parseNumber(trimmed, definition.type);
      if (number === undefined) throw invalid(`Not a number of type ${definition.type.toUpperCase()}`);
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

function parseNumber(text: string, type: 'int' | 'short' | 'long' | 'double'): number | undefined {
  if (type === 'double') {
    const value = Number(text);
    return text === '' || !Number.isFinite(value) ? undefined : value;
  }
  if (!/^[+-]?\d{1,20}$/.test(text)) return undefined;
  const exact = BigInt(text);
  if (type === 'long') {
    if (exact > LONG_MAX || exact < -LONG_MAX - 1n) return undefined;
    if (exact > BigInt(Number.MAX_SAFE_INTEGER)) return Number.POSITIVE_INFINITY;
    if (exact < -BigInt(Number.MAX_SAFE_INTEGER)) return Number.NEGATIVE_INFINITY;
    return Number(exact);
  }
  const limit = INTEGER_LIMITS[type];
  const value = Number(exact);
  return value > limit || value < -limit - 1 ? undefined : value;
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
