/** What the clients tell their listeners. Types only. Durations are milliseconds; `error` says why. */
import type { ClientError } from '../errors.ts';
import type { TopicPartition, TopicPartitionOffset } from '../topic-partition.ts';

/** A connection was opened, could not be, or is over. */
export interface ConnectionEvent {
  /** `host:port` */
  readonly broker: string;
  readonly state: 'opened' | 'failed' | 'closed';
  /** Why it failed, or was lost; undefined where the client closed it. */
  readonly error: Error | undefined;
}

/** Something failed for now and is tried again. */
export interface RetryEvent {
  /** `Produce`, `Fetch`, `Metadata`, `JoinGroup`, or what the coordinator or controller was asked for. */
  readonly what: string;
  /** How often it has failed. */
  readonly attempt: number;
  readonly error: Error;
  /** Of a batch that is sent again. */
  readonly topic?: string;
  readonly partition?: number;
  readonly records?: number;
}

/** Records that could not be delivered, or an error that ends the client or that the next poll throws. */
export interface ErrorEvent {
  readonly error: ClientError;
  /** Where they were to go. */
  readonly topic?: string;
  readonly partition?: number;
  /** How many. */
  readonly records?: number;
}

/** A transaction has ended, or can only be aborted from now on. */
export interface TransactionEvent {
  readonly transactionalId: string;
  /** `broken`: it must be aborted, or, after a fatal error, its producer closed. */
  readonly outcome: 'committed' | 'aborted' | 'broken';
  /** Since `begin`. */
  readonly durationMs: number;
  readonly error: ClientError | undefined;
}

/** The member has its partitions of a new generation of the group. */
export interface RebalanceEvent {
  readonly group: string;
  readonly generationId: number;
  readonly memberId: string;
  /** Everything that it reads from now on. */
  readonly partitions: readonly TopicPartition[];
  /** Since it began to join. */
  readonly durationMs: number;
}

/** Joining failed; it is tried again where that may help. */
export interface RebalanceFailedEvent {
  readonly group: string;
  readonly error: ClientError;
}

/** Positions were committed. */
export interface CommitEvent {
  readonly group: string;
  readonly offsets: readonly TopicPartitionOffset[];
  readonly durationMs: number;
}

/** Positions were not committed, or it is not known whether they were. */
export interface CommitFailedEvent extends CommitEvent {
  readonly error: ClientError;
}

/** `process` took back what was not final, and does it again. */
export interface UndoneEvent {
  readonly error: Error;
  /** How often in a row. */
  readonly attempt: number;
}

export interface AdminEvents {
  readonly connection: ConnectionEvent;
  readonly retry: RetryEvent;
}

export interface ProducerEvents extends AdminEvents {
  readonly error: ErrorEvent;
  readonly transaction: TransactionEvent;
}

export interface ConsumerEvents extends AdminEvents {
  readonly error: ErrorEvent;
  readonly rebalance: RebalanceEvent;
  readonly rebalanceFailed: RebalanceFailedEvent;
  readonly commit: CommitEvent;
  readonly commitFailed: CommitFailedEvent;
}

/** Those of its producer and of its consumer, and its own. */
export interface ProcessEvents extends ProducerEvents, ConsumerEvents {
  readonly undone: UndoneEvent;
}
