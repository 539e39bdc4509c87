/** What a caller of the producer hands over and gets back. */
import type { ClientError } from '../errors.ts';

export interface RecordHeader {
  readonly key: string;
  readonly value: string | Uint8Array | null;
}

/** A record to send. Texts are encoded as UTF-8. */
export interface ProducerRecord {
  readonly topic: string;
  /** Chosen by the partitioner where it is left out: from the key, or at will without a key. */
  readonly partition?: number | undefined;
  readonly key?: string | Uint8Array | null | undefined;
  /** `null` is a tombstone on a compacted topic. */
  readonly value?: string | Uint8Array | null | undefined;
  readonly headers?: readonly RecordHeader[] | undefined;
  /**
   * Milliseconds since 1970; now where it is left out. What is sent in one turn of the event loop shares readings of the
   * clock, eight records at most.
   */
  readonly timestamp?: number | undefined;
}

/** A topic for which a partition is to be chosen. */
export interface PartitionsToChooseFrom {
  readonly partitionCount: number;
  /** Those that have a leader at the moment; all where none has one. */
  available(): readonly number[];
}

/** Chooses the partition of a record that names none: a whole number from 0. Called inside `send`. */
export type PartitionChoice = (record: ProducerRecord, topic: PartitionsToChooseFrom) => number;

/** Where a record landed. */
export interface RecordMetadata {
  readonly topic: string;
  readonly partition: number;
  /** -1 with acks=0, and where the broker had the record already but no longer knows where. */
  readonly offset: number;
  /** The broker's time where the topic is set so, else the record's. */
  readonly timestamp: number;
}

/**
 * Called once per record with exactly one of the two: in a later turn than `send`, or during it where the record cannot
 * be taken in.
 */
export type DeliveryCallback = (error: ClientError | undefined, metadata: RecordMetadata | undefined) => void;

/** How long to wait for one record. */
export interface DeliveryWaitOptions {
  /** Milliseconds; until the record is delivered or has failed, by delivery.timeout.ms at the latest, where it is left out. */
  readonly timeoutMs?: number;
  /** Stops the waiting, not the record; one that is aborted before has nothing sent. */
  readonly signal?: AbortSignal;
}

export interface ProducerCloseOptions {
  /** How long what was sent may take to be delivered, milliseconds. @default delivery.timeout.ms */
  readonly timeoutMs?: number;
  /** Ends that time: what is not delivered by then fails. */
  readonly signal?: AbortSignal;
}

export interface WaitOptions {
  /** Milliseconds; max.block.ms where it is left out. */
  readonly timeoutMs?: number;
  /** Stops the waiting, not the work. */
  readonly signal?: AbortSignal;
}
