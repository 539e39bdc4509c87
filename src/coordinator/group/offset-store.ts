/**
 * The offsets that groups committed, and those that wait for the end of a transaction. Changed by replay alone:
 *
 * | Replayed                          | Effect                                                                        |
 * |-----------------------------------|-------------------------------------------------------------------------------|
 * | offset outside a transaction      | committed                                                                     |
 * | offset inside one                 | pending, under its producer id; a later one of the same transaction replaces it |
 * | commit marker of a producer id    | each pending offset is committed, unless a later record has committed already |
 * | abort marker of a producer id     | its pending offsets are dropped                                               |
 * | tombstone                         | committed and pending are removed                                             |
 */
import { getOrMake } from '../get-or-make.ts';
import type { CommittedOffset } from './group-records.ts';

/** A committed offset, with the offset of its own record in `__consumer_offsets`. */
export interface StoredOffset extends CommittedOffset {
  readonly recordOffset: number;
}

class PartitionTable<T> {
  private readonly topics = new Map<string, Map<number, T>>();

  get isEmpty(): boolean {
    return this.topics.size === 0;
  }

  get(topic: string, partition: number): T | undefined {
    return this.topics.get(topic)?.get(partition);
  }

  set(topic: string, partition: number, value: T): void {
    getOrMake(this.topics, topic, () => new Map<number, T>()).set(partition, value);
  }

  delete(topic: string, partition: number): void {
    const partitions = this.topics.get(topic);
    if (partitions?.delete(partition) && partitions.size === 0) this.topics.delete(topic);
  }

  *entries(): Iterable<[topic: string, partition: number, value: T]> {
    for (const [topic, partitions] of this.topics) {
      for (const [partition, value] of partitions) yield [topic, partition, value];
    }
  }
}

export class OffsetStore {
  /** By group. */
  private readonly committed = new Map<string, PartitionTable<StoredOffset>>();
  /** By producer id, then by group. */
  private readonly pending = new Map<number, Map<string, PartitionTable<StoredOffset>>>();

  get(group: string, topic: string, partition: number): StoredOffset | undefined {
    return this.committed.get(group)?.get(topic, partition);
  }

  /** Everything that a group has committed. */
  *offsetsOf(group: string): Iterable<[topic: string, partition: number, offset: StoredOffset]> {
    const table = this.committed.get(group);
    if (table !== undefined) yield* table.entries();
  }

  /** The groups with committed or pending offsets. */
  *groups(): Iterable<string> {
    const seen = new Set<string>();
    for (const group of this.committed.keys()) seen.add(group);
    for (const groups of this.pending.values()) for (const group of groups.keys()) seen.add(group);
    yield* seen;
  }

  hasGroup(group: string): boolean {
    return this.committed.has(group) || this.hasPendingOf(group);
  }

  /** An open transaction may still change this offset. */
  hasPending(group: string, topic: string, partition: number): boolean {
    for (const groups of this.pending.values()) {
      if (groups.get(group)?.get(topic, partition) !== undefined) return true;
    }
    return false;
  }

  hasPendingOf(group: string): boolean {
    for (const groups of this.pending.values()) if (groups.has(group)) return true;
    return false;
  }

  /** Committed and pending ones, each once. */
  *partitionsOf(group: string): Iterable<[topic: string, partition: number]> {
    const table = this.committed.get(group);
    for (const [topic, partition] of table?.entries() ?? []) yield [topic, partition];
    const seen = new PartitionTable<true>();
    for (const groups of this.pending.values()) {
      for (const [topic, partition] of groups.get(group)?.entries() ?? []) {
        if (table?.get(topic, partition) !== undefined || seen.get(topic, partition)) continue;
        seen.set(topic, partition, true);
        yield [topic, partition];
      }
    }
  }

  /** `producerId` is -1 outside a transaction. */
  replayOffset(group: string, topic: string, partition: number, offset: StoredOffset, producerId: number): void {
    if (producerId < 0) {
      this.commit(group, topic, partition, offset);
      return;
    }
    const groups = getOrMake(this.pending, producerId, () => new Map<string, PartitionTable<StoredOffset>>());
    getOrMake(groups, group, () => new PartitionTable<StoredOffset>()).set(topic, partition, offset);
  }

  replayTombstone(group: string, topic: string, partition: number): void {
    const table = this.committed.get(group);
    table?.delete(topic, partition);
    if (table?.isEmpty) this.committed.delete(group);
    for (const [producerId, groups] of this.pending) {
      const pending = groups.get(group);
      if (pending === undefined) continue;
      pending.delete(topic, partition);
      if (pending.isEmpty) groups.delete(group);
      if (groups.size === 0) this.pending.delete(producerId);
    }
  }

  replayMarker(producerId: number, kind: 'commit' | 'abort'): void {
    const groups = this.pending.get(producerId);
    if (groups === undefined) return;
    this.pending.delete(producerId);
    if (kind === 'abort') return;
    for (const [group, table] of groups) {
      for (const [topic, partition, offset] of table.entries()) {
        const existing = this.get(group, topic, partition);
        if (existing === undefined || offset.recordOffset > existing.recordOffset) {
          this.commit(group, topic, partition, offset);
        }
      }
    }
  }

  private commit(group: string, topic: string, partition: number, offset: StoredOffset): void {
    getOrMake(this.committed, group, () => new PartitionTable<StoredOffset>()).set(topic, partition, offset);
  }
}
