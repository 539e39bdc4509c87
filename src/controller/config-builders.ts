/** Short ways to write down configuration properties; the type of the value follows from the builder. */
import type { ConfigDefinition, ConfigRules, ConfigType } from './config-definitions.ts';

/** Of a `long`: no limit. */
export const LONG_MAX = '9223372036854775807';

/** A definition that knows, for the compiler, what its value is once parsed. */
export interface Typed<V> extends ConfigDefinition {
  /** Only for the type. */
  readonly value?: V;
}
type Given<D extends string | null, V> = Typed<D extends null ? V | null : V>;

function builder<V>(type: ConfigType) {
  return <const D extends string | null>(
    defaultText: D,
    documentation: string,
    rules: ConfigRules = {},
  ): Given<D, V> => ({
    type,
    defaultText,
    documentation,
    ...rules,
  });
}

export const boolean = builder<boolean>('boolean');
export const int = builder<number>('int');
export const short = builder<number>('short');
/** Reads as plus or minus Infinity beyond the safe integers. */
export const long = builder<number>('long');
export const double = builder<number>('double');
export const string = builder<string>('string');
/** Comma-separated. */
export const list = builder<string>('list');
/** The name of a Java class. */
export const javaClass = builder<string>('class');
/** Never shown. */
export const password = builder<string>('password');

/** Properties that are accepted and change nothing here, and why. */
export function withoutEffect<T extends Record<string, ConfigDefinition>>(why: string, definitions: T): T {
  const marked = Object.entries(definitions).map(([name, definition]) => [name, { ...definition, withoutEffect: why }]);
  return Object.fromEntries(marked) as T;
}
