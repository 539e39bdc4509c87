/**
 * Opening a partition's directory after whatever happened to it. What lies below the recovery point is taken on trust;
 * all else is scanned batch by batch: length, CRC, offsets without a gap. The log ends before the first batch that fails.
 * What is cut off is reported; if sound batches lay behind the damage it is also set aside as `*.corrupt`.
 */
import { type Disk, joinPath, type Logger } from '../core/index.ts';
import { BATCH_OVERHEAD, type BatchHeader, controlRecordOf, damageOf, readBatchHeader } from '../records/index.ts';
import { INDEX_SUFFIXES, offsetFileName, offsetOfFileName, SEGMENT_SUFFIXES } from './file-names.ts';
import { finishInterrupted } from './interrupted.ts';
import type { LeaderEpochs } from './leader-epochs.ts';
import type { LogConfig } from './log-config.ts';
import type { ProducerStates } from './producer-state.ts';
import { Segment } from './segment.ts';
import { loadNewestSnapshot, removeSnapshotsAbove, writeSnapshot } from './snapshot-files.ts';

const SCAN_BYTES = 1024 * 1024;
/** Position of the partition leader epoch in a batch. */
const LEADER_EPOCH_AT = 12;
/** No request carries a larger batch: a length beyond this is damage, and nothing is allocated for it. */
const BATCH_BYTES_MAX = 256 * 1024 * 1024;
/** Bytes whose checksums are computed at most in the search for sound batches behind damage. */
const SALVAGE_SEARCH_BYTES = 64 * 1024 * 1024;

export interface RecoveryReport {
  /** Offsets below this one were not checked. */
  trustedUpTo: number;
  scannedBytes: number;
  scannedBatches: number;
  /** What was wrong with the first batch that was not kept. */
  damage: string | undefined;
  truncatedBytes: number;
  /** Sound batches among what was cut off: more was lost than the end of an unfinished write. */
  lostBatches: number;
  /** Batches whose leader epoch, which no checksum covers, was put right. */
  repairedEpochs: number;
  /** There was no readable checkpoint of leader epochs: the batches were believed. */
  rebuiltEpochs: boolean;
}

export interface RecoveryContext {
  readonly disk: Disk;
  readonly directory: string;
  readonly config: LogConfig;
  readonly logger: Logger;
  readonly producers: ProducerStates;
  readonly epochs: LeaderEpochs;
  /** Everything below was durable, indexes included, when it was last known. undefined: nothing is known. */
  readonly recoveryPoint: number | undefined;
  /** The log was closed well: all of it counts as durable. */
  readonly cleanShutdown: boolean;
  /** Segments wholly below are no part of the log any more. */
  readonly logStartOffset: number;
  /** Below, offsets may be missing: the log was compacted. */
  readonly cleanedUpTo: number;
  /** Wall clock. */
  readonly now: number;
}

