/** Topics: how they come to be, what they get unless told. Kafka’s broker properties (https://kafka.apache.org/43/configuration/broker-configs/). */
import { boolean, int, javaClass, withoutEffect } from '../../controller/index.ts';

export const topicsConfigs = {
  'auto.create.topics.enable': boolean('true', 'Whether Metadata creates a missing topic for a client that allows it.'),
  'default.replication.factor': int('1', 'Replicas of a topic that asks for the default.'),
  'delete.topic.enable': boolean('true', 'Whether topics can be deleted.'),
  'num.partitions': int('1', 'Partitions of a topic that asks for the default.', { min: 1 }),
  ...withoutEffect('no policy classes: there is no Java here', {
    'alter.config.policy.class.name': javaClass(null, 'A class that has a say in every change of configuration.'),
    'create.topic.policy.class.name': javaClass(null, 'A class that has a say in every new topic.'),
  }),
};
