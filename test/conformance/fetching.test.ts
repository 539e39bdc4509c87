import { fetchingScenarios } from './fetching.ts';
import { startOurBroker } from './our-broker.ts';

fetchingScenarios('our broker', startOurBroker);
