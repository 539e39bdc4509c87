/**
 * Random numbers that are a function of a seed and a name: every node, and every part of the simulated world, draws
 * from a stream of its own, so that one more draw in one of them does not move the others.
 */
import { assert, type Random } from '../../core/index.ts';
import { hashText } from './trace.ts';

/** sfc32 (Chris Doty-Humphrey, PractRand). */
export class SeededRandom implements Random {
  private readonly drawn: (value: number) => void;
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /** `drawn` is told every number. */
  constructor(seed: string, name: string, drawn: (value: number) => void = () => {}) {
    this.drawn = drawn;
    const text = `${seed}\u0000${name}`;
    this.a = hashText(`a${text}`);
    this.b = hashText(`b${text}`);
    this.c = hashText(`c${text}`);
    for (let round = 0; round < 12; round++) this.step();
  }

  uint32(): number {
    const value = this.step();
    this.drawn(value);
    return value;
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += 4) {
      const word = this.uint32();
      for (let byte = 0; byte < 4 && at + byte < length; byte++) bytes[at + byte] = word >>> (8 * byte);
    }
    return bytes;
  }

  /** In [0, 1). */
  fraction(): number {
    return this.uint32() / 4294967296;
  }

  /** An integer in [0, bound). */
  below(bound: number): number {
    assert(bound >= 1, `nothing below ${bound}`);
    return Math.floor(this.fraction() * bound);
  }

  /** An integer in [least, most]. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(from: readonly T[]): T {
    assert(from.length > 0, 'nothing to pick from');
    return from[this.below(from.length)]!;
  }

  /** Exponentially distributed: mostly short, now and then long. */
  exponential(mean: number): number {
    return -Math.log(1 - this.fraction()) * mean;
  }

  private step(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}
