/**
 * Compacts a log: for each key the last record stays. First the keys of the dirty part are read into a map, as many as fit;
 * then all segments up to there are written anew, in groups that make one segment each, and take the place of the old
 * ones. Offsets stay. A little in each turn; a crash at any point leaves either the old segments or the new one.
 */
import { type Disk, joinPath, KafkaError } from '../../core/index.ts';
import { type BatchHeader, controlRecordOf, damageOf, RecordCursor, readBatchHeader } from '../../records/index.ts';
import { offsetFileName, SEGMENT_SUFFIXES } from '../file-names.ts';
import type { LogConfig } from '../log-config.ts';
import type { ProducerEntry } from '../producer-state.ts';
import { Segment } from '../segment.ts';
import { abortedBetween } from '../segment-queries.ts';
import { type BatchFilterOptions, compactBatch } from './batch-filter.ts';
import type { Cleanable } from './cleanable.ts';
import { CleanedTransactions } from './cleaned-transactions.ts';
import { KeyOffsets } from './key-offsets.ts';

const MAX_INT32 = 0x7fffffff;

/** What the log lends for it. */
export interface CompactedLog {
  readonly disk: Disk;
  readonly directory: string;
  readonly config: LogConfig;
  /** As they are now; those that are compacted stay until `replace`. */
  readonly segments: () => readonly Segment[];
  readonly producers: ReadonlyMap<number, ProducerEntry>;
  /** Still open, and not failed. */
  readonly usable: () => boolean;
  /** Puts a segment in the state `.cleaned`, whole and on the device, in the place of others; a step with each call. */
  readonly replace: (sources: readonly Segment[], cleaned: Segment) => Generator<void>;
}

export interface CompactionOptions {
  /** Where the last compaction ended, undefined before the first. */
  readonly cleanedUpTo: number | undefined;
  /** Memory for the map of keys, in bytes: `log.cleaner.dedupe.buffer.size`. */
  readonly mapBytesMax: number;
  /** Read at a time; a larger batch is still read whole. */
  readonly chunkBytes: number;
  /** Called between two chunks, with the bytes of the last. */
  readonly pause: (bytes: number) => Promise<void>;
  /** Asked between two chunks: true ends it, and what was not put in place yet is given up. */
  readonly stopped: () => boolean;
}

export interface CompactionResult {
  /** To be stored: where the next compaction begins. */
  readonly cleanedUpTo: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly keys: number;
}

interface KnownKeys {
  readonly keys: KeyOffsets;
  readonly lastKnownOffset: number;
}

/**
 * undefined: the log was closed, or has failed, meanwhile.
 * @throws KafkaError CORRUPT_MESSAGE, MalformedBytesError where the log is damaged; SystemError
 */
export async function compactLog(
  log: CompactedLog,
  cleanable: Cleanable,
  options: CompactionOptions,
  now: number,
): Promise<CompactionResult | undefined> {
  const known = await readKeys(log, cleanable, options);
  if (known === undefined) return undefined;
  const end = known.lastKnownOffset + 1;
  let bytesBefore = 0;
  let bytesAfter = 0;
  const sources = log.segments().filter((segment) => segment.baseOffset < end);
  const transactions = new CleanedTransactions();
  for (const group of groupsOf(sources, log.config)) {
    const cleaned = new CleanedSegment(log, group);
    try {
      const filter = { ...known, transactions, producers: log.producers, now };
      if (!(await cleaned.fill(filter, options)) || !(await cleaned.finish(options))) return undefined;
    } catch (error) {
      cleaned.abandon();
      throw error;
    }
    bytesBefore += group.reduce((sum, segment) => sum + segment.size, 0);
    bytesAfter += cleaned.size;
  }
  return { cleanedUpTo: end, bytesBefore, bytesAfter, keys: known.keys.size };
}

/** The last offset of each key from the first dirty offset on, as far as the map has room. */
async function readKeys(
  log: CompactedLog,
  cleanable: Cleanable,
  options: CompactionOptions,
): Promise<KnownKeys | undefined> {
  const { firstDirtyOffset, firstUncleanableOffset } = cleanable;
  const keys = new KeyOffsets(options.mapBytesMax, firstDirtyOffset);
  const transactions = new CleanedTransactions();
  const segments = log.segments();
  transactions.add(abortedBetween(segments, firstDirtyOffset, firstUncleanableOffset));
  let lastKnownOffset = firstDirtyOffset - 1;
  for (const segment of segments) {
    if (segment.baseOffset >= firstUncleanableOffset || segment.nextOffset <= firstDirtyOffset) continue;
    for (const chunk of chunksOf(segment, Math.max(firstDirtyOffset, segment.baseOffset), options.chunkBytes)) {
      for (const { header, batch } of chunk.batches) {
        if (!noteKeys(header, batch, keys, transactions, firstDirtyOffset)) return { keys, lastKnownOffset };
        lastKnownOffset = header.lastOffset;
      }
      await options.pause(chunk.bytes);
      if (!log.usable() || options.stopped()) return undefined;
    }
    lastKnownOffset = Math.max(lastKnownOffset, segment.nextOffset - 1);
  }
  return { keys, lastKnownOffset: Math.max(lastKnownOffset, firstUncleanableOffset - 1) };
}

