/** The two halves of a state machine kept in a log: what is decided, and how what was decided changes the state. */
import type { KafkaRecord, MarkerKind } from '../records/index.ts';
import type { Verification } from './record-log.ts';

/** What a replayed record's batch says about its producer. */
export interface BatchOrigin {
  /** -1 outside transactions. */
  readonly producerId: number;
  /** -1 outside transactions. */
  readonly producerEpoch: number;
  readonly isTransactional: boolean;
}

export type { MarkerKind };

/**
 * State that only `replay` changes, so that the live state and the state loaded from the log are the same by
 * construction. Both methods are deterministic: they look at their arguments and at the state, at nothing else.
 */
export interface StateMachine {
  /** Applies one data record. `record.offset` is its offset in the log. */
  replay(record: KafkaRecord, origin: BatchOrigin): void;
  /** Applies the end of a transaction: `origin` of earlier transactional records with this producer id is settled. */
  replayMarker?(producerId: number, producerEpoch: number, kind: MarkerKind): void;
}

/** A record to write. */
export interface DecidedRecord {
  readonly key: Uint8Array | null;
  /** null is a tombstone: it removes the key. */
  readonly value: Uint8Array | null;
  /** Milliseconds since the epoch; the time of the append when absent. */
  readonly timestamp?: number;
}

/** What a handler decided. */
export interface Decision<T> {
  /** Written in this order. None is fine: the response then waits for what it may have seen. */
  readonly records: readonly DecidedRecord[];
  /** The caller's answer, once the records are committed. */
  readonly response: T;
  /** Runs in the turn of the decision, after the records were appended and replayed. */
  readonly afterAppend?: () => void;
  /** Runs once the records are committed, before the response is given. Never runs when they are not. */
  readonly afterCommit?: () => void;
  /** The records are part of this transaction and count only when its marker says so. */
  readonly transactional?: {
    readonly producerId: number;
    readonly producerEpoch: number;
    readonly verification?: Verification;
  };
  /**
   * true (the default): all records in one batch, so that all or none are seen. false: as many batches as their size
   * asks for.
   */
  readonly atomic?: boolean;
}
