import { startOurBroker } from './our-broker.ts';
import { producingScenarios } from './producing.ts';

producingScenarios('our broker', startOurBroker);
