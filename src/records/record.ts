/** A record as it is given to be written, and as it is read. */

export interface RecordHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** `value` of a header may be text as well when it is written. */
export interface RecordHeaderInput {
  readonly key: string;
  readonly value: string | Uint8Array | null;
}

export interface RecordInput {
  /** Milliseconds since 1970, or -1. */
  readonly timestamp: number;
  readonly key: string | Uint8Array | null;
  readonly value: string | Uint8Array | null;
  readonly headers?: readonly RecordHeaderInput[];
}

/** Key, value and header values are views of the batch (or of its decompressed records): they keep it in memory. */
export interface KafkaRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
}
