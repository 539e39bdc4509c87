import { lookingUpScenarios } from './looking-up.ts';
import { startOurBroker } from './our-broker.ts';

lookingUpScenarios('our broker', startOurBroker);
