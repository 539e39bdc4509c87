/**
 * OffsetCommit (key 8), versions 2-10, since 10 by topic id. A partition that does not exist is refused by itself. Left out:
 * `retentionTimeMs` (versions 2-4); the broker's `offsets.retention.minutes` holds for all.
 */
import { offsetCommit } from '../../wire/index.ts';
import { handler } from './handler.ts';
import { KnownPartitions } from './known-partitions.ts';

export const offsetCommitHandler = handler(offsetCommit, async (request, call, { image, groups }) => {
  const known = new KnownPartitions(image, request.topics, call.apiVersion >= 10);
  const { topics } = await groups.commitOffsets({ ...request, topics: known.topics }, call);
  return { topics: known.merge(topics) };
});
