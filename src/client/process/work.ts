/** What the loop of `process` asks of a guarantee: how records are taken and sent, and when and how that becomes final. */
import type { ConsumerRecord } from '../consumer/records.ts';
import type { DeliveryCallback, ProducerRecord } from '../producer/records.ts';
import type { ReadPositions } from './read-positions.ts';

/** Puts an output on its way; a promise where the producer's buffer is full. */
export type Send = (record: ProducerRecord, onDelivery?: DeliveryCallback) => undefined | Promise<void>;

/** What the handler may look at while it works. */
export interface HandlerCall {
  /** Aborted once the processing is to end: what then rejects with its reason, or with an AbortError, is not handled. */
  readonly signal: AbortSignal;
}

/** The user's part: makes outputs out of one record and sends them. */
export type Transform = (record: ConsumerRecord, send: Send, call: HandlerCall) => void | Promise<void>;

export interface Work {
  /** Of what was taken. The loop says here how much of it is handled. */
  readonly positions: ReadPositions;
  /** A record counts as handled as soon as its handler is called, whatever comes of that. */
  readonly countsBegun: boolean;
  /** How outputs are sent now. Throws why they cannot be. */
  readonly send: Send;
  /** Before the first record of what was polled is handled. */
  take(records: readonly ConsumerRecord[]): Promise<void>;
  /** Makes final what was handled since the last time: outputs are there, and positions committed. */
  finish(): Promise<void>;
  /** After `finish` in the middle of a batch, which goes on. */
  resume(): Promise<void>;
  /** After `finish` in the middle of a batch: the rest is not handled now, and will be read again. */
  putBack(): Promise<void>;
  /** Takes back what is not final: those records will be read again. Never throws but for what ends the whole. */
  undo(): Promise<void>;
  /**
   * Partitions go to somebody else, who begins where this one has committed: what was handled is finished if it can be.
   * Returns whether it was.
   */
  revoked(): Promise<boolean>;
  /** Partitions are somebody else's already. */
  lost(): Promise<void>;
  /** The error with the cause and the cure that only this guarantee knows of. */
  explained(error: Error): Error;
  close(): Promise<void>;
}
