/**
 * A table as one of its versions sees it: which fields are there, in which order, how each is written. The interpreter
 * and the compiler both work from this, so neither knows about version ranges.
 */
import { assert } from '../core/index.ts';
import { type Field, type Fields, type FieldType, includes, type Message } from './schema.ts';

export interface Slot {
  readonly name: string;
  /** For messages to the programmer: `ProduceRequest.topicData.name`. */
  readonly path: string;
  readonly type: FieldType;
  /** `plain`: in order; `tagged`: in the tag section; `absent`: not in this version, decodes to its default. */
  readonly place: 'plain' | 'tagged' | 'absent';
  readonly tag: number;
  /** Lengths are unsigned varints of n + 1 in place of big-endian integers (KIP-482). */
  readonly compact: boolean;
  readonly nullable: boolean;
  /** Of primitives, and null. For arrays and structs ask `defaultOf`. */
  readonly default: unknown;
  readonly element: Slot | undefined;
  readonly struct: StructLayout | undefined;
}

export interface StructLayout {
  readonly path: string;
  /** Every field, in the table's order. */
  readonly slots: readonly Slot[];
  readonly plain: readonly Slot[];
  /** Ascending by tag. */
  readonly tagged: readonly Slot[];
  /** Ends in a tag section. */
  readonly flexible: boolean;
}

export function layoutOf(message: Message, version: number): StructLayout {
  assert(version >= message.minVersion && version <= message.maxVersion, `${message.name} has no version ${version}`);
  return structLayout(message.name, message.fields, version, version >= message.flexibleSince);
}

function structLayout(path: string, fields: Fields, version: number, flexible: boolean): StructLayout {
  const slots = Object.entries(fields).map(([name, field]) =>
    slotOf(name, `${path}.${name}`, field, version, flexible),
  );
  return {
    path,
    slots,
    plain: slots.filter((slot) => slot.place === 'plain'),
    tagged: slots.filter((slot) => slot.place === 'tagged').sort((a, b) => a.tag - b.tag),
    flexible,
  };
}

function slotOf(name: string, path: string, field: Field, version: number, flexible: boolean): Slot {
  const present = includes(field.versions, version);
  assert(!present || field.tag === undefined || flexible, `${path}: tagged in version ${version}, which has no tags`);
  return {
    name,
    path,
    type: field.type,
    place: !present ? 'absent' : field.tag === undefined ? 'plain' : 'tagged',
    tag: field.tag ?? -1,
    compact: flexible,
    nullable: includes(field.nullable, version),
    default: field.default,
    element: field.element && slotOf('element', path, field.element, version, flexible),
    struct: field.fields && structLayout(path, field.fields, version, flexible),
  };
}

/** A fresh value: what a field that is absent decodes to. */
export function defaultOf(slot: Slot): unknown {
  if (slot.default === null) return null;
  if (slot.type === 'array') return [];
  if (!slot.struct) return slot.default;
  return Object.fromEntries(slot.struct.slots.map((inner) => [inner.name, defaultOf(inner)]));
}

/** Bytes of types whose size is fixed; undefined for the others. */
export function fixedSize(type: FieldType): number | undefined {
  switch (type) {
    case 'bool':
    case 'int8':
      return 1;
    case 'int16':
    case 'uint16':
      return 2;
    case 'int32':
      return 4;
    case 'int64':
    case 'float64':
      return 8;
    case 'uuid':
      return 16;
    default:
      return undefined;
  }
}

/** The least number of bytes a value takes: what an announced count of them is checked against. */
export function sizeMin(slot: Slot): number {
  const fixed = fixedSize(slot.type);
  if (fixed !== undefined) return fixed;
  if (slot.struct) {
    if (slot.nullable) return 1;
    const inner = slot.struct.plain.reduce((sum, each) => sum + sizeMin(each), slot.struct.flexible ? 1 : 0);
    return Math.max(1, inner);
  }
  if (slot.compact) return 1;
  return slot.type === 'string' ? 2 : 4;
}
