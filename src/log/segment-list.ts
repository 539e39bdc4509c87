/**
 * The segments of a partition, ascending, never empty, the last of them the one that is written: when a new one is begun,
 * what is durable, and how old ones leave the log. It does not know what a reader may see.
 */
import type { Clock, Disk, Logger, Random } from '../core/index.ts';
import type { BatchHeader } from '../records/index.ts';
import type { LogConfig } from './log-config.ts';
import type { ProducerStates } from './producer-state.ts';
import { Segment } from './segment.ts';
import { pruneSnapshots, syncSnapshot, syncSnapshotNow, writeSnapshot } from './snapshot-files.ts';

/** Sizes and offsets in a segment are 32-bit integers. */
const MAX_INT32 = 0x7fffffff;

export interface SegmentListOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly directory: string;
  readonly logger: Logger;
  readonly random: Random | undefined;
  readonly producers: ProducerStates;
  /** Ascending, at least one. */
  readonly segments: Segment[];
  /** Log and indexes are known to be durable below. */
  readonly durableUpTo: number;
}

export class SegmentList {
  /** Names in the directory changed since it was last synced. */
  namesChanged = true;
  private readonly disk: Disk;
  private readonly clock: Clock;
  private readonly directory: string;
  private readonly logger: Logger;
  private readonly random: Random | undefined;
  private readonly producers: ProducerStates;
  private segments: Segment[];
  private current: Segment;
  /** Out of the log, their files still as they were; oldest first. */
  private retired: Segment[] = [];
  /** Files named `.deleted`, and when they were, by the monotonic clock. */
  private doomed: { readonly paths: readonly string[]; readonly since: number }[] = [];
  private durable: number;
  private jitter = -1;

  constructor(options: SegmentListOptions) {
    this.disk = options.disk;
    this.clock = options.clock;
    this.directory = options.directory;
    this.logger = options.logger;
    this.random = options.random;
    this.producers = options.producers;
    this.segments = options.segments;
    this.current = options.segments.at(-1)!;
    this.durable = options.durableUpTo;
    const now = this.clock.now();
    for (const segment of this.segments) segment.openedAt = now;
    this.noteDurable();
  }

