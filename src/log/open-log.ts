/**
 * From a partition's directory to its log: makes the directory, or agrees with it on the topic, repairs what a crash left
 * behind, and decides where the log starts and ends.
 */
import { type Disk, KafkaError, makeDurableDirectory, silentLogger, type Uuid } from '../core/index.ts';
import { LeaderEpochs } from './leader-epochs.ts';
import { LogBody } from './log-body.ts';
import { defaultLogConfig } from './log-config.ts';
import type { OpenLogOptions } from './log-options.ts';
import { readTopicId, writeTopicId } from './partition-metadata.ts';
import { ProducerStates } from './producer-state.ts';
import { type RecoveryReport, recoverSegments } from './recovery.ts';
import { SegmentList } from './segment-list.ts';

export interface OpenedLog {
  readonly body: LogBody;
  readonly recovery: RecoveryReport;
  readonly topicId: Uuid | undefined;
  /** It had been closed well, or is empty: all of it was taken on trust. */
  readonly sound: boolean;
}

/**
 * All that the log holds is durable when it returns.
 * @throws SystemError; KafkaError INCONSISTENT_TOPIC_ID, KAFKA_STORAGE_ERROR
 */
export function openLog(options: OpenLogOptions): OpenedLog {
  const { disk, clock, directory } = options;
  const logger = options.logger ?? silentLogger;
  const config = { ...defaultLogConfig, ...options.config };
  const stored = options.logStartOffset ?? 0;
  if (!disk.exists(directory)) makeDurableDirectory(disk, directory);
  const topicId = agreeOnTopicId(disk, directory, options.topicId);
  const producers = new ProducerStates();
  const epochs = LeaderEpochs.load(disk, directory);
  const { segments, report } = recoverSegments({
    disk,
    directory,
    config,
    logger,
    producers,
    epochs,
    recoveryPoint: options.recoveryPoint,
    cleanShutdown: options.cleanShutdown ?? false,
    logStartOffset: stored,
    cleanedUpTo: options.cleanedUpTo ?? 0,
    now: clock.now(),
  });
  const found = segments.at(-1)!.nextOffset;
  const list = new SegmentList({
    disk,
    clock,
    directory,
    logger,
    random: options.random,
    producers,
    segments,
    durableUpTo: Math.min(report.trustedUpTo, found),
  });
  if (stored > found) {
    // The log lost its end, and with it what was deleted before: it goes on where readers may be, and never reuses offsets.
    logger.warn('the log ends before its start offset and begins anew there', {
      directory,
      endOffset: found,
      startOffset: stored,
    });
    list.roll(stored, config);
    list.retireBelow(stored);
  }
  const startOffset = Math.max(list.first.baseOffset, stored);
  const endOffset = Math.max(found, stored);
  const body = new LogBody({
    disk,
    clock,
    directory,
    logger,
    config,
    producers,
    epochs,
    list,
    startOffset,
    endOffset,
    uncheckedBelow: report.trustedUpTo,
  });
  return { body, recovery: report, topicId, sound: report.trustedUpTo === found };
}

function agreeOnTopicId(disk: Disk, directory: string, wanted: Uuid | undefined): Uuid | undefined {
  const found = readTopicId(disk, directory);
  if (found !== undefined && wanted !== undefined && found !== wanted) {
    throw new KafkaError('INCONSISTENT_TOPIC_ID', `${directory} belongs to topic ${found}, not to ${wanted}`);
  }
  if (found === undefined && wanted !== undefined) writeTopicId(disk, directory, wanted);
  return found ?? wanted;
}
