/** What lies in partitions: where it begins and ends, and its deletion from the front. Asked of each partition's leader. */
import { deleteRecords } from '../../wire/index.ts';
import { askForOffsets, type ListedOffset } from '../metadata/offset-lookup.ts';
import type { IsolationLevel } from '../options/consumer.ts';
import { byTopic, type OffsetSpec, partitionLabel, type TopicPartition } from '../topic-partition.ts';
import type { AdminCall } from './call.ts';
import { refuseUnknownValue } from './given.ts';
import { askEach, labelled, type Outcome } from './items.ts';
import { newcomerRefusal, toLeaders } from './routes.ts';

/** A partition and the first offset that stays. */
export interface RecordsToDelete extends TopicPartition {
  /** `latest`: the high watermark, so that nothing stays that could be read now. */
  readonly beforeOffset: number | 'latest';
}

export interface DeletedRecords extends TopicPartition {
  /** The smallest offset that there is now. */
  readonly lowWatermark: number;
}

const ends = { earliest: true, latest: true, maxTimestamp: true } as const;

export async function listOffsetsBy(
  call: AdminCall,
  partitions: readonly (TopicPartition & { readonly at: OffsetSpec })[],
  isolationLevel: IsolationLevel,
): Promise<ListedOffset[]> {
  for (const { at, ...partition } of partitions) {
    if (typeof at === 'object' && Number.isSafeInteger(at?.timestamp)) continue;
    const what = `\`at\` of ${partitionLabel(partition)}: a place in a partition is { timestamp } in milliseconds, or one of`;
    refuseUnknownValue(what, at, ends);
  }
  return askEach(call, 'ListOffsets', labelled(partitions, partitionLabel), toLeaders, async (connection, left) => {
    const answers = await askForOffsets(connection, [...left.values()], isolationLevel, {
      timeoutMs: call.requestTimeoutMs,
      signal: call.deadline.signal,
    });
    return new Map(
      answers.map(({ errorCode, ...found }): [string, Outcome<ListedOffset>] => {
        const label = partitionLabel(found);
        return [label, errorCode === 0 ? { done: found } : newcomerRefusal(call, errorCode, `ListOffsets of ${label}`)];
      }),
    );
  });
}

export async function deleteRecordsBy(
  call: AdminCall,
  partitions: readonly RecordsToDelete[],
): Promise<DeletedRecords[]> {
  for (const { beforeOffset, ...partition } of partitions) {
    if (Number.isSafeInteger(beforeOffset)) continue;
    const what = `beforeOffset of ${partitionLabel(partition)} is an offset, or`;
    refuseUnknownValue(what, beforeOffset, { latest: true });
  }
  return askEach(call, 'DeleteRecords', labelled(partitions, partitionLabel), toLeaders, async (connection, left) => {
    const answer = await call.send(connection, deleteRecords, {
      topics: [...byTopic(left.values())].map(([name, theirs]) => ({
        name,
        partitions: theirs.map(({ partition, beforeOffset }) => ({
          partitionIndex: partition,
          offset: beforeOffset === 'latest' ? -1 : beforeOffset,
        })),
      })),
      timeoutMs: call.requestTimeoutMs,
    });
    const outcomes = new Map<string, Outcome<DeletedRecords>>();
    for (const { name: topic, partitions: theirs } of answer.topics) {
      for (const { partitionIndex: partition, lowWatermark, errorCode } of theirs) {
        const label = partitionLabel({ topic, partition });
        const done = { topic, partition, lowWatermark };
        outcomes.set(label, errorCode === 0 ? { done } : newcomerRefusal(call, errorCode, `DeleteRecords of ${label}`));
      }
    }
    return outcomes;
  });
}
