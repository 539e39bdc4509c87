/** Proves the scenarios of kafkajs themselves: they hold on Apache Kafka. */
import { kafkajsScenarios } from '../conformance/kafkajs.ts';
import { kafkajsAdminScenarios } from '../conformance/kafkajs-admin.ts';
import { apacheKafkaVersion, start } from './apache-kafka.ts';

kafkajsScenarios(`Apache Kafka ${apacheKafkaVersion}`, start);
kafkajsAdminScenarios(`Apache Kafka ${apacheKafkaVersion}`, start);
