/**
 * What our client promises, as scenarios on a cluster under test. The same scenarios run in the simulator, on our broker
 * over TCP and on Apache Kafka: the last proves the client against the standard, the others our broker against the
 * client; and in the simulator nothing depends on a machine's pace. TLS and SASL, which the simulator does not have, are in
 * test/real (security on Apache Kafka) and test/security.
 */
import { adminCluster } from './admin-cluster.ts';
import { adminGroups } from './admin-groups.ts';
import { adminTopics } from './admin-topics.ts';
import { adminTransactions } from './admin-transactions.ts';
import { inWorld, type UnderTest } from './context.ts';
import { ending } from './ending.ts';
import { faults } from './faults.ts';
import { groups } from './groups.ts';
import { knownBugs } from './known-bugs.ts';
import { membership } from './membership.ts';
import { observing } from './observing.ts';
import { positions } from './positions.ts';
import { processing } from './process.ts';
import { sendingAndReading } from './sending-and-reading.ts';
import { settings } from './settings.ts';
import { surroundings } from './surroundings.ts';
import { transactions } from './transactions.ts';
import type { StartWorld } from './world.ts';

export function clientScenarios(title: string, start: StartWorld, options?: Parameters<typeof inWorld>[3]): void {
  const scenarios = (cluster: UnderTest): void => {
    sendingAndReading(cluster);
    positions(cluster);
    settings(cluster);
    surroundings(cluster);
    groups(cluster);
    membership(cluster);
    transactions(cluster);
    processing(cluster);
    observing(cluster);
    ending(cluster);
    faults(cluster);
    knownBugs(cluster);
    adminTopics(cluster);
    adminCluster(cluster);
    adminGroups(cluster);
    adminTransactions(cluster);
  };
  inWorld(`our client on ${title}`, start, scenarios, options);
}
