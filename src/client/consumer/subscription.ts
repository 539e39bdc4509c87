/**
 * What a member tells the group of itself, for each assignor (the consumer protocol's blobs): what it wants, and what it
 * has, so that an assignor that cares can leave it there. `sticky` has given everything up when it joins, so it says what it
 * had, in user data of its own; `cooperative-sticky` says what it has (KIP-429, KIP-792).
 */
import { MalformedBytesError } from '../../core/index.ts';
import {
  consumerProtocolSubscription,
  decodeUnversioned,
  decodeVersionedLeniently,
  encodeUnversioned,
  encodeVersioned,
  stickyAssignorUserData,
} from '../../wire/index.ts';
import type { AssignorName } from '../options/consumer.ts';
import type { TopicPartition } from '../topic-partition.ts';
import type { Subscriber } from './assignors/index.ts';

/** What a member has, or had last, and since which generation. */
export type Ownership = Subscriber['owned'];

export const NOTHING_OWNED: Ownership = { generation: -1, partitions: [] };

const SUBSCRIPTION_VERSION = 3;
const STICKY_VERSION = 1;

export function encodeSubscription(assignor: AssignorName, topics: readonly string[], owned: Ownership): Buffer {
  const wanted = { topics: [...topics].sort() };
  switch (assignor) {
    case 'range':
    case 'roundrobin':
      return encodeVersioned(consumerProtocolSubscription, SUBSCRIPTION_VERSION, wanted);
    case 'sticky': {
      const { generation, partitions } = owned;
      const previous = { previousAssignment: byTopic(partitions), generation };
      const userData = encodeUnversioned(stickyAssignorUserData, STICKY_VERSION, previous);
      return encodeVersioned(consumerProtocolSubscription, SUBSCRIPTION_VERSION, { ...wanted, userData });
    }
    case 'cooperative-sticky':
      return encodeVersioned(consumerProtocolSubscription, SUBSCRIPTION_VERSION, {
        ...wanted,
        ownedPartitions: byTopic(owned.partitions),
        generationId: owned.generation,
      });
  }
}

/** @throws MalformedBytesError */
export function decodeSubscription(assignor: AssignorName, metadata: Uint8Array): Pick<Subscriber, 'topics' | 'owned'> {
  const { topics, userData, ownedPartitions, generationId } = decodeVersionedLeniently(
    consumerProtocolSubscription,
    metadata,
  );
  if (assignor !== 'sticky') return { topics, owned: { generation: generationId, partitions: flat(ownedPartitions) } };
  return { topics, owned: userData === null ? NOTHING_OWNED : previousOf(userData) };
}

/** Another client may keep something else in there: then nothing is known of what the member had. */
function previousOf(userData: Uint8Array): Ownership {
  try {
    const { previousAssignment, generation } = decodeUnversioned(stickyAssignorUserData, STICKY_VERSION, userData);
    return { generation, partitions: flat(previousAssignment) };
  } catch (error) {
    if (error instanceof MalformedBytesError) return NOTHING_OWNED;
    throw error;
  }
}

interface Numbers {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** As the protocol groups them. */
export function byTopic(partitions: readonly TopicPartition[]): { topic: string; partitions: number[] }[] {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of partitions) {
    const numbers = topics.get(topic);
    if (numbers) numbers.push(partition);
    else topics.set(topic, [partition]);
  }
  return [...topics].map(([topic, numbers]) => ({ topic, partitions: numbers }));
}

export function flat(topics: readonly Numbers[]): TopicPartition[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
}
