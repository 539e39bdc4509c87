/** Who leads a partition, for answers to a reader or writer that had it wrong (KIP-951): it need not ask for metadata. */
import type { MetadataImage, TopicImage } from '../../controller/index.ts';
import { endpointFor } from './endpoint-for.ts';

export interface CurrentLeader {
  readonly leaderId: number;
  readonly leaderEpoch: number;
}

/** undefined: nobody leads it, or it does not exist. */
export function currentLeader(topic: TopicImage | undefined, index: number): CurrentLeader | undefined {
  const partition = topic?.partitions[index];
  if (partition === undefined || partition.leader < 0) return undefined;
  return { leaderId: partition.leader, leaderEpoch: partition.leaderEpoch };
}

/** The addresses of the leaders named, each once. */
export function nodeEndpoints(image: MetadataImage, leaders: Iterable<CurrentLeader>, listenerName: string) {
  const ids = new Set([...leaders].map(({ leaderId }) => leaderId));
  return [...ids].flatMap((nodeId) => {
    const broker = image.brokers.get(nodeId);
    if (broker === undefined) return [];
    const { host, port } = endpointFor(broker, listenerName);
    return [{ nodeId, host, port, rack: broker.rack }];
  });
}
