/** Topics and their partitions: made, grown, listed, described, deleted. */
import { errorName } from '../../core/index.ts';
import { createPartitions, createTopics, deleteTopics, type MetadataResponse } from '../../wire/index.ts';
import { partitionInfo, type TopicInfo } from '../metadata/cluster-image.ts';
import type { AdminCall } from './call.ts';
import { refuseUnknownFields } from './given.ts';
import { askEach, labelled, type Outcome, refusal } from './items.ts';
import { anywhere, askMetadata, refusalOfTopic, toController } from './routes.ts';

/** A topic to be made. */
export interface NewTopic {
  readonly name: string;
  /** The broker's default where it is left out. */
  readonly partitions?: number;
  /** The broker's default where it is left out. */
  readonly replicationFactor?: number;
  /** The brokers of each partition's replicas, the preferred leader first; in place of the two numbers. */
  readonly replicasAssignments?: readonly (readonly number[])[];
  /** By Kafka's names: `{ 'cleanup.policy': 'compact' }`. */
  readonly configs?: Readonly<Record<string, string>>;
}

const newTopicFields = {
  name: true,
  partitions: true,
  replicationFactor: true,
  replicasAssignments: true,
  configs: true,
} as const;

export interface CreatedTopic {
  readonly name: string;
  /** The zero id where the broker does not tell ids, or where it was only to validate. */
  readonly id: string;
  /** -1 where the broker does not tell. */
  readonly partitions: number;
  /** -1 where the broker does not tell. */
  readonly replicationFactor: number;
}

/** How many partitions a topic is to have. */
export interface NewPartitions {
  readonly topic: string;
  /** In all, the present ones included. */
  readonly count: number;
  /** The brokers of each new partition's replicas; the controller decides where it is left out. */
  readonly assignments?: readonly (readonly number[])[];
}

const newPartitionsFields = { topic: true, count: true, assignments: true } as const;

export async function createTopicsBy(
  call: AdminCall,
  topics: readonly NewTopic[],
  validateOnly: boolean,
): Promise<CreatedTopic[]> {
  refuseUnknownFields('a topic to be made', topics, newTopicFields);
  const items = labelled(topics, ({ name }) => name);
  return askEach(call, 'CreateTopics', items, toController, async (connection, left) => {
    const answer = await call.send(connection, createTopics, {
      topics: [...left.values()].map(({ name, partitions, replicationFactor, replicasAssignments, configs }) => ({
        name,
        numPartitions: partitions ?? -1,
        replicationFactor: replicationFactor ?? -1,
        assignments: (replicasAssignments ?? []).map((brokerIds, partitionIndex) => ({
          partitionIndex,
          brokerIds: [...brokerIds],
        })),
        configs: Object.entries(configs ?? {}).map(([key, value]) => ({ name: key, value })),
      })),
      timeoutMs: call.requestTimeoutMs,
      validateOnly,
    });
    return new Map(
      answer.topics.map((topic): [string, Outcome<CreatedTopic>] => {
        const { name, topicId: id, errorCode, errorMessage, numPartitions: partitions, replicationFactor } = topic;
        const isThere = errorCode === 0 ? !validateOnly : errorName(errorCode) === 'TOPIC_ALREADY_EXISTS';
        if (isThere) call.newcomers.made(name);
        if (errorCode !== 0) return [name, refusal(errorCode, `creating topic ${name}`, errorMessage)];
        return [name, { done: { name, id, partitions, replicationFactor } }];
      }),
    );
  });
}

export async function deleteTopicsBy(call: AdminCall, names: readonly string[]): Promise<void> {
  const items = labelled(names, (name) => name);
  await askEach(call, 'DeleteTopics', items, toController, async (connection, left) => {
    const topicNames = [...left.keys()];
    const byName = connection.version(deleteTopics) < 6;
    const answer = await call.send(connection, deleteTopics, {
      ...(byName ? { topicNames } : { topics: topicNames.map((name) => ({ name })) }),
      timeoutMs: call.requestTimeoutMs,
    });
    return new Map(
      answer.responses.map(({ name, errorCode, errorMessage }): [string, Outcome<undefined>] => {
        if (errorCode === 0) call.newcomers.deleted(name!);
        if (errorCode === 0) return [name!, { done: undefined }];
        return [name!, refusal(errorCode, `deleting topic ${name}`, errorMessage)];
      }),
    );
  });
}

export async function createPartitionsBy(
  call: AdminCall,
  topics: readonly NewPartitions[],
  validateOnly: boolean,
): Promise<void> {
  refuseUnknownFields('a topic to have more partitions', topics, newPartitionsFields);
  const items = labelled(topics, ({ topic }) => topic);
  await askEach(call, 'CreatePartitions', items, toController, async (connection, left) => {
    const answer = await call.send(connection, createPartitions, {
      topics: [...left.values()].map(({ topic, count, assignments }) => ({
        name: topic,
        count,
        assignments: assignments?.map((brokerIds) => ({ brokerIds: [...brokerIds] })) ?? null,
      })),
      timeoutMs: call.requestTimeoutMs,
      validateOnly,
    });
    return new Map(
      answer.results.map(({ name, errorCode, errorMessage }): [string, Outcome<undefined>] => {
        if (errorCode === 0) return [name, { done: undefined }];
        return [name, refusal(errorCode, `partitions of topic ${name}`, errorMessage)];
      }),
    );
  });
}

export async function listTopicsBy(call: AdminCall, includeInternal: boolean): Promise<string[]> {
  const { topics } = await call.ask(
    'Metadata',
    () => call.cluster.anyConnection(),
    (connection) => askMetadata(call, connection, null),
  );
  return topics
    .filter((topic) => includeInternal || !topic.isInternal)
    .map((topic) => topic.name!)
    .sort();
}

export function describeTopicsBy(call: AdminCall, names: readonly string[]): Promise<TopicInfo[]> {
  const items = labelled(names, (name) => name);
  return askEach(call, 'Metadata', items, anywhere, async (connection, left) => {
    const { topics } = await askMetadata(call, connection, [...left.keys()]);
    return new Map(topics.map((topic) => [topic.name!, described(call, topic)]));
  });
}

function described(call: AdminCall, topic: MetadataResponse['topics'][number]): Outcome<TopicInfo> {
  const { name, topicId: id, isInternal: internal, errorCode } = topic;
  if (errorCode !== 0) return refusalOfTopic(call, name!, errorCode, `topic ${name}`);
  const partitions = topic.partitions.map(partitionInfo).sort((a, b) => a.partition - b.partition);
  return { done: { name: name!, id, internal, partitions } };
}
