/** The header of a record batch v2: reading it, walking over batches, and the fields that a broker rewrites in place. */
import { assert, MalformedBytesError } from '../core/index.ts';
import { type Compression, codecName } from './compression.ts';
import { crc32c } from './crc.ts';
import {
  ATTRIBUTES_AT,
  BASE_OFFSET_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  BATCH_OVERHEAD,
  CODEC_MASK,
  CONTROL_BIT,
  CRC_AT,
  DELETE_HORIZON_BIT,
  incrementSequence,
  int16At,
  int32At,
  int64At,
  LAST_OFFSET_DELTA_AT,
  LEADER_EPOCH_AT,
  LENGTH_AT,
  LOG_APPEND_TIME_BIT,
  LOG_OVERHEAD,
  MAGIC_AT,
  MAX_TIMESTAMP_AT,
  NO_SEQUENCE,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  putInt16,
  putInt32,
  putInt64,
  RECORD_COUNT_AT,
  TRANSACTIONAL_BIT,
  uint32At,
} from './layout.ts';

export type TimestampType = 'CreateTime' | 'LogAppendTime';

/** What the 61 bytes before the records say. A copy: it does not follow later changes of the bytes. */
export class BatchHeader {
  readonly baseOffset: number;
  /** Bytes of the whole batch, the first twelve included. */
  readonly length: number;
  readonly partitionLeaderEpoch: number;
  readonly magic: number;
  /** Unsigned. */
  readonly crc: number;
  readonly attributes: number;
  readonly lastOffsetDelta: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  /** -1: none. */
  readonly producerId: number;
  readonly producerEpoch: number;
  /** -1: none. */
  readonly baseSequence: number;
  readonly recordCount: number;

  constructor(bytes: Uint8Array, at: number) {
    this.baseOffset = int64At(bytes, at + BASE_OFFSET_AT);
    this.length = int32At(bytes, at + LENGTH_AT) + LOG_OVERHEAD;
    this.partitionLeaderEpoch = int32At(bytes, at + LEADER_EPOCH_AT);
    this.magic = bytes[at + MAGIC_AT]!;
    this.crc = uint32At(bytes, at + CRC_AT);
    this.attributes = int16At(bytes, at + ATTRIBUTES_AT);
    this.lastOffsetDelta = int32At(bytes, at + LAST_OFFSET_DELTA_AT);
    this.baseTimestamp = int64At(bytes, at + BASE_TIMESTAMP_AT);
    this.maxTimestamp = int64At(bytes, at + MAX_TIMESTAMP_AT);
    this.producerId = int64At(bytes, at + PRODUCER_ID_AT);
    this.producerEpoch = int16At(bytes, at + PRODUCER_EPOCH_AT);
    this.baseSequence = int32At(bytes, at + BASE_SEQUENCE_AT);
    this.recordCount = int32At(bytes, at + RECORD_COUNT_AT);
  }

  get lastOffset(): number {
    return this.baseOffset + this.lastOffsetDelta;
  }
  /** The sequence number of the last record, -1 when the batch has none. */
  get lastSequence(): number {
    return this.baseSequence === NO_SEQUENCE ? NO_SEQUENCE : incrementSequence(this.baseSequence, this.lastOffsetDelta);
  }
  /** @throws MalformedBytesError for a codec number that nobody has assigned */
  get compression(): Compression {
    return codecName(this.attributes & CODEC_MASK);
  }
  get timestampType(): TimestampType {
    return (this.attributes & LOG_APPEND_TIME_BIT) === 0 ? 'CreateTime' : 'LogAppendTime';
  }
  get isTransactional(): boolean {
    return (this.attributes & TRANSACTIONAL_BIT) !== 0;
  }
  get isControl(): boolean {
    return (this.attributes & CONTROL_BIT) !== 0;
  }
  /**
   * When the tombstones of a compacted batch, or its marker, may go (KIP-534): milliseconds since 1970. undefined: not
   * set yet. Where it is set it stands in the place of the base timestamp, and the records' deltas count from it.
   */
  get deleteHorizonMs(): number | undefined {
    return (this.attributes & DELETE_HORIZON_BIT) === 0 ? undefined : this.baseTimestamp;
  }
  get hasProducerId(): boolean {
    return this.producerId >= 0;
  }
}

