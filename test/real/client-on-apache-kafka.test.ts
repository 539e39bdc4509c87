/** Our client against the standard: its scenarios on Apache Kafka. */
import { eagerUpkeep } from '../client/known-bugs.ts';
import { clientScenarios } from '../client/suite.ts';
import { overTcp } from '../client/world.ts';
import { apacheKafkaVersion, start } from './apache-kafka.ts';

clientScenarios(
  `Apache Kafka ${apacheKafkaVersion}`,
  overTcp(() => start(eagerUpkeep)),
  { sparesMinutes: true },
);
