/** Which of the partitions of a commit exist: the coordinator keeps offsets for those alone. */
import type { MetadataImage, TopicImage } from '../../controller/index.ts';
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

/**
 * A topic that is named several times is one here, and in the answer. There the refused partitions come first, and with
 * them their topics, as in Kafka's answers.
 */
export class KnownPartitions<P extends { readonly partitionIndex: number }> {
  /** By name, those that exist; with their ids, however they were asked by. */
  readonly topics: { readonly name: string; readonly topicId: Uuid; readonly partitions: P[] }[] = [];
  private readonly byName = new Map<string, { readonly topicId: Uuid | undefined; readonly partitions: P[] }>();
  /** By name or id, whichever was asked by. */
  private readonly refused = new Map<string, TopicResult>();
  private readonly byId: boolean;

  constructor(image: MetadataImage, asked: readonly Named<P>[], byId: boolean) {
    this.byId = byId;
    for (const { name, topicId, partitions } of asked) {
      const topic = byId ? image.topicById(topicId ?? '') : image.topic(name);
      const unknown = byId && topic === undefined ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      for (const partition of partitions) {
        const { partitionIndex } = partition;
        if (topic?.partitions[partitionIndex] !== undefined) this.existing(topic, topicId).push(partition);
        else
          answerOf(this.refused, this.byId, topic?.name ?? name, topicId).push({ partitionIndex, errorCode: unknown });
      }
    }
  }

  private existing({ name, id }: TopicImage, topicId: Uuid | undefined): P[] {
    let topic = this.byName.get(name);
    if (topic === undefined) {
      topic = { topicId, partitions: [] };
      this.byName.set(name, topic);
      this.topics.push({ name, topicId: id, partitions: topic.partitions });
    }
    return topic.partitions;
  }

  /** The coordinator's results and those of the partitions that it was not asked about. */
  merge(results: readonly { readonly name: string; readonly partitions: readonly PartitionResult[] }[]): TopicResult[] {
    const answers = new Map(this.refused);
    for (const { name, partitions } of results) {
      answerOf(answers, this.byId, name, this.byName.get(name)?.topicId).push(...partitions);
    }
    return [...answers.values()];
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

function answerOf(
  answers: Map<string, TopicResult>,
  byId: boolean,
  name: string,
  topicId: Uuid | undefined,
): PartitionResult[] {
  const key = byId ? (topicId ?? '') : name;
  let topic = answers.get(key);
  if (topic === undefined) {
    topic = { name, topicId, partitions: [] };
    answers.set(key, topic);
  }
  return topic.partitions;
}
