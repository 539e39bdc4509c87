/** Where the things that an admin call is about belong: the controller, leaders, coordinators, single brokers, any broker. */
import { errorName, isRetriable } from '../../core/index.ts';
import { type MetadataResponse, metadata as metadataApi } from '../../wire/index.ts';
import type { Connection } from '../connections/connection.ts';
import { brokerError, ClientError, isRetriableError, UnknownTopicError } from '../errors.ts';
import { type CoordinatorKind, findCoordinators } from '../metadata/coordinator-lookup.ts';
import type { TopicPartition } from '../topic-partition.ts';
import type { AdminCall } from './call.ts';
import { type Outcome, type Place, type Route, refusal } from './items.ts';

/** How long a topic or partition may be unknown to a broker after somebody else made it: then it is not there. */
const PROPAGATION_MS = 3_000;

/** Any broker will do. */
export const anywhere: Route<unknown> = async (call, items) => {
  const { address } = await call.cluster.anyConnection();
  return new Map([...items.keys()].map((label) => [label, address]));
};

/** The controller; Apache Kafka's brokers name one of themselves, which passes the request on. */
export const toController: Route<unknown> = async (call, items) => {
  const { address } = await controllerOf(call);
  return new Map([...items.keys()].map((label) => [label, address]));
};

export async function controllerOf(call: AdminCall): Promise<Connection> {
  await call.cluster.refresh();
  return call.cluster.controllerConnection();
}

/** Each broker itself, by its id. */
export const toBrokers: Route<number> = async (call, items) => {
  await call.cluster.refresh();
  return new Map([...items].map(([label, id]) => [label, brokerOf(call, id)]));
};

/** As the last refresh knows it. */
export function brokerOf(call: AdminCall, id: number): Place | Outcome<never> {
  const broker = call.cluster.image.brokers.get(id);
  const error = () => new ClientError('BROKER_ID_NOT_REGISTERED', `the cluster has no broker ${id} at the moment`);
  return broker ?? { refused: error() };
}

/** Every broker that the cluster has now, by label. */
export async function allBrokers(call: AdminCall): Promise<Map<string, number>> {
  await call.cluster.retry('Metadata', call.deadline, () => call.cluster.refresh());
  return labelledBrokers(call.cluster.image.brokers.keys());
}
export function labelledBrokers(ids: Iterable<number>): Map<string, number> {
  return new Map([...ids].map((id) => [`broker ${id}`, id]));
}

/** The leader of each partition. */
export const toLeaders: Route<TopicPartition> = async (call, items) => {
  const names = new Set([...items.values()].map(({ topic }) => topic));
  const answer = await askMetadata(call, await call.cluster.anyConnection(), [...names]);
  const topics = new Map(answer.topics.map((topic) => [topic.name, topic]));
  const places = new Map<string, Place | Outcome<never>>();
  for (const [label, { topic: name, partition }] of items) {
    const topic = topics.get(name);
    const found = topic?.partitions.find((each) => each.partitionIndex === partition);
    const leader = call.cluster.image.brokers.get(found?.leaderId ?? -1);
    if (topic === undefined || topic.errorCode !== 0) {
      places.set(label, newcomerRefusal(call, topic?.errorCode ?? -1, `topic ${name}`, undefined, name));
    } else if (found === undefined) {
      places.set(label, unknownYet(call, `partition ${label}`));
    } else if (leader === undefined) {
      places.set(label, { again: new ClientError('LEADER_NOT_AVAILABLE', `${label} has no leader at the moment`) });
    } else {
      places.set(label, leader);
    }
  }
  return places;
};

/** As `refusal`, for answers about partitions: their topic may be so new that not every broker knows it. */
export function newcomerRefusal(
  call: AdminCall,
  code: number,
  what: string,
  detail?: string | null,
  topic?: string,
): Outcome<never> {
  if (errorName(code) === 'UNKNOWN_TOPIC_OR_PARTITION') return unknownYet(call, what, topic);
  const error = brokerError(code, what, detail);
  return isRetriable(code) ? { again: error } : { refused: error };
}

/** As `refusal`, for answers about a topic: one that this client has just made is there, whatever a broker knows of it. */
export function refusalOfTopic(
  call: AdminCall,
  topic: string,
  code: number,
  what: string,
  detail?: string | null,
): Outcome<never> {
  return call.newcomers.has(topic) ? newcomerRefusal(call, code, what, detail, topic) : refusal(code, what, detail);
}

function unknownYet(call: AdminCall, what: string, topic?: string): Outcome<never> {
  const isNew = topic !== undefined && call.newcomers.has(topic);
  if (!isNew && call.ageMs >= PROPAGATION_MS) return { refused: new UnknownTopicError(what) };
  return { again: new ClientError('UNKNOWN_TOPIC_OR_PARTITION', `${what} is not known`) };
}

/** Metadata of topics, or of all; takes in the brokers. */
export async function askMetadata(
  call: AdminCall,
  connection: Connection,
  names: readonly string[] | null,
): Promise<MetadataResponse> {
  const topics = names?.map((name) => ({ name })) ?? null;
  const answer = await call.send(connection, metadataApi, { topics, allowAutoTopicCreation: false });
  call.cluster.image.update({ ...answer, topics: [] });
  return answer;
}

/** The coordinator of each group or transactional id; `keyOf` says which one an item belongs to. */
export function toCoordinators<I>(kind: CoordinatorKind, keyOf: (item: I, label: string) => string): Route<I> {
  return async (call, items) => {
    const keys = new Set([...items].map(([label, item]) => keyOf(item, label)));
    const found = await findCoordinators(await call.cluster.anyConnection(), kind, [...keys], {
      timeoutMs: call.requestTimeoutMs,
      signal: call.deadline.signal,
    });
    const places = new Map<string, Place | Outcome<never>>();
    for (const [label, item] of items) {
      const place = found.get(keyOf(item, label))!;
      if (!(place instanceof ClientError)) places.set(label, place);
      else places.set(label, isRetriableError(place) ? { again: place } : { refused: place });
    }
    return places;
  };
}
