/** Our client and our broker under virtual time: the same scenarios, from one seed. */
import { eagerUpkeep } from './known-bugs.ts';
import { clientScenarios } from './suite.ts';
import { simulated } from './world.ts';

clientScenarios('our broker, simulated', simulated(5, eagerUpkeep), { sparesMinutes: true });
