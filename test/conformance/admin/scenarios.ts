/** The admin APIs of the protocol, request by request: every version, valid and invalid arguments. */
import { after } from 'node:test';
import { onCluster, type StartCluster } from '../cluster.ts';
import { clusterScenarios } from './cluster.ts';
import { groupScenarios } from './groups.ts';
import { Raw } from './raw.ts';
import { recordScenarios } from './records.ts';
import { topicScenarios } from './topics.ts';
import { transactionScenarios } from './transactions.ts';

export function adminScenarios(title: string, start: StartCluster): void {
  onCluster(`the admin APIs on ${title}`, start, (bootstrap) => {
    const raw = new Raw(bootstrap);
    after(() => raw.close());
    topicScenarios(raw);
    recordScenarios(raw);
    transactionScenarios(raw);
    groupScenarios(raw);
    clusterScenarios(raw);
  });
}
