/** Every script, in the order of playing. */
import type { Script } from '../harness/script.ts';
import { clusterScript } from './cluster.ts';
import { committedScript } from './committed.ts';
import { configsScript } from './configs.ts';
import { fetchScript } from './fetch.ts';
import { groupsScript } from './groups.ts';
import { markersScript } from './markers.ts';
import { offsetsScript } from './offsets.ts';
import { outcomesScript, transactionRequestsScript } from './outcomes.ts';
import { produceScript } from './produce.ts';
import { sessionsScript } from './sessions.ts';
import { topicsScript } from './topics.ts';

export const scripts: readonly Script[] = [
  produceScript,
  fetchScript,
  sessionsScript,
  offsetsScript,
  committedScript,
  groupsScript,
  outcomesScript,
  transactionRequestsScript,
  markersScript,
  topicsScript,
  configsScript,
  // The last one changes features.
  clusterScript,
];
