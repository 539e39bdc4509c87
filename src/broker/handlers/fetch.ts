/**
 * Fetch (key 1), versions 4-18: consumers read whole batches, the first one containing the offset asked for; at least one
 * batch comes even where it is larger than every limit. Waits for `min_bytes` up to `max_wait_ms`. Since version 7 there
 * are fetch sessions (KIP-227), since 13 topics go by id. Left out: followers (there is one replica: NOT_LEADER_OR_FOLLOWER).
 */
import { ErrorCode } from '../../core/index.ts';
import { type FetchRequest, type FetchResponseInput, fetch } from '../../wire/index.ts';
import { READ_COMMITTED, READ_UNCOMMITTED } from '../partition/partition.ts';
import type { BrokerServices } from '../services.ts';
import { nodeEndpoints } from './current-leader.ts';
import { byTopic, type FetchContext, fetchContext, sessionRefusal } from './fetch-context.ts';
import { limitsOf, type Round, readAll, refusal, sourceOf } from './fetch-reading.ts';
import { type Call, handler } from './handler.ts';

const FIRST_VERSION_WITH_IDS = 13;
const FIRST_VERSION_WITH_STATE = 15;

export const fetchHandler = handler(fetch, (request, call, broker) => {
  const { apiVersion } = call;
  const context = fetchContext(request, apiVersion, broker.fetchSessions);
  if (typeof context === 'number') return sessionRefusal(context);
  const { isolationLevel } = request;
  const isolated = isolationLevel === READ_UNCOMMITTED || isolationLevel === READ_COMMITTED;
  if (!isolated) return refuseAll(context, ErrorCode.UNKNOWN_SERVER_ERROR, call, broker);
  if (isFollower(request, apiVersion)) return refuseAll(context, ErrorCode.NOT_LEADER_OR_FOLLOWER, call, broker);
  return read(context, request, call, broker);
});

function read(context: FetchContext, request: FetchRequest, call: Call, broker: BrokerServices) {
  const { apiVersion } = call;
  const limits = limitsOf(request, broker);
  const sources = context.parts.map((part) => sourceOf(part, apiVersion, broker));
  const first = readAll(sources, limits, apiVersion, broker);
  const partitions = sources.flatMap(({ partition }) => (partition === undefined ? [] : [partition]));
  const enough = ({ failed, bytes }: Round) => failed || bytes >= limits.minBytes;
  if (request.maxWaitMs <= 0 || partitions.length === 0 || enough(first)) return answer(context, first, call, broker);
  return new Promise<FetchResponseInput>((resolve) => {
    const cancel = broker.waitingFetches.wait({
      partitions,
      isolationLevel: limits.isolationLevel,
      missingBytes: limits.minBytes - first.bytes,
      maxWaitMs: request.maxWaitMs,
      attempt: (final) => {
        const round = readAll(sources, limits, apiVersion, broker);
        if (!final && !enough(round)) return false;
        resolve(answer(context, round, call, broker));
        return true;
      },
    });
    call.connection.onClose(cancel);
  });
}

function answer(
  context: FetchContext,
  { results }: Round,
  { listenerName, connection }: Call,
  { image, buffers }: BrokerServices,
): FetchResponseInput {
  connection.onSent(() => {
    for (const { answer } of results) if (answer.records) buffers.giveBack(answer.records);
  });
  const leaders = results.flatMap(({ answer: { currentLeader: leader } }) =>
    leader === undefined ? [] : [{ leaderId: leader.leaderId ?? -1, leaderEpoch: leader.leaderEpoch ?? -1 }],
  );
  const response = context.answer(results);
  return leaders.length === 0 ? response : { ...response, nodeEndpoints: nodeEndpoints(image, leaders, listenerName) };
}

/** The same for every partition, and no session. */
function refuseAll(context: FetchContext, errorCode: number, { apiVersion }: Call, broker: BrokerServices) {
  const abortedTransactions = errorCode === ErrorCode.UNKNOWN_SERVER_ERROR ? [] : null;
  const results = context.parts.map((part) => ({
    part,
    answer: { ...refusal(part, errorCode, apiVersion, broker), abortedTransactions },
  }));
  if (errorCode !== ErrorCode.UNKNOWN_SERVER_ERROR) return { responses: byTopic(results) };
  return { errorCode, responses: apiVersion >= FIRST_VERSION_WITH_IDS ? [] : byTopic(results) };
}

function isFollower({ replicaId, replicaState }: FetchRequest, apiVersion: number): boolean {
  return (apiVersion >= FIRST_VERSION_WITH_STATE ? replicaState.replicaId : replicaId) >= 0;
}
