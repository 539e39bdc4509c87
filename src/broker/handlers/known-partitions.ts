/** Which of the partitions of a commit exist: the coordinator keeps offsets for those alone. */
import type { MetadataImage } from '../../controller/index.ts';
import { ErrorCode, type Uuid } from '../../core/index.ts';

interface Named<P> {
  readonly name: string;
  readonly topicId?: Uuid;
  readonly partitions: readonly P[];
}

export interface PartitionResult {
  readonly partitionIndex: number;
  readonly errorCode: number;
}

export interface TopicResult {
  readonly name: string;
  readonly topicId: Uuid | undefined;
  readonly partitions: PartitionResult[];
}

export class KnownPartitions<P extends { readonly partitionIndex: number }> {
  /** By name, those that exist. */
  readonly topics: { readonly name: string; readonly partitions: P[] }[] = [];
  private readonly answers: TopicResult[] = [];

  constructor(image: MetadataImage, asked: readonly Named<P>[], byId: boolean) {
    for (const { name, topicId, partitions } of asked) {
      if (partitions.length === 0) continue;
      const topic = byId ? image.topicById(topicId ?? '') : image.topic(name);
      const unknown = byId && topic === undefined ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      const existing = partitions.filter(({ partitionIndex }) => topic?.partitions[partitionIndex] !== undefined);
      if (existing.length > 0) this.topics.push({ name: topic!.name, partitions: existing });
      const missing = partitions.filter((partition) => !existing.includes(partition));
      this.answers.push({
        name: topic?.name ?? name,
        topicId,
        partitions: missing.map(({ partitionIndex }) => ({ partitionIndex, errorCode: unknown })),
      });
    }
  }

  /** The coordinator's results and those of the partitions that it was not asked about: the topics in the order of the
   * request, the partitions that do not exist first, as from Kafka. */
  merge(results: readonly { readonly name: string; readonly partitions: readonly PartitionResult[] }[]): TopicResult[] {
    const byName = new Map(results.map(({ name, partitions }) => [name, partitions]));
    for (const { name, partitions } of this.answers) {
      const given = byName.get(name);
      if (given === undefined) continue;
      partitions.push(...given);
      byName.delete(name);
    }
    return this.answers;
  }

  /** The same error for every partition that exists. */
  refuse(errorCode: number): TopicResult[] {
    return this.merge(
      this.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
      })),
    );
  }
}
