/**
 * OffsetDelete (key 47), version 0: forgets a group's committed offsets, but not those of topics that its members subscribe
 * to. A partition that does not exist is refused by itself. Left out: nothing.
 */
import { ErrorCode } from '../../core/index.ts';
import { type OffsetDeleteRequest, offsetDelete } from '../../wire/index.ts';
import { handler } from './handler.ts';

type Partitions = OffsetDeleteRequest['topics'][number]['partitions'];

export const offsetDeleteHandler = handler(offsetDelete, async ({ groupId, topics }, _call, { image, groups }) => {
  const existing = new Map<string, Partitions>();
  const results = new Map<string, { partitionIndex: number; errorCode: number }[]>();
  for (const { name, partitions } of topics) {
    for (const { partitionIndex } of partitions) {
      const exists = image.topic(name)?.partitions[partitionIndex] !== undefined;
      if (exists) existing.set(name, [...(existing.get(name) ?? []), { partitionIndex }]);
      else add(results, name, [{ partitionIndex, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }]);
    }
  }
  const asked = [...existing].map(([name, partitions]) => ({ name, partitions }));
  const answer = await groups.deleteOffsets({ groupId, topics: asked });
  if (answer.errorCode !== ErrorCode.NONE) return { errorCode: answer.errorCode };
  for (const { name, partitions } of answer.topics) add(results, name, partitions);
  return { topics: [...results].map(([name, partitions]) => ({ name, partitions })) };
});

function add<T>(lists: Map<string, T[]>, name: string, more: readonly T[]): void {
  lists.set(name, [...(lists.get(name) ?? []), ...more]);
}
