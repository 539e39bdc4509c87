import { startOurBroker } from '../our-broker.ts';
import { adminScenarios } from './scenarios.ts';

adminScenarios('our broker', startOurBroker);
