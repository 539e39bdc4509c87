/** Groups of consumers and others: listed at every broker; described, emptied and deleted at their coordinators. */
import { errorName } from '../../core/index.ts';
import {
  type ConsumerGroupDescribeResponse,
  consumerGroupDescribe,
  consumerProtocolAssignment,
  type DescribeGroupsResponse,
  decodeVersionedLeniently,
  deleteGroups,
  describeGroups,
  leaveGroup,
  listGroups,
} from '../../wire/index.ts';
import type { Connection } from '../connections/connection.ts';
import { brokerError, ClientError } from '../errors.ts';
import type { TopicPartition } from '../topic-partition.ts';
import type { AdminCall } from './call.ts';
import { askEach, flatResultsOf, labelled, type Outcome, refusal, settle } from './items.ts';
import { allBrokers, toBrokers, toCoordinators } from './routes.ts';

export interface GroupListing {
  readonly groupId: string;
  /** `consumer` for consumers; empty for a group that only keeps offsets. */
  readonly protocolType: string;
  /** `Empty`, `Stable`, `PreparingRebalance`, …; empty where the broker does not tell (before Kafka 2.6). */
  readonly state: string;
  /** `classic`, `consumer`, `share`, …; empty where the broker does not tell (before Kafka 3.8). */
  readonly type: string;
}

export interface GroupFilter {
  /** Only groups in these states (KIP-518). */
  readonly states?: readonly string[];
  /** Only groups of these types (KIP-848). */
  readonly types?: readonly string[];
}

export interface GroupMember {
  readonly memberId: string;
  /** Of a static member (KIP-345). */
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  /** Empty for members that are no consumers. */
  readonly assignment: readonly TopicPartition[];
  /** Of the consumer protocol only: what the group wants it to have. */
  readonly targetAssignment?: readonly TopicPartition[];
  /** Of the consumer protocol only. */
  readonly memberEpoch?: number;
}

export interface GroupDescription {
  readonly groupId: string;
  /** `consumer`: of the protocol of KIP-848. */
  readonly type: 'classic' | 'consumer';
  /** `Empty`, `Stable`, and meanwhile `PreparingRebalance` or `CompletingRebalance`, of the consumer protocol `Assigning` or `Reconciling`. */
  readonly state: string;
  readonly protocolType: string;
  /** The assignor that all members agreed on, or the broker's; empty while they have not. */
  readonly partitionAssignor: string;
  /** Of the consumer protocol only: raised with each change of members, topics or subscriptions. */
  readonly groupEpoch?: number;
  /** Of the consumer protocol only: the group epoch for which the assignment was computed. */
  readonly assignmentEpoch?: number;
  readonly members: readonly GroupMember[];
}

/** By the id that its coordinator gave it, or by the static name that it was configured with. */
export type MemberToRemove = { readonly memberId: string } | { readonly groupInstanceId: string };

const ofGroup = toCoordinators<string>('group', (groupId) => groupId);

export async function listGroupsBy(call: AdminCall, { states, types }: GroupFilter): Promise<GroupListing[]> {
  const limits = types !== undefined ? { min: 5 } : states !== undefined ? { min: 4 } : {};
  const body = { ...(states && { statesFilter: [...states] }), ...(types && { typesFilter: [...types] }) };
  const perBroker = await settle(call, 'ListGroups', await allBrokers(call), toBrokers, async (connection, left) => {
    const { errorCode, groups } = await call.send(connection, listGroups, body, limits);
    const [label] = left.keys();
    if (errorCode !== 0) return new Map([[label!, refusal(errorCode, `groups of ${label}`)]]);
    const done = groups.map(({ groupId, protocolType, groupState: state, groupType: type }) => {
      return { groupId, protocolType, state, type };
    });
    return new Map([[label!, { done }]]);
  });
  return flatResultsOf('ListGroups', perBroker);
}

export function describeGroupsBy(call: AdminCall, groupIds: readonly string[]): Promise<GroupDescription[]> {
  const items = labelled(groupIds, (groupId) => groupId);
  return askEach(call, 'DescribeGroups', items, ofGroup, async (connection, left) => {
    const outcomes = await consumerProtocolGroups(call, connection, [...left.keys()]);
    const rest = [...left.keys()].filter((groupId) => !outcomes.has(groupId));
    if (rest.length === 0) return outcomes;
    const { groups } = await call.send(connection, describeGroups, { groups: rest });
    for (const group of groups) outcomes.set(group.groupId, described(group));
    return outcomes;
  });
}

