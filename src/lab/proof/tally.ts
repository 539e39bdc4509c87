/** Counts the copies of each input in one output topic. An input's id is its number, from 0, and the output's key. */
import type { Counts } from './guarantees.ts';

const COPIES_MAX = 65535;
const DIGIT_0 = 48;

/** The id in a record's key; -1 where the key is none. */
export function idOf(key: Uint8Array | null, inputs: number): number {
  if (key === null || key.length === 0 || key.length > 15) return -1;
  let id = 0;
  for (const byte of key) {
    const digit = byte - DIGIT_0;
    if (digit < 0 || digit > 9) return -1;
    id = id * 10 + digit;
  }
  return id < inputs && (key[0] !== DIGIT_0 || key.length === 1) ? id : -1;
}

export class Tally {
  readonly inputs: number;
  /** By id. */
  private readonly copies: Uint16Array;
  /** Records whose key is no input's id. */
  foreign = 0;

  constructor(inputs: number) {
    this.inputs = inputs;
    this.copies = new Uint16Array(inputs);
  }

  /** Returns the id, or -1 for a foreign record. */
  add(key: Uint8Array | null): number {
    const id = idOf(key, this.inputs);
    if (id === -1) this.foreign++;
    else if (this.copies[id]! < COPIES_MAX) this.copies[id]!++;
    return id;
  }
  copiesOf(id: number): number {
    return this.copies[id]!;
  }

  counts(): Counts {
    let lost = 0;
    let duplicated = 0;
    for (const copies of this.copies) {
      if (copies === 0) lost++;
      else duplicated += copies - 1;
    }
    return { sent: this.inputs, delivered: this.inputs - lost, lost, duplicated };
  }

  /** The first id whose copies differ; undefined when both counted the same. */
  differsFrom(other: Tally): number | undefined {
    for (let id = 0; id < this.inputs; id++) if (this.copies[id] !== other.copies[id]) return id;
    return undefined;
  }
}
