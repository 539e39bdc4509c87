/**
 * What our client promises, as scenarios on a cluster under test. The same scenarios run on our broker and on Apache
 * Kafka: the one proves the client against the standard, the other our broker against the client.
 */
import { onCluster, type StartCluster } from '../conformance/cluster.ts';
import { adminCluster } from './admin-cluster.ts';
import { adminGroups } from './admin-groups.ts';
import { adminTopics } from './admin-topics.ts';
import { adminTransactions } from './admin-transactions.ts';
import { underTest } from './context.ts';
import { faults } from './faults.ts';
import { groups } from './groups.ts';
import { observing } from './observing.ts';
import { positions } from './positions.ts';
import { processing } from './process.ts';
import { sendingAndReading } from './sending-and-reading.ts';
import { transactions } from './transactions.ts';

export function clientScenarios(title: string, start: StartCluster): void {
  onCluster(`our client on ${title}`, start, (bootstrap) => {
    const cluster = underTest(bootstrap);
    sendingAndReading(cluster);
    positions(cluster);
    groups(cluster);
    transactions(cluster);
    processing(cluster);
    observing(cluster);
    faults(cluster);
    adminTopics(cluster);
    adminCluster(cluster);
    adminGroups(cluster);
    adminTransactions(cluster);
  });
}
