/**
 * `<offset>.snapshot`: the producer state just before that offset, in Kafka's format, version 1. Kafka keeps only the
 * last batch of each producer; the others, up to four, follow here after Kafka's own part, inside the checksum. Kafka's
 * readers do not look that far.
 *
 *   version i16, CRC-32C u32 of all that follows, count i32,
 *   { producerId i64, epoch i16, lastSequence i32, lastOffset i64, offsetDelta i32, timestamp i64,
 *     coordinatorEpoch i32, currentTxnFirstOffset i64 }*
 *   [ count i32, { producerId i64, lastSequence i32, lastOffset i64, offsetDelta i32, timestamp i64 }* ]  earlier batches
 *   [ count i32, { producerId i64, time i64 }* ]  when this broker last heard of each, by the wall clock
 */
import { ByteReader, ByteWriter, MalformedBytesError } from '../core/index.ts';
import { crc32c } from '../records/index.ts';
import { BATCHES_REMEMBERED, type BatchMetadata, type ProducerEntry } from './producer-state.ts';

const VERSION = 1;
const CRC_AT = 2;
const ENTRIES_AT = 6;
const ENTRY_SIZE = 46;
const EARLIER_SIZE = 32;
const ACTIVE_SIZE = 16;

export function encodeSnapshot(entries: Iterable<ProducerEntry>): Uint8Array {
  const writer = new ByteWriter(1024);
  writer.int16(VERSION);
  writer.uint32(0);
  const countAt = writer.reserve(4);
  let count = 0;
  const earlier: { producerId: number; batch: BatchMetadata }[] = [];
  const active: ProducerEntry[] = [];
  for (const entry of entries) {
    const last = entry.batches.at(-1);
    writer.int64(entry.producerId);
    writer.int16(entry.producerEpoch);
    writer.int32(last?.lastSequence ?? -1);
    writer.int64(last?.lastOffset ?? -1);
    writer.int32(last?.offsetDelta ?? 0);
    writer.int64(entry.lastTimestamp);
    writer.int32(entry.coordinatorEpoch);
    writer.int64(entry.currentTxnFirstOffset);
    active.push(entry);
    for (const batch of entry.batches.slice(0, -1)) earlier.push({ producerId: entry.producerId, batch });
    count++;
  }
  writer.patchInt32(countAt, count);
  writer.int32(earlier.length);
  for (const { producerId, batch } of earlier) {
    writer.int64(producerId);
    writer.int32(batch.lastSequence);
    writer.int64(batch.lastOffset);
    writer.int32(batch.offsetDelta);
    writer.int64(batch.timestamp);
  }
  writer.int32(active.length);
  for (const { producerId, lastActive } of active) {
    writer.int64(producerId);
    writer.int64(lastActive);
  }
  const bytes = writer.result();
  writer.patchInt32(CRC_AT, crc32c(bytes.subarray(ENTRIES_AT)));
  return bytes;
}

/**
 * `now`: the wall clock; producers of whom the file does not say when they were last heard of count as heard of now.
 * @throws MalformedBytesError when the file is damaged or of another version
 */
export function decodeSnapshot(bytes: Uint8Array, now: number): ProducerEntry[] {
  const reader = new ByteReader(bytes);
  const version = reader.int16();
  if (version !== VERSION) throw new MalformedBytesError(`producer snapshot version ${version}`);
  const crc = reader.uint32();
  if (crc !== crc32c(bytes.subarray(ENTRIES_AT))) throw new MalformedBytesError('producer snapshot: wrong checksum');
  const count = reader.int32();
  if (count < 0 || count * ENTRY_SIZE > reader.remaining) throw new MalformedBytesError(`${count} producers`);
  const entries = new Map<number, ProducerEntry>();
  const latest = new Map<ProducerEntry, BatchMetadata>();
  for (let left = count; left > 0; left--) {
    const producerId = reader.int64();
    const producerEpoch = reader.int16();
    const lastSequence = reader.int32();
    const lastOffset = reader.int64();
    const offsetDelta = reader.int32();
    const lastTimestamp = reader.int64();
    const coordinatorEpoch = reader.int32();
    const currentTxnFirstOffset = reader.int64();
    const entry: ProducerEntry = {
      producerId,
      producerEpoch,
      coordinatorEpoch,
      lastTimestamp,
      lastActive: now,
      currentTxnFirstOffset,
      batches: [],
    };
    entries.set(producerId, entry);
    if (lastOffset >= 0) latest.set(entry, { lastSequence, lastOffset, offsetDelta, timestamp: lastTimestamp });
  }
  if (reader.remaining >= 4) readEarlierBatches(reader, entries);
  if (reader.remaining >= 4) readActivity(reader, entries, now);
  for (const [entry, batch] of latest) entry.batches.push(batch);
  return [...entries.values()];
}

function readEarlierBatches(reader: ByteReader, entries: ReadonlyMap<number, ProducerEntry>): void {
  const count = reader.int32();
  if (count < 0 || count * EARLIER_SIZE > reader.remaining) throw new MalformedBytesError(`${count} earlier batches`);
  for (let left = count; left > 0; left--) {
    const entry = entries.get(reader.int64());
    const batch = {
      lastSequence: reader.int32(),
      lastOffset: reader.int64(),
      offsetDelta: reader.int32(),
      timestamp: reader.int64(),
    };
    if (entry === undefined || entry.batches.length >= BATCHES_REMEMBERED - 1) {
      throw new MalformedBytesError('earlier batches of a producer that the snapshot does not have');
    }
    entry.batches.push(batch);
  }
}

/** A time in the future is one of a clock that was wrong. */
function readActivity(reader: ByteReader, entries: ReadonlyMap<number, ProducerEntry>, now: number): void {
  const count = reader.int32();
  if (count < 0 || count * ACTIVE_SIZE > reader.remaining) throw new MalformedBytesError(`${count} times of producers`);
  for (let left = count; left > 0; left--) {
    const entry = entries.get(reader.int64());
    const lastActive = reader.int64();
    if (entry !== undefined) entry.lastActive = Math.min(lastActive, now);
  }
}
