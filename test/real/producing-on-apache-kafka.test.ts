/** Proves the scenarios of Produce themselves: they hold on Apache Kafka. */
import { producingScenarios } from '../conformance/producing.ts';
import { apacheKafkaVersion, start } from './apache-kafka.ts';

producingScenarios(`Apache Kafka ${apacheKafkaVersion}`, start);
