/**
 * OffsetCommit 2-10, TxnOffsetCommit 0-5 and OffsetFetch 1-10, decided over one shard. Topics go by name here: the broker
 * turns ids into names, and refuses topics that do not exist, before it asks.
 */
import { ErrorCode, type ErrorName } from '../../core/index.ts';
import type { DecidedRecord, Decision, Verification } from '../../replay/index.ts';
import { getOrMake } from '../get-or-make.ts';
import type { RequestContext } from '../request-context.ts';
import type { ClassicGroup } from './classic-group.ts';
import { offsetRecord } from './group-records.ts';
import type { GroupRuntime } from './group-runtime.ts';
import type {
  FetchedTopic,
  OffsetCommitRequest,
  OffsetCommitResponse,
  OffsetFetchRequest,
  TxnOffsetCommitRequest,
} from './messages.ts';
import type { OffsetStore } from './offset-store.ts';
import { restartSession } from './rebalance.ts';

type CommittedTopics = OffsetCommitRequest['topics'];

/** The same answer for every partition. */
export function commitRefused(topics: CommittedTopics, error: ErrorName | number): OffsetCommitResponse {
  const errorCode = typeof error === 'number' ? error : ErrorCode[error];
  return {
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  };
}

export function decideCommit(
  runtime: GroupRuntime,
  request: OffsetCommitRequest,
  context: RequestContext,
): Decision<OffsetCommitResponse> {
  const { groupId, memberId, generationIdOrMemberEpoch: generationId } = request;
  const group = runtime.find(groupId);
  const refusal =
    group === undefined
      ? unknownGroup(generationId, context.apiVersion >= 9)
      : (refusalOf(group, memberId, request.groupInstanceId, generationId, false) ?? rebalancing(group, generationId));
  if (refusal !== undefined) return { records: [], response: commitRefused(request.topics, refusal) };
  // A commit is a sign of life.
  const member = group?.members.get(memberId);
  if (group !== undefined && member !== undefined) restartSession(runtime, group, member);
  return commit(runtime, groupId, request.topics);
}

/** The offsets are pending until the transaction's marker is replayed. */
export function decideTransactionalCommit(
  runtime: GroupRuntime,
  request: TxnOffsetCommitRequest,
  context: RequestContext,
  verification: Verification | undefined,
): Decision<OffsetCommitResponse> {
  const { groupId, producerId, producerEpoch } = request;
  const group = runtime.find(groupId);
  const refusal =
    group === undefined
      ? unknownGroup(request.generationId, context.apiVersion >= 6)
      : refusalOf(group, request.memberId, request.groupInstanceId, request.generationId, true);
  if (refusal !== undefined) return { records: [], response: commitRefused(request.topics, refusal) };
  const transactional = { producerId, producerEpoch, ...(verification === undefined ? {} : { verification }) };
  // As in Kafka, the topic's id is not kept here.
  const topics = request.topics.map(({ name, partitions }) => ({ name, partitions }));
  return { ...commit(runtime, groupId, topics), transactional };
}

/** A group that is not there takes the commits of consumers that manage their partitions themselves. */
function unknownGroup(generationId: number, isTold: boolean): ErrorName | undefined {
  if (generationId < 0) return undefined;
  return isTold ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION';
}

/** Who may commit for a group (KIP-447 for transactions: a zombie of an earlier generation may not). */
function refusalOf(
  group: ClassicGroup,
  memberId: string,
  groupInstanceId: string | null,
  generationId: number,
  isTransactional: boolean,
): ErrorName | undefined {
  if (generationId < 0 && group.state === 'Empty') return undefined;
  if (generationId >= 0 || memberId !== '' || groupInstanceId !== null) {
    const refusal = group.refusalOf(memberId, groupInstanceId);
    if (refusal !== undefined) return refusal;
    return generationId === group.generationId ? undefined : 'ILLEGAL_GENERATION';
  }
  // Nothing names the member: clients that came before KIP-447 commit like that inside transactions, and only there.
  return isTransactional ? undefined : 'UNKNOWN_MEMBER_ID';
}

/** A member of this generation that has not got its assignment cannot have anything to commit. */
function rebalancing(group: ClassicGroup, generationId: number): ErrorName | undefined {
  return group.state === 'CompletingRebalance' && generationId >= 0 ? 'REBALANCE_IN_PROGRESS' : undefined;
}

function commit(runtime: GroupRuntime, groupId: string, topics: CommittedTopics): Decision<OffsetCommitResponse> {
  const records: DecidedRecord[] = [];
  const limit = runtime.config['offset.metadata.max.bytes'];
  const commitTimestamp = runtime.now();
  const response: OffsetCommitResponse = { topics: [] };
  for (const { name, topicId, partitions } of topics) {
    const answers: OffsetCommitResponse['topics'][number]['partitions'] = [];
    for (const { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata } of partitions) {
      const metadata = committedMetadata ?? '';
      if (metadata.length > limit) {
        answers.push({ partitionIndex, errorCode: ErrorCode.OFFSET_METADATA_TOO_LARGE });
        continue;
      }
      const value = { offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata, commitTimestamp };
      records.push(offsetRecord(groupId, name, partitionIndex, value, topicId));
      answers.push({ partitionIndex, errorCode: 0 });
    }
    response.topics.push({ name, partitions: answers });
  }
  return { records, response };
}

/** Offsets of one group; `topics` null: all that it has. */
export function fetchTopics(
  offsets: OffsetStore,
  groupId: string,
  topics: OffsetFetchRequest['topics'],
  requireStable: boolean,
): FetchedTopic[] {
  const answer = (topic: string, partitionIndex: number): FetchedTopic['partitions'][number] => {
    if (requireStable && offsets.hasPending(groupId, topic, partitionIndex)) {
      return nothingCommitted(partitionIndex, ErrorCode.UNSTABLE_OFFSET_COMMIT);
    }
    const stored = offsets.get(groupId, topic, partitionIndex);
    if (stored === undefined) return nothingCommitted(partitionIndex, 0);
    return {
      partitionIndex,
      committedOffset: stored.offset,
      committedLeaderEpoch: stored.leaderEpoch,
      metadata: stored.metadata,
      errorCode: 0,
    };
  };
  if (topics !== null) {
    return topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => answer(name, partitionIndex)),
    }));
  }
  const byName = new Map<string, FetchedTopic>();
  for (const [name, partitionIndex] of offsets.offsetsOf(groupId)) {
    getOrMake(byName, name, () => ({ name, partitions: [] })).partitions.push(answer(name, partitionIndex));
  }
  return [...byName.values()];
}

export function nothingCommitted(partitionIndex: number, errorCode: number): FetchedTopic['partitions'][number] {
  return { partitionIndex, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode };
}
