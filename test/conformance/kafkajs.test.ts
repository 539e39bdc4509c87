import { kafkajsScenarios } from './kafkajs.ts';
import { startOurBroker } from './our-broker.ts';

kafkajsScenarios('our broker', startOurBroker);
