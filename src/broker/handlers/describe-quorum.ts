/**
 * DescribeQuorum (key 55), versions 0-2: who keeps the metadata log. It is this broker alone, which is the leader, the only
 * voter, and always caught up. Asked about anything but that one partition, every partition is unknown. Left out: a
 * listener of the controller's own; the voter is shown with the broker's.
 */
import { CLUSTER_METADATA } from '../../controller/index.ts';
import { ErrorCode } from '../../core/index.ts';
import { type DescribeQuorumRequest, type DescribeQuorumResponseInput, describeQuorum } from '../../wire/index.ts';
import type { BrokerServices } from '../services.ts';
import { handler } from './handler.ts';

export const describeQuorumHandler = handler(describeQuorum, ({ topics }, _call, broker) =>
  isOfMetadataLog(topics)
    ? describe(broker)
    : {
        errorMessage: '',
        topics: topics.map(({ topicName, partitions }) => ({
          topicName,
          partitions: partitions.map(({ partitionIndex }) => ({
            partitionIndex,
            errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
            errorMessage: 'This server does not host this topic-partition.',
          })),
        })),
      },
);

function isOfMetadataLog(topics: DescribeQuorumRequest['topics']): boolean {
  const [topic, ...otherTopics] = topics;
  const [partition, ...otherPartitions] = topic?.partitions ?? [];
  const single = otherTopics.length === 0 && otherPartitions.length === 0;
  return single && topic?.topicName === CLUSTER_METADATA && partition?.partitionIndex === 0;
}

function describe({ nodeId, clock, image, metadataLog, directoryId }: BrokerServices): DescribeQuorumResponseInput {
  const now = clock.now();
  return {
    topics: [
      {
        topicName: CLUSTER_METADATA,
        partitions: [
          {
            partitionIndex: metadataLog.index,
            leaderId: nodeId,
            leaderEpoch: metadataLog.leaderEpoch,
            highWatermark: metadataLog.highWatermark,
            currentVoters: [
              {
                replicaId: nodeId,
                replicaDirectoryId: directoryId,
                logEndOffset: metadataLog.log.endOffset,
                lastFetchTimestamp: now,
                lastCaughtUpTimestamp: now,
              },
            ],
          },
        ],
      },
    ],
    nodes: [{ nodeId, listeners: image.brokers.get(nodeId)?.endpoints ?? [] }],
  };
}