/** @returns the segments, at least one; the last is the active one */
export function recoverSegments(context: RecoveryContext): { segments: Segment[]; report: RecoveryReport } {
  finishInterrupted(context.disk, context.directory, context.logger);
  const segments = openSegments(context);
  const report: RecoveryReport = {
    trustedUpTo: segments[0]!.baseOffset,
    scannedBytes: 0,
    scannedBatches: 0,
    damage: undefined,
    truncatedBytes: 0,
    lostBatches: 0,
    repairedEpochs: 0,
    rebuiltEpochs: context.epochs.isEmpty,
  };
  const trusted = trustSegments(context, segments);
  if (trusted > 0) report.trustedUpTo = segments[trusted - 1]!.nextOffset;
  restoreProducers(context, segments.slice(0, trusted), report.trustedUpTo);
  if (report.rebuiltEpochs) relearnEpochs(context, segments.slice(0, trusted));

  const { logger, directory } = context;
  let expected = report.trustedUpTo;
  for (let at = trusted; at < segments.length; at++) {
    const segment = segments[at]!;
    if (at > 0 && !follows(context, segment.baseOffset, expected)) {
      report.damage = `the segment at ${segment.baseOffset} does not follow offset ${expected - 1}`;
      dropFrom(context, segments, at, report);
      break;
    }
    if (at > trusted) noteProducers(context, segment.baseOffset);
    const damage = scanSegment(context, segment, report);
    expected = segment.nextOffset;
    if (damage === undefined) continue;
    report.damage = damage;
    cutTail(context, segment, report);
    dropFrom(context, segments, at + 1, report);
    break;
  }
  const end = segments.at(-1)!.nextOffset;
  if (report.damage !== undefined) {
    const fields = { directory, endOffset: end, truncatedBytes: report.truncatedBytes, damage: report.damage };
    if (report.lostBatches > 0) {
      logger.error(
        `log recovery lost ${report.lostBatches} sound batches that lay behind a damaged one; ` +
          'what was cut off is kept in *.corrupt files',
        fields,
      );
    } else {
      logger.warn('log recovery cut off an unfinished or damaged end of the log', fields);
    }
  }
  if (context.recoveryPoint !== undefined && end < context.recoveryPoint) {
    logger.error('the log ends before what was known to be durable: acknowledged records are lost', {
      directory,
      endOffset: end,
      recoveryPoint: context.recoveryPoint,
    });
  }
  if (report.repairedEpochs > 0) {
    logger.warn('leader epochs of batches disagreed with the checkpoint and were put right', {
      directory,
      batches: report.repairedEpochs,
    });
  }
  settle(context, segments.slice(trusted), end, report);
  return { segments, report };
}

/** Compaction leaves gaps; anywhere else one means that something is missing. */
function follows(context: RecoveryContext, offset: number, expected: number): boolean {
  if (offset === expected) return true;
  return offset > expected && (context.config.compacted || offset <= context.cleanedUpTo);
}

/** The producers' state before a segment: what is known of them outlives the segments before it. */
function noteProducers({ disk, directory, producers, logger }: RecoveryContext, offset: number): void {
  try {
    writeSnapshot(disk, directory, offset, producers.producers.values());
  } catch (error) {
    logger.warn('a producer snapshot could not be written', { directory, offset, cause: String(error) });
  }
}

function openSegments(context: RecoveryContext): Segment[] {
  const { disk, directory, config } = context;
  const names = disk.list(directory);
  const bases = new Set<number>();
  for (const name of names) {
    const base = offsetOfFileName(name, 'log');
    if (base !== undefined) bases.add(base);
  }
  for (const name of names) {
    for (const suffix of INDEX_SUFFIXES) {
      const base = offsetOfFileName(name, suffix);
      if (base !== undefined && !bases.has(base)) disk.remove(joinPath(directory, name));
    }
  }
  if (bases.size === 0) bases.add(context.logStartOffset);
  const ascending = [...bases].sort((a, b) => a - b);
  while (ascending.length > 1 && ascending[1]! <= context.logStartOffset) {
    const base = ascending.shift()!;
    for (const suffix of SEGMENT_SUFFIXES) disk.remove(joinPath(directory, offsetFileName(base, suffix)));
    // One after the other: a crash must not leave a gap.
    disk.syncDirectory(directory);
  }
  return ascending.map((base) => new Segment(disk, directory, base, config.indexIntervalBytes));
}

/** How many of the first segments lie wholly below the recovery point and have sound indexes. */
function trustSegments(context: RecoveryContext, segments: readonly Segment[]): number {
  const recoveryPoint = context.cleanShutdown ? Number.POSITIVE_INFINITY : context.recoveryPoint;
  if (recoveryPoint === undefined) return 0;
  let expected = segments[0]!.baseOffset;
  for (let at = 0; at < segments.length; at++) {
    const segment = segments[at]!;
    if (segment.baseOffset > recoveryPoint || !follows(context, segment.baseOffset, expected)) return at;
    if (!segment.loadIndexes() || segment.nextOffset > recoveryPoint) return at;
    expected = segment.nextOffset;
    segment.durablySealed = true;
  }
  return segments.length;
}

