import { startOurBroker } from './our-broker.ts';
import { platformaticScenarios } from './platformatic.ts';

platformaticScenarios('our broker', startOurBroker);
