import { kafkajsScenarios } from './kafkajs.ts';
import { kafkajsAdminScenarios } from './kafkajs-admin.ts';
import { startOurBroker } from './our-broker.ts';

kafkajsScenarios('our broker', startOurBroker);
kafkajsAdminScenarios('our broker', startOurBroker);