/** The producers' state at `upTo`: a snapshot, and the batches after it. */
function restoreProducers(context: RecoveryContext, trusted: readonly Segment[], upTo: number): void {
  if (upTo === 0) return;
  const { disk, directory, logger, now, producers } = context;
  const snapshot = loadNewestSnapshot(disk, directory, upTo, now, logger);
  if (snapshot !== undefined) producers.restore(snapshot.entries);
  const from = snapshot?.offset ?? 0;
  for (const segment of trusted) {
    segment.scan(from, (header, batch) => {
      if (header.baseOffset >= from) applyBatch(context, header, batch);
      return true;
    });
  }
  producers.onHighWatermark(Number.POSITIVE_INFINITY);
}

function relearnEpochs(context: RecoveryContext, trusted: readonly Segment[]): void {
  for (const segment of trusted) {
    segment.scan(segment.baseOffset, (header) => {
      context.epochs.learn(header.partitionLeaderEpoch, header.baseOffset);
      return true;
    });
  }
}

function applyBatch(context: RecoveryContext, header: BatchHeader, batch: Uint8Array) {
  if (!header.hasProducerId) return undefined;
  const control = header.isControl ? controlRecordOf(batch) : undefined;
  return context.producers.apply(header, header.baseOffset, control, context.now);
}

/** Reads a segment from its start; notes and applies what is sound. Returns what is wrong with the rest. */
function scanSegment(context: RecoveryContext, segment: Segment, report: RecoveryReport): string | undefined {
  segment.forget();
  const fileSize = segment.file.size();
  let buffer = Buffer.allocUnsafeSlow(Math.min(SCAN_BYTES, fileSize));
  let filled = segment.file.read(buffer, 0);
  let at = 0;
  while (segment.size < fileSize) {
    let bytes = buffer.subarray(at, filled);
    const needed = bytes.length < BATCH_OVERHEAD ? BATCH_OVERHEAD : bytes.readInt32BE(8) + 12;
    if (needed > bytes.length && needed <= Math.min(fileSize - segment.size, BATCH_BYTES_MAX)) {
      const length = Math.min(Math.max(SCAN_BYTES, needed), fileSize - segment.size);
      if (length > buffer.length) buffer = Buffer.allocUnsafeSlow(length);
      filled = segment.file.read(buffer.subarray(0, length), segment.size);
      at = 0;
      bytes = buffer.subarray(0, filled);
      if (bytes.length >= BATCH_OVERHEAD && bytes.readInt32BE(8) + 12 > needed) continue;
    }
    const damage = damageOf(bytes) ?? misplaced(context, segment, bytes);
    if (damage !== undefined) return `${segment.path} at byte ${segment.size}: ${damage}`;
    const header = readBatchHeader(bytes);
    const batch = bytes.subarray(0, header.length);
    checkEpoch(context, segment, header, report);
    const completed = applyBatch(context, header, batch);
    segment.note(header, header.baseOffset, header.maxTimestamp);
    if (completed?.aborted === true) {
      segment.aborted.add({
        ...completed,
        lastStableOffset: context.producers.firstOngoingOffset ?? segment.nextOffset,
      });
    }
    report.scannedBatches++;
    report.scannedBytes += header.length;
    at += header.length;
  }
  context.producers.onHighWatermark(Number.POSITIVE_INFINITY);
  return undefined;
}

function misplaced(context: RecoveryContext, segment: Segment, bytes: Uint8Array): string | undefined {
  const { baseOffset } = readBatchHeader(bytes);
  if (follows(context, baseOffset, segment.nextOffset)) return undefined;
  return `base offset ${baseOffset} where ${segment.nextOffset} is due`;
}

