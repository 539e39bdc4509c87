/**
 * Decides on DeleteTopics: which of the topics that are given by name or by id go, and why the others do not. Pure over the
 * image. A topic that is named twice, in whichever way, stays. The wording is Kafka's.
 */
import { ErrorCode, type ErrorName, type Uuid, ZERO_UUID } from '../core/index.ts';
import type { MetadataImage, TopicImage } from './image.ts';
import type { NewMetadataRecord } from './metadata-records.ts';

/** Null and the zero id stand for "not by this". */
export interface TopicToDelete {
  readonly name: string | null;
  readonly topicId: Uuid;
}

export interface DeletedTopic extends TopicToDelete {
  /** 0: deleted. */
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

export function decideDeleteTopics(
  image: MetadataImage,
  topics: readonly TopicToDelete[],
): { results: DeletedTopic[]; records: NewMetadataRecord[] } {
  const results: DeletedTopic[] = [];
  const refuse = (topic: TopicToDelete, code: ErrorName, errorMessage: string) => {
    results.push({ ...topic, errorCode: ErrorCode[code], errorMessage });
  };
  const byName = new Map<string, number>();
  const byId = new Map<Uuid, number>();
  for (const topic of topics) {
    const { name, topicId } = topic;
    if (name !== null && topicId !== ZERO_UUID) {
      refuse(topic, 'INVALID_REQUEST', 'You may not specify both topic name and topic id.');
    } else if (name !== null) {
      byName.set(name, (byName.get(name) ?? 0) + 1);
    } else if (topicId !== ZERO_UUID) {
      byId.set(topicId, (byId.get(topicId) ?? 0) + 1);
    } else {
      refuse(topic, 'INVALID_REQUEST', 'Neither topic name nor id were specified.');
    }
  }
  const found: TopicImage[] = [];
  for (const [name, count] of byName) {
    const topic = image.topic(name);
    const supplied = topic !== undefined && byId.has(topic.id);
    if (count > 1) {
      refuse({ name, topicId: ZERO_UUID }, 'INVALID_REQUEST', 'Duplicate topic name.');
    } else if (topic === undefined) {
      const message = 'This server does not host this topic-partition.';
      refuse({ name, topicId: ZERO_UUID }, 'UNKNOWN_TOPIC_OR_PARTITION', message);
    } else if (supplied) {
      const message = 'The provided topic name maps to an ID that was already supplied.';
      refuse({ name, topicId: topic.id }, 'INVALID_REQUEST', message);
    } else {
      found.push(topic);
    }
    if (supplied) byId.delete(topic.id);
  }
  for (const [topicId, count] of byId) {
    const topic = image.topicById(topicId);
    if (count > 1) refuse({ name: null, topicId }, 'INVALID_REQUEST', 'Duplicate topic id.');
    else if (topic !== undefined) found.push(topic);
    else refuse({ name: null, topicId }, 'UNKNOWN_TOPIC_ID', 'This server does not host this topic ID.');
  }
  for (const { name, id } of found) results.push({ name, topicId: id, errorCode: ErrorCode.NONE, errorMessage: null });
  return {
    results,
    records: found.map(({ id }) => ({ type: 'RemoveTopicRecord', value: { topicId: id } })),
  };
}
