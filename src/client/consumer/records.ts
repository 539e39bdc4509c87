/** What a consumer hands out. */
import type { RecordHeader } from '../../records/index.ts';

/** One record. Key, value and header values are views of the fetched bytes: copy what is kept for long. */
export interface ConsumerRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
  /** Epoch of the leader that wrote it; -1: not told. */
  readonly leaderEpoch: number;
}
