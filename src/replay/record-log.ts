/** What a state machine kept in a log asks of that log. The broker answers it with a partition, tests with memory. */

/** Proof, made by the log's owner, that a transactional append was verified with the transaction coordinator. */
export type Verification = object;

export interface RecordLogAppendOptions {
  /** Handed through untouched to the log's own append. */
  readonly verification?: Verification;
}

export interface RecordLogAppend {
  /** Offset of the batch's first record. */
  readonly baseOffset: number;
  /** Offset of its last record. */
  readonly lastOffset: number;
  /**
   * Resolves when the batch, and so everything before it, is committed: it will survive. Rejects when it never will
   * be. Promises of later appends never resolve before those of earlier ones.
   */
  readonly committed: Promise<void>;
}

export interface RecordLog {
  /**
   * Appends one batch, whose base offset the log sets in place.
   * @throws KafkaError when the batch is refused; nothing was written then. Any other error means that the log is in
   * an unknown state, and the state machine is unloaded.
   */
  append(batch: Uint8Array, options?: RecordLogAppendOptions): RecordLogAppend;
  /** Whole batches from offset `from` (which starts a batch) to the end, those that are not committed yet included. */
  readAll(from: number): Iterable<Uint8Array>;
  /** Offset of the first batch. */
  readonly startOffset: number;
  /** Offset after the last appended record. */
  readonly endOffset: number;
  /** Resolves when everything that is in the log at the time of the call is committed; rejects when it never will be. */
  committed(): Promise<void>;
}
