import { startOurBroker } from '../conformance/our-broker.ts';
import { javaScenarios } from './java.ts';

javaScenarios('our broker', startOurBroker);
