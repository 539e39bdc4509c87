/** Proves the scenarios of Fetch themselves: they hold on Apache Kafka. */
import { fetchingScenarios } from '../conformance/fetching.ts';
import { apacheKafkaVersion, start } from './apache-kafka.ts';

fetchingScenarios(`Apache Kafka ${apacheKafkaVersion}`, start);
