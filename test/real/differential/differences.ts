/**
 * What our broker may answer otherwise than Apache Kafka 4.3.1, each with its reason. Everything else must be the same.
 * An entry that no answer needs fails the test: it has to go. Of several entries that fit a field the first one counts.
 */
import type { Difference } from './harness/compare.ts';

const anyOrder = (...by: string[]) => ({ kind: 'order', by }) as const;

/** Ours says this, Kafka that; of objects these fields, and the others are what follows from them. */
const instead = (ours: unknown, kafkas: unknown) =>
  ({ kind: 'holds', holds: (one: unknown, other: unknown) => contains(one, ours) && contains(other, kafkas) }) as const;

function contains(value: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return value === part;
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(part).every(([name, inner]) => contains((value as Record<string, unknown>)[name], inner));
}

/** A count or a size that is each side's own. */
const count = {
  kind: 'holds',
  holds: (ours: unknown, kafkas: unknown) => Number.isInteger(ours) && Number.isInteger(kafkas),
} as const;

/** Keys of APIs. */
const notThere = [
  17, 29, 30, 31, 34, 36, 38, 39, 40, 41, 45, 48, 49, 50, 51, 64, 68, 69, 76, 77, 78, 79, 80, 81, 83, 84, 85, 86, 87,
  88, 89, 90, 91, 92,
];
const featuresNotThere = [
  'group.version',
  'kraft.version',
  'share.version',
  'streams.version',
  'eligible.leader.replicas.version',
];

/** Whether ours is Kafka's without exactly those elements. */
function lacks(ours: unknown, kafkas: unknown, key: string, without: readonly unknown[]): boolean {
  const all = kafkas as Record<string, unknown>[];
  const rest = all.filter((element) => !without.includes(element[key]));
  const sorted = (elements: unknown) => JSON.stringify((elements as object[]).map((one) => JSON.stringify(one)).sort());
  return sorted(ours) === sorted(rest);
}

function wholeBatches(responses: unknown): number {
  const topics = responses as { partitions: { records: object[] }[] }[];
  const batches = topics.flatMap(({ partitions }) => partitions.flatMap(({ records }) => records));
  return batches.filter((batch) => !Object.hasOwn(batch, 'bytesAfter')).length;
}

