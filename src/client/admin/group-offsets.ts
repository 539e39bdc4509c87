/** What groups have committed: listed, set and forgotten from outside, at the group's coordinator. */
import { isRetriable } from '../../core/index.ts';
import { offsetCommit, offsetDelete } from '../../wire/index.ts';
import { brokerError, ClientError, PartialFailureError } from '../errors.ts';
import { askForCommitted, type CommittedAnswer, type CommittedOffset } from '../metadata/committed-offsets.ts';
import { byTopic, partitionLabel, type TopicPartition, type TopicPartitionOffset } from '../topic-partition.ts';
import type { AdminCall } from './call.ts';
import { askEach, labelled, type Outcome, refusal } from './items.ts';
import { newcomerRefusal, toCoordinators } from './routes.ts';

export async function listGroupOffsetsBy(
  call: AdminCall,
  groupId: string,
  partitions: readonly TopicPartition[] | undefined,
  requireStable: boolean,
): Promise<CommittedOffset[]> {
  const coordinator = toCoordinators<undefined>('group', () => groupId);
  const group = new Map([[groupId, undefined]]);
  const what = `OffsetFetch of group "${groupId}"`;
  const [answer] = await askEach(call, 'OffsetFetch', group, coordinator, async (connection) => {
    const { requestTimeoutMs: timeoutMs, deadline } = call;
    const question = { groupId, partitions: partitions ?? null, requireStable, timeoutMs, signal: deadline.signal };
    const found = await askForCommitted(connection, question);
    const unsettled = found.partitions.find(({ errorCode }) => errorCode !== 0 && isRetriable(errorCode));
    const errorCode = found.errorCode === 0 ? (unsettled?.errorCode ?? 0) : found.errorCode;
    const outcome: Outcome<CommittedAnswer['partitions']> =
      errorCode === 0 ? { done: found.partitions } : refusal(errorCode, what);
    return new Map([[groupId, outcome]]);
  });
  const failures = new Map<string, ClientError>();
  const found: CommittedOffset[] = [];
  for (const { errorCode, ...offset } of answer!) {
    if (errorCode === 0) found.push(offset);
    else failures.set(partitionLabel(offset), brokerError(errorCode, `${what}, ${partitionLabel(offset)}`));
  }
  if (failures.size > 0) throw new PartialFailureError(what, failures, found);
  return found;
}

export async function alterGroupOffsetsBy(
  call: AdminCall,
  groupId: string,
  offsets: readonly TopicPartitionOffset[],
): Promise<void> {
  const items = labelled(offsets, partitionLabel);
  const negative = offsets.find(({ offset }) => offset < 0);
  if (negative !== undefined) {
    const what = `${partitionLabel(negative)}: ${negative.offset} is no offset to commit`;
    const cure = 'where listOffsets found no record at a time it tells -1: take `latest` there';
    throw new ClientError('INVALID_REQUEST', `${what}; ${cure}`);
  }
  const coordinator = toCoordinators<TopicPartition>('group', () => groupId);
  await askEach(call, 'OffsetCommit', items, coordinator, async (connection, left) => {
    // Neither a member nor a generation: a commit from outside. Version 10 goes by topic ids.
    const body = {
      groupId,
      topics: [...byTopic(left.values())].map(([name, theirs]) => ({
        name,
        partitions: theirs.map(({ partition, offset, leaderEpoch, metadata }) => ({
          partitionIndex: partition,
          committedOffset: offset,
          committedLeaderEpoch: leaderEpoch ?? -1,
          committedMetadata: metadata ?? '',
        })),
      })),
    };
    const { topics } = await call.send(connection, offsetCommit, body, { max: 9 });
    return outcomesOf(call, topics, `committing for group "${groupId}"`);
  });
}

export async function deleteGroupOffsetsBy(
  call: AdminCall,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<void> {
  const items = labelled(partitions, partitionLabel);
  const coordinator = toCoordinators<TopicPartition>('group', () => groupId);
  await askEach(call, 'OffsetDelete', items, coordinator, async (connection, left) => {
    const { errorCode, topics } = await call.send(connection, offsetDelete, {
      groupId,
      topics: [...byTopic(left.values())].map(([name, theirs]) => ({
        name,
        partitions: theirs.map(({ partition }) => ({ partitionIndex: partition })),
      })),
    });
    const what = `deleting offsets of group "${groupId}"`;
    if (errorCode === 0) return outcomesOf(call, topics, what);
    const outcome = refusal(errorCode, what);
    return new Map([...left.keys()].map((label) => [label, outcome]));
  });
}

function outcomesOf(
  call: AdminCall,
  topics: readonly { name: string; partitions: readonly { partitionIndex: number; errorCode: number }[] }[],
  what: string,
): Map<string, Outcome<undefined>> {
  const outcomes = new Map<string, Outcome<undefined>>();
  for (const { name: topic, partitions } of topics) {
    for (const { partitionIndex: partition, errorCode } of partitions) {
      const label = partitionLabel({ topic, partition });
      outcomes.set(
        label,
        errorCode === 0 ? { done: undefined } : newcomerRefusal(call, errorCode, `${what}, ${label}`, undefined, topic),
      );
    }
  }
  return outcomes;
}
