/** OffsetDelete 0 (KIP-496): offsets of a group that nobody reads with any more are forgotten. */
import { ErrorCode, type ErrorName, MalformedBytesError } from '../../core/index.ts';
import type { DecidedRecord, Decision } from '../../replay/index.ts';
import { consumerProtocolSubscription, decodeVersionedLeniently } from '../../wire/index.ts';
import type { ClassicGroup } from './classic-group.ts';
import { offsetTombstone } from './group-records.ts';
import type { GroupLogState, GroupShard } from './group-shard.ts';
import { protocolMetadata } from './member.ts';
import type { OffsetDeleteRequest, OffsetDeleteResponse } from './messages.ts';

/** A group with members must be one of consumers, and keeps the offsets of the topics that they subscribe to. */
export function decideOffsetDeletion(
  shard: GroupShard,
  state: GroupLogState,
  { groupId, topics }: OffsetDeleteRequest,
): Decision<OffsetDeleteResponse> {
  const group = shard.find(groupId);
  if (group === undefined) return refused('GROUP_ID_NOT_FOUND');
  if (group.state !== 'Empty' && group.protocolType !== 'consumer') return refused('NON_EMPTY_GROUP');
  const subscribed = subscribedTopics(group);
  const records: DecidedRecord[] = [];
  const results = topics.map(({ name, partitions }) => {
    const isSubscribed = subscribed === 'perhaps all' || subscribed.has(name);
    const errorCode = isSubscribed ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC : ErrorCode.NONE;
    for (const partitionIndex of new Set(partitions.map((each) => each.partitionIndex))) {
      const { offsets } = state;
      const isKept = offsets.get(groupId, name, partitionIndex) !== undefined;
      // What waits for the end of a transaction goes as well.
      if (isSubscribed || !(isKept || offsets.hasPending(groupId, name, partitionIndex))) continue;
      records.push(offsetTombstone(groupId, name, partitionIndex));
    }
    return { name, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) };
  });
  return { records, response: { errorCode: ErrorCode.NONE, topics: results } };
}

function refused(error: ErrorName): Decision<OffsetDeleteResponse> {
  return { records: [], response: { errorCode: ErrorCode[error], topics: [] } };
}

/** Where it cannot be known, no topic may be taken for one that nobody reads. */
function subscribedTopics(group: ClassicGroup): ReadonlySet<string> | 'perhaps all' {
  const topics = new Set<string>();
  if (group.members.size === 0) return topics;
  if (group.protocolName === undefined) return 'perhaps all';
  for (const member of group.members.values()) {
    try {
      const metadata = protocolMetadata(member, group.protocolName);
      for (const topic of decodeVersionedLeniently(consumerProtocolSubscription, metadata).topics) topics.add(topic);
    } catch (error) {
      if (error instanceof MalformedBytesError) return 'perhaps all';
      throw error;
    }
  }
  return topics;
}
