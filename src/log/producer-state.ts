/**
 * What a partition knows of each producer id: epoch, the last five batches (deduplication, KIP-98), the open
 * transaction. `check` decides and changes nothing; `apply` changes and refuses nothing, so that recovery and followers
 * use it alone.
 */
import { KafkaError } from '../core/index.ts';
import { type BatchHeader, type ControlRecord, decrementSequence, NO_SEQUENCE } from '../records/index.ts';
import { type VerificationGuard, Verifications } from './verification.ts';

/** Kafka remembers as many batches of a producer as it may have in flight. */
export const BATCHES_REMEMBERED = 5;
const MAX_SEQUENCE = 0x7fffffff;

export type AppendOrigin = 'client' | 'coordinator' | 'replication';

export interface BatchMetadata {
  readonly lastSequence: number;
  readonly lastOffset: number;
  /** Last offset minus first offset. */
  readonly offsetDelta: number;
  readonly timestamp: number;
}

export interface ProducerEntry {
  readonly producerId: number;
  producerEpoch: number;
  /** Of the last marker, -1 before the first. */
  coordinatorEpoch: number;
  /** Of the last batch or marker, as it says itself. */
  lastTimestamp: number;
  /** When this broker last heard of it, by the wall clock. Expiry goes by this, since records may carry any time. */
  lastActive: number;
  /** -1: no transaction is open. */
  currentTxnFirstOffset: number;
  /** Oldest first, at most five, all of the current epoch. */
  batches: BatchMetadata[];
}

/** A transaction that its marker has just ended, with data on this partition. */
export interface CompletedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** Of the marker. */
  readonly lastOffset: number;
  readonly aborted: boolean;
}

export interface CheckOptions {
  readonly origin: AppendOrigin;
  readonly verified: VerificationGuard | undefined;
  readonly verificationRequired: boolean;
  /** Of the marker's transaction. */
  readonly transactionVersion: number;
}

export class ProducerStates {
  readonly producers = new Map<number, ProducerEntry>();
  readonly verifications = new Verifications();
  /** First offset to producer id; offsets are only ever added in ascending order. */
  private readonly ongoing = new Map<number, number>();
  /** Completed, but the marker may still be lost: it is not below the high watermark. */
  private unreplicated: CompletedTransaction[] = [];

  /**
   * @returns what is remembered of the same batch when a client sends it again
   * @throws KafkaError INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE, OUT_OF_ORDER_SEQUENCE_NUMBER,
   * TRANSACTION_COORDINATOR_FENCED
   */
  check(header: BatchHeader, control: ControlRecord | undefined, options: CheckOptions): BatchMetadata | undefined {
    if (!header.hasProducerId || options.origin === 'replication') return undefined;
    const entry = this.producers.get(header.producerId);
    if (control !== undefined) {
      if (entry !== undefined) checkMarker(entry, header, control, options.transactionVersion);
      return undefined;
    }
    if (options.origin === 'client' && entry !== undefined) {
      const duplicate = findDuplicate(entry, header);
      if (duplicate !== undefined) return duplicate;
    }
    if (entry !== undefined && header.producerEpoch < entry.producerEpoch) throw staleEpoch(entry, header);
    const open = entry !== undefined && entry.currentTxnFirstOffset >= 0;
    if (header.isTransactional) {
      if (open && entry.producerEpoch !== header.producerEpoch) {
        throw new KafkaError(
          'INVALID_TXN_STATE',
          `producer ${header.producerId}: the transaction of epoch ${entry.producerEpoch} is still open`,
        );
      }
      if (
        !open &&
        options.verificationRequired &&
        !this.verifications.holds(options.verified, header.producerId, header.producerEpoch)
      ) {
        throw new KafkaError('INVALID_TXN_STATE', `producer ${header.producerId}: not part of an ongoing transaction`);
      }
    }
    if (options.origin === 'client') this.checkSequence(entry, header);
    if (open && !header.isTransactional) {
      throw new KafkaError(
        'INVALID_TXN_STATE',
        `producer ${header.producerId}: a batch outside of its transaction, which is open`,
      );
    }
    return undefined;
  }

