/** Every script, in the order of playing. */
import type { Script } from '../harness/script.ts';
import { clusterScript } from './cluster.ts';
import { committedScript } from './committed.ts';
import { configsScript } from './configs.ts';
import { coordinatorsScript } from './coordinators.ts';
import { crashScript } from './crash.ts';
import { fetchScript } from './fetch.ts';
import { groupRefusalsScript } from './group-refusals.ts';
import { groupsScript } from './groups.ts';
import { levelsScript } from './levels.ts';
import { markersScript } from './markers.ts';
import { odditiesScript } from './oddities.ts';
import { offsetsScript } from './offsets.ts';
import { produceScript } from './produce.ts';
import { sessionsScript } from './sessions.ts';
import { topicsScript } from './topics.ts';
import { transactionRequestsScript } from './transaction-requests.ts';
import { transactionsScript } from './transactions.ts';

export const scripts: readonly Script[] = [
  // The first: nobody has asked for a coordinator yet.
  coordinatorsScript,
  produceScript,
  fetchScript,
  sessionsScript,
  offsetsScript,
  committedScript,
  groupsScript,
  groupRefusalsScript,
  transactionsScript,
  transactionRequestsScript,
  markersScript,
  topicsScript,
  configsScript,
  odditiesScript,
  // These two change features.
  clusterScript,
  levelsScript,
  // From here on leader epochs are each side's own.
  crashScript,
];
