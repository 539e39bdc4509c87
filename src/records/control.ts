/**
 * Control records (KIP-98): one per control batch, told by the batch's control attribute alone. A user's record may have
 * any key bytes.
 *
 *   key    version i16, type i16 (0 ABORT, 1 COMMIT, others are skipped)
 *   value  version i16, coordinator epoch i32
 */
import { MalformedBytesError } from '../core/index.ts';
import { BatchBuilder } from './batch-builder.ts';
import { RecordCursor } from './decode.ts';
import { readBatchHeader } from './header.ts';
import { int16At, int32At, putInt16, putInt32 } from './layout.ts';

export type MarkerKind = 'commit' | 'abort';

export interface ControlRecord {
  /** 'none': compaction has emptied the batch. */
  readonly kind: MarkerKind | 'unknown' | 'none';
  /** -1 when unknown. */
  readonly coordinatorEpoch: number;
}

const UNKNOWN = { kind: 'unknown', coordinatorEpoch: -1 } as const;
const NONE: ControlRecord = { kind: 'none', coordinatorEpoch: -1 };
const TYPES: readonly (MarkerKind | undefined)[] = ['abort', 'commit'];

/** Never throws: control records of newer kinds or of an unexpected shape are 'unknown'. */
export function parseControlRecord(record: {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}): ControlRecord & { readonly kind: MarkerKind | 'unknown' } {
  const { key, value } = record;
  if (key === null || key.length < 4 || int16At(key, 0) < 0) return UNKNOWN;
  const kind = TYPES[int16At(key, 2)];
  if (kind === undefined || value === null || value.length < 6 || int16At(value, 0) < 0) return UNKNOWN;
  return { kind, coordinatorEpoch: int32At(value, 2) };
}

/**
 * What the batch says when it is a control batch, undefined when it is not one. A record that cannot be read is
 * 'unknown'.
 * @throws MalformedBytesError when the header cannot be read
 */
export function controlRecordOf(batch: Uint8Array): ControlRecord | undefined {
  if (!readBatchHeader(batch).isControl) return undefined;
  try {
    const cursor = new RecordCursor(batch);
    return cursor.next() ? parseControlRecord(cursor) : NONE;
  } catch (error) {
    if (error instanceof MalformedBytesError) return UNKNOWN;
    throw error;
  }
}

export interface ControlBatchOptions {
  readonly kind: MarkerKind;
  readonly coordinatorEpoch: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly baseOffset?: number;
}

/** The marker that ends a producer's transaction on a partition. */
export function encodeControlBatch(options: ControlBatchOptions): Uint8Array {
  const key = new Uint8Array(4);
  putInt16(key, 2, TYPES.indexOf(options.kind));
  const value = new Uint8Array(6);
  putInt32(value, 2, options.coordinatorEpoch);
  const builder = new BatchBuilder({ maxBytes: 256 });
  builder.tryAppend(options.timestamp, key, value);
  return builder.build({
    producerId: options.producerId,
    producerEpoch: options.producerEpoch,
    transactional: true,
    control: true,
    baseOffset: options.baseOffset ?? 0,
  });
}
