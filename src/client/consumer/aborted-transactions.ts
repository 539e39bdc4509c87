/**
 * Which batches of one fetch belong to aborted transactions. The broker lists the aborted transactions that touch the
 * fetched range; a producer may be in the list several times. A producer is aborted from the first offset of the next of
 * its transactions to that one's abort marker, and no further.
 */
import type { BatchHeader } from '../../records/index.ts';

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

export class AbortedTransactions {
  /** A binary heap by first offset. */
  private readonly heap: AbortedTransaction[] = [];
  private readonly aborted = new Set<number>();

  constructor(transactions: readonly AbortedTransaction[]) {
    for (const transaction of transactions) this.push(transaction);
  }

  /** Of a data batch. Batches must be asked about in the order of their offsets. */
  hides(header: BatchHeader): boolean {
    if (!header.hasProducerId) return false;
    this.reach(header.lastOffset);
    return header.isTransactional && this.aborted.has(header.producerId);
  }

  /** An abort marker of the producer was passed. */
  abortMarker(header: BatchHeader): void {
    this.reach(header.lastOffset);
    this.aborted.delete(header.producerId);
  }

  private reach(offset: number): void {
    while (this.heap.length > 0 && this.heap[0]!.firstOffset <= offset) this.aborted.add(this.pop().producerId);
  }

  private push(transaction: AbortedTransaction): void {
    const { heap } = this;
    let at = heap.push(transaction) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.firstOffset <= transaction.firstOffset) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = transaction;
  }
  private pop(): AbortedTransaction {
    const { heap } = this;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) {
      let at = 0;
      for (;;) {
        let child = 2 * at + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && heap[child + 1]!.firstOffset < heap[child]!.firstOffset) child++;
        if (heap[child]!.firstOffset >= last.firstOffset) break;
        heap[at] = heap[child]!;
        at = child;
      }
      heap[at] = last;
    }
    return first;
  }
}
