/**
 * A partition as clients are told of it: by the metadata, and by what this broker alone knows, whether its log is offline
 * (KIP-112). No other broker could take it over, and the next start begins an epoch of its own: so that it has no leader is
 * not written down, as Kafka's controller does with another epoch, but holds while the broker runs. Who was in sync last
 * stays so, as in Kafka without eligible leader replicas.
 */
import type { PartitionImage } from '../../controller/index.ts';
import type { BrokerServices } from '../services.ts';

export const NO_LEADER = -1;

export function toldPartition(
  { topic, index, leader, leaderEpoch, replicas, isr }: PartitionImage,
  { partitions, nodeId }: BrokerServices,
) {
  const offline = partitions.isOffline(topic.name, index);
  return {
    partitionIndex: index,
    leaderId: offline ? NO_LEADER : leader,
    leaderEpoch,
    replicaNodes: replicas,
    isrNodes: isr,
    offlineReplicas: offline ? [nodeId] : [],
  };
}