/** False: not all of the batch's keys have found room. */
function noteKeys(
  header: BatchHeader,
  batch: Uint8Array,
  keys: KeyOffsets,
  transactions: CleanedTransactions,
  from: number,
): boolean {
  if (header.isControl) {
    transactions.marker(header, controlRecordOf(batch)!);
    return true;
  }
  if (transactions.data(header)) return true;
  const cursor = new RecordCursor(batch);
  while (cursor.next()) {
    const { key } = cursor;
    if (key !== null && cursor.offset >= from && !keys.put(key, cursor.offset)) return false;
  }
  return true;
}

interface Chunk {
  readonly bytes: number;
  readonly batches: readonly { readonly header: BatchHeader; readonly batch: Uint8Array }[];
}

/** Batch by batch, each checked: what is damaged must not get a new checksum. */
function* chunksOf(segment: Segment, from: number, chunkBytes: number): Generator<Chunk> {
  let next = from;
  while (next < segment.nextOffset) {
    const upTo = segment.nextOffset;
    const bytes = segment.read({ fromOffset: next, maxBytes: chunkBytes, upTo, minOneBatch: true });
    if (bytes === undefined || bytes.length === 0) return;
    const batches: { header: BatchHeader; batch: Uint8Array }[] = [];
    for (let at = 0; at < bytes.length; ) {
      const damage = damageOf(bytes, at);
      if (damage !== undefined) {
        throw new KafkaError('CORRUPT_MESSAGE', `${segment.path} is damaged behind offset ${next - 1}: ${damage}`);
      }
      const header = readBatchHeader(bytes, at);
      batches.push({ header, batch: bytes.subarray(at, at + header.length) });
      at += header.length;
      next = header.lastOffset + 1;
    }
    yield { bytes: bytes.length, batches };
  }
}

/** Neighbours that fit one segment together, even if nothing of them goes. */
export function groupsOf(segments: readonly Segment[], config: LogConfig): Segment[][] {
  const groups: Segment[][] = [];
  let bytes = 0;
  let indexBytes = 0;
  for (const segment of segments) {
    const group = groups.at(-1);
    bytes += segment.size;
    indexBytes += segment.offsets.sizeInBytes;
    if (
      group !== undefined &&
      bytes <= config.segmentBytes &&
      indexBytes <= config.segmentIndexBytes &&
      segment.nextOffset - 1 - group[0]!.baseOffset <= MAX_INT32
    ) {
      group.push(segment);
      continue;
    }
    groups.push([segment]);
    bytes = segment.size;
    indexBytes = segment.offsets.sizeInBytes;
  }
  return groups;
}

/** The segment that a group becomes. */
class CleanedSegment {
  private readonly log: CompactedLog;
  private readonly sources: readonly Segment[];
  private readonly segment: Segment;
  private taken = false;

  constructor(log: CompactedLog, sources: readonly Segment[]) {
    this.log = log;
    this.sources = sources;
    const { disk, directory, config } = log;
    const first = sources[0]!;
    for (const suffix of SEGMENT_SUFFIXES) {
      disk.remove(joinPath(directory, `${offsetFileName(first.baseOffset, suffix)}.cleaned`));
    }
    this.segment = new Segment(disk, directory, first.baseOffset, config.indexIntervalBytes, '.cleaned');
    this.segment.openedAt = sources.at(-1)!.openedAt;
  }

  get size(): number {
    return this.segment.size;
  }

  /** Writes what stays. False: the log is no longer usable. */
  async fill(
    filter: Omit<BatchFilterOptions, 'aborted' | 'deleteRetentionMs'>,
    options: CompactionOptions,
  ): Promise<boolean> {
    const { segment, log } = this;
    const all = log.segments();
    const { deleteRetentionMs } = log.config;
    for (const source of this.sources) {
      filter.transactions.add(abortedBetween(all, source.baseOffset, source.nextOffset));
      for (const chunk of chunksOf(source, source.baseOffset, options.chunkBytes)) {
        const kept: Uint8Array[] = [];
        const position = segment.size;
        for (const { header, batch } of chunk.batches) {
          const aborted: BatchFilterOptions['aborted'] = (transaction) => segment.aborted.add(transaction);
          const left = compactBatch(header, batch, { ...filter, deleteRetentionMs, aborted });
          if (left === undefined) continue;
          kept.push(left);
          const after = left === batch ? header : readBatchHeader(left);
          segment.note(after, after.baseOffset, after.maxTimestamp);
        }
        if (kept.length > 0) segment.file.write(Buffer.concat(kept), position);
        if (segment.indexesAreFarBehind) segment.writeIndexes();
        await options.pause(chunk.bytes);
        if (!log.usable()) return this.giveUp();
        if (options.stopped()) return this.abandon();
      }
    }
    return true;
  }

  /** Makes it durable, and puts it in the place of its sources. False: the log is no longer usable. */
  async finish(options: CompactionOptions): Promise<boolean> {
    const { segment, log } = this;
    segment.seal();
    await segment.file.sync();
    await segment.syncIndexes();
    segment.closeIndexes();
    if (!log.usable()) return this.giveUp();
    segment.durablySealed = true;
    this.taken = true;
    for (const _step of log.replace(this.sources, segment)) {
      await options.pause(0);
      if (!log.usable()) return false;
    }
    return true;
  }

  /** The log's directory may be gone, or another's: nothing in it is touched. */
  private giveUp(): false {
    this.segment.close();
    return false;
  }

  /** Something went wrong. Where the segment is no part of the log its files go. */
  abandon(): false {
    if (this.taken) return false;
    this.segment.close();
    try {
      for (const path of this.segment.paths) this.log.disk.remove(path);
    } catch {
      // The next compaction, or the next start, removes them.
    }
    return false;
  }
}
