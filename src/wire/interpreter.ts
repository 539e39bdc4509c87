/**
 * Reads and writes a message by walking its layout: slow and plain. It is what the compiled code is compared with in
 * the tests, and what runs where making functions from strings is disabled.
 */
import type { ByteReader, ByteWriter } from '../core/index.ts';
import { defaultOf, type Slot, type StructLayout, sizeMin } from './layout.ts';
import * as primitives from './primitives.ts';

type Values = Record<string, unknown>;

export function interpretRead(layout: StructLayout, reader: ByteReader): Values {
  const result: Values = {};
  for (const slot of layout.slots) {
    result[slot.name] = slot.place === 'plain' ? readValue(slot, reader) : defaultOf(slot);
  }
  if (layout.flexible) {
    primitives.readTags(reader, (tag) => {
      const slot = layout.tagged.find((each) => each.tag === tag);
      if (slot) result[slot.name] = readValue(slot, reader);
      return slot !== undefined;
    });
  }
  return result;
}

function readValue(slot: Slot, reader: ByteReader): unknown {
  switch (slot.type) {
    case 'string':
      return primitives.readString(reader, slot.compact, slot.nullable);
    case 'bytes':
    case 'records':
      return primitives.readBytes(reader, slot.compact, slot.nullable);
    case 'uuid':
      return primitives.readUuid(reader);
    case 'struct':
      return slot.nullable && primitives.isNullStruct(reader) ? null : interpretRead(slot.struct!, reader);
    case 'array': {
      const element = slot.element!;
      const count = primitives.readCount(reader, slot.compact, slot.nullable, sizeMin(element));
      if (count === -1) return null;
      const items: unknown[] = [];
      for (let index = 0; index < count; index++) items.push(readValue(element, reader));
      return items;
    }
    default:
      return reader[slot.type]();
  }
}

export function interpretWrite(layout: StructLayout, writer: ByteWriter, value: Values): void {
  for (const slot of layout.plain) writeValue(slot, writer, given(slot, value));
  if (!layout.flexible) return;
  const tagged = layout.tagged.filter((slot) => !isDefault(slot, given(slot, value)));
  writer.uvarint(tagged.length);
  for (const slot of tagged) {
    writer.uvarint(slot.tag);
    const start = writer.length;
    writeValue(slot, writer, given(slot, value));
    writer.insertUvarint(start, writer.length - start);
  }
}

function given(slot: Slot, values: Values): unknown {
  const value = values[slot.name];
  return value === undefined ? defaultOf(slot) : value;
}

/** A tagged field at its default is left out. */
function isDefault(slot: Slot, value: unknown): boolean {
  if (value === slot.default) return true;
  if (slot.struct) {
    const { plain, tagged } = slot.struct;
    return [...plain, ...tagged].every((inner) => isDefault(inner, given(inner, value as Values)));
  }
  if (value === null || slot.default === null) return false;
  if (slot.type === 'array') return (value as unknown[]).length === 0;
  return (slot.type === 'bytes' || slot.type === 'records') && (value as Uint8Array).length === 0;
}

function writeValue(slot: Slot, writer: ByteWriter, value: unknown): void {
  const { compact, nullable, path, type } = slot;
  switch (type) {
    case 'string':
      primitives.writeString(writer, value as string | null, compact, nullable, path);
      break;
    case 'records':
      primitives.writeRecords(writer, value as Uint8Array | null, compact, nullable, path);
      break;
    case 'bytes':
      primitives.writeBytes(writer, value as Uint8Array | null, compact, nullable, path);
      break;
    case 'uuid':
      primitives.writeUuid(writer, value as string, path);
      break;
    case 'struct':
      if (slot.nullable) writer.int8(value === null ? -1 : 1);
      if (value !== null || !slot.nullable) interpretWrite(slot.struct!, writer, value as Values);
      break;
    case 'array':
      primitives.writeCount(writer, value as unknown[] | null, compact, nullable, path);
      for (const item of (value ?? []) as unknown[]) writeValue(slot.element!, writer, item);
      break;
    case 'bool':
      writer.int8(primitives.checkBool(value, path));
      break;
    default:
      writer[type](primitives.checkNumber[type](value as number, path));
  }
}
