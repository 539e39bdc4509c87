/** Replicas of partitions: elections of leaders (KIP-460), and which replicas are on the move (KIP-455). */
import { errorName } from '../../core/index.ts';
import { electLeaders, listPartitionReassignments } from '../../wire/index.ts';
import type { Connection } from '../connections/connection.ts';
import { brokerError, type ClientError, PartialFailureError } from '../errors.ts';
import { byTopic, partitionLabel, type TopicPartition } from '../topic-partition.ts';
import type { AdminCall } from './call.ts';
import { refuseUnknownValue } from './given.ts';
import { askEach, labelled, type Outcome, refusal } from './items.ts';
import { controllerOf, toController } from './routes.ts';

/** `unclean`: a replica that is not in sync may lead; what it does not have is lost. */
export type ElectionType = keyof typeof electionTypes;
const electionTypes = { preferred: 0, unclean: 1 } as const;

export interface PartitionReassignment extends TopicPartition {
  /** The present set, with those being added and those being removed. */
  readonly replicas: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
}

/** Each partition where a leader was elected. */
export async function electLeadersBy(
  call: AdminCall,
  type: ElectionType,
  partitions: readonly TopicPartition[] | undefined,
): Promise<TopicPartition[]> {
  refuseUnknownValue('the type of an election is one of', type, electionTypes);
  if (partitions !== undefined) {
    return askEach(call, 'ElectLeaders', labelled(partitions, partitionLabel), toController, (connection, left) =>
      elect(call, connection, type, [...left.values()]),
    );
  }
  const outcomes = await call.ask(
    'ElectLeaders',
    () => controllerOf(call),
    (connection) => elect(call, connection, type, null),
  );
  const failures = new Map<string, ClientError>();
  const elected: TopicPartition[] = [];
  for (const [label, outcome] of outcomes) {
    if ('done' in outcome) elected.push(outcome.done);
    else failures.set(label, 'again' in outcome ? outcome.again : outcome.refused);
  }
  if (failures.size > 0) throw new PartialFailureError('ElectLeaders', failures, elected);
  return elected;
}

/** @param asked null: every partition that needs an election */
async function elect(
  call: AdminCall,
  connection: Connection,
  type: ElectionType,
  asked: readonly TopicPartition[] | null,
): Promise<Map<string, Outcome<TopicPartition>>> {
  const topicPartitions =
    asked === null
      ? null
      : [...byTopic(asked)].map(([topic, theirs]) => ({ topic, partitions: theirs.map(({ partition }) => partition) }));
  const electionType = electionTypes[type];
  const body = { ...(type === 'preferred' ? {} : { electionType }), topicPartitions, timeoutMs: call.requestTimeoutMs };
  const answer = await call.send(connection, electLeaders, body, { min: electionType });
  if (answer.errorCode !== 0) throw brokerError(answer.errorCode, 'ElectLeaders');
  const outcomes = new Map<string, Outcome<TopicPartition>>();
  for (const { topic, partitionResult } of answer.replicaElectionResults) {
    for (const { partitionId: partition, errorCode, errorMessage } of partitionResult) {
      const done = { topic, partition };
      const label = partitionLabel(done);
      const isFinal = decided.has(errorName(errorCode));
      const what = `election in ${label}`;
      outcomes.set(label, errorCode === 0 ? { done } : refusal(errorCode, what, errorMessage, isFinal));
    }
  }
  return outcomes;
}

/** The controller has tried: these are its answer, although Kafka calls the codes retriable. */
const decided: ReadonlySet<string> = new Set([
  'ELECTION_NOT_NEEDED',
  'PREFERRED_LEADER_NOT_AVAILABLE',
  'ELIGIBLE_LEADERS_NOT_AVAILABLE',
]);

export function listPartitionReassignmentsBy(
  call: AdminCall,
  partitions: readonly TopicPartition[] | undefined,
): Promise<PartitionReassignment[]> {
  const what = 'ListPartitionReassignments';
  const topics =
    partitions === undefined
      ? null
      : [...byTopic(partitions)].map(([name, theirs]) => ({
          name,
          partitionIndexes: theirs.map(({ partition }) => partition),
        }));
  return call.ask(
    what,
    () => controllerOf(call),
    async (connection) => {
      const body = { topics, timeoutMs: call.requestTimeoutMs };
      const answer = await call.send(connection, listPartitionReassignments, body);
      if (answer.errorCode !== 0) throw brokerError(answer.errorCode, what, answer.errorMessage);
      return answer.topics.flatMap(({ name: topic, partitions: theirs }) =>
        theirs.map(({ partitionIndex: partition, replicas, addingReplicas, removingReplicas }) => {
          return { topic, partition, replicas, addingReplicas, removingReplicas };
        }),
      );
    },
  );
}
