/**
 * The last offset of each key in the part of a log that is to be compacted. It holds the keys themselves and no hashes, so
 * that no two keys are ever taken for one; how much it may hold is bounded.
 */

/** What an entry takes besides the bytes of its key, roughly. */
const ENTRY_BYTES = 64;
/** A Map of the engine takes about 2^24 entries. */
const ENTRIES_MAX = 16_000_000;

export class KeyOffsets {
  private readonly bytesMax: number;
  private readonly base: number;
  private readonly offsets = new Map<string, number>();
  private bytes = 0;

  /** `bytesMax`: `log.cleaner.dedupe.buffer.size`. `base`: no offset is below it. */
  constructor(bytesMax: number, base: number) {
    this.bytesMax = bytesMax;
    this.base = base;
  }

  get size(): number {
    return this.offsets.size;
  }

  /** False where there is no room for it, and nothing has changed. The first key always has room. */
  put(key: Uint8Array, offset: number): boolean {
    const text = textOf(key);
    const known = this.offsets.has(text);
    if (!known) {
      const bytes = this.bytes + key.length + ENTRY_BYTES;
      if (this.offsets.size > 0 && (bytes > this.bytesMax || this.offsets.size >= ENTRIES_MAX)) return false;
      this.bytes = bytes;
    }
    // Small differences are kept without an object of their own.
    this.offsets.set(text, offset - this.base);
    return true;
  }

  /** -1: unknown. */
  get(key: Uint8Array): number {
    const found = this.offsets.get(textOf(key));
    return found === undefined ? -1 : found + this.base;
  }
}

/** One character for each byte. */
function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}
