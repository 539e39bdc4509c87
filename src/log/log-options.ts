/** What a PartitionLog takes and gives. */
import type { Clock, Disk, Logger, Random, Uuid } from '../core/index.ts';
import type { LogConfig } from './log-config.ts';
import type { AppendOrigin } from './producer-state.ts';
import type { VerificationGuard } from './verification.ts';

export interface OpenLogOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  /** `…/<topic>-<partition>`; made when it is missing. */
  readonly directory: string;
  readonly config?: Partial<LogConfig>;
  readonly logger?: Logger;
  /** Written to `partition.metadata` of a new directory, compared with that of an old one. */
  readonly topicId?: Uuid;
  /**
   * What `recoveryPoint` of this log was when it was last stored: offsets below are not checked. Absent: all is checked.
   */
  readonly recoveryPoint?: number | undefined;
  /** The log was closed well, and nothing has written since: nothing is checked. */
  readonly cleanShutdown?: boolean;
  /** What `startOffset` was when it was last stored. Absent: the first offset on disk. */
  readonly logStartOffset?: number | undefined;
  /** Up to where the log was compacted, as last stored: below, offsets may be missing although nothing is lost. */
  readonly cleanedUpTo?: number | undefined;
  /** For `segment.jitter.ms`. Absent: no jitter. */
  readonly random?: Random;
}

export interface AppendOptions {
  /**
   * 'client': a Produce request. 'coordinator': a coordinator of this cluster, its offsets, state and markers.
   * 'replication': a follower copies its leader; offsets and epochs are kept, nothing is refused but damage.
   */
  readonly origin: AppendOrigin;
  /** Of this leader. Replication takes it from the batch. */
  readonly leaderEpoch: number;
  /** For the first transactional batch of a producer: what `startVerification` gave, after the coordinator agreed. */
  readonly verified?: VerificationGuard | undefined;
  /** Of the transaction that a marker ends. @default 1 */
  readonly producerIdTransactionVersion?: 1 | 2;
}

export interface AppendResult {
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** Milliseconds since 1970, -1 where the topic keeps the producer's timestamps. */
  readonly logAppendTime: number;
  readonly logStartOffset: number;
  /** The batch was appended before; these are its offsets. It may not be durable yet. */
  readonly duplicate: boolean;
}

export interface ReadOptions {
  readonly fromOffset: number;
  readonly maxBytes: number;
  /** Exclusive: the high watermark, the last stable offset or the end of the log. */
  readonly upTo: number;
  /** The first batch is returned even if it is larger than `maxBytes`. */
  readonly minOneBatch: boolean;
  /** Gives the memory to read into; what is returned is a part of it. @default new memory */
  readonly allocate?: (length: number) => Buffer;
}

export interface TimestampedOffset {
  readonly offset: number;
  readonly timestamp: number;
  /** -1: unknown. */
  readonly leaderEpoch: number;
}

/** What DescribeProducers tells of a producer. */
export interface ActiveProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly lastSequence: number;
  readonly lastTimestamp: number;
  readonly coordinatorEpoch: number;
  /** -1: none is open. */
  readonly currentTxnStartOffset: number;
}
