/**
 * DescribeTopicPartitions (key 75), version 0: topics by name, in order, as many partitions as the request and
 * `max.request.partition.size.limit` allow, and where the next page starts (KIP-966). An empty name is refused by itself,
 * where Kafka 4.3 answers UNKNOWN_SERVER_ERROR for every topic of the request. Left out: eligible leader replicas;
 * with one replica there are none.
 */
import { isInternalTopic, type TopicImage, topicNameProblem } from '../../controller/index.ts';
import { ErrorCode } from '../../core/index.ts';
import {
  type DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponseInput,
  describeTopicPartitions,
} from '../../wire/index.ts';
import type { BrokerServices } from '../services.ts';
import { TOPIC_OPERATIONS } from './authorized-operations.ts';
import { handler } from './handler.ts';
import { toldPartition } from './told-partition.ts';

type TopicAnswer = NonNullable<DescribeTopicPartitionsResponseInput['topics']>[number];

export const describeTopicPartitionsHandler = handler(describeTopicPartitions, (request, _call, broker) => {
  if (isRefused(request)) {
    return { topics: request.topics.map(({ name }) => ({ name, errorCode: ErrorCode.INVALID_REQUEST })) };
  }
  const { cursor } = request;
  const { image, config } = broker;
  const all = request.topics.length === 0;
  const names = all ? image.topics.keys() : request.topics.map(({ name }) => name);
  const ordered = [...new Set(names)].sort(byCodeUnits).filter((name) => cursor === null || name >= cursor.topicName);
  let left = Math.max(1, Math.min(request.responsePartitionLimit, config['max.request.partition.size.limit']));
  const topics: TopicAnswer[] = [];
  for (const name of ordered) {
    const topic = image.topic(name);
    if (topic === undefined) {
      topics.push(unknown(name));
      continue;
    }
    const from = cursor?.topicName === name ? cursor.partitionIndex : 0;
    if (left === 0) return { topics, nextCursor: { topicName: name, partitionIndex: from } };
    const shown = topic.partitions.slice(from, from + left);
    topics.push(describe(topic, shown, broker));
    left -= shown.length;
    const next = from + shown.length;
    if (next < topic.partitions.length) return { topics, nextCursor: { topicName: name, partitionIndex: next } };
  }
  return { topics };
});

/** A page starts at a topic that is asked for, at a partition that may exist. */
function isRefused({ topics, cursor }: DescribeTopicPartitionsRequest): boolean {
  if (cursor === null) return false;
  const isListed = topics.length === 0 || topics.some(({ name }) => name === cursor.topicName);
  return cursor.partitionIndex < 0 || !isListed;
}

function unknown(name: string): TopicAnswer {
  const errorCode =
    topicNameProblem(name) === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION;
  return { errorCode, name, isInternal: isInternalTopic(name), topicAuthorizedOperations: TOPIC_OPERATIONS };
}

function describe({ name, id }: TopicImage, partitions: TopicImage['partitions'], broker: BrokerServices): TopicAnswer {
  return {
    name,
    topicId: id,
    isInternal: isInternalTopic(name),
    // One without a leader is no error here, as in Kafka.
    partitions: partitions.map((partition) => ({
      ...toldPartition(partition, broker),
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
    })),
    topicAuthorizedOperations: TOPIC_OPERATIONS,
  };
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