/** Groups that are none of that protocol are left out. */
async function consumerProtocolGroups(
  call: AdminCall,
  connection: Connection,
  groupIds: readonly string[],
): Promise<Map<string, Outcome<GroupDescription>>> {
  if (!connection.supports(consumerGroupDescribe)) return new Map();
  const { groups } = await call.send(connection, consumerGroupDescribe, { groupIds: [...groupIds] });
  const theirs = groups.filter(({ errorCode }) => {
    const name = errorName(errorCode);
    return name !== 'GROUP_ID_NOT_FOUND' && name !== 'UNSUPPORTED_VERSION';
  });
  return new Map(theirs.map((group) => [group.groupId, ofConsumerProtocol(group)]));
}

function ofConsumerProtocol(group: ConsumerGroupDescribeResponse['groups'][number]): Outcome<GroupDescription> {
  const { groupId, groupState: state, assignorName: partitionAssignor, errorCode } = group;
  if (errorCode !== 0) return refusal(errorCode, `group "${groupId}"`, group.errorMessage);
  const members = group.members.map(({ memberId, instanceId, clientId, clientHost: host, memberEpoch, ...member }) => ({
    ...{ memberId, groupInstanceId: instanceId, clientId, host, memberEpoch },
    assignment: partitionsOf(member.assignment),
    targetAssignment: partitionsOf(member.targetAssignment),
  }));
  const { groupEpoch, assignmentEpoch } = group;
  const common = { groupId, type: 'consumer', state, protocolType: 'consumer', partitionAssignor } as const;
  return { done: { ...common, groupEpoch, assignmentEpoch, members } };
}

function partitionsOf({
  topicPartitions,
}: ConsumerGroupDescribeResponse['groups'][number]['members'][number]['assignment']): TopicPartition[] {
  return topicPartitions.flatMap(({ topicName: topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}

function described(group: DescribeGroupsResponse['groups'][number]): Outcome<GroupDescription> {
  const { groupId, groupState: state, protocolType, protocolData: partitionAssignor, errorCode } = group;
  if (errorCode !== 0) return refusal(errorCode, `group "${groupId}"`, group.errorMessage);
  // Before version 6 a group that is not there is in this state, without an error.
  if (state === 'Dead') return { refused: new ClientError('GROUP_ID_NOT_FOUND', `there is no group "${groupId}"`) };
  const members = group.members.map(({ memberId, groupInstanceId, clientId, clientHost: host, memberAssignment }) => {
    const assignment = protocolType === 'consumer' ? assignmentIn(memberAssignment) : [];
    return { memberId, groupInstanceId, clientId, host, assignment };
  });
  return { done: { groupId, type: 'classic', state, protocolType, partitionAssignor, members } };
}

/** Empty between two rebalances, and for bytes that are not a consumer's. */
function assignmentIn(bytes: Uint8Array): TopicPartition[] {
  if (bytes.length === 0) return [];
  try {
    const { assignedPartitions } = decodeVersionedLeniently(consumerProtocolAssignment, bytes);
    return assignedPartitions.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
  } catch {
    return [];
  }
}

export async function deleteGroupsBy(call: AdminCall, groupIds: readonly string[]): Promise<void> {
  const items = labelled(groupIds, (groupId) => groupId);
  await askEach(call, 'DeleteGroups', items, ofGroup, async (connection, left) => {
    const { results } = await call.send(connection, deleteGroups, { groupsNames: [...left.keys()] });
    return new Map(
      results.map(({ groupId, errorCode }): [string, Outcome<undefined>] => {
        return [groupId, errorCode === 0 ? { done: undefined } : refusal(errorCode, `deleting group "${groupId}"`)];
      }),
    );
  });
}

export async function removeMembersBy(
  call: AdminCall,
  groupId: string,
  members: readonly MemberToRemove[],
  reason: string,
): Promise<void> {
  const items = labelled(members, memberLabel);
  const coordinator = toCoordinators<MemberToRemove>('group', () => groupId);
  await askEach(call, 'LeaveGroup', items, coordinator, async (connection, left) => {
    const answer = await call.send(
      connection,
      leaveGroup,
      {
        groupId,
        members: [...left.values()].map((member) =>
          'memberId' in member ? { memberId: member.memberId, reason } : { memberId: '', ...member, reason },
        ),
      },
      { min: 3 },
    );
    const what = `removing members of group "${groupId}"`;
    if (answer.errorCode !== 0) {
      const outcome = refusal(answer.errorCode, what);
      return new Map([...left.keys()].map((label) => [label, outcome]));
    }
    const outcomes = new Map<string, Outcome<undefined>>();
    for (const { memberId, groupInstanceId, errorCode } of answer.members) {
      const label = [groupInstanceId, memberId].find((name) => name !== null && left.has(name));
      if (label == null) continue;
      outcomes.set(
        label,
        errorCode === 0 ? { done: undefined } : { refused: brokerError(errorCode, `${what}: ${label}`) },
      );
    }
    return outcomes;
  });
}

function memberLabel(member: MemberToRemove): string {
  return 'memberId' in member ? member.memberId : member.groupInstanceId;
}
