/**
 * What one Fetch request asks for and how its answer is put together: whole, as a new session, or as the next step of a
 * session (KIP-227). Knows nothing of reading.
 */
import { ErrorCode, ZERO_UUID } from '../../core/index.ts';
import type { FetchRequest, FetchResponseInput } from '../../wire/index.ts';
import {
  type FetchSession,
  type FetchSessions,
  keyOf,
  nextEpoch,
  SessionPartition,
  type WantedPartition,
} from '../partition/fetch-sessions.ts';

type TopicAnswer = NonNullable<FetchResponseInput['responses']>[number];
export type PartitionAnswer = NonNullable<TopicAnswer['partitions']>[number];

/** What was found for one wanted partition. */
export interface Result {
  readonly part: SessionPartition;
  readonly answer: PartitionAnswer;
}

export interface FetchContext {
  /** In the order in which they are to be read. */
  readonly parts: readonly SessionPartition[];
  readonly answer: (results: readonly Result[]) => FetchResponseInput;
}

const FIRST_VERSION_WITH_IDS = 13;
/** No topic has a longer name; a session does not keep one for a client. */
const TOPIC_NAME_MAX = 249;
const NO_SESSION = 0;
const NEW_SESSION = 0;
const SESSIONLESS = -1;

/** The context, or the error code of a session that is not to be had. */
export function fetchContext(
  request: FetchRequest,
  apiVersion: number,
  sessions: FetchSessions,
): FetchContext | number {
  const { sessionId, sessionEpoch } = request;
  if (sessionEpoch === NEW_SESSION || sessionEpoch === SESSIONLESS) {
    if (sessionId !== NO_SESSION) sessions.remove(sessionId);
    const parts = wholeRequest(request);
    if (sessionEpoch === SESSIONLESS || holdsLongNames(request)) return sessionless([...parts.values()]);
    return newSession(parts, apiVersion >= FIRST_VERSION_WITH_IDS, sessions);
  }
  const session = sessions.get(sessionId);
  if (session === undefined) return ErrorCode.FETCH_SESSION_ID_NOT_FOUND;
  if (session.epoch !== sessionEpoch) return ErrorCode.INVALID_FETCH_SESSION_EPOCH;
  if (session.usesTopicIds !== apiVersion >= FIRST_VERSION_WITH_IDS) return ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR;
  if (holdsLongNames(request)) {
    sessions.remove(sessionId);
    return ErrorCode.FETCH_SESSION_ID_NOT_FOUND;
  }
  const forgotten = request.forgottenTopicsData.flatMap(({ topic, topicId, partitions }) =>
    partitions.map((partition) => keyOf({ topic, topicId, partition })),
  );
  const stands = sessions.update(session, wantedBy(request), forgotten);
  const parts = [...session.partitions.values()];
  return stands ? nextStep(session, parts, nextEpoch(sessionEpoch)) : sessionless(parts);
}

function wantedBy(request: FetchRequest): WantedPartition[] {
  return request.topics.flatMap(({ topic, topicId, partitions }) =>
    partitions.map(({ partition, currentLeaderEpoch, fetchOffset, lastFetchedEpoch, partitionMaxBytes }) => ({
      topic,
      topicId,
      partition,
      currentLeaderEpoch,
      fetchOffset,
      lastFetchedEpoch,
      partitionMaxBytes,
    })),
  );
}

function holdsLongNames(request: FetchRequest): boolean {
  return request.topics.some(({ topic }) => topic.length > TOPIC_NAME_MAX);
}

/** A partition that is named twice is wanted once, as it is named last. */
function wholeRequest(request: FetchRequest): Map<string, SessionPartition> {
  const parts = new Map<string, SessionPartition>();
  for (const wanted of wantedBy(request)) parts.set(keyOf(wanted), new SessionPartition(wanted));
  return parts;
}

function sessionless(parts: readonly SessionPartition[]): FetchContext {
  return { parts, answer: (results) => ({ sessionId: NO_SESSION, responses: byTopic(results) }) };
}

function newSession(
  parts: Map<string, SessionPartition>,
  usesTopicIds: boolean,
  sessions: FetchSessions,
): FetchContext {
  return {
    parts: [...parts.values()],
    answer: (results) => {
      for (const { part, answer } of results) part.isNews(newsOf(answer));
      const session = sessions.create(parts, usesTopicIds);
      return { sessionId: session?.id ?? NO_SESSION, responses: byTopic(results) };
    },
  };
}

function nextStep(session: FetchSession, parts: readonly SessionPartition[], epochAfter: number): FetchContext {
  return {
    parts,
    answer: (results) => {
      // While this request waited another one used the session: the reader has given up on this answer.
      if (session.epoch !== epochAfter) return sessionRefusal(ErrorCode.INVALID_FETCH_SESSION_EPOCH);
      const news = results.filter(({ part, answer }) => part.isNews(newsOf(answer)));
      for (const { part, answer } of news) {
        if (newsOf(answer).recordsBytes === 0) continue;
        const key = keyOf(part.wanted);
        session.partitions.delete(key);
        session.partitions.set(key, part);
      }
      return { sessionId: session.id, responses: byTopic(news) };
    },
  };
}

export function sessionRefusal(errorCode: number): FetchResponseInput {
  return { errorCode, sessionId: NO_SESSION, responses: [] };
}

function newsOf({ errorCode = ErrorCode.NONE, highWatermark = -1, logStartOffset = -1, records }: PartitionAnswer) {
  return { errorCode, highWatermark, logStartOffset, recordsBytes: records?.length ?? 0 };
}

/** Neighbours of the same topic share an entry. */
export function byTopic(results: readonly Result[]): TopicAnswer[] {
  const topics: { topic: string; topicId: string; partitions: PartitionAnswer[] }[] = [];
  for (const { part, answer } of results) {
    const { topic, topicId = ZERO_UUID } = part.wanted;
    const last = topics.at(-1);
    if (last !== undefined && last.topic === topic && last.topicId === topicId) last.partitions.push(answer);
    else topics.push({ topic, topicId, partitions: [answer] });
  }
  return topics;
}
