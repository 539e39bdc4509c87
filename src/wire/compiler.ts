/**
 * Makes a function for each message, version and direction out of its layout: what the interpreter does, with the walking
 * done beforehand. Neighbouring fields of fixed size are checked and moved past as one. The source text holds nothing but what
 * the tables hold: names (checked to be identifiers by `message`), numbers and quoted strings.
 */
import { type ByteReader, type ByteWriter, getInt64, setInt64 } from '../core/index.ts';
import { fixedSize, type Slot, type StructLayout, sizeMin } from './layout.ts';
import * as primitives from './primitives.ts';

export type Read = (reader: ByteReader) => unknown;
export type Write = (writer: ByteWriter, value: unknown) => void;

/** What generated code calls. */
const library = { ...primitives, ...primitives.checkNumber, getInt64, setInt64, EMPTY: Buffer.alloc(0) };
const prelude = `'use strict';\nconst { ${Object.keys(library).join(', ')} } = library;\n`;

/** @throws EvalError where making functions from strings is disabled */
export function compileRead(layout: StructLayout): Read {
  return evaluate(new ReadSource().of(layout)) as Read;
}

/** @throws EvalError where making functions from strings is disabled */
export function compileWrite(layout: StructLayout): Write {
  return evaluate(new WriteSource().of(layout)) as Write;
}

function evaluate(source: string): unknown {
  return new Function('library', prelude + source)(library);
}

/** The generated functions of one message; those for nested structs come before their callers. */
abstract class Source {
  protected readonly functions: string[] = [];
  private readonly names = new Map<StructLayout, string>();

  of(layout: StructLayout): string {
    const root = this.nameOf(layout);
    return `${this.functions.join('\n')}\nreturn ${root};`;
  }

  protected nameOf(layout: StructLayout): string {
    let name = this.names.get(layout);
    if (name === undefined) {
      name = `struct${this.names.size}`;
      this.names.set(layout, name);
      this.functions.push(...this.struct(name, layout));
    }
    return name;
  }

  protected abstract struct(name: string, layout: StructLayout): string[];
}

/** Runs of neighbouring slots: those of fixed size together, each other one alone. */
function runsOf(slots: readonly Slot[]): Slot[][] {
  const runs: Slot[][] = [];
  let fixedRun = false;
  for (const slot of slots) {
    const fixed = fixedSize(slot.type) !== undefined;
    if (fixed && fixedRun) runs.at(-1)!.push(slot);
    else runs.push([slot]);
    fixedRun = fixed;
  }
  return runs;
}

/** A run's slots with the place of each, and the size of all; undefined for a slot whose size varies. */
function fixedRun(run: readonly Slot[]): { readonly places: number[]; readonly size: number } | undefined {
  const places: number[] = [];
  let size = 0;
  for (const slot of run) {
    const own = fixedSize(slot.type);
    if (own === undefined) return undefined;
    places.push(size);
    size += own;
  }
  return { places, size };
}

function literalDefault(slot: Slot): string {
  if (slot.default === null) return 'null';
  if (slot.type === 'array') return '[]';
  if (slot.type === 'bytes' || slot.type === 'records') return 'EMPTY';
  if (!slot.struct) return JSON.stringify(slot.default);
  return `{ ${slot.struct.slots.map((inner) => `${inner.name}: ${literalDefault(inner)}`).join(', ')} }`;
}

const viewType = { int8: 'Int8', int16: 'Int16', uint16: 'Uint16', int32: 'Int32', float64: 'Float64' } as const;

class ReadSource extends Source {
  protected struct(name: string, layout: StructLayout): string[] {
    const body: string[] = [];
    runsOf(layout.plain).forEach((run, index) => {
      const fixed = fixedRun(run);
      if (!fixed) {
        body.push(`const $${run[0]!.name} = ${this.value(run[0]!)};`);
        return;
      }
      body.push(`const at${index} = r.take(${fixed.size});`);
      run.forEach((slot, nth) => {
        body.push(`const $${slot.name} = ${this.fixed(slot, `at${index} + ${fixed.places[nth]}`)};`);
      });
    });
    const members = layout.slots.map((slot) => {
      return `${slot.name}: ${slot.place === 'plain' ? `$${slot.name}` : literalDefault(slot)}`;
    });
    const object = `{ ${members.join(', ')} }`;
    const functions: string[] = [];
    if (!layout.flexible) {
      body.push(`return ${object};`);
    } else if (layout.tagged.length === 0) {
      body.push('skipTags(r);', `return ${object};`);
    } else {
      const cases = layout.tagged.map((slot) => `case ${slot.tag}: v.${slot.name} = ${this.value(slot)}; return true;`);
      functions.push(
        `function tags_${name}(r, v) { readTags(r, (tag) => { switch (tag) { ${cases.join(' ')} } return false; }); }`,
      );
      body.push(`const v = ${object};`, `if (!noTags(r)) tags_${name}(r, v);`, 'return v;');
    }
    const view = body.some((line) => line.includes('view.')) ? 'const view = r.view; ' : '';
    functions.push(`function ${name}(r) { ${view}${body.join('\n')} }`);
    return functions;
  }

  /** An expression for a value at a place that was checked before. */
  private fixed(slot: Slot, at: string): string {
    switch (slot.type) {
      case 'bool':
        return `view.getInt8(${at}) !== 0`;
      case 'int64':
        return `getInt64(r.view, ${at})`;
      case 'uuid':
        return `uuidAt(r.bytes, ${at})`;
      default:
        return `view.get${viewType[slot.type as keyof typeof viewType]}(${at})`;
    }
  }

