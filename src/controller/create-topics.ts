/**
 * Decides on CreateTopics: which topics are refused and why, and the records of the others. Pure over the image. The
 * order of the checks and the wording follow Kafka's controller, so that clients and people see what they know.
 */
import { ErrorCode, KafkaError, type Random, randomUuid, type Uuid, ZERO_UUID } from '../core/index.ts';
import { ConfigResource, type MetadataImage } from './image.ts';
import type { NewMetadataRecord } from './metadata-records.ts';
import { CLUSTER_METADATA, collisionForm, topicNameProblem } from './topic-names.ts';
import { validateTopicConfigs } from './validate-configs.ts';

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

/** As many partitions as Kafka takes in one request. */
export const MAX_PARTITIONS_PER_REQUEST = 10_000;

export function decideCreateTopics(
  image: MetadataImage,
  topics: readonly NewTopic[],
  defaults: TopicDefaults,
  random: Random,
): { results: CreatedTopic[]; records: NewMetadataRecord[] } {
  const records: NewMetadataRecord[] = [];
  const results: CreatedTopic[] = [];
  const given = new Map<string, number>();
  for (const { name } of topics) given.set(name, (given.get(name) ?? 0) + 1);
  const collisions = new Map<string, string>();
  for (const name of image.topics.keys()) collisions.set(collisionForm(name), name);
  const handled = new Set<string>();
  let partitions = 0;
  for (const topic of topics) {
    if (handled.has(topic.name)) continue;
    handled.add(topic.name);
    try {
      if (given.get(topic.name) !== 1) throw new KafkaError('INVALID_REQUEST', 'Duplicate topic name.');
      checkName(topic.name, image, collisions);
      const assignment = assign(topic, image, defaults);
      partitions += assignment.length;
      if (partitions > MAX_PARTITIONS_PER_REQUEST) {
        throw new KafkaError(
          'POLICY_VIOLATION',
          `Excessively large number of partitions per request: more than ${MAX_PARTITIONS_PER_REQUEST}`,
        );
      }
      validateTopicConfigs(topic.configs);
      const topicId = randomUuid(random);
      collisions.set(collisionForm(topic.name), topic.name);
      addRecords(records, topic, topicId, assignment);
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
  return { results, records };
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
    throw new KafkaError('INVALID_TOPIC_EXCEPTION', `Creation of internal topic ${name} is prohibited.`);
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
    checkReplicas(partitionIndex, brokerIds, image);
    byPartition.set(partitionIndex, brokerIds);
  }
  const factor = topic.assignments[0]!.brokerIds.length;
  return Array.from({ length: byPartition.size }, (_, index) => {
    const replicas = byPartition.get(index);
    if (replicas === undefined) {
      throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', 'partitions should be a consecutive 0-based integer sequence');
    }
    if (replicas.length !== factor) {
      throw new KafkaError(
        'INVALID_REPLICA_ASSIGNMENT',
        `The manual partition assignment includes a partition with ${replicas.length} replica(s), but this is not ` +
          `consistent with previous partitions, which have ${factor} replica(s).`,
      );
    }
    return replicas;
  });
}

function checkReplicas(partition: number, replicas: readonly number[], image: MetadataImage): void {
  if (replicas.length === 0) {
    throw new KafkaError(
      'INVALID_REPLICA_ASSIGNMENT',
      'The manual partition assignment includes an empty replica list.',
    );
  }
  if (new Set(replicas).size !== replicas.length) {
    throw new KafkaError(
      'INVALID_REPLICA_ASSIGNMENT',
      `The manual partition assignment of partition ${partition} includes the same broker more than once.`,
    );
  }
  for (const id of replicas) {
    if (!image.brokers.has(id)) {
      throw new KafkaError(
        'INVALID_REPLICA_ASSIGNMENT',
        `The manual partition assignment includes broker ${id}, but no such broker is registered.`,
      );
    }
  }
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
  if (count > MAX_PARTITIONS_PER_REQUEST) {
    throw new KafkaError(
      'POLICY_VIOLATION',
      `Excessively large number of partitions per request: more than ${MAX_PARTITIONS_PER_REQUEST}`,
    );
  }
  const factor = topic.replicationFactor === -1 ? defaults.replicationFactor : topic.replicationFactor;
  const brokers = [...image.brokers.keys()].sort((a, b) => a - b);
  if (factor > brokers.length) {
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      `Unable to replicate the partition ${factor} time(s): The target replication factor of ${factor} cannot be ` +
        `reached because only ${brokers.length} broker(s) are registered.`,
    );
  }
  return Array.from({ length: count }, (_, partition) =>
    Array.from({ length: factor }, (_, replica) => brokers[(partition + replica) % brokers.length]!),
  );
}

function addRecords(
  records: NewMetadataRecord[],
  topic: NewTopic,
  topicId: Uuid,
  assignment: readonly (readonly number[])[],
): void {
  records.push({ type: 'TopicRecord', value: { name: topic.name, topicId } });
  for (const { name, value } of topic.configs) {
    records.push({
      type: 'ConfigRecord',
      value: { resourceType: ConfigResource.TOPIC, resourceName: topic.name, name, value },
    });
  }
  for (const [partitionId, replicas] of assignment.entries()) {
    records.push({
      type: 'PartitionRecord',
      value: {
        partitionId,
        topicId,
        replicas: [...replicas],
        isr: [...replicas],
        leader: replicas[0]!,
        leaderEpoch: 0,
        partitionEpoch: 0,
        directories: replicas.map(() => ZERO_UUID),
      },
    });
  }
}

/** Which of the topics given by name or by id go, and why the others do not. */
export function decideDeleteTopics(
  image: MetadataImage,
  topics: readonly { readonly name: string | null; readonly topicId: Uuid }[],
): { results: DeletedTopic[]; records: NewMetadataRecord[] } {
  const records: NewMetadataRecord[] = [];
  const removed = new Set<Uuid>();
  const results = topics.map(({ name, topicId }): DeletedTopic => {
    if (name !== null && topicId !== ZERO_UUID) {
      const errorMessage = 'You may not specify both topic name and topic id.';
      return { name, topicId, errorCode: ErrorCode.INVALID_REQUEST, errorMessage };
    }
    if (name === null && topicId === ZERO_UUID) {
      const errorMessage = 'Neither topic name nor id were specified.';
      return { name, topicId, errorCode: ErrorCode.INVALID_REQUEST, errorMessage };
    }
    const topic = name === null ? image.topicById(topicId) : image.topic(name);
    if (topic === undefined) {
      const code = name === null ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION';
      const errorMessage =
        name === null ? 'This server does not host this topic ID.' : 'This server does not host this topic-partition.';
      return { name, topicId, errorCode: ErrorCode[code], errorMessage };
    }
    if (removed.has(topic.id)) {
      const errorMessage = 'The provided topic is given more than once.';
      return { name: topic.name, topicId: topic.id, errorCode: ErrorCode.INVALID_REQUEST, errorMessage };
    }
    removed.add(topic.id);
    records.push({ type: 'RemoveTopicRecord', value: { topicId: topic.id } });
    return { name: topic.name, topicId: topic.id, errorCode: 0, errorMessage: null };
  });
  return { results, records };
}

export interface DeletedTopic {
  readonly name: string | null;
  readonly topicId: Uuid;
  /** 0: deleted. */
  readonly errorCode: number;
  readonly errorMessage: string | null;
}
