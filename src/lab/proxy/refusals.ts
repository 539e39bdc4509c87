/**
 * What a broker that is no coordinator (any more) answers: every item of the request refused with one error. Only for
 * the APIs that go to coordinators.
 */
import { ErrorCode, type ErrorName } from '../../core/index.ts';
import * as wire from '../../wire/index.ts';
import type { ProxiedRequest } from './proxied-request.ts';

const wholly: readonly wire.Api[] = [
  wire.joinGroup,
  wire.syncGroup,
  wire.heartbeat,
  wire.leaveGroup,
  wire.initProducerId,
  wire.addOffsetsToTxn,
  wire.endTxn,
];
const byPartition: readonly wire.Api[] = [wire.offsetCommit, wire.txnOffsetCommit, wire.addPartitionsToTxn];

/** The names of the APIs whose requests can be refused. */
export const refusable: readonly string[] = [...wholly, ...byPartition].map(({ name }) => name);

/**
 * The answer, without its length.
 * @throws RangeError for a request that cannot be refused: another API, an unknown version, an unreadable body
 */
export function refusal(request: ProxiedRequest, error: ErrorName): Uint8Array {
  const { api } = request;
  const body = request.body();
  if (api === undefined || body === undefined || !refusable.includes(api.name)) {
    throw new RangeError(`${request.apiName} v${request.apiVersion} cannot be refused by the proxy`);
  }
  const errorCode = ErrorCode[error];
  const answer = wholly.includes(api) ? { errorCode } : itemByItem(request.apiKey, body, errorCode);
  return wire
    .encodeResponseFrame(api as wire.Api<unknown, unknown>, request.apiVersion, request.correlationId, answer)
    .subarray(4);
}

function itemByItem(apiKey: number, body: unknown, errorCode: number): object {
  if (apiKey === wire.addPartitionsToTxn.key) {
    const { v3AndBelowTopics } = body as wire.AddPartitionsToTxnRequest;
    const resultsByTopicV3AndBelow = v3AndBelowTopics.map(({ name, partitions }) => ({
      name,
      resultsByPartition: partitions.map((partitionIndex) => ({ partitionIndex, partitionErrorCode: errorCode })),
    }));
    return { errorCode, resultsByTopicV3AndBelow };
  }
  const { topics } = body as wire.OffsetCommitRequest;
  return {
    topics: topics.map(({ partitions, ...topic }) => ({
      ...topic,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  };
}
