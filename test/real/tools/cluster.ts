/** The cluster itself: versions, features, endpoints, the quorum, elections, reassignments. */
import type { Bench } from './bench.ts';

export async function cluster(on: Bench): Promise<void> {
  await on.create('k1', 2);

  await on.prints(
    'kafka-broker-api-versions',
    /^HOST:PORT \(id: 1 rack: null isFenced: false\) -> \($[\s\S]*^Fetch\(1\): 4 to 18 \[usable: 18\],$/m,
  );

  await on.prints('kafka-cluster cluster-id', 'Cluster ID: ID');
  const endpoints = 'ID HOST PORT RACK STATE ENDPOINT_TYPE\n1 HOST PORT null unfenced broker';
  await on.prints('kafka-cluster list-endpoints', endpoints);
  await on.prints('kafka-cluster list-endpoints --include-fenced-brokers', endpoints);
  await on.run('kafka-cluster unregister --id 7');

  const epoch = { tidy: (text: string) => text.replaceAll(/Epoch: \d+/g, 'Epoch: N') };
  const level = (feature: string, min: string, max: string, finalized: string) =>
    new RegExp(
      `^Feature: ${feature} SupportedMinVersion: ${min} SupportedMaxVersion: ${max} FinalizedVersionLevel: ${finalized} Epoch: N$`,
      'm',
    );
  const describe = 'kafka-features describe';
  await on.prints(describe, level('transaction.version', '0', '2', '2'), epoch);
  await on.prints(describe, level('metadata.version', '3.3-IV3', '4.3-IV0', '4.3-IV0'), epoch);
  await on.prints(
    'kafka-features downgrade --feature transaction.version=1 --dry-run',
    'transaction.version can be downgraded to 1.',
  );
  await on.prints(
    'kafka-features downgrade --feature transaction.version=1',
    'transaction.version was downgraded to 1.',
  );
  await on.prints(describe, level('transaction.version', '0', '2', '1'), epoch);
  await on.refuses(
    'kafka-features downgrade --feature transaction.version=2',
    /Could not downgrade transaction\.version/,
  );
  await on.prints('kafka-features disable --feature transaction.version', 'transaction.version was disabled.');
  await on.prints(describe, level('transaction.version', '0', '2', '0'), epoch);
  await on.prints('kafka-features upgrade --feature transaction.version=2', 'transaction.version was upgraded to 2.');
  await on.prints(describe, level('transaction.version', '0', '2', '2'), epoch);
  await on.refuses(
    'kafka-features upgrade --feature transaction.version=9',
    /Could not upgrade transaction\.version to 9/,
  );
  await on.refuses('kafka-features upgrade --feature no.such=1', /Could not upgrade no\.such to 1/);

  const quorum = (text: string) =>
    text
      .replaceAll(/(HighWatermark|MaxFollowerLagTimeMs|LeaderEpoch):(\s+)\d+/g, '$1:$2N')
      .replaceAll(/CONTROLLER:\/\/127\.0\.0\.1:\d+/g, 'ENDPOINT')
      .replaceAll(/^(\d+\s+)\S{22}(\s+)\d+(\s+\d+\s+)\d+ ms ago(\s+)\d+ ms ago/gm, '$1ID$2OFFSET$3AGO$4AGO')
      .replaceAll(/^(\d+\s+)\S{22}(\s+)\d+/gm, '$1ID$2OFFSET');
  await on.prints(
    'kafka-metadata-quorum describe --status',
    /^LeaderId: 1\nLeaderEpoch: N\nHighWatermark: N\nMaxFollowerLag: 0$/m,
    { tidy: quorum },
  );
  await on.prints(
    'kafka-metadata-quorum describe --replication',
    'NodeId DirectoryId LogEndOffset Lag LastFetchTimestamp LastCaughtUpTimestamp Status\n1 ID OFFSET 0 TIME TIME Leader',
    { tidy: quorum },
  );
  await on.prints('kafka-metadata-quorum describe --replication --human-readable', /^1 ID OFFSET 0 AGO AGO Leader$/m, {
    tidy: quorum,
  });

  const elect = 'kafka-leader-election --election-type';
  await on.prints(`${elect} preferred --all-topic-partitions`, '');
  await on.prints(`${elect} preferred --topic k1 --partition 0`, 'Valid replica already elected for partitions k1-0');
  await on.prints(`${elect} unclean --topic k1 --partition 1`, 'Valid replica already elected for partitions k1-1');
  const partitions = {
    partitions: [
      { topic: 'k1', partition: 0 },
      { topic: 'k1', partition: 1 },
    ],
  };
  await on.prints(
    `${elect} preferred --path-to-json-file ${on.file('elect.json', partitions)}`,
    /^Valid replica already elected for partitions k1-[01], k1-[01]$/,
  );
  await on.refuses(`${elect} preferred --topic nowhere --partition 0`, /UnknownTopicOrPartitionException/);
  await on.refuses(`${elect} preferred --topic k1 --partition 9`, /UnknownTopicOrPartitionException/);

  const reassign = 'kafka-reassign-partitions';
  await on.prints(`${reassign} --list`, 'No partition reassignments found.');
  const move = on.file('move.json', { topics: [{ topic: 'k1' }], version: 1 });
  const assignment = (directory: string) => ({
    version: 1,
    partitions: [0, 1].map((partition) => ({ topic: 'k1', partition, replicas: [1], log_dirs: [directory] })),
  });
  await on.prints(
    `${reassign} --generate --topics-to-move-json-file ${move} --broker-list 1`,
    `Current partition replica assignment\n${JSON.stringify(assignment('DATA'))}
    Proposed partition reassignment configuration\n${JSON.stringify(assignment('any'))}`,
  );
  await on.refuses(
    `${reassign} --generate --topics-to-move-json-file ${move} --broker-list 7`,
    /All brokers are currently fenced/,
  );
  const verify = on.file('verify.json', assignment('any'));
  await on.prints(
    `${reassign} --verify --preserve-throttles --reassignment-json-file ${verify}`,
    /^Reassignment of partition k1-0 is completed\.$/m,
  );
  await on.prints(
    `${reassign} --verify --reassignment-json-file ${verify}`,
    /^Clearing topic-level throttles on topic k1$/m,
  );
  await on.run(`${reassign} --execute --reassignment-json-file ${verify}`);
  await on.prints('kafka-topics --delete --topic k1', '');
}
