/**
 * OffsetDelete (key 47), version 0: forgets a group's committed offsets, but not those of topics that its members subscribe
 * to. A partition that does not exist is refused by itself. Left out: nothing.
 */
import { ErrorCode } from '../../core/index.ts';
import { offsetDelete } from '../../wire/index.ts';
import { handler } from './handler.ts';
import { KnownPartitions } from './known-partitions.ts';

export const offsetDeleteHandler = handler(offsetDelete, async ({ groupId, topics }, _call, { image, groups }) => {
  const known = new KnownPartitions(image, topics, false);
  const { errorCode, topics: results } = await groups.deleteOffsets({ groupId, topics: known.topics });
  return errorCode === ErrorCode.NONE ? { topics: known.merge(results) } : { errorCode };
});
