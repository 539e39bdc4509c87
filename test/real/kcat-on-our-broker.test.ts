import { kcatScenarios } from '../conformance/kcat.ts';
import { startOurBroker } from '../conformance/our-broker.ts';

kcatScenarios('our broker', startOurBroker);
