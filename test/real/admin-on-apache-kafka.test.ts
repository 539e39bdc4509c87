/** Proves the scenarios of the admin APIs themselves: they hold on Apache Kafka. */
import { adminScenarios } from '../conformance/admin/scenarios.ts';
import { apacheKafkaVersion, start } from './apache-kafka.ts';

adminScenarios(`Apache Kafka ${apacheKafkaVersion}`, start);