/** No checksum covers the leader epoch of a batch; the checkpoint, written before, tells what it must be. */
function checkEpoch(context: RecoveryContext, segment: Segment, header: BatchHeader, report: RecoveryReport): void {
  const { epochs } = context;
  let due = epochs.epochFor(header.baseOffset);
  if (report.rebuiltEpochs) {
    due = Math.max(epochs.latest, header.partitionLeaderEpoch);
    epochs.learn(due, header.baseOffset);
  }
  if (due < 0 || due === header.partitionLeaderEpoch) return;
  const epoch = Buffer.alloc(4);
  epoch.writeInt32BE(due);
  segment.file.write(epoch, segment.size + LEADER_EPOCH_AT);
  report.repairedEpochs++;
}

/** Ends the segment's file behind its last sound batch. */
function cutTail(context: RecoveryContext, segment: Segment, report: RecoveryReport): void {
  const size = segment.file.size();
  const lost = soundBatchesBehind(segment, size);
  report.lostBatches += lost;
  report.truncatedBytes += size - segment.size;
  if (lost > 0) {
    const copy = context.disk.open(`${segment.path}.${segment.size}.corrupt`, { create: true });
    copy.truncate(0);
    const buffer = Buffer.allocUnsafeSlow(SCAN_BYTES);
    for (let at = segment.size; at < size; ) {
      const count = segment.file.read(buffer, at);
      if (count === 0) break;
      copy.write(buffer.subarray(0, count), at - segment.size);
      at += count;
    }
    copy.syncNow();
    copy.close();
  }
  segment.file.truncate(segment.size);
}

/** Sound batches that lie anywhere behind the damage at `segment.size`: found by their shape, then by their CRC. */
function soundBatchesBehind(segment: Segment, size: number): number {
  let found = 0;
  let budget = SALVAGE_SEARCH_BYTES;
  let at = segment.size + 1;
  while (at + BATCH_OVERHEAD <= size && budget > 0) {
    const bytes = Buffer.allocUnsafeSlow(Math.min(SCAN_BYTES, size - at));
    segment.file.read(bytes, at);
    let next = bytes.length - BATCH_OVERHEAD + 1;
    for (let i = 0; i + BATCH_OVERHEAD <= bytes.length; i++) {
      if (bytes[i + 16] !== 2) continue;
      const length = bytes.readInt32BE(i + 8) + 12;
      if (length < BATCH_OVERHEAD || length > Math.min(size - at - i, budget)) continue;
      if (bytes.readInt32BE(i + 23) < 0 || bytes.readInt32BE(i) < 0) continue;
      budget -= length;
      const batch = Buffer.allocUnsafeSlow(length);
      segment.file.read(batch, at + i);
      if (damageOf(batch) === undefined) {
        found++;
        next = i + length;
        break;
      }
    }
    at += next;
  }
  return found;
}

/** Takes segments out of the log: sound batches in them are counted and their files set aside. */
function dropFrom(context: RecoveryContext, segments: Segment[], from: number, report: RecoveryReport): void {
  for (const segment of segments.splice(from)) {
    segment.forget();
    const size = segment.file.size();
    report.truncatedBytes += size;
    // Starts its search one byte before the file.
    segment.size = -1;
    const lost = soundBatchesBehind(segment, size);
    segment.size = 0;
    report.lostBatches += lost;
    if (lost === 0) {
      segment.remove();
      continue;
    }
    context.disk.rename(segment.path, `${segment.path}.corrupt`);
    segment.remove();
  }
}

/** Makes what recovery found, and what it did, durable: answers may rely on it from now on. */
function settle(context: RecoveryContext, scanned: readonly Segment[], end: number, report: RecoveryReport): void {
  const { disk, directory, epochs } = context;
  epochs.truncateFromEnd(end);
  epochs.save();
  removeSnapshotsAbove(disk, directory, end);
  if (report.scannedBytes === 0 && report.damage === undefined) return;
  for (const segment of scanned) segment.file.syncNow();
  // All but the active one are complete, and will not be written again.
  for (const segment of scanned.slice(0, -1)) {
    segment.sealNow();
    segment.durablySealed = true;
  }
  disk.syncDirectory(directory);
}
