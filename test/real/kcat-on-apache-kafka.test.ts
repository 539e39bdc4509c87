/** Proves the scenarios of kcat themselves: they hold on Apache Kafka. */
import { kcatScenarios } from '../conformance/kcat.ts';
import { apacheKafkaVersion, start } from './apache-kafka.ts';

kcatScenarios(`Apache Kafka ${apacheKafkaVersion}`, start);
