/**
 * Decides on CreateTopics: which topics are refused and why, and the records of the others. Pure over the image. The
 * order of the checks and the wording follow Kafka's controller, so that clients and people see what they know.
 */
import { KafkaError, type Random, randomUuid, type Uuid, ZERO_UUID } from '../core/index.ts';
import { checkPartitionCount, checkRecordCount, splitByName } from './bounded-requests.ts';
import { ConfigResource, type MetadataImage } from './image.ts';
import type { NewMetadataRecord } from './metadata-records.ts';
import { checkReplicas, checkReplicationFactor, newPartition, spreadReplicas } from './replica-placement.ts';
import { CLUSTER_METADATA, collisionForm, topicNameProblem } from './topic-names.ts';
import { newTopicConfigs } from './validate-configs.ts';

/** One topic of a CreateTopics request. */
export interface NewTopic {
  readonly name: string;
  /** -1: the broker's default, or what `assignments` says. */
  readonly numPartitions: number;
  /** -1: the broker's default, or what `assignments` says. */
  readonly replicationFactor: number;
  readonly assignments: readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[];
  readonly configs: readonly { readonly name: string; readonly value: string | null }[];
}

export interface CreatedTopic {
  readonly name: string;
  /** 0: created. */
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly topicId: Uuid;
  readonly numPartitions: number;
  readonly replicationFactor: number;
}

export interface TopicDefaults {
  readonly numPartitions: number;
  readonly replicationFactor: number;
}

/**
 * Topics that are named twice are refused at the end, each once.
 * @throws KafkaError POLICY_VIOLATION for a request that is too large as a whole
 */
export function decideCreateTopics(
  image: MetadataImage,
  topics: readonly NewTopic[],
  defaults: TopicDefaults,
  random: Random,
): { results: CreatedTopic[]; records: NewMetadataRecord[] } {
  const records: NewMetadataRecord[] = [];
  const results: CreatedTopic[] = [];
  const { single, repeated } = splitByName(topics);
  checkPartitionCount(single.map((topic) => partitionCount(topic, defaults)));
  const collisions = new Map<string, string>();
  for (const name of image.topics.keys()) collisions.set(collisionForm(name), name);
  for (const topic of single) {
    try {
      checkName(topic.name, image, collisions);
      const assignment = assign(topic, image, defaults);
      const configs = newTopicConfigs(topic.configs);
      const topicId = randomUuid(random);
      addRecords(records, topic.name, configs, topicId, assignment);
      results.push({
        name: topic.name,
        errorCode: 0,
        errorMessage: null,
        topicId,
        numPartitions: assignment.length,
        replicationFactor: assignment[0]!.length,
      });
    } catch (error) {
      if (!KafkaError.is(error)) throw error;
      results.push(refused(topic.name, error));
    }
  }
  checkRecordCount(records);
  for (const name of repeated) results.push(refused(name, new KafkaError('INVALID_REQUEST', 'Duplicate topic name.')));
  return { results, records };
}

function partitionCount({ assignments, numPartitions }: NewTopic, defaults: TopicDefaults): number {
  if (assignments.length > 0) return assignments.length;
  return numPartitions === -1 ? defaults.numPartitions : Math.max(0, numPartitions);
}

function refused(name: string, error: KafkaError): CreatedTopic {
  return {
    name,
    errorCode: error.errorCode,
    errorMessage: error.message,
    topicId: ZERO_UUID,
    numPartitions: -1,
    replicationFactor: -1,
  };
}

function checkName(name: string, image: MetadataImage, collisions: ReadonlyMap<string, string>): void {
  const problem = topicNameProblem(name);
  if (problem !== undefined) throw new KafkaError('INVALID_TOPIC_EXCEPTION', problem);
  if (name === CLUSTER_METADATA) {
    throw new KafkaError('INVALID_REQUEST', `Creation of internal topic ${name} is prohibited.`);
  }
  if (image.topic(name) !== undefined) {
    throw new KafkaError('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`);
  }
  const colliding = collisions.get(collisionForm(name));
  if (colliding !== undefined) {
    throw new KafkaError('INVALID_TOPIC_EXCEPTION', `Topic '${name}' collides with existing topic: ${colliding}`);
  }
}

/** The replicas of each partition. */
function assign(topic: NewTopic, image: MetadataImage, defaults: TopicDefaults): readonly (readonly number[])[] {
  return topic.assignments.length > 0 ? explicitly(topic, image) : byCount(topic, image, defaults);
}

function explicitly(topic: NewTopic, image: MetadataImage): readonly (readonly number[])[] {
  if (topic.replicationFactor !== -1) {
    throw new KafkaError(
      'INVALID_REQUEST',
      'A manual partition assignment was specified, but replication factor was not set to -1.',
    );
  }
  if (topic.numPartitions !== -1) {
    throw new KafkaError(
      'INVALID_REQUEST',
      'A manual partition assignment was specified, but numPartitions was not set to -1.',
    );
  }
  const byPartition = new Map<number, readonly number[]>();
  for (const { partitionIndex, brokerIds } of topic.assignments) {
    if (byPartition.has(partitionIndex)) {
      throw new KafkaError(
        'INVALID_REPLICA_ASSIGNMENT',
        `Found multiple manual partition assignments for partition ${partitionIndex}`,
      );
    }
    checkReplicas(brokerIds, image);
    byPartition.set(partitionIndex, brokerIds);
  }
  const factor = topic.assignments[0]!.brokerIds.length;
  return Array.from({ length: byPartition.size }, (_, index) => {
    const replicas = byPartition.get(index);
    if (replicas === undefined) {
      throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', 'partitions should be a consecutive 0-based integer sequence');
    }
    checkReplicationFactor(replicas, factor);
    return replicas;
  });
}

function byCount(topic: NewTopic, image: MetadataImage, defaults: TopicDefaults): readonly (readonly number[])[] {
  if (topic.replicationFactor < -1 || topic.replicationFactor === 0) {
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      'Replication factor must be larger than 0, or -1 to use the default value.',
    );
  }
  if (topic.numPartitions < -1 || topic.numPartitions === 0) {
    throw new KafkaError('INVALID_PARTITIONS', 'Number of partitions was set to an invalid non-positive value.');
  }
  const count = topic.numPartitions === -1 ? defaults.numPartitions : topic.numPartitions;
  const factor = topic.replicationFactor === -1 ? defaults.replicationFactor : topic.replicationFactor;
  return spreadReplicas(0, count, factor, image);
}

function addRecords(
  records: NewMetadataRecord[],
  topicName: string,
  configs: ReadonlyMap<string, string>,
  topicId: Uuid,
  assignment: readonly (readonly number[])[],
): void {
  records.push({ type: 'TopicRecord', value: { name: topicName, topicId } });
  for (const [name, value] of configs) {
    records.push({
      type: 'ConfigRecord',
      value: { resourceType: ConfigResource.TOPIC, resourceName: topicName, name, value },
    });
  }
  for (const [index, replicas] of assignment.entries()) records.push(newPartition(topicId, index, replicas));
}