  private checkSequence(entry: ProducerEntry | undefined, header: BatchHeader): void {
    const { producerId, producerEpoch, baseSequence } = header;
    const known = entry?.batches.at(-1);
    if (baseSequence !== 0 && known === undefined && this.verifications.startsAtZero(producerId, producerEpoch)) {
      throw outOfOrder(header, 'a producer without state starts at 0');
    }
    if (this.verifications.mustWait(producerId, producerEpoch, baseSequence)) {
      throw outOfOrder(header, 'a batch with a lower sequence waits for its verification');
    }
    if (entry === undefined) return;
    if (producerEpoch !== entry.producerEpoch) {
      if (baseSequence !== 0) throw outOfOrder(header, 'a new epoch starts at 0');
      return;
    }
    const last = known?.lastSequence ?? NO_SEQUENCE;
    if (baseSequence !== last + 1 && !(baseSequence === 0 && last === MAX_SEQUENCE)) {
      throw outOfOrder(header, `the last one was ${last}`);
    }
  }

  /**
   * Takes over what a batch in the log says. `baseOffset`: where it was appended. `now`: the wall clock.
   * @returns the transaction it has completed, unless that had no data here
   */
  apply(
    header: BatchHeader,
    baseOffset: number,
    control: ControlRecord | undefined,
    now: number,
  ): CompletedTransaction | undefined {
    if (!header.hasProducerId || control?.kind === 'unknown') return undefined;
    // Of a marker that compaction has emptied the epoch is left, which still fences.
    const entry = this.entryFor(header);
    entry.lastTimestamp = header.maxTimestamp;
    entry.lastActive = now;
    if (control?.kind === 'none') return undefined;
    if (control !== undefined) {
      this.verifications.clear(header.producerId);
      return this.applyMarker(entry, baseOffset + header.lastOffsetDelta, control);
    }
    entry.batches.push({
      lastSequence: header.lastSequence,
      lastOffset: baseOffset + header.lastOffsetDelta,
      offsetDelta: header.lastOffsetDelta,
      timestamp: header.maxTimestamp,
    });
    if (entry.batches.length > BATCHES_REMEMBERED) entry.batches.shift();
    if (header.isTransactional) {
      this.verifications.clear(header.producerId);
      if (entry.currentTxnFirstOffset < 0) {
        entry.currentTxnFirstOffset = baseOffset;
        this.ongoing.set(baseOffset, header.producerId);
      }
    }
    return undefined;
  }

  private entryFor(header: BatchHeader): ProducerEntry {
    let entry = this.producers.get(header.producerId);
    if (entry === undefined) {
      entry = {
        producerId: header.producerId,
        producerEpoch: header.producerEpoch,
        coordinatorEpoch: -1,
        lastTimestamp: -1,
        lastActive: -1,
        currentTxnFirstOffset: -1,
        batches: [],
      };
      this.producers.set(header.producerId, entry);
    } else if (entry.producerEpoch !== header.producerEpoch) {
      entry.producerEpoch = header.producerEpoch;
      entry.batches = [];
    }
    return entry;
  }

  private applyMarker(entry: ProducerEntry, offset: number, control: ControlRecord): CompletedTransaction | undefined {
    entry.coordinatorEpoch = control.coordinatorEpoch;
    const firstOffset = entry.currentTxnFirstOffset;
    if (firstOffset < 0) return undefined;
    entry.currentTxnFirstOffset = -1;
    this.ongoing.delete(firstOffset);
    const completed = {
      producerId: entry.producerId,
      firstOffset,
      lastOffset: offset,
      aborted: control.kind === 'abort',
    };
    this.unreplicated.push(completed);
    return completed;
  }

