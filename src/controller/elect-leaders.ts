/**
 * Decides on ElectLeaders (KIP-460): which partitions get another leader, and why the others do not. Pure over the image;
 * the wording is Kafka's. A preferred election makes the first replica the leader; an unclean one gives a partition that
 * has none any replica that is alive.
 */
import { ErrorCode, type ErrorName } from '../core/index.ts';
import type { MetadataImage, PartitionImage } from './image.ts';
import type { NewMetadataRecord } from './metadata-records.ts';

export type ElectionType = 'preferred' | 'unclean';

export interface PartitionsOfTopic {
  readonly topic: string;
  readonly partitions: readonly number[];
}

export interface ElectionResult {
  readonly topic: string;
  readonly partitionResult: readonly {
    readonly partitionId: number;
    /** 0: it has another leader now. */
    readonly errorCode: number;
    readonly errorMessage: string | null;
  }[];
}

/** Whether the replica's log is offline, as its broker told: it is no leader, and cannot become one. */
export type OfflineReplicas = (partition: PartitionImage, brokerId: number) => boolean;

/** `asked` null: all partitions; those that need no election are left out then. */
export function decideElectLeaders(
  image: MetadataImage,
  type: ElectionType,
  asked: readonly PartitionsOfTopic[] | null,
  isOffline: OfflineReplicas = () => false,
): { results: ElectionResult[]; records: NewMetadataRecord[] } {
  const records: NewMetadataRecord[] = [];
  const elected = new Set<PartitionImage>();
  const everything = [...image.topics.values()].map(({ name, partitions }) => ({
    topic: name,
    partitions: partitions.map(({ index }) => index),
  }));
  const results = (asked ?? everything).map(({ topic, partitions }): ElectionResult => {
    const results = partitions.map((partitionId) => {
      const found = image.topic(topic)?.partitions[partitionId];
      if (found === undefined) {
        const what = image.topic(topic) === undefined ? `topic as ${topic}` : `partition as ${topic}-${partitionId}`;
        return { partitionId, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: `No such ${what}` };
      }
      const leader = elected.has(found) ? 'ELECTION_NOT_NEEDED' : leaderFor(found, type, image, isOffline);
      if (typeof leader === 'string') {
        return { partitionId, errorCode: ErrorCode[leader], errorMessage: MESSAGES[leader] };
      }
      elected.add(found);
      records.push({ type: 'PartitionChangeRecord', value: { topicId: found.topic.id, partitionId, ...leader } });
      return { partitionId, errorCode: ErrorCode.NONE, errorMessage: null };
    });
    const shown = results.filter(({ errorCode }) => asked !== null || errorCode !== ErrorCode.ELECTION_NOT_NEEDED);
    return { topic, partitionResult: shown };
  });
  return { results, records };
}

const MESSAGES = {
  ELECTION_NOT_NEEDED: 'Leader election not needed for topic partition.',
  PREFERRED_LEADER_NOT_AVAILABLE: 'The preferred leader was not available.',
  ELIGIBLE_LEADERS_NOT_AVAILABLE: 'Eligible topic partition leaders are not available.',
} as const satisfies Partial<Record<ErrorName, string>>;

function leaderFor(
  partition: PartitionImage,
  type: ElectionType,
  image: MetadataImage,
  isOffline: OfflineReplicas,
): keyof typeof MESSAGES | { leader: number; isr?: number[] } {
  const { replicas, isr } = partition;
  const leader = isOffline(partition, partition.leader) ? -1 : partition.leader;
  const isAlive = (id: number) => image.brokers.get(id)?.fenced === false && !isOffline(partition, id);
  if (type === 'unclean') {
    if (leader !== -1) return 'ELECTION_NOT_NEEDED';
    const inSync = replicas.find((id) => isr.includes(id) && isAlive(id));
    if (inSync !== undefined) return { leader: inSync };
    const survivor = replicas.find(isAlive);
    // What the others had more is lost: nobody else is in sync with the survivor.
    return survivor === undefined ? 'ELIGIBLE_LEADERS_NOT_AVAILABLE' : { leader: survivor, isr: [survivor] };
  }
  const preferred = replicas[0]!;
  if (leader === preferred) return 'ELECTION_NOT_NEEDED';
  return isr.includes(preferred) && isAlive(preferred) ? { leader: preferred } : 'PREFERRED_LEADER_NOT_AVAILABLE';
}
