/**
 * Where Apache Kafka's tools print something else on our broker than on Apache Kafka, each with its reason. The tests hold
 * the tools' output against this list, and docs/protocol-coverage.md is made from it.
 */
export interface Difference {
  readonly tool: string;
  readonly apacheKafka: string;
  readonly ours: string;
  readonly reason: string;
  /** The commands that show it. */
  readonly commands: RegExp;
  /** The words in question, which are left out of the comparison. */
  readonly apacheKafkaWords?: RegExp;
  readonly ourWords?: RegExp;
}

/** APIs of Apache Kafka that our broker does not speak, as the tool names them. */
const unspoken = [
  'SaslHandshake',
  'SaslAuthenticate',
  '\\w+Acls',
  '\\w+DelegationToken',
  '\\w+ClientQuotas',
  '\\w+UserScramCredentials',
  'AlterReplicaLogDirs',
  'AlterPartitionReassignments',
  'UnregisterBroker',
  '\\w+RaftVoter',
  'ConsumerGroup\\w+',
  '\\w*Share\\w+',
  'StreamsGroup\\w+',
].join('|');

/** Properties that say where a broker is found. */
const addresses = [
  'advertised\\.listeners',
  'broker\\.id',
  'controller\\.listener\\.names',
  'controller\\.quorum\\.bootstrap\\.servers',
  'inter\\.broker\\.listener\\.name',
  'listener\\.security\\.protocol\\.map',
  'listeners',
  'log\\.dirs',
  'node\\.id',
  'process\\.roles',
].join('|');

/** Sorted by tool. */
export const differences: readonly Difference[] = [
  {
    tool: 'kafka-broker-api-versions',
    apacheKafka: 'lists versions of every API',
    ours: '`UNSUPPORTED` for SaslHandshake, SaslAuthenticate, the APIs of ACLs, delegation tokens, quotas and SCRAM, AlterReplicaLogDirs, AlterPartitionReassignments, UnregisterBroker, the raft voters, and the consumer, share and streams groups',
    reason: 'They are not spoken (the table above is what is).',
    commands: /^kafka-broker-api-versions/,
    apacheKafkaWords: new RegExp(`^(?:${unspoken})\\(\\d+\\): \\d.*$`, 'gm'),
    ourWords: new RegExp(`^(?:${unspoken})\\(\\d+\\): UNSUPPORTED,?$`, 'gm'),
  },
  {
    tool: 'kafka-cluster unregister',
    apacheKafka: 'fails for a broker that is not registered',
    ours: 'says that the cluster does not support it, and succeeds',
    reason: 'There is one broker; UnregisterBroker is not spoken.',
    commands: /^kafka-cluster unregister/,
    apacheKafkaWords: /^.*(?:exit code 1|BrokerIdNotRegisteredException).*$/gm,
    ourWords: /^.*(?:exit code 0|does not support the broker unregistration API).*$/gm,
  },
  {
    tool: 'kafka-configs --describe of brokers and topics',
    apacheKafka: '`min.insync.replicas=1` is a dynamic default of all brokers',
    ours: 'it is the default',
    reason: 'Apache Kafka sets it where `eligible.leader.replicas.version` is finalized.',
    commands: /^kafka-configs --describe .*(?:--all|--broker-defaults)$/,
    apacheKafkaWords:
      /^min\.insync\.replicas=1 sensitive=false synonyms=\{DYNAMIC_DEFAULT_BROKER_CONFIG:min\.insync\.replicas=1\}$|DYNAMIC_DEFAULT_BROKER_CONFIG:min\.insync\.replicas=1, /gm,
  },
  {
    tool: 'kafka-configs --describe --broker --all',
    apacheKafka: 'has a listener for the controller, its place in the quorum and its security protocol',
    ours: 'one listener; and `acks.all.fdatasync`, which is no property of Kafka’s',
    reason: 'Controller and broker are one. See docs/decisions/one-replica-durability.md.',
    commands: /^kafka-configs --describe --broker 1 --all$/,
    apacheKafkaWords: new RegExp(`^(?:${addresses})=.*$`, 'gm'),
    ourWords: new RegExp(`^(?:${addresses}|acks\\.all\\.fdatasync)=.*$`, 'gm'),
  },
  {
    tool: 'kafka-configs --describe of clients and users',
    apacheKafka: 'prints their quotas',
    ours: 'fails: `DESCRIBE_CLIENT_QUOTAS` is not supported',
    reason: 'There are no quotas.',
    commands: /^kafka-configs --describe --entity-type (?:clients|users)$/,
    apacheKafkaWords: /^exit code 0$/gm,
    ourWords: /^exit code 1$|^.*Error while executing config command.*$|^.*does not support DESCRIBE_CLIENT_QUOTAS$/gm,
  },
  {
    tool: 'kafka-console-consumer and kafka-dump-log on `__transaction_state`',
    apacheKafka: '`previousProducerId` is always there',
    ours: 'it is there while the producer’s previous epoch may still ask again',
    reason: 'Apache Kafka knows that only in memory; here the record says it, and a restart does not forget.',
    commands: /^kafka-(?:console-consumer|dump-log) .*__transaction_state/,
    apacheKafkaWords: /"previousProducerId":"?PID"?,/g,
    ourWords: /"previousProducerId":"?PID"?,/g,
  },
  {
    tool: 'kafka-features describe',
    apacheKafka:
      'has `eligible.leader.replicas.version`, `group.version`, `kraft.version`, `share.version` and `streams.version`, too',
    ours: '`metadata.version` and `transaction.version`',
    reason: 'What the others stand for is not there.',
    commands: /^kafka-features describe/,
    apacheKafkaWords: /^Feature: (?:eligible\.leader\.replicas|group|kraft|share|streams)\.version .*$/gm,
  },
  {
    tool: 'kafka-metadata-quorum describe --status',
    apacheKafka: 'the voter’s endpoint is that of the listener `CONTROLLER`',
    ours: 'that of the only listener',
    reason: 'Controller and broker are one, and nobody else talks to the controller.',
    commands: /^kafka-metadata-quorum describe --status/,
    apacheKafkaWords: /(?<="endpoints": \[")ENDPOINT/g,
    ourWords: /(?<="endpoints": \[")PLAINTEXT:\/\/HOST:PORT/g,
  },
  {
    tool: 'kafka-reassign-partitions --execute',
    apacheKafka: 'starts a reassignment',
    ours: 'fails: `ALTER_PARTITION_REASSIGNMENTS` is not supported',
    reason: 'There is one broker, and nowhere else to go.',
    commands: /^kafka-reassign-partitions --execute/,
    apacheKafkaWords: /^exit code 0$|^Successfully started partition reassignments? for .*$/gm,
    ourWords:
      /^exit code 1$|^Error reassigning partition\(s\):$|^k1-\d: The node does not support ALTER_PARTITION_REASSIGNMENTS$/gm,
  },
  {
    tool: 'kafka-topics --describe',
    apacheKafka:
      '`min.insync.replicas=1` among the configurations of every topic, so that all are topics with overrides',
    ours: 'only what was set',
    reason: 'Apache Kafka sets it for all brokers where `eligible.leader.replicas.version` is finalized.',
    commands: /^kafka-topics --describe/,
    apacheKafkaWords:
      /^Topic: \S+ TopicId: ID PartitionCount: \d+ ReplicationFactor: 1 Configs: min\.insync\.replicas=1$|(?<=Configs: )min\.insync\.replicas=1,?/gm,
    ourWords: /^Topic: \S+ TopicId: ID PartitionCount: \d+ ReplicationFactor: 1 Configs:$/gm,
  },
];