  get all(): readonly Segment[] {
    return this.segments;
  }
  get active(): Segment {
    return this.current;
  }
  get first(): Segment {
    return this.segments[0]!;
  }
  get sizeInBytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.size, 0);
  }
  /** Below, log, indexes and the producers' snapshot are complete and on the device. */
  get durableUpTo(): number {
    return this.durable;
  }
  /** A segment was closed that is not on the device yet. */
  get hasUnsealed(): boolean {
    const before = this.segments.at(-2);
    return before !== undefined && !before.durablySealed;
  }

  mustRoll(header: BatchHeader, now: number, config: LogConfig): boolean {
    const segment = this.current;
    if (header.lastOffset - segment.baseOffset > MAX_INT32) return true;
    if (segment.size === 0) return false;
    if (segment.size + header.length > Math.min(config.segmentBytes, MAX_INT32)) return true;
    if (segment.offsets.sizeInBytes + 8 > config.segmentIndexBytes) return true;
    const { rollTimestamp } = segment;
    const age = rollTimestamp >= 0 ? header.maxTimestamp - rollTimestamp : now - segment.openedAt;
    return age > segmentMsOf(config) - this.jitterOf(config);
  }

  /** Chosen once for each segment. */
  private jitterOf(config: LogConfig): number {
    if (this.jitter < 0) {
      const most = Math.min(config.segmentJitterMs, segmentMsOf(config));
      this.jitter = this.random === undefined || most <= 0 ? 0 : this.random.uint32() % most;
    }
    return this.jitter;
  }

  /** Begins a new segment. @throws SystemError, and the old segment is still the active one */
  roll(baseOffset: number, config: LogConfig): void {
    const next = new Segment(this.disk, this.directory, baseOffset, config.indexIntervalBytes);
    next.openedAt = this.clock.now();
    const last = this.current;
    this.segments.push(next);
    this.current = next;
    this.jitter = -1;
    this.namesChanged = true;
    last.dirty = true;
    this.tryAside(() => {
      last.seal();
      writeSnapshot(this.disk, this.directory, baseOffset, this.producers.producers.values());
      const bases = new Set([...this.segments, ...this.retired].map((segment) => segment.baseOffset));
      pruneSnapshots(this.disk, this.directory, bases);
    });
  }

  /** Indexes and snapshots are for speed: where they cannot be written, the log goes on, and recovery rebuilds them. */
  tryAside(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.failedAside(error);
    }
  }
  failedAside(error: unknown): void {
    this.logger.warn('an index or snapshot could not be written', { directory: this.directory, cause: String(error) });
  }

  /** Makes all that was written before the call durable. Never called while an earlier call is under way. */
  async sync(): Promise<void> {
    const active = this.current;
    const names = this.namesChanged;
    const dirty = this.segments.filter((segment) => segment.dirty);
    this.namesChanged = false;
    for (const segment of dirty) segment.dirty = false;
    if (dirty.length === 1 && dirty[0] === active) await active.file.sync();
    else await Promise.all(dirty.map((segment) => this.syncSegment(segment, active)));
    if (names) this.disk.syncDirectory(this.directory);
    if (dirty.length > 1) this.noteDurable();
  }

  private async syncSegment(segment: Segment, active: Segment): Promise<void> {
    await segment.file.sync();
    if (segment === active) return;
    try {
      segment.seal();
      await segment.syncIndexes();
      segment.closeIndexes();
      await syncSnapshot(this.disk, this.directory, segment.nextOffset);
      segment.durablySealed = true;
    } catch (error) {
      // The segment will be scanned when it is opened again.
      this.logger.warn('an index could not be synced', { path: segment.path, cause: String(error) });
    }
  }

  /**
   * All is on the device, and no more comes: closes the active segment so that it need not be scanned either. Blocks for
   * the names alone, which are there as a rule once the files are. Rejects with SystemError.
   */
  async sealForGood(end: number): Promise<void> {
    writeSnapshot(this.disk, this.directory, end, this.producers.producers.values());
    await Promise.all([syncSnapshot(this.disk, this.directory, end), this.current.sealForGood()]);
    this.disk.syncDirectory(this.directory);
    this.current.durablySealed = true;
    if (this.segments.every((segment) => segment.durablySealed)) this.durable = end;
  }

  private noteDurable(): void {
    for (const segment of this.segments) {
      if (!segment.durablySealed || segment === this.current) break;
      this.durable = Math.max(this.durable, segment.nextOffset);
    }
  }

  /** Takes whole segments below `offset` out of the log, never the active one. Their files go with `dropRetired`. */
  retireBelow(offset: number): number {
    let count = 0;
    while (this.segments.length > 1 && this.segments[1]!.baseOffset <= offset) {
      this.retired.push(this.segments.shift()!);
      count++;
    }
    return count;
  }
  get hasRetired(): boolean {
    return this.retired.length > 0;
  }

  /**
   * Names the files of the oldest retired segment `.deleted`, durably: a crash never leaves a gap, for the next one goes
   * only after this one. No sync may be under way, and the names of the segments that stay must be durable.
   * @throws SystemError
   */
  dropOneRetired(): void {
    const segment = this.retired[0];
    if (segment === undefined) return;
    // What the producers of its records have done is known from the snapshot behind it alone.
    this.tryAside(() => syncSnapshotNow(this.disk, this.directory, this.first.baseOffset));
    this.markDeleted(segment);
    this.retired.shift();
    this.disk.syncDirectory(this.directory);
    this.tryAside(() =>
      pruneSnapshots(this.disk, this.directory, new Set(this.bases()), (this.retired[0] ?? this.first).baseOffset),
    );
  }
  private *bases(): Generator<number> {
    for (const { baseOffset } of [...this.retired, ...this.segments]) yield baseOffset;
  }

  private markDeleted(segment: Segment): void {
    segment.renameLog('.deleted');
    segment.renameIndexes('.deleted');
    segment.close();
    this.doomed.push({ paths: segment.paths, since: this.clock.monotonic() });
  }

  /**
   * Puts `cleaned`, which is in the state `.cleaned` and on the device, in the place of `sources`, neighbours in the list.
   * Each call of the generator does one step. Once the file of its log is named `.swap` a crash is completed by recovery;
   * before, it changes nothing.
   * @throws SystemError, and nobody knows what is named how: the log must be opened anew
   */
  *replace(sources: readonly Segment[], cleaned: Segment): Generator<void> {
    cleaned.renameIndexes('.swap');
    this.disk.syncDirectory(this.directory);
    cleaned.renameLog('.swap');
    this.disk.syncDirectory(this.directory);
    const at = this.segments.indexOf(sources[0]!);
    this.segments.splice(at, sources.length, cleaned);
    yield;
    for (const source of sources) this.markDeleted(source);
    this.disk.syncDirectory(this.directory);
    yield;
    cleaned.renameIndexes('');
    cleaned.renameLog('');
    this.disk.syncDirectory(this.directory);
    const bases = new Set([...this.bases()]);
    this.tryAside(() => pruneSnapshots(this.disk, this.directory, bases));
  }

  get hasDeletedFiles(): boolean {
    return this.doomed.length > 0;
  }
  /** Removes the files that have been `.deleted` for `delayMs`, of one segment at most. True: it removed some. */
  removeDeleted(delayMs: number): boolean {
    const oldest = this.doomed[0];
    if (oldest === undefined || this.clock.monotonic() - oldest.since < delayMs) return false;
    this.doomed.shift();
    for (const path of oldest.paths) this.disk.remove(path);
    return true;
  }

  close(): void {
    for (const segment of [...this.segments, ...this.retired]) segment.close();
  }
}

/** A compacted log closes its segments in time for `max.compaction.lag.ms`: the active one is never compacted. */
function segmentMsOf(config: LogConfig): number {
  return config.compacted ? Math.min(config.segmentMs, config.maxCompactionLagMs) : config.segmentMs;
}
