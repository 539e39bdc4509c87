/**
 * A file that knows what a crash may do to it. Its content as the node sees it stands beside what the device holds for
 * sure, and between them is what was written since: page by page, it may be there after a crash, or not, or in part.
 */
import { ChunkedBytes } from '../../core/index.ts';
import type { SeededRandom } from './seeded-random.ts';

export const PAGE_BYTES = 4096;
export const SECTOR_BYTES = 512;

/** What a crash does with all that was not synced. */
export type CrashMood = 'loses everything' | 'loses nothing' | 'mixed';

/** What was handed to the device by one sync and is not known to have arrived. */
export interface Flush {
  readonly pages: Map<number, Uint8Array>;
  size: number;
  /** The shortest that the file was since the sync before. */
  lowestSize: number;
  failed: boolean;
}

/** Counts of what one crash did. */
export interface CrashReport {
  namesLost: number;
  pagesLost: number;
  pagesTorn: number;
  pagesDamaged: number;
  truncationsLost: number;
}

export class SimulatedFile {
  private content = new ChunkedBytes();
  private durable = new ChunkedBytes();
  private dirty = new Set<number>();
  private lowestSize = 0;
  private flushes: Flush[] = [];

  get size(): number {
    return this.content.size;
  }

  /** Bytes that are safe, whatever happens; for tests. */
  durableBytes(): Uint8Array {
    const bytes = new Uint8Array(this.durable.size);
    this.durable.read(bytes, 0);
    return bytes;
  }

  read(target: Uint8Array, position: number): number {
    return this.content.read(target, position);
  }

  write(bytes: Uint8Array, position: number): void {
    if (bytes.length === 0) return;
    this.content.write(bytes, position);
    const last = Math.floor((position + bytes.length - 1) / PAGE_BYTES);
    for (let page = Math.floor(position / PAGE_BYTES); page <= last; page++) this.dirty.add(page);
  }

  truncate(size: number): void {
    if (size < this.content.size) {
      for (const page of this.dirty) if (page * PAGE_BYTES >= size) this.dirty.delete(page);
      if (size % PAGE_BYTES !== 0) this.dirty.add(Math.floor(size / PAGE_BYTES));
    }
    this.content.truncate(size);
    this.lowestSize = Math.min(this.lowestSize, size);
  }

  /** Hands all that is not yet safe to the device. */
  startFlush(): Flush {
    const pages = new Map<number, Uint8Array>();
    for (const page of this.dirty) pages.set(page, pageOf(this.content, page));
    const flush: Flush = { pages, size: this.content.size, lowestSize: this.lowestSize, failed: false };
    this.dirty = new Set();
    this.lowestSize = this.content.size;
    this.flushes.push(flush);
    return flush;
  }

  /** The device has it: this flush, and every earlier one that has not failed, survive a crash. */
  finishFlush(flush: Flush): void {
    const index = this.flushes.indexOf(flush);
    if (index < 0) return;
    const arrived = this.flushes.slice(0, index + 1).filter((earlier) => !earlier.failed);
    for (const one of arrived) this.makeDurable(one);
    this.flushes = this.flushes.filter((one) => !arrived.includes(one));
  }

  /**
   * The device refused it. As on Linux, the pages count as clean from now on: a later sync that succeeds says nothing
   * about them.
   */
  failFlush(flush: Flush): void {
    flush.failed = true;
  }

  /** Leaves the file as it is found after the power came back. */
  crash(random: SeededRandom, mood: CrashMood, report: CrashReport): void {
    if (this.dirty.size === 0 && this.flushes.length === 0 && this.lowestSize === this.content.size) return;
    const size = this.sizeAfterCrash(random, mood, report);
    const left = this.durable.clone();
    left.truncate(size);
    for (const page of this.uncertainPages()) {
      const start = page * PAGE_BYTES;
      if (start >= size) continue;
      const bytes = this.pageAfterCrash(page, random, mood, report);
      left.write(bytes.subarray(0, Math.min(PAGE_BYTES, size - start)), start);
    }
    this.durable = left;
    this.content = left.clone();
    this.dirty = new Set();
    this.flushes = [];
    this.lowestSize = size;
  }

  private makeDurable(flush: Flush): void {
    if (flush.lowestSize < this.durable.size) this.durable.truncate(flush.lowestSize);
    for (const [page, bytes] of flush.pages) {
      this.durable.write(bytes, page * PAGE_BYTES);
      for (const other of this.flushes) if (other.failed) other.pages.delete(page);
    }
    this.durable.truncate(flush.size);
    // The length is settled; only the pages that an earlier flush failed to carry stay in doubt.
    for (const other of this.flushes.slice(0, this.flushes.indexOf(flush))) {
      other.size = flush.size;
      other.lowestSize = flush.size;
    }
  }

  private uncertainPages(): number[] {
    const pages = new Set(this.dirty);
    for (const flush of this.flushes) for (const page of flush.pages.keys()) pages.add(page);
    return [...pages].sort((a, b) => a - b);
  }

  private sizeAfterCrash(random: SeededRandom, mood: CrashMood, report: CrashReport): number {
    const safe = this.durable.size;
    if (mood === 'loses nothing') return this.content.size;
    const possible = new Set([safe, this.content.size, Math.min(safe, this.lowestSize)]);
    for (const flush of this.flushes) possible.add(flush.size).add(Math.min(safe, flush.lowestSize));
    let size = mood === 'loses everything' ? safe : random.pick([...possible]);
    // The length may have reached the device half-way between two writes.
    if (size > safe && random.chance(0.5)) size = random.between(safe, size);
    if (size === safe && Math.min(this.lowestSize, this.content.size) < safe) report.truncationsLost++;
    return size;
  }

  private pageAfterCrash(page: number, random: SeededRandom, mood: CrashMood, report: CrashReport): Uint8Array {
    const versions = [pageOf(this.durable, page)];
    for (const flush of this.flushes) {
      const bytes = flush.pages.get(page);
      if (bytes !== undefined) versions.push(bytes);
    }
    if (this.dirty.has(page)) versions.push(pageOf(this.content, page));
    if (mood === 'loses nothing') return versions.at(-1)!;
    const fate = mood === 'loses everything' ? 0 : random.below(4);
    if (fate === 0) {
      report.pagesLost++;
      return versions[0]!;
    }
    if (fate === 1) return versions.at(-1)!;
    const damaged = fate === 3;
    const torn = new Uint8Array(PAGE_BYTES);
    for (let at = 0; at < PAGE_BYTES; at += SECTOR_BYTES) {
      // Only what was never promised is damaged: a sector with synced bytes in it is whole, in one version or another.
      const neverSynced = page * PAGE_BYTES + at >= this.durable.size;
      const garbage = damaged && neverSynced && random.chance(0.5);
      const sector = garbage ? random.bytes(SECTOR_BYTES) : random.pick(versions).subarray(at, at + SECTOR_BYTES);
      torn.set(sector, at);
    }
    if (damaged) report.pagesDamaged++;
    else report.pagesTorn++;
    return torn;
  }
}

function pageOf(content: ChunkedBytes, page: number): Uint8Array {
  const bytes = new Uint8Array(PAGE_BYTES);
  content.read(bytes, page * PAGE_BYTES);
  return bytes;
}
