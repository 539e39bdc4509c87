/** The cluster itself: its id, its controller and its brokers. */
import { describeCluster } from '../../wire/index.ts';
import { brokerError } from '../errors.ts';
import type { BrokerInfo } from '../metadata/cluster-image.ts';
import type { AdminCall } from './call.ts';

export interface ClusterDescription {
  readonly clusterId: string | null;
  /** -1 where it is not known. */
  readonly controllerId: number;
  readonly brokers: readonly BrokerDescription[];
}

export interface BrokerDescription extends BrokerInfo {
  /** Registered, but not taking part; only among the brokers where they are asked for (KIP-1073). */
  readonly isFenced: boolean;
}

export function describeClusterBy(call: AdminCall, includeFencedBrokers: boolean): Promise<ClusterDescription> {
  const { cluster } = call;
  const limits = includeFencedBrokers ? { min: 2 } : {};
  const place = () => cluster.anyConnection();
  return call.ask('DescribeCluster', place, async (connection) => {
    if (!includeFencedBrokers && !connection.supports(describeCluster)) {
      await cluster.refresh();
      const { clusterId, controllerId, brokers } = cluster.image;
      return { clusterId, controllerId, brokers: [...brokers.values()].map((each) => ({ ...each, isFenced: false })) };
    }
    const body = includeFencedBrokers ? { includeFencedBrokers } : {};
    const answer = await call.send(connection, describeCluster, body, limits);
    if (answer.errorCode !== 0) throw brokerError(answer.errorCode, 'DescribeCluster', answer.errorMessage);
    const { clusterId, controllerId } = answer;
    const brokers = answer.brokers.map(({ brokerId: id, host, port, rack, isFenced }) => {
      return { id, host, port, rack, isFenced };
    });
    return { clusterId, controllerId, brokers };
  });
}
