/**
 * OffsetForLeaderEpoch (key 23), versions 2-4: where a leader's epoch ends, so that a consumer finds out whether what it
 * has read was taken back (KIP-320). A start after a crash begins a new epoch, one after a clean stop none; in Kafka 4.3 each
 * start begins two. Left out: nothing; a follower is answered like a consumer.
 */
import { ErrorCode } from '../../core/index.ts';
import {
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponseInput,
  offsetForLeaderEpoch,
} from '../../wire/index.ts';
import type { BrokerServices } from '../services.ts';
import { handler } from './handler.ts';

type Asked = OffsetForLeaderEpochRequest['topics'][number]['partitions'][number];
type TopicAnswer = NonNullable<OffsetForLeaderEpochResponseInput['topics']>[number];
type Answer = NonNullable<TopicAnswer['partitions']>[number];

export const offsetForLeaderEpochHandler = handler(offsetForLeaderEpoch, (request, _call, broker) => ({
  topics: request.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((asked) => endOf(topic, asked, broker)),
  })),
}));

/** An epoch that is not known is no error: it is answered with the defaults, -1 and -1. */
function endOf(topic: string, asked: Asked, { partitions }: BrokerServices): Answer {
  const { partition: index, currentLeaderEpoch, leaderEpoch } = asked;
  const partition = partitions.find(topic, index);
  if (typeof partition === 'number') return { partition: index, errorCode: partition };
  if (partition.failure !== undefined) return { partition: index, errorCode: partition.failure.errorCode };
  const errorCode = partition.checkLeaderEpoch(currentLeaderEpoch);
  if (errorCode !== ErrorCode.NONE) return { partition: index, errorCode };
  const found = partition.endOffsetForEpoch(leaderEpoch);
  if (found === undefined) return { partition: index };
  return { partition: index, leaderEpoch: found.epoch, endOffset: found.endOffset };
}
