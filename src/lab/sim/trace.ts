/**
 * What happened in a run: a running hash of every draw and every event, and the last of them in words. Two runs with
 * the same digest did the same; of two that differ, the words show where they parted.
 */

export interface TraceEntry {
  /** Counts from 0. */
  readonly index: number;
  /** Virtual milliseconds. */
  readonly timeMs: number;
  /** `draw`, `timer`, `data`, `write`, `sync`, … */
  readonly kind: string;
  /** The node it happened on, with its incarnation; empty for the world outside of them. */
  readonly node: string;
  /** What it happened to: a connection, a path, a stream of random numbers. */
  readonly subject: string;
  /** The number drawn, the bytes moved, … */
  readonly value: number;
  /** A hash of the bytes, where there were any. */
  readonly content: number;
}

/** Texts repeat; their hashes are kept up to this many. */
const REMEMBERED_TEXTS = 16_384;

export class Trace {
  /** How many entries there have been. */
  count = 0;
  private readonly keep: number;
  private readonly kept: TraceEntry[] = [];
  private low = 0x243f6a88;
  private high = 0x85a308d3;
  private readonly texts = new Map<string, number>();
  private readonly double = new Float64Array(1);
  private readonly words = new Uint32Array(this.double.buffer);

  /** `keep`: how many of the last entries can be read again. */
  constructor(keep: number) {
    this.keep = keep;
  }

  note(timeMs: number, kind: string, node: string, subject: string, value = 0, content = 0): void {
    this.mixDouble(timeMs);
    this.mix(this.hashOf(kind));
    this.mix(this.hashOf(node));
    this.mix(this.hashOf(subject));
    this.mixDouble(value);
    this.mix(content);
    if (this.keep > 0) {
      this.kept[this.count % this.keep] = { index: this.count, timeMs, kind, node, subject, value, content };
    }
    this.count++;
  }

  /** 16 hexadecimal digits. */
  digest(): string {
    const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
    return hex(this.high) + hex(this.low);
  }

  /** The last entries, oldest first. */
  entries(): TraceEntry[] {
    const start = this.count > this.keep ? this.count % this.keep : 0;
    return [...this.kept.slice(start), ...this.kept.slice(0, start)];
  }

  private mixDouble(value: number): void {
    this.double[0] = value;
    this.mix(this.words[0]!);
    this.mix(this.words[1]!);
  }

  private mix(word: number): void {
    this.low = Math.imul(this.low ^ word, 0x9e3779b1);
    this.low ^= this.low >>> 15;
    this.high = Math.imul(this.high ^ this.low, 0x85ebca77);
    this.high ^= this.high >>> 13;
  }

  private hashOf(text: string): number {
    const known = this.texts.get(text);
    if (known !== undefined) return known;
    if (this.texts.size >= REMEMBERED_TEXTS) this.texts.clear();
    const hash = hashText(text);
    this.texts.set(text, hash);
    return hash;
  }
}

/** Where two runs part: both entries in words, with the ones that led there; undefined when they are the same. */
export function firstDifference(first: Trace, second: Trace): string | undefined {
  if (first.digest() === second.digest() && first.count === second.count) return undefined;
  const counts = `${first.count} and ${second.count} entries, digests ${first.digest()} and ${second.digest()}`;
  const left = first.entries();
  const right = new Map(second.entries().map((entry) => [entry.index, entry]));
  for (const [position, entry] of left.entries()) {
    const other = right.get(entry.index);
    if (other !== undefined && same(entry, other)) continue;
    if (other === undefined && entry.index < second.count) continue;
    const before = left.slice(Math.max(0, position - 5), position).map((at) => `    ${describeEntry(at)}`);
    return [
      `the runs part at entry ${entry.index} (${counts})`,
      ...(before.length > 0 ? ['  before it, in both:', ...before] : ['  what came before it was not kept']),
      `  then the first run:  ${describeEntry(entry)}`,
      `       the second run: ${other === undefined ? 'had ended' : describeEntry(other)}`,
    ].join('\n');
  }
  const ended = right.get(first.count);
  if (ended !== undefined) {
    return `the first run ended where the second went on (${counts}): ${describeEntry(ended)}`;
  }
  return `the runs differ (${counts}), and the place was not kept: keep more of the trace`;
}

export function describeEntry(entry: TraceEntry): string {
  const node = entry.node === '' ? '' : ` ${entry.node}`;
  const content = entry.content === 0 ? '' : ` #${(entry.content >>> 0).toString(16)}`;
  return `${entry.index} ${entry.timeMs.toFixed(3)} ms${node} ${entry.kind} ${entry.subject} ${entry.value}${content}`;
}

function same(a: TraceEntry, b: TraceEntry): boolean {
  return (
    a.timeMs === b.timeMs &&
    a.kind === b.kind &&
    a.node === b.node &&
    a.subject === b.subject &&
    a.value === b.value &&
    a.content === b.content
  );
}

/** 32 bits of a text (FNV-1a over its UTF-16 units, mixed at the end). */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return finish(hash);
}

/** 32 bits of some bytes. */
export function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5 ^ bytes.length;
  for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return finish(hash);
}

function finish(hash: number): number {
  let mixed = hash;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