  /** An expression that reads a value wherever the reader is. */
  private value(slot: Slot): string {
    switch (slot.type) {
      case 'string':
        return `readString(r, ${slot.compact}, ${slot.nullable})`;
      case 'bytes':
      case 'records':
        return `readBytes(r, ${slot.compact}, ${slot.nullable})`;
      case 'uuid':
        return 'readUuid(r)';
      case 'struct':
        return `${slot.nullable ? 'isNullStruct(r) ? null : ' : ''}${this.nameOf(slot.struct!)}(r)`;
      case 'array':
        return `${this.arrayReader(slot)}(r)`;
      default:
        return `r.${slot.type}()`;
    }
  }

  /** A function for each array, so that each has its own call site for its items. */
  private arrayReader(slot: Slot): string {
    const item = this.value(slot.element!);
    const name = `array${this.functions.length}`;
    const count = `readCount(r, ${slot.compact}, ${slot.nullable}, ${sizeMin(slot.element!)})`;
    this.functions.push(
      `function ${name}(r) {
  const count = ${count};
  if (count === -1) return null;
  const items = [];
  for (let i = 0; i < count; i++) items.push(${item});
  return items;
}`,
    );
    return name;
  }
}

class WriteSource extends Source {
  protected struct(name: string, layout: StructLayout): string[] {
    const body: string[] = [];
    const functions: string[] = [];
    for (const slot of [...layout.plain, ...layout.tagged]) {
      body.push(
        `let $${slot.name} = v.${slot.name}; if ($${slot.name} === undefined) $${slot.name} = ${literalDefault(slot)};`,
      );
    }
    runsOf(layout.plain).forEach((run, index) => {
      const fixed = fixedRun(run);
      if (!fixed) {
        body.push(this.value(run[0]!, `$${run[0]!.name}`));
        return;
      }
      body.push(`const at${index} = w.reserve(${fixed.size});`);
      run.forEach((slot, nth) => {
        body.push(this.fixed(slot, `$${slot.name}`, `at${index} + ${fixed.places[nth]}`));
      });
    });
    if (layout.flexible) body.push(...this.tagSection(layout));
    functions.push(`function ${name}(w, v) { ${body.join('\n')} }`);
    return functions;
  }

  private tagSection(layout: StructLayout): string[] {
    if (layout.tagged.length === 0) return ['w.uvarint(0);'];
    const lines = layout.tagged.map((slot) => `const has${slot.tag} = !(${isDefault(slot, `$${slot.name}`)});`);
    lines.push(`w.uvarint(${layout.tagged.map((slot) => `(has${slot.tag} ? 1 : 0)`).join(' + ')});`);
    for (const slot of layout.tagged) {
      const value = this.value(slot, `$${slot.name}`);
      lines.push(
        `if (has${slot.tag}) { w.uvarint(${slot.tag}); const start = w.length; ${value} w.insertUvarint(start, w.length - start); }`,
      );
    }
    return lines;
  }

  /** A statement that writes a value at a place that was made before. */
  private fixed(slot: Slot, value: string, at: string): string {
    const path = JSON.stringify(slot.path);
    switch (slot.type) {
      case 'bool':
        return `w.view.setInt8(${at}, checkBool(${value}, ${path}));`;
      case 'int64':
        return `setInt64(w.view, ${at}, int64(${value}, ${path}));`;
      case 'uuid':
        return `writeUuidAt(w.buffer, ${at}, ${value}, ${path});`;
      default: {
        const view = viewType[slot.type as keyof typeof viewType];
        return `w.view.set${view}(${at}, ${slot.type}(${value}, ${path}));`;
      }
    }
  }

  /** A statement that appends a value. */
  private value(slot: Slot, value: string): string {
    const rest = `${slot.compact}, ${slot.nullable}, ${JSON.stringify(slot.path)}`;
    switch (slot.type) {
      case 'string':
        return `writeString(w, ${value}, ${rest});`;
      case 'records':
        return `writeRecords(w, ${value}, ${rest});`;
      case 'bytes':
        return `writeBytes(w, ${value}, ${rest});`;
      case 'uuid':
        return `writeUuid(w, ${value}, ${JSON.stringify(slot.path)});`;
      case 'struct': {
        const write = `${this.nameOf(slot.struct!)}(w, ${value});`;
        return slot.nullable ? `if (${value} === null) w.int8(-1); else { w.int8(1); ${write} }` : write;
      }
      case 'array': {
        const item = this.value(slot.element!, `${value}[i]`);
        return `writeCount(w, ${value}, ${rest}); if (${value} !== null) for (let i = 0; i < ${value}.length; i++) { ${item} }`;
      }
      case 'bool':
        return `w.int8(checkBool(${value}, ${JSON.stringify(slot.path)}));`;
      default:
        return `w.${slot.type}(${slot.type}(${value}, ${JSON.stringify(slot.path)}));`;
    }
  }
}

/** An expression: is a tagged field at its default, and so left out? */
function isDefault(slot: Slot, value: string): string {
  if (slot.struct) {
    const inner = [...slot.struct.plain, ...slot.struct.tagged].map((each) => {
      const own = `${value}.${each.name}`;
      return `(${own} === undefined || ${isDefault(each, own)})`;
    });
    return inner.join(' && ');
  }
  if (slot.default === null) return `${value} === null`;
  if (slot.type === 'array' || slot.type === 'bytes' || slot.type === 'records') {
    return `${value} !== null && ${value}.length === 0`;
  }
  return `${value} === ${JSON.stringify(slot.default)}`;
}
