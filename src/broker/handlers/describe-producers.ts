/**
 * DescribeProducers (key 61), version 0: the producers that a partition remembers, with the transaction that each has open
 * (KIP-664); how a hanging transaction is found. Left out: nothing.
 */
import { topicNameProblem } from '../../controller/index.ts';
import { ErrorCode } from '../../core/index.ts';
import { type DescribeProducersResponseInput, describeProducers } from '../../wire/index.ts';
import type { BrokerServices } from '../services.ts';
import { handler } from './handler.ts';

type TopicAnswer = NonNullable<DescribeProducersResponseInput['topics']>[number];
type Answer = NonNullable<TopicAnswer['partitions']>[number];

export const describeProducersHandler = handler(describeProducers, (request, _call, broker) => ({
  topics: request.topics.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((index) => producersOf(name, index, broker)),
  })),
}));

function producersOf(topic: string, partitionIndex: number, { image, partitions }: BrokerServices): Answer {
  const problem = topicNameProblem(topic);
  if (problem !== undefined) {
    return { partitionIndex, errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, errorMessage: problem };
  }
  if (image.topic(topic) === undefined) {
    const errorMessage = 'This server does not host this topic-partition.';
    return { partitionIndex, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage };
  }
  const partition = partitions.find(topic, partitionIndex);
  if (typeof partition === 'number') return { partitionIndex, errorCode: partition };
  if (partition.failure !== undefined) return { partitionIndex, errorCode: partition.failure.errorCode };
  return { partitionIndex, activeProducers: partition.log.activeProducers() };
}
