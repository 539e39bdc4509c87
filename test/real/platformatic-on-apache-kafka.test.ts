/** Proves the scenarios of @platformatic/kafka themselves: they hold on Apache Kafka. */
import { platformaticScenarios } from '../conformance/platformatic.ts';
import { platformaticAdminScenarios } from '../conformance/platformatic-admin.ts';
import { apacheKafkaVersion, start } from './apache-kafka.ts';

platformaticScenarios(`Apache Kafka ${apacheKafkaVersion}`, start);
platformaticAdminScenarios(`Apache Kafka ${apacheKafkaVersion}`, start);
