/**
 * The language in which message tables are written, and the TypeScript types inferred from them.
 *
 * A field says its type and, where they are not "always", the versions it exists in (`versions`), those in which it may
 * be null (`nullable`), its tag (a tagged field, KIP-482) and its default. A field without a default of its own has the
 * type's: 0, false, '', empty bytes, the zero id, an empty array. Ranges are written `'3'`, `'3-7'`, `'3+'`.
 */
import { assert, type Uuid, ZERO_UUID } from '../core/index.ts';

export type FieldType =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'int64'
  | 'float64'
  | 'uuid'
  | 'string'
  | 'bytes'
  | 'records'
  | 'array'
  | 'struct';

/** Both ends inclusive. */
export interface VersionRange {
  readonly low: number;
  readonly high: number;
}

/** One line of a table. `Out` is what decoding gives, `In` what encoding takes; both exist for the type checker only. */
export interface Field<Out = unknown, In = unknown> {
  readonly type: FieldType;
  readonly versions: VersionRange;
  readonly nullable: VersionRange;
  readonly tag: number | undefined;
  readonly default: unknown;
  /** Of an array: its elements' type. */
  readonly element: Field | undefined;
  /** Of a struct. */
  readonly fields: Fields | undefined;
  readonly out?: Out;
  readonly in?: In;
}

export type Fields = Readonly<Record<string, Field>>;

type OutOf<F> = F extends Field<infer Out, unknown> ? Out : never;
type InOf<F> = F extends Field<unknown, infer In> ? In : never;
/** What a struct decodes to: every field, those absent in the version with their defaults. */
export type StructOut<F extends Fields> = { -readonly [Name in keyof F]: OutOf<F[Name]> };
/** What a struct is encoded from: a field left out takes its default. */
export type StructIn<F extends Fields> = { readonly [Name in keyof F]?: InOf<F[Name]> | undefined };

/** A table: one kind of message in all its versions. */
export interface Message<Out = unknown, In = unknown> {
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
  /** First version with compact lengths and tagged fields (KIP-482); Infinity where there is none. */
  readonly flexibleSince: number;
  readonly fields: Fields;
  readonly out?: Out;
  readonly in?: In;
}

/** The type that decoding a message gives. */
export type Infer<M> = M extends Message<infer Out, unknown> ? Out : never;
/** The type that encoding a message takes. */
export type InferInput<M> = M extends Message<unknown, infer In> ? In : never;

const ALWAYS: VersionRange = { low: 0, high: Infinity };
const NEVER: VersionRange = { low: Infinity, high: -Infinity };

export function parseVersions(text: string): VersionRange {
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text);
  assert(match, `not a version range: ${text}`);
  const low = Number(match[1]);
  const high = match[2] ? Infinity : match[3] ? Number(match[3]) : low;
  assert(low <= high, `an empty version range: ${text}`);
  return { low, high };
}

export function includes(range: VersionRange, version: number): boolean {
  return version >= range.low && version <= range.high;
}

interface Options<T> {
  /** Where the field exists. */
  readonly versions?: string;
  /** Makes it a tagged field. */
  readonly tag?: number;
  readonly default?: T;
}
interface NullableOptions<T> extends Options<T | null> {
  /** Where null is allowed. */
  readonly nullable: string;
}

function field(
  type: FieldType,
  typeDefault: unknown,
  options: Options<unknown> & { readonly nullable?: string } = {},
  parts: { readonly element?: Field; readonly fields?: Fields } = {},
): Field {
  return {
    type,
    versions: options.versions === undefined ? ALWAYS : parseVersions(options.versions),
    nullable: options.nullable === undefined ? NEVER : parseVersions(options.nullable),
    tag: options.tag,
    default: options.default === undefined ? typeDefault : options.default,
    element: parts.element,
    fields: parts.fields,
  };
}

type Plain<T> = (options?: Options<T>) => Field<T, T>;
interface Nullable<T> {
  (options: NullableOptions<T>): Field<T | null, T | null>;
  (options?: Options<T>): Field<T, T>;
}

const EMPTY = Buffer.alloc(0);

export const bool: Plain<boolean> = (options) => field('bool', false, options) as Field<boolean, boolean>;
const number =
  (type: FieldType): Plain<number> =>
  (options) =>
    field(type, 0, options) as Field<number, number>;
export const int8 = number('int8');
export const int16 = number('int16');
export const uint16 = number('uint16');
export const int32 = number('int32');
/** Within ±(2^53 - 1): others are refused. */
export const int64 = number('int64');
export const float64 = number('float64');
export const uuid: Plain<Uuid> = (options) => field('uuid', ZERO_UUID, options) as Field<Uuid, Uuid>;
export const string: Nullable<string> = (options?: Options<string | null>) =>
  field('string', '', options) as Field<string, string>;
