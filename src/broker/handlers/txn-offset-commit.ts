/**
 * TxnOffsetCommit (key 28), versions 0-5: a group's positions inside a transaction. The group must be part of it: up to
 * version 4 AddOffsetsToTxn has made it so (TV1), since 5 this request does (TV2). Left out: nothing.
 */
import { CONSUMER_OFFSETS } from '../../controller/index.ts';
import { ErrorCode, type ErrorName } from '../../core/index.ts';
import type { VerificationGuard } from '../../log/index.ts';
import { NO_SEQUENCE } from '../../records/index.ts';
import { type TxnOffsetCommitRequest, txnOffsetCommit } from '../../wire/index.ts';
import type { BrokerServices } from '../services.ts';
import { guardFor, txnOffsetCommitProtocol } from '../transaction-verification.ts';
import type { Call } from './handler.ts';
import { handler } from './handler.ts';
import { KnownPartitions } from './known-partitions.ts';

export const txnOffsetCommitHandler = handler(txnOffsetCommit, async (request, call, broker) => {
  const known = new KnownPartitions(broker.image, request.topics, false);
  if (known.topics.length === 0) return { topics: known.refuse(ErrorCode.NONE) };
  const verified = await verify(request, call, broker);
  if (typeof verified === 'string') return { topics: known.refuse(ErrorCode[verified]) };
  const committed = { ...request, topics: known.topics };
  const { topics } = await broker.groups.commitTransactionalOffsets(committed, call, verified);
  return { topics: known.merge(topics) };
});

/** The guard for the append, undefined where none is needed, or what refuses the request. */
async function verify(
  request: TxnOffsetCommitRequest,
  { apiVersion }: Call,
  { groups, partitions, verification }: BrokerServices,
): Promise<VerificationGuard | undefined | ErrorName> {
  const { transactionalId, groupId, producerId, producerEpoch } = request;
  if (groupId === '') return 'INVALID_GROUP_ID';
  const partition = partitions.find(CONSUMER_OFFSETS, groups.partitionFor(groupId));
  if (typeof partition === 'number') return 'COORDINATOR_NOT_AVAILABLE';
  const protocol = txnOffsetCommitProtocol(apiVersion);
  const guard = guardFor(partition, { producerId, producerEpoch, firstSequence: NO_SEQUENCE }, protocol);
  if (guard === undefined) return undefined;
  const wanted = { transactionalId, producerId, producerEpoch, partitions: [partition] };
  const [refusal = 'NONE'] = await verification.verify(wanted, protocol);
  if (refusal === 'NONE') return guard;
  // A consumer knows the coordinator's errors, not those of a log.
  return refusal === 'NOT_ENOUGH_REPLICAS' ? 'COORDINATOR_NOT_AVAILABLE' : refusal;
}
