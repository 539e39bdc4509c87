/** Proves the scenarios of looking up themselves: they hold on Apache Kafka. */
import { lookingUpScenarios } from '../conformance/looking-up.ts';
import { apacheKafkaVersion, start } from './apache-kafka.ts';

lookingUpScenarios(`Apache Kafka ${apacheKafkaVersion}`, start);