/**
 * Reads the header at `at`; the records themselves may lie beyond the end of `bytes`.
 * @throws MalformedBytesError when the header is cut short, the magic byte is not 2, or a field is impossible
 */
export function readBatchHeader(bytes: Uint8Array, at = 0): BatchHeader {
  if (at < 0 || bytes.length - at < BATCH_OVERHEAD) {
    throw new MalformedBytesError(`a batch header has ${BATCH_OVERHEAD} bytes, ${bytes.length - at} left`);
  }
  if (bytes[at + MAGIC_AT] !== 2) throw new MalformedBytesError(`record format (magic) ${bytes[at + MAGIC_AT]}, not 2`);
  const header = new BatchHeader(bytes, at);
  if (header.length < BATCH_OVERHEAD) throw new MalformedBytesError(`batch length ${header.length}`);
  if (header.baseOffset < 0 || header.lastOffsetDelta < 0 || header.recordCount < 0) {
    throw new MalformedBytesError(
      `batch at offset ${header.baseOffset} with last delta ${header.lastOffsetDelta}, ${header.recordCount} records`,
    );
  }
  return header;
}

/** A batch and its bytes: a view, not a copy. */
export interface Batch {
  readonly header: BatchHeader;
  readonly bytes: Uint8Array;
}

/**
 * The whole batches in `bytes`, one after another; a partial one at the end is left out.
 * @throws MalformedBytesError at a batch that is not one
 */
export function* batchesOf(bytes: Uint8Array): Generator<Batch, void, undefined> {
  let at = 0;
  while (bytes.length - at >= BATCH_OVERHEAD) {
    const header = readBatchHeader(bytes, at);
    if (header.length > bytes.length - at) return;
    yield { header, bytes: bytes.subarray(at, at + header.length) };
    at += header.length;
  }
}

/** The CRC does not cover the base offset: no new checksum is needed. */
export function setBaseOffset(bytes: Uint8Array, at: number, offset: number): void {
  putInt64(bytes, at + BASE_OFFSET_AT, offset);
}

/** The CRC does not cover the leader epoch either. */
export function setPartitionLeaderEpoch(bytes: Uint8Array, at: number, epoch: number): void {
  putInt32(bytes, at + LEADER_EPOCH_AT, epoch);
}

/**
 * Turns the whole batch at `at` to LogAppendTime: every record then has this timestamp, whatever its delta says.
 * Writes a new checksum.
 */
export function setLogAppendTime(bytes: Uint8Array, at: number, timestamp: number): void {
  const end = at + int32At(bytes, at + LENGTH_AT) + LOG_OVERHEAD;
  assert(end <= bytes.length, 'the batch is not whole');
  putInt16(bytes, at + ATTRIBUTES_AT, int16At(bytes, at + ATTRIBUTES_AT) | LOG_APPEND_TIME_BIT);
  putInt64(bytes, at + MAX_TIMESTAMP_AT, timestamp);
  writeCrc(bytes, at, end);
}

/** Puts the largest timestamp of the whole batch at `at` right. Writes a new checksum. */
export function setMaxTimestamp(bytes: Uint8Array, at: number, timestamp: number): void {
  const end = at + int32At(bytes, at + LENGTH_AT) + LOG_OVERHEAD;
  assert(end <= bytes.length, 'the batch is not whole');
  putInt64(bytes, at + MAX_TIMESTAMP_AT, timestamp);
  writeCrc(bytes, at, end);
}

/** Numbers the whole batch at `at` anew, as a producer does that starts its sequences over. Writes a new checksum. */
export function setProducerState(
  bytes: Uint8Array,
  at: number,
  producerId: number,
  producerEpoch: number,
  baseSequence: number,
): void {
  const end = at + int32At(bytes, at + LENGTH_AT) + LOG_OVERHEAD;
  assert(end <= bytes.length, 'the batch is not whole');
  putInt64(bytes, at + PRODUCER_ID_AT, producerId);
  putInt16(bytes, at + PRODUCER_EPOCH_AT, producerEpoch);
  putInt32(bytes, at + BASE_SEQUENCE_AT, baseSequence);
  writeCrc(bytes, at, end);
}

/** Computes and writes the checksum of the batch in `bytes[at, end)`. */
export function writeCrc(bytes: Uint8Array, at: number, end: number): void {
  putInt32(bytes, at + CRC_AT, crc32c(bytes.subarray(at + ATTRIBUTES_AT, end)));
}
