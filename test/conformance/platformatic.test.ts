import { startOurBroker } from './our-broker.ts';
import { platformaticScenarios } from './platformatic.ts';
import { platformaticAdminScenarios } from './platformatic-admin.ts';

platformaticScenarios('our broker', startOurBroker);
platformaticAdminScenarios('our broker', startOurBroker);
