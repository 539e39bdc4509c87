import { startOurBroker } from '../conformance/our-broker.ts';
import { eagerUpkeep } from './known-bugs.ts';
import { clientScenarios } from './suite.ts';
import { overTcp } from './world.ts';

clientScenarios(
  'our broker',
  overTcp(() => startOurBroker(eagerUpkeep)),
);
