/**
 * The answer of one fetch for one partition, decoded as it is consumed. Leaves out control records, records before the
 * position, and with read_committed those of aborted transactions; the position moves past all of them.
 */
import { type BatchHeader, controlRecordOf, damageOf, RecordCursor, readBatchHeader } from '../../records/index.ts';
import { ClientError } from '../errors.ts';
import { type AbortedTransaction, AbortedTransactions } from './aborted-transactions.ts';
import type { ConsumerRecord } from './records.ts';

export interface FetchedDataOptions {
  readonly topic: string;
  readonly partition: number;
  /** What was asked for; the first batch may begin before it. */
  readonly fetchOffset: number;
  readonly bytes: Uint8Array;
  /** Undefined: read_uncommitted. */
  readonly aborted: readonly AbortedTransaction[] | undefined;
  readonly checkCrcs: boolean;
}

const HEADER_BYTES = 61;

export class FetchedData {
  readonly topic: string;
  readonly partition: number;
  /** Bytes that it keeps alive. */
  readonly size: number;
  /** The offset after all of it. */
  readonly endOffset: number;
  /** Of the next record to hand out. */
  position: number;
  /** Of the last batch before the position, handed out or left out; -1: none yet. */
  leaderEpoch = -1;
  exhausted = false;
  /** Bytes of the batches that were not begun. */
  get unread(): number {
    return this.size - this.at;
  }

  private readonly bytes: Uint8Array;
  private readonly aborted: AbortedTransactions | undefined;
  private readonly checkCrcs: boolean;
  private at = 0;
  private cursor: RecordCursor | undefined;

  constructor({ topic, partition, fetchOffset, bytes, aborted, checkCrcs }: FetchedDataOptions) {
    this.topic = topic;
    this.partition = partition;
    this.position = fetchOffset;
    this.bytes = bytes;
    this.size = bytes.length;
    this.aborted = aborted === undefined ? undefined : new AbortedTransactions(aborted);
    this.checkCrcs = checkCrcs;
    this.endOffset = Math.max(fetchOffset, endOf(bytes, fetchOffset));
  }

  /**
   * Appends up to `limit` records; returns how many.
   * @throws ClientError CORRUPT_MESSAGE; `position` is that of the record that cannot be read
   */
  take(limit: number, into: ConsumerRecord[]): number {
    let taken = 0;
    try {
      while (taken < limit) {
        const cursor = this.cursor ?? this.nextBatch();
        if (cursor === undefined) break;
        if (!cursor.next()) {
          this.passed(cursor.header);
          this.cursor = undefined;
          continue;
        }
        if (cursor.offset < this.position) continue;
        this.position = cursor.offset + 1;
        this.leaderEpoch = cursor.header.partitionLeaderEpoch;
        into.push({
          topic: this.topic,
          partition: this.partition,
          offset: cursor.offset,
          timestamp: cursor.timestamp,
          key: cursor.key,
          value: cursor.value,
          headers: cursor.headers,
          leaderEpoch: cursor.header.partitionLeaderEpoch,
        });
        taken++;
      }
      // Whatever follows is known to be nothing for the caller: let the position move past it now.
      if (taken > 0 && this.cursor !== undefined && this.position > this.cursor.header.lastOffset) this.skipAhead();
    } catch (error) {
      if (taken > 0) return taken;
      throw new ClientError(
        'CORRUPT_MESSAGE',
        `${this.topic}-${this.partition} cannot be read at offset ${this.position}: ${(error as Error).message}; seek past it to go on`,
        { cause: error },
      );
    }
    return taken;
  }

  /** Bytes of the batches that were begun or left out. */
  get bytesRead(): number {
    return this.at;
  }

  private skipAhead(): void {
    const cursor = this.cursor!;
    if (cursor.next()) return;
    this.cursor = this.nextBatch();
  }

  private passed(header: BatchHeader): void {
    this.position = Math.max(this.position, header.lastOffset + 1);
    this.leaderEpoch = header.partitionLeaderEpoch;
  }

  /** The next batch with records for the caller. */
  private nextBatch(): RecordCursor | undefined {
    const { bytes } = this;
    while (bytes.length - this.at >= HEADER_BYTES) {
      const header = readBatchHeader(bytes, this.at);
      const end = this.at + header.length;
      if (end > bytes.length) break;
      if (this.checkCrcs) {
        const damage = damageOf(bytes, this.at);
        if (damage !== undefined) throw new Error(damage);
      }
      const batch = bytes.subarray(this.at, end);
      this.at = end;
      if (header.isControl) {
        if (this.aborted !== undefined && controlRecordOf(batch)?.kind === 'abort') this.aborted.abortMarker(header);
      } else if (!this.aborted?.hides(header) && header.recordCount > 0 && header.lastOffset >= this.position) {
        this.cursor = new RecordCursor(batch);
        return this.cursor;
      }
      this.passed(header);
    }
    this.exhausted = true;
    this.position = Math.max(this.position, this.endOffset);
    return undefined;
  }
}

/** After the last whole batch. */
function endOf(bytes: Uint8Array, fetchOffset: number): number {
  let end = fetchOffset;
  let at = 0;
  try {
    while (bytes.length - at >= HEADER_BYTES) {
      const header = readBatchHeader(bytes, at);
      at += header.length;
      if (at > bytes.length) break;
      end = header.lastOffset + 1;
    }
  } catch {
    // Damage is reported when the records before it are consumed.
  }
  return end;
}
