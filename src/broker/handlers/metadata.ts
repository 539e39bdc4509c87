/**
 * Metadata (key 3), versions 0-13: brokers, topics, leaders. A missing topic is created where the request and
 * `auto.create.topics.enable` allow it, and is in the answer at once. Left out: authorized operations are those of a
 * cluster without access control.
 */
import type { TopicImage } from '../../controller/index.ts';
import { isInternalTopic, topicNameProblem } from '../../controller/index.ts';
import { ErrorCode, KafkaError, type Uuid, ZERO_UUID } from '../../core/index.ts';
import { type MetadataRequest, type MetadataResponseInput, metadata } from '../../wire/index.ts';
import type { BrokerServices } from '../services.ts';
import { CLUSTER_OPERATIONS, TOPIC_OPERATIONS } from './authorized-operations.ts';
import { endpointFor } from './endpoint-for.ts';
import { handler } from './handler.ts';
import { NO_LEADER, toldPartition } from './told-partition.ts';

/** The first version in which topics may go by id. */
const FIRST_VERSION_WITH_IDS = 12;

type TopicAnswer = NonNullable<MetadataResponseInput['topics']>[number];

export const metadataHandler = handler(metadata, async (request, { apiVersion, listenerName }, broker) => {
  const { image } = broker;
  const refused = refusalOf(request, apiVersion);
  if (refused !== undefined) return refused;
  const all = request.topics === null || (apiVersion === 0 && request.topics.length === 0);
  const answers: TopicAnswer[] = [];
  const operations = request.includeTopicAuthorizedOperations ? { topicAuthorizedOperations: TOPIC_OPERATIONS } : {};
  if (all) {
    for (const topic of image.topics.values()) answers.push({ ...describe(topic, broker), ...operations });
  } else {
    for (const asked of await withMissing(request, broker)) answers.push({ ...asked, ...operations });
  }
  return {
    brokers: [...image.brokers.values()]
      .filter((each) => !each.fenced)
      .map((each) => {
        const { host, port } = endpointFor(each, listenerName);
        return { nodeId: each.id, host, port, rack: each.rack };
      }),
    clusterId: broker.clusterId,
    controllerId: broker.nodeId,
    topics: answers,
    ...(request.includeClusterAuthorizedOperations ? { clusterAuthorizedOperations: CLUSTER_OPERATIONS } : {}),
  };
});

async function withMissing(request: MetadataRequest, broker: BrokerServices): Promise<TopicAnswer[]> {
  const { image, config } = broker;
  const asked = request.topics ?? [];
  const mayCreate = request.allowAutoTopicCreation && config['auto.create.topics.enable'];
  const missing = new Set<string>();
  if (mayCreate) {
    for (const { name, topicId } of asked) {
      if (name === null || topicId !== ZERO_UUID) continue;
      if (image.topic(name) === undefined && topicNameProblem(name) === undefined) missing.add(name);
    }
  }
  const refused = missing.size === 0 ? noErrors : await create([...missing], broker);
  const seen = new Set<string>();
  const unknownIds: TopicAnswer[] = [];
  const known: TopicAnswer[] = [];
  const unknown: TopicAnswer[] = [];
  for (const { name, topicId } of asked) {
    const key = topicId === ZERO_UUID ? name! : topicId;
    if (seen.has(key)) continue;
    seen.add(key);
    const answer = topicId === ZERO_UUID ? byName(name!, broker, refused) : byId(topicId, broker);
    if (answer.partitions !== undefined) known.push(answer);
    else if (topicId === ZERO_UUID) unknown.push(answer);
    else unknownIds.push(answer);
  }
  // In Kafka's order.
  return [...unknownIds, ...known, ...unknown];
}

/** Topics go by id since version 12, and by something always: otherwise the whole request is refused. */
function refusalOf({ topics }: MetadataRequest, apiVersion: number): MetadataResponseInput | undefined {
  const asked = topics ?? [];
  const byIds = asked.some(({ name, topicId }) => topicId !== ZERO_UUID || name === null);
  const nameless = asked.some(({ name, topicId }) => topicId === ZERO_UUID && name === null);
  const errorCode =
    byIds && apiVersion < FIRST_VERSION_WITH_IDS
      ? ErrorCode.INVALID_REQUEST
      : nameless
        ? ErrorCode.UNKNOWN_SERVER_ERROR
        : ErrorCode.NONE;
  if (errorCode === ErrorCode.NONE) return undefined;
  const answers = asked.map(({ name, topicId }) => ({ errorCode, name: name ?? '', topicId }));
  return { errorCode, brokers: [], controllerId: -1, clusterId: null, topics: answers };
}

const noErrors: ReadonlyMap<string, number> = new Map();

/** Creates topics; returns the errors of those that are still missing. */
async function create(names: readonly string[], broker: BrokerServices): Promise<ReadonlyMap<string, number>> {
  try {
    const created = await broker.internalTopics.createAutomatically(names);
    const failed = created.filter(
      ({ errorCode }) => errorCode !== ErrorCode.NONE && errorCode !== ErrorCode.TOPIC_ALREADY_EXISTS,
    );
    return new Map(failed.map(({ name, errorCode }) => [name, errorCode]));
  } catch (error) {
    if (!KafkaError.is(error)) throw error;
    return new Map(names.map((name) => [name, ErrorCode.LEADER_NOT_AVAILABLE]));
  }
}

function byId(topicId: Uuid, broker: BrokerServices): TopicAnswer {
  const topic = broker.image.topicById(topicId);
  return topic === undefined ? { errorCode: ErrorCode.UNKNOWN_TOPIC_ID, name: null, topicId } : describe(topic, broker);
}

function byName(name: string, broker: BrokerServices, refused: ReadonlyMap<string, number>): TopicAnswer {
  const topic = broker.image.topic(name);
  if (topic !== undefined) return describe(topic, broker);
  const unknown =
    topicNameProblem(name) === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION;
  return { errorCode: refused.get(name) ?? unknown, name, isInternal: isInternalTopic(name) };
}

function describe(topic: TopicImage, broker: BrokerServices): TopicAnswer {
  return {
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    partitions: topic.partitions.map((partition) => {
      const told = toldPartition(partition, broker);
      return { errorCode: told.leaderId === NO_LEADER ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.NONE, ...told };
    }),
  };
}
