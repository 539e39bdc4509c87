/**
 * The batches of one partition on their way: in the order of their records, numbered when first sent, and what is known
 * of the broker's view of those numbers (semantics of KIP-98, KIP-360 and KIP-679 on the client).
 *
 * Rules kept here: a batch keeps its number for every retry; a numbered batch is sent again only as the first of those
 * unanswered; nothing is numbered so far ahead of the first unanswered that the broker could forget this one; after a batch was given up with its fate unknown (`unresolved`) nothing new is numbered until the others
 * show what became of it; a gap for certain (`resetRequested`) starts the numbers over under a higher epoch, once
 * no request of the partition is unanswered.
 */
import { incrementSequence } from '../../records/index.ts';

/** Who the broker takes the producer for (KIP-98). */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly epoch: number;
}

/** Batches of a producer that a broker recognises when they come again (KIP-98): the last of a partition. */
const REMEMBERED_BATCHES = 5;

/** What the queue knows of a batch. */
export interface QueuedBatch {
  /** Place among all batches of the queue. */
  readonly order: number;
  /** Records in it. */
  readonly count: number;
  /** Takes no more records. */
  readonly closed: boolean;
  readonly numbered: boolean;
  /** Of its first record. */
  readonly sequence: number;
  readonly lastSequence: number;
  readonly identity: ProducerIdentity | undefined;
  renumber(identity: ProducerIdentity, sequence: number): void;
}

export class PartitionQueue<Batch extends QueuedBatch = QueuedBatch> {
  readonly topic: string;
  readonly partition: number;
  /** To be sent, first things first. */
  readonly waiting: Batch[] = [];
  /** Numbered and not done, by number. */
  readonly numbered: Batch[] = [];
  /** Unanswered requests with a batch of this partition. */
  airborne = 0;
  identity: ProducerIdentity | undefined;
  nextSequence = 0;
  /** -1: none acknowledged under this identity. */
  lastAcknowledged = -1;
  unresolved = false;
  resetRequested = false;
  /** How large the batch before became, in bytes before compression: the next is likely to be alike. */
  lastBatchBytes = 1024;
  private nextOrder = 0;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  takeOrder(): number {
    return this.nextOrder++;
  }

  get open(): Batch | undefined {
    const last = this.waiting[this.waiting.length - 1];
    return last !== undefined && !last.closed ? last : undefined;
  }
  get idle(): boolean {
    return this.waiting.length === 0 && this.airborne === 0 && this.numbered.length === 0;
  }

  /** Back in line, where it was. */
  putBack(batch: Batch): void {
    let at = 0;
    while (at < this.waiting.length && this.waiting[at]!.order < batch.order) at++;
    this.waiting.splice(at, 0, batch);
  }
  removeWaiting(batch: Batch): void {
    const at = this.waiting.indexOf(batch);
    if (at >= 0) this.waiting.splice(at, 1);
  }

  /** Whether the head may be numbered and sent, or sent again, by a producer that numbers its batches. */
  mayNumber(current: ProducerIdentity): boolean {
    const head = this.waiting[0];
    if (head === undefined || this.resetRequested) return false;
    if (head.numbered) return this.numbered[0] === head;
    if (this.unresolved) return false;
    // A broker without state for this producer accepts any first number: were the first batch refused for now and the
    // second accepted, the first could never land. So the first is alone until it is acknowledged.
    if (this.lastAcknowledged < 0 && this.numbered.length > 0) return false;
    // Were the first unanswered one there already, its next retry must still be known for what it is.
    const [oldest] = this.numbered;
    if (oldest !== undefined && head.order - oldest.order >= REMEMBERED_BATCHES) return false;
    // A new identity takes over once everything numbered under the old one is done.
    return same(this.identity, current) || (this.numbered.length === 0 && this.airborne === 0);
  }

  /** Numbers the head where it has no number yet. */
  number(batch: Batch, current: ProducerIdentity): void {
    if (batch.numbered) return;
    if (!same(this.identity, current)) this.adopt(current);
    batch.renumber(current, this.nextSequence);
    this.nextSequence = incrementSequence(this.nextSequence, batch.count);
    this.numbered.push(batch);
  }

  /** Starts over at 0 under another identity. */
  adopt(identity: ProducerIdentity): void {
    this.identity = identity;
    this.nextSequence = 0;
    this.lastAcknowledged = -1;
    this.unresolved = false;
    this.resetRequested = false;
  }

  /** The same, giving what is numbered and waits new numbers. Only while nothing is airborne. */
  startOver(identity: ProducerIdentity): void {
    this.adopt(identity);
    for (const batch of this.numbered) {
      batch.renumber(identity, this.nextSequence);
      this.nextSequence = incrementSequence(this.nextSequence, batch.count);
    }
  }

  acknowledged(batch: Batch): void {
    this.forget(batch);
    if (!batch.numbered || !same(this.identity, batch.identity)) return;
    if (!this.isBehind(batch)) this.lastAcknowledged = batch.lastSequence;
  }

  /** Whether a batch after this one was acknowledged. Numbers wrap: the later of two is less than half the circle ahead. */
  isBehind(batch: Batch): boolean {
    if (this.lastAcknowledged < 0) return false;
    const ahead = (batch.lastSequence - this.lastAcknowledged + 0x80000000) % 0x80000000;
    return ahead === 0 || ahead >= 0x40000000;
  }

  /** No longer awaited: failed for good or given up. */
  forget(batch: Batch): void {
    const at = this.numbered.indexOf(batch);
    if (at >= 0) this.numbered.splice(at, 1);
  }

  /** Whether the batch's number is the one that the broker should expect. */
  isNext(batch: Batch): boolean {
    return batch.sequence === (this.lastAcknowledged < 0 ? 0 : incrementSequence(this.lastAcknowledged, 1));
  }

  /** For an unresolved queue with nothing outstanding: whether every number given out was acknowledged after all. */
  get complete(): boolean {
    return this.nextSequence === (this.lastAcknowledged < 0 ? 0 : incrementSequence(this.lastAcknowledged, 1));
  }
}

export function same(a: ProducerIdentity | undefined, b: ProducerIdentity | undefined): boolean {
  return a !== undefined && b !== undefined && a.producerId === b.producerId && a.epoch === b.epoch;
}
