/**
 * What compaction knows of transactions while it walks over a log in order: which batches belong to an aborted one, and
 * which markers have no data left before them.
 */
import type { BatchHeader, ControlRecord } from '../../records/index.ts';
import type { AbortedTransaction } from '../transaction-index.ts';

interface Aborted {
  readonly transaction: AbortedTransaction;
  dataSeen: boolean;
}

export class CleanedTransactions {
  /** Not begun yet, by first offset. */
  private waiting: AbortedTransaction[] = [];
  private readonly added = new Set<number>();
  private readonly aborted = new Map<number, Aborted>();
  /** Producers with data of a transaction that was, or will be, committed. */
  private readonly committed = new Set<number>();

  /** Aborted transactions with data in what comes next; one that is known already is left out. */
  add(transactions: readonly AbortedTransaction[]): void {
    for (const transaction of transactions) {
      // A marker ends one transaction.
      if (this.added.has(transaction.lastOffset)) continue;
      this.added.add(transaction.lastOffset);
      this.waiting.push(transaction);
    }
    this.waiting.sort((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Does this batch of data belong to an aborted transaction? */
  data(header: BatchHeader): boolean {
    this.begin(header.lastOffset);
    if (!header.isTransactional) return false;
    const aborted = this.aborted.get(header.producerId);
    if (aborted === undefined) {
      this.committed.add(header.producerId);
      return false;
    }
    aborted.dataSeen = true;
    return true;
  }

  /**
   * A control batch. `unneeded`: there was no data of its transaction. `aborted`: the transaction that it has ended, with
   * data, which the index of the compacted segment must have.
   */
  marker(header: BatchHeader, control: ControlRecord): { unneeded: boolean; aborted?: AbortedTransaction } {
    this.begin(header.lastOffset);
    switch (control.kind) {
      case 'none':
        return { unneeded: true };
      case 'commit':
        return { unneeded: !this.committed.delete(header.producerId) };
      case 'abort': {
        const ended = this.aborted.get(header.producerId);
        this.aborted.delete(header.producerId);
        if (ended === undefined) return { unneeded: true };
        this.added.delete(ended.transaction.lastOffset);
        return ended.dataSeen ? { unneeded: false, aborted: ended.transaction } : { unneeded: true };
      }
      default:
        return { unneeded: false };
    }
  }

  private begin(lastOffset: number): void {
    while (this.waiting.length > 0 && this.waiting[0]!.firstOffset <= lastOffset) {
      const transaction = this.waiting.shift()!;
      this.aborted.set(transaction.producerId, { transaction, dataSeen: false });
    }
  }
}