  /** The first offset of the oldest open transaction. */
  get firstOngoingOffset(): number | undefined {
    return this.ongoing.keys().next().value;
  }

  /** No read_committed consumer may see this offset or a later one yet; undefined: no such limit. */
  get firstUnstableOffset(): number | undefined {
    let first = this.firstOngoingOffset ?? Number.POSITIVE_INFINITY;
    for (const transaction of this.unreplicated) first = Math.min(first, transaction.firstOffset);
    return first === Number.POSITIVE_INFINITY ? undefined : first;
  }

  onHighWatermark(offset: number): void {
    if (this.unreplicated.length === 0) return;
    this.unreplicated = this.unreplicated.filter((transaction) => transaction.lastOffset >= offset);
  }

  hasOngoingTransaction(producerId: number): boolean {
    return (this.producers.get(producerId)?.currentTxnFirstOffset ?? -1) >= 0;
  }

  /** Puts back what a snapshot holds; the map must be empty. */
  restore(entries: readonly ProducerEntry[]): void {
    for (const entry of entries) this.producers.set(entry.producerId, entry);
    const open = entries.filter((entry) => entry.currentTxnFirstOffset >= 0);
    open.sort((a, b) => a.currentTxnFirstOffset - b.currentTxnFirstOffset);
    for (const entry of open) this.ongoing.set(entry.currentTxnFirstOffset, entry.producerId);
  }

  /** Forgets producers that were silent for `expirationMs`, never one whose transaction is open. Returns how many. */
  removeExpired(now: number, expirationMs: number): number {
    let removed = 0;
    for (const entry of this.producers.values()) {
      if (entry.currentTxnFirstOffset >= 0 || now - entry.lastActive < expirationMs) continue;
      this.producers.delete(entry.producerId);
      removed++;
    }
    this.verifications.removeStartedBefore(now - expirationMs);
    return removed;
  }
}

/** The remembered batch of the same epoch and exactly the same sequence numbers. */
export function findDuplicate(entry: ProducerEntry, header: BatchHeader): BatchMetadata | undefined {
  if (entry.producerEpoch !== header.producerEpoch) return undefined;
  const lastSequence = header.lastSequence;
  return entry.batches.find(
    (batch) =>
      batch.lastSequence === lastSequence &&
      batch.offsetDelta === header.lastOffsetDelta &&
      decrementSequence(batch.lastSequence, batch.offsetDelta) === header.baseSequence,
  );
}

function checkMarker(
  entry: ProducerEntry,
  header: BatchHeader,
  control: ControlRecord,
  transactionVersion: number,
): void {
  // Version 2 bumps the epoch with each transaction: a marker of the data's own epoch is a stale one. Where nothing is
  // open it is a repetition, and harmless.
  const bumped = transactionVersion >= 2 && entry.currentTxnFirstOffset >= 0;
  if (header.producerEpoch < entry.producerEpoch || (bumped && header.producerEpoch === entry.producerEpoch)) {
    throw staleEpoch(entry, header);
  }
  if (control.coordinatorEpoch < entry.coordinatorEpoch) {
    throw new KafkaError(
      'TRANSACTION_COORDINATOR_FENCED',
      `producer ${header.producerId}: coordinator epoch ${control.coordinatorEpoch}, ` +
        `a marker of ${entry.coordinatorEpoch} came before`,
    );
  }
}

function staleEpoch(entry: ProducerEntry, header: BatchHeader): KafkaError {
  return new KafkaError(
    'INVALID_PRODUCER_EPOCH',
    `producer ${header.producerId}: epoch ${header.producerEpoch}, the current one is ${entry.producerEpoch}`,
  );
}

function outOfOrder(header: BatchHeader, why: string): KafkaError {
  return new KafkaError(
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    `producer ${header.producerId}, epoch ${header.producerEpoch}, sequence ${header.baseSequence}: ${why}`,
  );
}
