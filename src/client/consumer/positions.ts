/** The partitions that a consumer reads, where it stands in each, and what is fetched and not yet handed out. Pure state. */

import type { OffsetSpec } from '../topic-partition.ts';
import { partitionKey, type TopicPartition, type TopicPartitionOffset } from '../topic-partition.ts';
import type { FetchedData } from './fetched-data.ts';

export class PartitionState implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  /** Of the next record to hand out; undefined until it is found. */
  position: number | undefined;
  /** Epoch of the last batch before the position; -1: not known. Committed with it (KIP-320). */
  leaderEpoch = -1;
  /** Leader epoch under which the position was last found to be in the log, and is fetched from; undefined: none yet. */
  validUnder: number | undefined;
  /** A question to the leader about it is under way. */
  validating = false;
  /** Of the topic in which the position is; undefined: not known. */
  topicId: string | undefined;
  /** Monotonic: since when the metadata is older than the position; undefined: it is not. */
  staleSince: number | undefined;
  /** Where to go when the position is not simply the committed one. */
  reset: OffsetSpec | undefined;
  paused = false;
  /** Where readers of this isolation level must stop, as the last fetch said; undefined: none has come yet. */
  end: number | undefined;
  /** Of the next fetch: the position, or behind what is buffered. */
  fetchOffset = 0;
  readonly buffered: FetchedData[] = [];
  bufferedBytes = 0;
  /** Bytes that were fetched and not yet handed out. */
  get unread(): number {
    let bytes = 0;
    for (const data of this.buffered) bytes += data.unread;
    return bytes;
  }
  /** A fetch is under way for it. */
  fetching = false;
  /** Changes with every jump, so that answers to older questions are known as such. */
  version = 0;
  /** Monotonic: not fetched before. */
  retryAt = 0;
  /** No longer read. */
  gone = false;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  /** Stands at `offset` from now on; what was fetched elsewhere is dropped. */
  moveTo(offset: number, leaderEpoch = -1): void {
    this.jump();
    this.position = offset;
    this.fetchOffset = offset;
    this.leaderEpoch = leaderEpoch;
    this.reset = undefined;
  }
  /** Whether it stands at a place that is known to be in the log, or of which no more can be known now. */
  get settled(): boolean {
    if (this.position === undefined || this.validating) return false;
    return this.validUnder !== undefined || this.leaderEpoch < 0 || this.paused;
  }
  /** Stands nowhere until the place is looked up. */
  resetTo(place: OffsetSpec): void {
    this.jump();
    this.position = undefined;
    this.leaderEpoch = -1;
    this.reset = place;
  }
  /** What is fetched may not be in the log any more: it is fetched again where the position is found to be good. */
  mistrust(): void {
    this.version++;
    this.validating = true;
    this.dropBuffered();
    this.fetchOffset = this.position ?? this.fetchOffset;
  }
  dropBuffered(): void {
    this.buffered.length = 0;
    this.bufferedBytes = 0;
  }
  private jump(): void {
    this.version++;
    this.retryAt = 0;
    this.validUnder = undefined;
    this.validating = false;
    this.topicId = undefined;
    this.staleSince = undefined;
    this.dropBuffered();
  }
}

export class Positions {
  private readonly states = new Map<string, PartitionState>();
  private inOrder: readonly PartitionState[] = [];

  get(partition: TopicPartition): PartitionState | undefined {
    return this.states.get(partitionKey(partition.topic, partition.partition));
  }
  all(): readonly PartitionState[] {
    return this.inOrder;
  }
  get size(): number {
    return this.states.size;
  }
  get bufferedBytes(): number {
    let bytes = 0;
    for (const state of this.inOrder) bytes += state.bufferedBytes;
    return bytes;
  }

  /** Reads exactly these. Partitions that stay keep their position. */
  assign(partitions: readonly TopicPartition[]): void {
    const before = new Map(this.states);
    this.states.clear();
    for (const { topic, partition } of partitions) {
      const key = partitionKey(topic, partition);
      this.states.set(key, before.get(key) ?? new PartitionState(topic, partition));
      before.delete(key);
    }
    this.inOrder = [...this.states.values()];
    for (const state of before.values()) {
      state.gone = true;
      state.version++;
      state.dropBuffered();
    }
  }

  /** Behind the last record handed out, of every partition that has a position. */
  consumed(): TopicPartitionOffset[] {
    const offsets: TopicPartitionOffset[] = [];
    for (const { topic, partition, position, leaderEpoch } of this.states.values()) {
      if (position !== undefined) offsets.push({ topic, partition, offset: position, leaderEpoch });
    }
    return offsets;
  }

  list(): TopicPartition[] {
    return this.all().map(({ topic, partition }) => ({ topic, partition }));
  }
}
