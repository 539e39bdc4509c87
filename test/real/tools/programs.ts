/** The names of Kafka's tools, as in the `bin` directory of its distribution, and what each takes. */

/** Where a tool wants the address: before its sub-command, behind it, or nowhere. */
type Place = 'first' | 'last' | 'none';

const programs: Readonly<Record<string, readonly [mainClass: string, place: Place]>> = {
  'kafka-broker-api-versions': ['org.apache.kafka.tools.BrokerApiVersionsCommand', 'first'],
  'kafka-cluster': ['org.apache.kafka.tools.ClusterTool', 'last'],
  'kafka-configs': ['kafka.admin.ConfigCommand', 'first'],
  'kafka-console-consumer': ['org.apache.kafka.tools.consumer.ConsoleConsumer', 'first'],
  'kafka-console-producer': ['org.apache.kafka.tools.ConsoleProducer', 'first'],
  'kafka-consumer-groups': ['org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', 'first'],
  'kafka-consumer-perf-test': ['org.apache.kafka.tools.ConsumerPerformance', 'first'],
  'kafka-delete-records': ['org.apache.kafka.tools.DeleteRecordsCommand', 'first'],
  'kafka-dump-log': ['org.apache.kafka.tools.DumpLogSegments', 'none'],
  'kafka-features': ['org.apache.kafka.tools.FeatureCommand', 'first'],
  'kafka-get-offsets': ['org.apache.kafka.tools.GetOffsetShell', 'first'],
  'kafka-groups': ['org.apache.kafka.tools.GroupsCommand', 'first'],
  'kafka-leader-election': ['org.apache.kafka.tools.LeaderElectionCommand', 'first'],
  'kafka-log-dirs': ['org.apache.kafka.tools.LogDirsCommand', 'first'],
  'kafka-metadata-quorum': ['org.apache.kafka.tools.MetadataQuorumCommand', 'first'],
  'kafka-producer-perf-test': ['org.apache.kafka.tools.ProducerPerformance', 'first'],
  'kafka-reassign-partitions': ['org.apache.kafka.tools.reassign.ReassignPartitionsCommand', 'first'],
  'kafka-topics': ['org.apache.kafka.tools.TopicCommand', 'first'],
  'kafka-transactions': ['org.apache.kafka.tools.TransactionsCommand', 'first'],
  'kafka-verifiable-consumer': ['org.apache.kafka.tools.VerifiableConsumer', 'first'],
  'kafka-verifiable-producer': ['org.apache.kafka.tools.VerifiableProducer', 'first'],
};

/** What a command line stands for: `kafka-topics --list`, without an address. @throws Error for a tool that is unknown */
export function commandLine(
  command: string,
  bootstrap: string,
): { readonly mainClass: string; readonly args: readonly string[] } {
  const [name, ...words] = command.split(/\s+/);
  const program = programs[name!];
  if (program === undefined) throw new Error(`${name} is none of ${Object.keys(programs).join(', ')}`);
  const [mainClass, place] = program;
  const address = ['--bootstrap-server', bootstrap];
  if (place === 'first') return { mainClass, args: [...address, ...words] };
  return { mainClass, args: place === 'last' ? [...words, ...address] : words };
}
