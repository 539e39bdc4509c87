/**
 * Balanced shares that move as little as can be: every member keeps what it has, unless somebody else has two less. `sticky`
 * hands partitions over in one round, after everybody has given up everything; `cooperative-sticky` (KIP-429) lets members
 * go on reading: a partition that changes hands is given to nobody in the round that takes it away.
 */
import { partitionKey, type TopicPartition } from '../../topic-partition.ts';
import { type Assignor, byIdentity, compare, type Subscriber } from './assignor.ts';

interface Share {
  readonly member: Subscriber;
  readonly topics: ReadonlySet<string>;
  readonly partitions: Map<string, TopicPartition>;
}

export const stickyAssignor: Assignor = (subscribers, partitionCounts) => {
  const shares = [...subscribers]
    .sort(byIdentity)
    .map((member): Share => ({ member, topics: new Set(member.topics), partitions: new Map() }));
  const owners = ownersOf(shares);
  const free: TopicPartition[] = [];
  const topics = [...new Set(subscribers.flatMap(({ topics }) => topics))].sort(compare);
  for (const topic of topics) {
    const count = partitionCounts.get(topic) ?? 0;
    for (let partition = 0; partition < count; partition++) {
      const key = partitionKey(topic, partition);
      const owner = owners.get(key);
      if (owner?.topics.has(topic)) owner.partitions.set(key, { topic, partition });
      else free.push({ topic, partition });
    }
  }
  for (const partition of free) leastLoaded(shares, partition.topic)?.partitions.set(keyOf(partition), partition);
  balance(shares);
  return new Map(shares.map(({ member, partitions }) => [member.memberId, [...partitions.values()].sort(inOrder)]));
};

export const cooperativeStickyAssignor: Assignor = (subscribers, partitionCounts) => {
  const assignment = stickyAssignor(subscribers, partitionCounts);
  const claims = new Map<string, Set<string>>();
  for (const { memberId, owned } of subscribers) {
    for (const partition of owned.partitions) {
      const key = keyOf(partition);
      const claimants = claims.get(key);
      if (claimants === undefined) claims.set(key, new Set([memberId]));
      else claimants.add(memberId);
    }
  }
  for (const [memberId, partitions] of assignment) {
    const mayHave = (partition: TopicPartition): boolean => {
      const claimants = claims.get(keyOf(partition));
      return claimants === undefined || (claimants.size === 1 && claimants.has(memberId));
    };
    assignment.set(memberId, partitions.filter(mayHave));
  }
  return assignment;
};

/** Who has a partition: the one who says so in the newest generation, nobody where two say so in the same. */
function ownersOf(shares: readonly Share[]): Map<string, Share | undefined> {
  const owners = new Map<string, { share: Share | undefined; generation: number }>();
  for (const share of shares) {
    const { generation, partitions } = share.member.owned;
    for (const partition of partitions) {
      const key = keyOf(partition);
      const known = owners.get(key);
      if (known === undefined || known.generation < generation) owners.set(key, { share, generation });
      else if (known.generation === generation) owners.set(key, { share: undefined, generation });
    }
  }
  return new Map([...owners].map(([key, { share }]) => [key, share]));
}

/** Takes from who has most and gives to who has two less or fewer, until nobody has. Each move makes the shares more even. */
function balance(shares: readonly Share[]): void {
  for (let moved = true; moved; ) {
    moved = false;
    const bySize = [...shares].sort((a, b) => b.partitions.size - a.partitions.size);
    for (const giver of bySize) {
      for (const partition of [...giver.partitions.values()].sort(inOrder).reverse()) {
        const taker = leastLoaded(shares, partition.topic);
        if (taker === undefined || taker.partitions.size + 1 >= giver.partitions.size) continue;
        giver.partitions.delete(keyOf(partition));
        taker.partitions.set(keyOf(partition), partition);
        moved = true;
        // One each, so that the largest give first.
        break;
      }
    }
  }
}

function leastLoaded(shares: readonly Share[], topic: string): Share | undefined {
  let least: Share | undefined;
  for (const share of shares) {
    if (share.topics.has(topic) && (least === undefined || share.partitions.size < least.partitions.size))
      least = share;
  }
  return least;
}

function keyOf({ topic, partition }: TopicPartition): string {
  return partitionKey(topic, partition);
}

function inOrder(a: TopicPartition, b: TopicPartition): number {
  return compare(a.topic, b.topic) || a.partition - b.partition;
}
