/** What a scripted run has asked for and been told, and what must therefore be found after a crash. */
import assert from 'node:assert/strict';
import type { Batch } from '../hand-producer.ts';
import type { Request } from '../raw-client.ts';

export type Outcome = 'open' | 'commit asked' | 'abort asked' | 'committed' | 'aborted';

/** A transaction, or, without an id, records outside of one. */
export interface TransactionEntry {
  readonly name: string;
  outcome: Outcome;
}

export interface BatchEntry extends Batch {
  /** Undefined outside of transactions. */
  readonly transaction: TransactionEntry | undefined;
  /** As it was sent; with the other batches of its request. */
  readonly request: Request<object>;
  /** Undefined: not acknowledged. */
  baseOffset: number | undefined;
}

export interface OffsetEntry {
  readonly groupId: string;
  readonly offset: number;
  readonly transaction: TransactionEntry | undefined;
  acknowledged: boolean;
}

/** What a reader found in the end. */
export interface Found {
  /** By `topic-partition`: all records, with their offsets; a value may be there twice. */
  readonly all: ReadonlyMap<string, readonly { readonly value: string; readonly offset: number }[]>;
  /** What read_committed delivers. */
  readonly visible: ReadonlyMap<string, readonly string[]>;
  /** By group; -1 where there is none. */
  readonly offsets: ReadonlyMap<string, number>;
}

export class Ledger {
  readonly batches: BatchEntry[] = [];
  readonly offsets: OffsetEntry[] = [];
  readonly transactions: TransactionEntry[] = [];
  /** Records below this offset of a partition were asked to be deleted: they may be there or not. */
  readonly deletedBelow = new Map<string, number>();

  /** One beyond the last acknowledged offset. */
  acknowledgedEnd(partition: string): number {
    const ends = this.batches
      .filter((entry) => keyOf(entry) === partition && entry.baseOffset !== undefined)
      .map((entry) => entry.baseOffset! + entry.values.length);
    return Math.max(0, ...ends);
  }

  /** All that was promised is kept, and nothing else is there. No transaction may be open any more. */
  check(found: Found): void {
    for (const transaction of this.transactions) this.checkTransaction(transaction, found);
    const known = new Set<string>();
    for (const entry of this.batches) {
      this.checkBatch(entry, found);
      for (const value of entry.values) known.add(`${keyOf(entry)}/${value}`);
    }
    for (const [partition, records] of found.all) {
      const once = new Set<string>();
      for (const { value } of records) {
        assert.ok(known.has(`${partition}/${value}`), `${value} in ${partition} was never sent`);
        assert.ok(!once.has(value), `${value} is in ${partition} twice`);
        once.add(value);
      }
    }
    for (const groupId of new Set(this.offsets.map((entry) => entry.groupId))) this.checkOffsets(groupId, found);
  }

  private checkBatch(entry: BatchEntry, found: Found): void {
    const partition = keyOf(entry);
    const stored = found.all.get(partition)!;
    const at = stored.findIndex(({ value }) => value === entry.values[0]);
    if (entry.baseOffset !== undefined && !(at < 0 && this.mayBeGone(entry))) {
      assert.equal(stored[at]?.offset, entry.baseOffset, `${entry.values[0]} in ${partition} was acknowledged`);
    }
    if (at < 0) return;
    if (this.mayBeGone(entry)) return;
    const there = stored.slice(at, at + entry.values.length).map(({ value }) => value);
    assert.deepEqual(there, entry.values, 'a batch is whole');
    if (entry.transaction !== undefined) return;
    for (const value of entry.values) assert.ok(found.visible.get(partition)!.includes(value), `${value} is visible`);
  }

  /** All of it, or nothing: in every partition, and its offsets. */
  private checkTransaction(transaction: TransactionEntry, found: Found): void {
    const values = this.batches
      .filter((entry) => entry.transaction === transaction && !this.mayBeGone(entry))
      .flatMap((entry) => entry.values.map((value) => ({ value, partition: keyOf(entry) })));
    const seen = values.filter(({ value, partition }) => found.visible.get(partition)!.includes(value));
    const { name, outcome } = transaction;
    const committed = outcome === 'committed' || (outcome === 'commit asked' && seen.length > 0);
    assert.equal(seen.length, committed ? values.length : 0, `${name} (${outcome}) is whole or not there`);
    for (const entry of this.offsets.filter((each) => each.transaction === transaction)) {
      const offset = found.offsets.get(entry.groupId)!;
      if (committed) assert.ok(offset >= entry.offset, `${entry.groupId} is at ${offset}, ${name} is committed`);
      else
        assert.ok(offset < entry.offset || this.laterThan(entry), `${entry.groupId} is at ${offset}: ${name} is not`);
    }
  }

  /** It was asked to be deleted. */
  mayBeGone(entry: BatchEntry): boolean {
    return entry.baseOffset !== undefined && entry.baseOffset < (this.deletedBelow.get(keyOf(entry)) ?? 0);
  }

  /** Offsets of a group only grow in the scripts. */
  private laterThan(entry: OffsetEntry): boolean {
    return this.offsets.some((other) => other.groupId === entry.groupId && other.offset > entry.offset);
  }

  private checkOffsets(groupId: string, found: Found): void {
    const offset = found.offsets.get(groupId)!;
    const entries = this.offsets.filter((entry) => entry.groupId === groupId);
    const sure = entries.filter(
      ({ acknowledged, transaction }) =>
        acknowledged && (transaction === undefined || transaction.outcome === 'committed'),
    );
    const least = Math.max(-1, ...sure.map((entry) => entry.offset));
    assert.ok(offset >= least, `${groupId} is at ${offset}, and ${least} was acknowledged`);
    assert.ok(
      offset === -1 || entries.some((entry) => entry.offset === offset),
      `${groupId} is at ${offset}: by whom?`,
    );
  }
}

export function keyOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}-${partition}`;
}
