/** Up to where a log is on the device, and how it gets there: calls that wait at the same time share one sync. */
import { GroupCommit } from './group-commit.ts';
import type { LogBody } from './log-body.ts';

export class LogFlush {
  private readonly log: LogBody;
  private readonly commits: GroupCommit<number>;
  private flushed: number;
  /** When the last sync began, by the monotonic clock. */
  private lastAt: number;

  /** All that `log` holds is durable. */
  constructor(log: LogBody) {
    this.log = log;
    this.flushed = log.endOffset;
    this.lastAt = log.clock.monotonic();
    this.commits = new GroupCommit(() => this.syncOnce());
  }

  /** Everything below is on the device. */
  get flushedOffset(): number {
    return this.flushed;
  }
  /** Every batch is on the device, and the names of the files are. */
  get isComplete(): boolean {
    return this.flushed === this.log.endOffset && !this.log.list.namesChanged;
  }
  /** `flush.messages` are reached: a sync is due. */
  get isDue(): boolean {
    return this.log.endOffset - this.flushed >= this.log.config.flushMessages;
  }
  /** Something is not on the device, and the last sync was `flush.ms` ago. */
  get isOverdue(): boolean {
    const { log } = this;
    return this.flushed < log.endOffset && log.clock.monotonic() - this.lastAt >= log.config.flushMs;
  }
  /** Resolves when no sync is under way; undefined when none is. Never rejects. */
  get idle(): Promise<void> | undefined {
    return this.commits.idle;
  }

  /**
   * Resolves with an end offset once everything that was appended before the call is durable.
   * @throws KafkaError KAFKA_STORAGE_ERROR: a sync has failed, now or ever
   */
  flush(): Promise<number> {
    const { failure } = this.log;
    if (failure !== undefined) return Promise.reject(failure);
    if (this.isComplete) return Promise.resolve(this.flushed);
    return this.commits.request();
  }

  private async syncOnce(): Promise<number> {
    const { log } = this;
    log.ensureUsable();
    const end = log.endOffset;
    this.lastAt = log.clock.monotonic();
    try {
      await log.list.sync();
    } catch (error) {
      log.fail(error);
      throw log.failure;
    }
    this.flushed = Math.max(this.flushed, end);
    return this.flushed;
  }
}
