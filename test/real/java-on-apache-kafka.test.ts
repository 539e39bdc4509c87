/** Proves the scenarios of the Java clients themselves: they hold on Apache Kafka. */
import { apacheKafkaVersion, start } from './apache-kafka.ts';
import { javaScenarios } from './java.ts';

javaScenarios(`Apache Kafka ${apacheKafkaVersion}`, start);