export const differences: readonly Difference[] = [
  // What one of the two does better.
  {
    apis: ['Metadata'],
    where: /a topic that is created/,
    path: 'topics[]',
    allow: instead({ errorCode: 0 }, { errorCode: 3, partitions: [] }),
    why: 'Kafka creates the topic after its answer, which says that there is none; ours has created it.',
  },
  {
    apis: ['Produce'],
    where: /a partition twice/,
    path: 'responses[]',
    allow: instead(
      { partitionResponses: [{ errorCode: 0 }, { errorCode: 0 }] },
      { partitionResponses: { 0: { errorCode: 0 }, length: 1 } },
    ),
    why: 'Of two batches for one partition in a request Kafka loses one without a word; ours appends and answers both.',
  },
  {
    apis: ['IncrementalAlterConfigs'],
    where: /an operation that is not known/,
    path: 'responses[]',
    allow: instead({ errorCode: 42 }, { errorCode: -1 }),
    why: 'Kafka fails (UNKNOWN_SERVER_ERROR) at an operation that it does not know; ours says INVALID_REQUEST.',
  },
  {
    apis: ['Fetch'],
    where: /two producers in one partition > .* little from/,
    path: '**.abortedTransactions',
    allow: { kind: 'holds', holds: (ours, kafkas) => (kafkas as object[]).length >= (ours as object[]).length },
    why: 'Kafka guesses where a short read ends and names transactions beyond it; ours names those within.',
  },
  {
    apis: ['Fetch'],
    where: /limits in bytes > .* in all/,
    path: 'responses',
    allow: { kind: 'holds', holds: (ours, kafkas) => wholeBatches(ours) === wholeBatches(kafkas) },
    why: 'Kafka begins with the first partition, and clients have to take turns; ours takes turns for them.',
  },
  {
    apis: ['Fetch'],
    where: /a codec of the topic/,
    path: '**.records[].length',
    allow: count,
    why: 'Compressors differ.',
  },
  {
    apis: ['Produce'],
    where: /a producer without an epoch/,
    path: '',
    allow: instead(
      { responses: [{ partitionResponses: [{ errorCode: 87 }] }] },
      { responses: [{ partitionResponses: [{ errorCode: 0 }] }] },
    ),
    why: 'Kafka takes a batch of a producer without an epoch; ours refuses it, for its duplicates could not be told.',
  },
  {
    apis: ['raw'],
    where: /bytes too many/,
    path: '',
    allow: instead({ outcome: 'closed' }, {}),
    why: 'Kafka passes over what comes after a request; ours trusts nothing that is not understood whole.',
  },
  {
    apis: ['AddPartitionsToTxn'],
    where: /no transactions/,
    path: '',
    allow: instead({ throttleTimeMs: 0 }, { outcome: 'silence' }),
    why: 'Kafka waits for the last of no transactions and never answers; ours answers at once.',
  },
  {
    apis: ['Produce'],
    where: /batches that are not right > .* null/,
    path: '',
    allow: instead({ throttleTimeMs: 0 }, { outcome: 'silence' }),
    why: 'Kafka fails at a batch that is null and never answers; ours refuses it.',
  },
  {
    apis: ['Fetch'],
    path: 'responses[].partitions[].records',
    allow: { kind: 'cut' },
    why: 'Kafka fills the limit with the beginning of a batch that readers throw away; ours ends with a whole one.',
  },
  {
    apis: ['Produce'],
    where: /after a crash > .* a duplicate of the fifth last/,
    path: 'responses[].partitionResponses[]',
    allow: instead({ errorCode: 0, baseOffset: 2 }, { errorCode: 45, baseOffset: -1 }),
    why: 'After a restart Kafka knows the last batch of each producer, ours the last five.',
  },

  {
    apis: ['Metadata', 'DescribeTopicPartitions'],
    where: /a segment that cannot be made/,
    path: '**.leaderEpoch',
    allow: instead(0, 1),
    why: 'For the time without a leader Kafka has an epoch; ours begins the next one with the restart that ends it.',
  },
  {
    apis: ['Metadata', 'DescribeTopicPartitions'],
    where: /a segment that cannot be made/,
    path: '**.isrNodes',
    allow: instead({ length: 1 }, { length: 0 }),
    why: 'With eligible leader replicas Kafka moves the last one there; without them, as ours, it stays in sync.',
  },
  {
    apis: ['DescribeTopicPartitions'],
    where: /a segment that cannot be made/,
    path: '**.eligibleLeaderReplicas',
    allow: instead({ length: 0 }, { length: 1 }),
    why: 'The same.',
  },
  {
    apis: ['DescribeTopicPartitions'],
    where: /a segment that cannot be made/,
    path: '**.lastKnownElr',
    allow: instead({ length: 0 }, { length: 1 }),
    why: 'The same.',
  },

  // Ids and times of each broker's own.
  ...['leaderEpoch', 'partitionLeaderEpoch'].map(
    (name): Difference => ({
      where: /after a crash/,
      path: `**.${name}`,
      allow: { kind: 'names', domain: 'leader epoch' },
      why: 'With a crash one leader epoch begins; in Kafka two, the first of them without a leader.',
    }),
  ),
  {
    where: /after a crash/,
    path: '**.coordinatorEpoch',
    allow: { kind: 'names', domain: 'coordinator epoch' },
    why: 'The leader epoch of the coordinator’s partition.',
  },
  { path: '**.topicId', allow: { kind: 'names', domain: 'topic id' }, why: 'Topic ids are random.' },
  { path: '**.sessionId', allow: { kind: 'names', domain: 'fetch session' }, why: 'Ids of fetch sessions are random.' },
  { path: '**.memberId', allow: { kind: 'names', domain: 'member id' }, why: 'Member ids are random.' },
  { path: '**.leader', allow: { kind: 'names', domain: 'member id' }, why: 'A member id too.' },
  { path: '**.logAppendTimeMs', allow: { kind: 'time' }, why: 'The clock of the broker.' },
  {
    path: '**.records[].maxTimestamp',
    allow: { kind: 'time' },
    why: 'The same, of markers and where the topic says so.',
  },
  { path: '**.records[].baseTimestamp', allow: { kind: 'time' }, why: 'The same, of markers.' },
  { path: '**.records[].records[].timestamp', allow: { kind: 'time' }, why: 'The same, of each record.' },

  { path: '**.clusterId', allow: { kind: 'names', domain: 'cluster id' }, why: 'Cluster ids are random.' },
  { path: '**.port', allow: { kind: 'names', domain: 'port' }, why: 'Both run on one machine.' },
  {
    apis: ['ApiVersions'],
    path: 'finalizedFeaturesEpoch',
    allow: { kind: 'holds', holds: (ours, kafkas) => Number(ours) >= 0 && Number(kafkas) >= 0 },
    why: 'An offset in the metadata log. Clients only ask whether it grows.',
  },
  {
    apis: ['ListOffsets'],
    path: 'topics[].partitions[].timestamp',
    allow: { kind: 'time' },
    why: 'The same, of a marker.',
  },

  { path: '**.lastTimestamp', allow: { kind: 'time' }, why: 'The same, of the last marker of a producer.' },
  { path: '**.transactionStartTimeMs', allow: { kind: 'time' }, why: 'The same.' },
  {
    apis: ['DescribeQuorum'],
    path: '**.leaderEpoch',
    allow: count,
    why: 'Kafka elects a leader of the metadata; ours has the only one from the beginning.',
  },
  { apis: ['DescribeQuorum'], path: '**.highWatermark', allow: count, why: 'The metadata logs hold other records.' },
  { apis: ['DescribeQuorum'], path: '**.logEndOffset', allow: count, why: 'The same.' },
  { apis: ['DescribeQuorum'], path: '**.lastFetchTimestamp', allow: { kind: 'time' }, why: 'The clock of the broker.' },
  { apis: ['DescribeQuorum'], path: '**.lastCaughtUpTimestamp', allow: { kind: 'time' }, why: 'The same.' },
  {
    path: '**.replicaDirectoryId',
    allow: { kind: 'names', domain: 'directory id' },
    why: 'Ids of directories are random.',
  },
  {
    apis: ['DescribeQuorum'],
    path: 'nodes[].listeners[].name',
    allow: instead('PLAINTEXT', 'CONTROLLER'),
    why: 'Kafka names its listener for controllers; ours has one listener for all.',
  },
  { apis: ['DescribeLogDirs'], path: '**.logDir', allow: { kind: 'names', domain: 'directory' }, why: 'A path.' },
  { apis: ['DescribeLogDirs'], path: '**.usableBytes', allow: count, byChance: true, why: 'The disk is in use.' },

  // What ours does not have.
  {
    apis: ['ApiVersions'],
    path: 'apiKeys',
    allow: { kind: 'holds', holds: (ours, kafkas) => lacks(ours, kafkas, 'apiKey', notThere) },
    why: 'APIs that ours does not have.',
  },
  {
    apis: ['ApiVersions'],
    path: 'supportedFeatures',
    allow: { kind: 'holds', holds: (ours, kafkas) => lacks(ours, kafkas, 'name', featuresNotThere) },
    why: 'Features whose APIs ours does not have.',
  },
  {
    apis: ['ApiVersions'],
    path: 'finalizedFeatures',
    allow: { kind: 'holds', holds: (ours, kafkas) => lacks(ours, kafkas, 'name', featuresNotThere) },
    why: 'The same.',
  },
  {
    apis: ['CreateTopics', 'DescribeConfigs'],
    path: '**.configSource',
    allow: instead(5, 3),
    why: 'With eligible leader replicas Kafka keeps min.insync.replicas as a default of the cluster.',
  },

  {
    apis: ['DescribeConfigs'],
    where: /the default of brokers/,
    path: 'results[].configs[]',
    allow: instead(undefined, { name: 'min.insync.replicas' }),
    why: 'The same.',
  },

  // Words.
  {
    apis: ['Produce'],
    path: '**.errorMessage',
    allow: { kind: 'holds', holds: (ours, kafkas) => typeof ours === 'string' && ours !== '' && kafkas !== '' },
    why: 'Kafka explains a few refusals of a batch, ours all of them.',
  },
  {
    path: '**.errorMessage',
    allow: { kind: 'text' },
    why: 'Prose for people; ours is written anew. Whether there is any is compared.',
  },
  { path: '**.batchIndexErrorMessage', allow: { kind: 'text' }, why: 'The same.' },

  {
    apis: ['ListGroups'],
    path: 'groups[]',
    allow: instead(undefined, { groupId: 'committed-gone' }),
    why: 'Kafka shows a group whose last offset went with its topic until the next clean-up.',
  },

  // Order, where Kafka's comes from hash maps and no client can rely on it.
  {
    apis: ['Produce'],
    path: 'responses[].partitionResponses',
    allow: anyOrder('index'),
    why: 'Kafka groups the partitions by what became of them.',
  },
  {
    apis: ['Fetch'],
    path: '**.abortedTransactions',
    allow: anyOrder('producerId', 'firstOffset'),
    why: 'Kafka names them by their ends, ours by their beginnings; readers sort them.',
  },
  {
    apis: ['OffsetFetch'],
    path: '**.topics[].partitions',
    allow: anyOrder('partitionIndex'),
    why: 'Kafka keeps what was committed in hash maps.',
  },

  {
    apis: ['AddPartitionsToTxn'],
    path: '**.resultsByPartition',
    allow: anyOrder('partitionIndex'),
    why: 'Kafka keeps the partitions of a transaction in hash maps.',
  },
  {
    apis: ['DescribeGroups'],
    path: 'groups',
    allow: anyOrder('groupId'),
    why: 'Kafka answers for groups by their coordinators, and for what is no group first.',
  },
  {
    apis: ['DescribeGroups', 'JoinGroup'],
    path: '**.members',
    allow: anyOrder('memberId'),
    why: 'Kafka keeps members in a hash map by their random ids.',
  },
  { apis: ['DeleteGroups'], path: 'results', allow: anyOrder('groupId'), why: 'Kafka deletes by coordinator.' },
  {
    apis: ['ListTransactions'],
    path: 'transactionStates',
    allow: anyOrder('transactionalId'),
    why: 'Kafka keeps transactional ids in hash maps.',
  },
  {
    apis: ['ElectLeaders'],
    path: 'replicaElectionResults',
    allow: anyOrder('topic'),
    why: 'Kafka keeps topics in hash maps.',
  },
  { apis: ['ListGroups'], path: 'groups', allow: anyOrder('groupId'), why: 'Kafka keeps groups in hash maps.' },

  {
    apis: ['DescribeConfigs'],
    path: 'results[].configs',
    allow: anyOrder('name'),
    why: 'Kafka keeps configurations in hash maps.',
  },
  {
    apis: ['ListConfigResources'],
    path: 'configResources',
    allow: anyOrder('resourceType', 'resourceName'),
    why: 'Kafka keeps them in hash maps.',
  },
  {
    apis: ['DeleteTopics'],
    path: 'responses',
    allow: anyOrder('name', 'errorCode'),
    why: 'Kafka shuffles them, so that nothing is learnt of topics that may not be described.',
  },
  { apis: ['Metadata'], path: 'topics', allow: anyOrder('name'), why: 'Kafka keeps topics in hash maps.' },
];
