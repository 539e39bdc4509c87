/**
 * Carries a prepared transaction's markers to its partitions until all of them are acknowledged.
 *
 * | Answer of a partition                                      | What follows                                         |
 * |------------------------------------------------------------|------------------------------------------------------|
 * | 0                                                          | done                                                 |
 * | 47 INVALID_PRODUCER_EPOCH, 52 TRANSACTION_COORDINATOR_FENCED | this coordinator is a zombie for it: stop            |
 * | any other (3, 6, 7, 19, 20, 56, …), or none                | again after a while: the decision stands             |
 */
import { ErrorCode, errorName, type Logger, type Timers } from '../../core/index.ts';
import type { MarkerKind } from '../../replay/index.ts';
import type { TopicPartition } from './transaction-metadata.ts';

export interface MarkersToWrite {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
  readonly kind: MarkerKind;
  /** 2: the marker's epoch is above that of the data; less: it is the same. */
  readonly transactionVersion: number;
  readonly partitions: readonly TopicPartition[];
}

/**
 * Appends the markers at the partitions' leaders; the error code of each by `topic-partition`. One that no longer exists
 * counts as written: 0. A partition that is left out is asked for again.
 */
export type WriteMarkers = (markers: MarkersToWrite) => Promise<ReadonlyMap<string, number>>;

const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 1000;

export class MarkerCarrier {
  private readonly write: WriteMarkers;
  private readonly timers: Timers;
  private readonly logger: Logger;
  private stopped = false;

  constructor(write: WriteMarkers, timers: Timers, logger: Logger) {
    this.write = write;
    this.timers = timers;
    this.logger = logger;
  }

  /** Calls `acknowledged` once all are written; never when the carrier was stopped, or fenced. */
  carry(markers: MarkersToWrite, acknowledged: () => void): void {
    this.attempt(markers, FIRST_RETRY_MS, acknowledged);
  }

  stop(): void {
    this.stopped = true;
  }

  private attempt(markers: MarkersToWrite, retryMs: number, acknowledged: () => void): void {
    if (this.stopped) return;
    if (markers.partitions.length === 0) {
      acknowledged();
      return;
    }
    this.write(markers).then(
      (codes) => this.judge(markers, codes, retryMs, acknowledged),
      (error: unknown) => {
        this.logger.warn(`the markers of ${markers.transactionalId} could not be sent, and are sent again`, { error });
        this.again(markers, retryMs, acknowledged);
      },
    );
  }

  private judge(
    markers: MarkersToWrite,
    codes: ReadonlyMap<string, number>,
    retryMs: number,
    acknowledged: () => void,
  ): void {
    const left: TopicPartition[] = [];
    for (const { topic, partition } of markers.partitions) {
      const code = codes.get(`${topic}-${partition}`);
      if (code === 0) continue;
      if (code === ErrorCode.INVALID_PRODUCER_EPOCH || code === ErrorCode.TRANSACTION_COORDINATOR_FENCED) {
        this.logger.error(`the marker of ${markers.transactionalId} was refused by ${topic}-${partition}`, {
          error: errorName(code),
        });
        return;
      }
      left.push({ topic, partition });
    }
    if (left.length === 0) {
      if (!this.stopped) acknowledged();
    } else {
      this.again({ ...markers, partitions: left }, retryMs, acknowledged);
    }
  }

  private again(markers: MarkersToWrite, retryMs: number, acknowledged: () => void): void {
    this.timers.after(retryMs, () => this.attempt(markers, Math.min(retryMs * 2, LAST_RETRY_MS), acknowledged));
  }
}
