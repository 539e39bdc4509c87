import { startOurBroker } from '../conformance/our-broker.ts';
import { clientScenarios } from './suite.ts';

clientScenarios('our broker', startOurBroker);
