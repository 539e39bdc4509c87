/**
 * A batch's way into a log: what may be appended (the batch itself, its leader, its producer), its place in the file, and
 * all that follows it then. Everything that refuses comes before the write.
 */
import { KafkaError } from '../core/index.ts';
import {
  type BatchHeader,
  type ControlRecord,
  controlRecordOf,
  readBatchHeader,
  setBaseOffset,
  setLogAppendTime,
  setPartitionLeaderEpoch,
  verifyBatch,
} from '../records/index.ts';
import { checkBatch } from './append-rules.ts';
import type { LogBody } from './log-body.ts';
import type { AppendOptions, AppendResult } from './log-options.ts';
import type { BatchMetadata } from './producer-state.ts';
import { isOutOfSpace, storageError } from './storage-errors.ts';

/** @throws KafkaError, as `PartitionLog.append` says; a batch that is refused has changed nothing */
export function appendBatch(log: LogBody, batch: Uint8Array, options: AppendOptions): AppendResult {
  log.ensureUsable();
  const { origin } = options;
  const { config } = log;
  let header = verifyBatch(batch);
  const control = header.isControl ? controlRecordOf(batch) : undefined;
  const now = log.clock.now();
  checkBatch({ batch, header, control, origin, now, endOffset: log.endOffset, config });
  const leaderEpoch = origin === 'replication' ? header.partitionLeaderEpoch : options.leaderEpoch;
  if (leaderEpoch < log.epochs.latest) {
    throw new KafkaError('FENCED_LEADER_EPOCH', `leader epoch ${leaderEpoch}, the log has ${log.epochs.latest}`);
  }
  const known = log.producers.check(header, control, {
    origin,
    verified: options.verified,
    verificationRequired: config.transactionPartitionVerificationEnable,
    transactionVersion: options.producerIdTransactionVersion ?? 1,
  });
  if (known !== undefined) return duplicateOf(known, log.startOffset);

  const stampsTime = config.messageTimestampType === 'LogAppendTime' && origin !== 'replication';
  if (stampsTime) setLogAppendTime(batch, 0, now);
  if (origin !== 'replication') {
    setBaseOffset(batch, 0, log.endOffset);
    setPartitionLeaderEpoch(batch, 0, leaderEpoch);
  }
  header = readBatchHeader(batch);
  write(log, batch, header, leaderEpoch, now);
  take(log, header, control, now);
  return {
    baseOffset: header.baseOffset,
    lastOffset: header.lastOffset,
    logAppendTime: stampsTime ? now : -1,
    logStartOffset: log.startOffset,
    duplicate: false,
  };
}

function duplicateOf(known: BatchMetadata, logStartOffset: number): AppendResult {
  return {
    baseOffset: known.lastOffset - known.offsetDelta,
    lastOffset: known.lastOffset,
    logAppendTime: known.timestamp,
    logStartOffset,
    duplicate: true,
  };
}

/** Puts the bytes into the file, or leaves the log as it was. */
function write(log: LogBody, batch: Uint8Array, header: BatchHeader, leaderEpoch: number, now: number): void {
  const { list, config } = log;
  try {
    if (list.mustRoll(header, now, config)) list.roll(header.baseOffset, config);
    log.epochs.assign(leaderEpoch, header.baseOffset);
  } catch (error) {
    throw storageError(error);
  }
  const segment = list.active;
  try {
    segment.file.write(batch, segment.size);
  } catch (error) {
    // Part of it may be there. It is taken back; where that is in doubt, nothing more is done with this log.
    try {
      segment.file.truncate(segment.size);
    } catch (second) {
      log.fail(second);
    }
    if (!isOutOfSpace(error)) log.fail(error);
    throw storageError(error);
  }
  segment.dirty = true;
  segment.durablySealed = false;
}

/** The batch is in the log: offsets, producers, transactions follow it. Refuses nothing. */
function take(log: LogBody, header: BatchHeader, control: ControlRecord | undefined, now: number): void {
  const { list, producers } = log;
  const segment = list.active;
  segment.note(header, header.baseOffset, header.maxTimestamp);
  log.extendTo(segment.nextOffset);
  const completed = producers.apply(header, header.baseOffset, control, now);
  if (completed?.aborted === true) {
    segment.aborted.add({ ...completed, lastStableOffset: producers.firstOngoingOffset ?? log.endOffset });
  }
  if (segment.indexesAreFarBehind) list.tryAside(() => segment.writeIndexes());
}
