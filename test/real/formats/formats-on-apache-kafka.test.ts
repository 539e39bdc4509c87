/** Formats in both directions between our client and all others, on Apache Kafka. */
import { kafkajsPeer } from '../../conformance/formats/kafkajs-peer.ts';
import { platformaticPeer } from '../../conformance/formats/platformatic-peer.ts';
import { formatScenarios } from '../../conformance/formats/scenarios.ts';
import { apacheKafkaVersion, start } from '../apache-kafka.ts';
import { javaPeer } from './java-peer.ts';
import { kcatPeer } from './kcat-peer.ts';

formatScenarios(`Apache Kafka ${apacheKafkaVersion}`, start, [
  kcatPeer(),
  javaPeer(),
  kafkajsPeer(),
  platformaticPeer(),
]);
