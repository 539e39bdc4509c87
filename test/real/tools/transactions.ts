/** kafka-transactions: list, describe, describe-producers, find-hanging, abort, forceTerminateTransaction. */
import type { Bench } from './bench.ts';
import { leaveHanging } from './fill.ts';

/** Producer ids and durations are each cluster's own. */
const tidyTable = (text: string) =>
  text.replaceAll(/^(\S+\s+\d+\s+)\d+(\s+\w+)/gm, '$1PID$2').replaceAll(/\b(1[789]\d{11})\s+\d+/g, '$1 DURATION');

export async function transactions(on: Bench): Promise<void> {
  const tool = 'kafka-transactions';
  const list = 'TransactionalId Coordinator ProducerId TransactionState';
  const table = { tidy: tidyTable, sorted: true };
  await on.create('x1', 1);
  await on.prints(`${tool} list`, list);

  // Transactions that are over.
  const perf = 'kafka-producer-perf-test --topic x1 --record-size 100';
  await on.prints(
    `${perf} --num-records 300 --throughput -1 --transactional-id perf --transaction-duration-ms 60000`,
    /^300 records sent, /m,
    { tidy: (text) => text.replaceAll(/\d+\.\d+/g, 'N').replaceAll(/\b\d+ ms/g, 'N ms') },
  );
  await on.prints(`${tool} list`, `${list}\nperf 1 PID CompleteCommit`, table);
  await on.prints(`${tool} list --transactional-id-pattern p.*f`, /^perf 1 PID CompleteCommit$/m, table);
  await on.prints(`${tool} list --transactional-id-pattern q.*`, list);
  await on.prints(`${tool} list --duration-filter 3600000`, list);
  await on.refuses(`${tool} list --transactional-id-pattern (`, /^Failed to list transactions/m);
  const described = `CoordinatorId TransactionalId ProducerId ProducerEpoch TransactionState TransactionTimeoutMs CurrentTransactionStartTimeMs TransactionDurationMs TopicPartitions`;
  const describe = (text: string) =>
    text
      .replaceAll(/^(\d+\s+\S+\s+)\d+\s+\d+(?=\s+[A-Z])/gm, '$1PID EPOCH')
      .replaceAll(/\b(1[789]\d{11}\s+)\d+/g, '$1N');
  await on.prints(
    `${tool} describe --transactional-id perf`,
    `${described}\n1 perf PID EPOCH CompleteCommit 60000 TIME N`,
    {
      tidy: describe,
    },
  );
  await on.refuses(
    `${tool} describe --transactional-id nobody`,
    /transactionalId `nobody` failed because the ID could not be found/,
  );
  const producers =
    'ProducerId ProducerEpoch LatestCoordinatorEpoch LastSequence LastTimestamp CurrentTransactionStartOffset';
  const describeProducers = (text: string) => text.replaceAll(/^\d+\s+\d+(\s+-?\d+\s+)-?\d+/gm, 'PID EPOCH$1SEQUENCE');
  await on.prints(
    `${tool} describe-producers --topic x1 --partition 0`,
    `${producers}\nPID EPOCH 0 SEQUENCE TIME None`,
    {
      tidy: describeProducers,
    },
  );

  // One that is open, of a producer that speaks the second version of the protocol, and is ended by force.
  const hanging = 'Topic Partition ProducerId ProducerEpoch CoordinatorEpoch StartOffset LastTimestamp Duration(min)';
  const slow = on.start(
    `${perf} --num-records 100000 --throughput 20 --transactional-id slow --transaction-duration-ms 6000`,
  );
  await on.until(`${tool} list`, /^slow 1 \d+ Ongoing$/m);
  await on.prints(`${tool} list`, /^slow 1 PID Ongoing$/m, table);
  await on.prints(
    `${tool} describe --transactional-id slow`,
    `${described}\n1 slow PID EPOCH Ongoing 60000 TIME N x1-0`,
    {
      tidy: describe,
    },
  );
  await on.prints(`${tool} describe-producers --topic x1 --partition 0`, /^PID EPOCH -1 SEQUENCE TIME 301$/m, {
    tidy: describeProducers,
    sorted: true,
  });
  await on.prints(`${tool} find-hanging --broker-id 1`, hanging);
  await on.prints(`${tool} forceTerminateTransaction --transactionalId slow`, '');
  await slow.done('the producer whose transaction was ended', 30_000);
  on.expectThat(
    slow.code !== 0 && /fenced|InvalidProducerEpoch|newer epoch/i.test(slow.stderr + slow.stdout),
    () => `a fenced producer: ${slow.code} ${slow.stderr}`,
  );
  await on.prints(`${tool} describe --transactional-id slow`, /^1 slow PID EPOCH Empty 30000 None None$/m, {
    tidy: describe,
  });
  await on.prints(`${tool} forceTerminateTransaction --transactionalId newcomer`, '');
  await on.prints(
    `${tool} list --transactional-id-pattern newcomer`,
    `${list}
newcomer 1 PID Empty`,
    table,
  );

  // One that hangs.
  const verification = 'kafka-configs --alter --broker-defaults';
  await on.run(`${verification} --add-config transaction.partition.verification.enable=false`);
  await leaveHanging(on.bootstrap, 'x1');
  await on.run(`${verification} --delete-config transaction.partition.verification.enable`);
  const row = (text: string) =>
    text.replaceAll(/^(x1\s+0\s+)\d+(\s+\d+\s+-?\d+\s+)\d+(\s+\d+\s+)\d+/gm, '$1PID$2OFFSET$3MINUTES');
  await on.prints(`${tool} find-hanging --broker-id 1`, `${hanging}\nx1 0 PID 0 -1 OFFSET TIME MINUTES`, { tidy: row });
  await on.prints(`${tool} find-hanging --topic x1 --partition 0`, /^x1 0 PID 0 -1 OFFSET TIME MINUTES$/m, {
    tidy: row,
  });
  await on.prints(`${tool} find-hanging --broker-id 1 --max-transaction-timeout 600`, hanging);
  const start = on.start(`${tool} find-hanging --topic x1`);
  await start.done('find-hanging');
  const offset = start.lines[1]?.split(/\s+/)[5] ?? 'unknown';
  await on.refuses(
    `${tool} abort --topic x1 --partition 0 --start-offset 1`,
    /Could not find any open transactions starting at offset 1/,
  );
  await on.prints(`${tool} abort --topic x1 --partition 0 --start-offset ${offset}`, '');
  await on.prints(`${tool} find-hanging --broker-id 1`, hanging);
  await on.prints(
    'kafka-console-consumer --topic x1 --from-beginning --isolation-level read_committed --max-messages 300',
    '300 records of 100 letters',
    {
      tidy: (text) => {
        const lines = text.split('\n').filter(Boolean);
        return `${lines.length} records of ${lines[0]?.length} letters`;
      },
    },
  );
  await on.prints('kafka-topics --delete --topic x1', '');
}
