/**
 * How a log ends: closed, so that it can be opened again without a look at its batches, or deleted. Either way it takes
 * no more requests, and its files are closed when no sync is under way.
 */
import type { Uuid } from '../core/index.ts';
import type { LogBody } from './log-body.ts';
import type { LogFlush } from './log-flush.ts';
import type { Segment } from './segment.ts';

export class LogClosing {
  private readonly log: LogBody;
  private readonly flushing: LogFlush;
  private clean = false;
  /** What it was when it was opened. */
  private readonly opened: {
    readonly sound: boolean;
    readonly segments: readonly Segment[];
    readonly start: number;
    readonly end: number;
  };

  /** `log` was opened just now. `sound`: it had been closed well, or is empty. */
  constructor(log: LogBody, flushing: LogFlush, sound: boolean) {
    this.log = log;
    this.flushing = flushing;
    this.opened = { sound, segments: [...log.list.all], start: log.startOffset, end: log.endOffset };
  }

  /** It is closed, and can be opened again without a look at its batches. */
  get closedCleanly(): boolean {
    return this.clean;
  }

  /**
   * Makes everything durable, writes the producers' snapshot and closes the files.
   * @throws KafkaError KAFKA_STORAGE_ERROR; the files are closed all the same
   */
  async close(): Promise<void> {
    const { log, flushing } = this;
    try {
      if (log.failure === undefined && this.isAsItWasOpened) {
        this.clean = true;
        return;
      }
      while (log.failure === undefined && !flushing.isComplete) await flushing.flush();
      if (log.failure === undefined) {
        // Nothing may come between what is sealed now and the end.
        log.takeNoMore('the log is closed');
        await this.leaveClean();
      }
    } finally {
      log.takeNoMore('the log is closed');
      await flushing.idle;
      log.list.close();
    }
  }

  /** Nothing has to be written for it to be found well: what is true of most logs of a broker that has many. */
  private get isAsItWasOpened(): boolean {
    const { sound, segments, start, end } = this.opened;
    const { list, startOffset, endOffset } = this.log;
    const { all } = list;
    return (
      sound &&
      endOffset === end &&
      startOffset === start &&
      all.length === segments.length &&
      all.every((segment, index) => segment === segments[index])
    );
  }

  private async leaveClean(): Promise<void> {
    const { list, epochs, endOffset } = this.log;
    try {
      epochs.save();
      await list.sealForGood(endOffset);
      this.clean = list.durableUpTo === endOffset;
    } catch (error) {
      list.failedAside(error);
    }
  }

  /**
   * Gives the directory another name, `<directory>.<topic id>-delete`, and then takes the files away.
   * @throws SystemError at once when the directory cannot be renamed; the promise never rejects
   */
  delete(topicId: Uuid | undefined): Promise<void> {
    const { log } = this;
    const doomed = `${log.directory}.${topicId ?? 'unknown'}-delete`;
    log.disk.remove(doomed);
    log.disk.rename(log.directory, doomed);
    log.takeNoMore('the log is deleted');
    return this.discard(doomed);
  }

  private async discard(doomed: string): Promise<void> {
    const { log, flushing } = this;
    try {
      await flushing.idle;
      log.list.close();
      log.disk.remove(doomed);
    } catch (error) {
      log.logger.warn('a deleted log has left files behind', { directory: doomed, cause: String(error) });
    }
  }
}
