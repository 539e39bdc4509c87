/** What the loop of `process` asks of a guarantee: how a batch is worked on, and when and how that becomes final. */
import type { ConsumerRecord } from '../consumer/records.ts';
import type { DeliveryCallback, ProducerRecord } from '../producer/records.ts';

/** Puts an output on its way; a promise where the producer's buffer is full. */
export type Send = (record: ProducerRecord, onDelivery?: DeliveryCallback) => undefined | Promise<void>;

/** The user's part: makes outputs out of one record and sends them. */
export type Transform = (record: ConsumerRecord, send: Send) => void | Promise<void>;

export interface Work {
  /** Works on what was polled, in order. Throws what the transform throws, or why the outputs could not be sent. */
  handle(records: readonly ConsumerRecord[], transform: Transform): Promise<void>;
  /** Makes final what was handled since the last time: outputs are there, and positions committed. */
  finish(): Promise<void>;
  /** Takes back what is not final: those records will be read again. Never throws but for what ends the whole. */
  undo(): Promise<void>;
  /**
   * Partitions go to somebody else, who begins where this one has committed: what was handled is finished if it can be.
   * Returns whether it was.
   */
  revoked(): Promise<boolean>;
  /** Partitions are somebody else's already. */
  lost(): Promise<void>;
  close(): Promise<void>;
}