/** Decoded as a view of the frame, not a copy. */
export const bytes: Nullable<Uint8Array> = (options?: Options<Uint8Array | null>) =>
  field('bytes', EMPTY, options) as Field<Uint8Array, Uint8Array>;
/** Record batches, opaque here; a view of the frame, not a copy. */
export const records: Nullable<Uint8Array> = (options?: Options<Uint8Array | null>) =>
  field('records', EMPTY, options) as Field<Uint8Array, Uint8Array>;

type ArrayOptions = Omit<Options<never>, 'default'>;
interface NullableArrayOptions extends ArrayOptions {
  readonly nullable: string;
  readonly default?: null;
}

function isField(of: Field | Fields): of is Field {
  return typeof of.type === 'string';
}

/** Of structs, given their fields, or of primitives. */
export function array<F extends Fields>(
  of: F,
  options: NullableArrayOptions,
): Field<StructOut<F>[] | null, readonly StructIn<F>[] | null>;
export function array<F extends Fields>(of: F, options?: ArrayOptions): Field<StructOut<F>[], readonly StructIn<F>[]>;
export function array<Out, In>(
  of: Field<Out, In>,
  options: NullableArrayOptions,
): Field<Out[] | null, readonly In[] | null>;
export function array<Out, In>(of: Field<Out, In>, options?: ArrayOptions): Field<Out[], readonly In[]>;
export function array(of: Field | Fields, options?: ArrayOptions): Field {
  return field('array', [], options, { element: isField(of) ? of : struct(of) });
}

/** Nested fields. Its default has every field at its own; one that may be null is not tagged. */
export function struct<F extends Fields>(
  fields: F,
  options: NullableArrayOptions,
): Field<StructOut<F> | null, StructIn<F> | null>;
export function struct<F extends Fields>(fields: F, options?: ArrayOptions): Field<StructOut<F>, StructIn<F>>;
export function struct(fields: Fields, options?: ArrayOptions): Field {
  return field('struct', undefined, options, { fields });
}

/** Makes a table. */
export function message<F extends Fields>(
  name: string,
  table: { readonly versions: string; readonly flexible: string | 'none'; readonly fields: F },
): Message<StructOut<F>, StructIn<F>> {
  const { low, high } = parseVersions(table.versions);
  assert(Number.isFinite(high), `${name}: which version is the last?`);
  checkFields(name, table.fields);
  return {
    name,
    minVersion: low,
    maxVersion: high,
    flexibleSince: table.flexible === 'none' ? Infinity : parseVersions(table.flexible).low,
    fields: table.fields,
  };
}

/** Mistakes in a table that would otherwise show only in some version. */
function checkFields(path: string, fields: Fields): void {
  const tags = new Set<number>();
  for (const [name, { tag, default: value, nullable, element, fields: nested }] of Object.entries(fields)) {
    assert(/^[a-z][A-Za-z0-9]*$/.test(name), `${path}.${name}: not a field's name`);
    assert(value !== null || nullable !== NEVER, `${path}.${name}: null by default but never nullable`);
    assert(tag === undefined || !tags.has(tag), `${path}.${name}: tag ${tag} is taken`);
    if (tag !== undefined) tags.add(tag);
    assert(nullable === NEVER || nested === undefined || tag === undefined, `${path}.${name}: nullable and tagged`);
    assert(element?.type !== 'array', `${path}.${name}: Kafka has no arrays of arrays`);
    const inner = nested ?? element?.fields;
    if (inner) checkFields(`${path}.${name}`, inner);
  }
}

/** A request and its response. */
export interface Api<Req = unknown, Res = unknown, ReqIn = unknown, ResIn = unknown> {
  /** Kafka's number of the API. */
  readonly key: number;
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
  readonly request: Message<Req, ReqIn>;
  readonly response: Message<Res, ResIn>;
}

export function api<Req, Res, ReqIn, ResIn>(table: {
  readonly key: number;
  readonly name: string;
  readonly request: Message<Req, ReqIn>;
  readonly response: Message<Res, ResIn>;
}): Api<Req, Res, ReqIn, ResIn> {
  const { request, response } = table;
  assert(
    request.minVersion === response.minVersion &&
      request.maxVersion === response.maxVersion &&
      request.flexibleSince === response.flexibleSince,
    `${table.name}: request and response disagree about versions`,
  );
  return { ...table, minVersion: request.minVersion, maxVersion: request.maxVersion };
}
