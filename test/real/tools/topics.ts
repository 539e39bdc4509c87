/** kafka-topics: create, list, describe, alter, delete, and what each refuses. */
import type { Bench } from './bench.ts';

const partition = (topic: string, index: number) =>
  `Topic: ${topic} Partition: ${index} Leader: 1 Replicas: 1 Isr: 1 Elr: LastKnownElr:`;

export async function topics(on: Bench): Promise<void> {
  const create = 'kafka-topics --create --topic';
  await on.prints('kafka-topics --list', '');
  await on.prints(
    `${create} t1 --partitions 3 --replication-factor 1 --config retention.ms=3600000`,
    'Created topic t1.',
  );
  await on.prints(`${create} t2 --replica-assignment 1,1`, 'Created topic t2.');
  await on.prints(`${create} t.3`, /^WARNING: Due to limitations in metric names[\s\S]*\nCreated topic t\.3\.$/);
  await on.prints(`${create} t1 --if-not-exists`, '');
  await on.refuses(`${create} t1`, /Topic 't1' already exists/);
  await on.refuses(`${create} t_3`, /collides/);
  await on.refuses(`${create} many --replication-factor 3`, /Unable to replicate the partition 3 time\(s\)/);
  await on.refuses(`${create} none --partitions 0`, /partitions must be greater than 0/);
  await on.refuses(`${create} elsewhere --replica-assignment 1,7`, /7/);
  await on.refuses(`${create} a/b`, /Topic name is invalid: 'a\/b'/);
  await on.refuses(`${create} .`, /Topic name is invalid/);
  await on.refuses(`${create} ${'long'.repeat(63)}`, /Topic name is invalid/);
  await on.refuses(`${create} odd --config no.such=1`, /Unknown topic config name: no\.such/);
  await on.refuses(`${create} odd --config retention.ms=soon`, /Invalid value soon for configuration retention\.ms/);
  await on.refuses(`${create} odd --config segment.bytes=1`, /Value must be at least 1048576/);
  await on.prints('kafka-topics --list', 't.3\nt1\nt2');
  await on.prints('kafka-topics --list --exclude-internal --topic t[12]', 't1\nt2');

  const heading = (topic: string, partitions: number) =>
    new RegExp(`^Topic: ${topic} TopicId: ID PartitionCount: ${partitions} ReplicationFactor: 1 Configs:`, 'm');
  const all = await on.run('kafka-topics --describe');
  for (const [topic, count] of [
    ['t1', 3],
    ['t2', 2],
    ['t\\.3', 1],
  ] as const) {
    on.holds(heading(topic, count), all);
  }
  for (const index of [0, 1, 2]) on.holds(new RegExp(partition('t1', index)), all);
  await on.prints('kafka-topics --describe --topic t1', /Configs: .*retention\.ms=3600000/);
  await on.prints('kafka-topics --describe --partition-size-limit-per-response 1 --topic t1', /Partition: 2 Leader: 1/);
  await on.prints('kafka-topics --describe --topics-with-overrides', /^Topic: t1 .*retention\.ms=3600000$/m);
  await on.prints('kafka-topics --describe --under-replicated-partitions', '');
  await on.prints('kafka-topics --describe --under-min-isr-partitions', '');
  await on.prints('kafka-topics --describe --unavailable-partitions', '');
  await on.prints(
    'kafka-topics --describe --at-min-isr-partitions --topic t2',
    /Topic: t2 Partition: 0[\s\S]*Partition: 1/,
  );
  await on.refuses('kafka-topics --describe --topic nowhere', /Topic 'nowhere' does not exist as expected/);
  await on.refuses(
    'kafka-topics --describe --topic-id AAAAAAAAAAAAAAAAAAAAAg',
    /TopicId .* does not exist as expected/,
  );
  await on.prints('kafka-topics --describe --if-exists --topic nowhere', '');

  await on.prints('kafka-topics --alter --topic t1 --partitions 5', '');
  await on.prints('kafka-topics --describe --topic t1', new RegExp(partition('t1', 4)));
  await on.refuses('kafka-topics --alter --topic t1 --partitions 5', /already has 5 partition/);
  await on.refuses(
    'kafka-topics --alter --topic t1 --partitions 2',
    /currently has 5 partition.*2 would not be an increase/,
  );
  await on.refuses('kafka-topics --alter --topic t1 --partitions 6 --replica-assignment 7', /7|assignment/);
  await on.prints('kafka-topics --alter --topic t2 --partitions 3 --replica-assignment 1,1,1', '');
  await on.refuses('kafka-topics --alter --topic nowhere --partitions 2', /Topic 'nowhere' does not exist as expected/);
  await on.prints('kafka-topics --alter --if-exists --topic nowhere --partitions 2', '');

  await on.prints('kafka-topics --delete --topic t.3', '');
  await on.refuses('kafka-topics --delete --topic t.3', /Topic 't\.3' does not exist as expected/);
  await on.prints('kafka-topics --delete --if-exists --topic t.3', '');
  await on.prints('kafka-topics --delete --topic t[12]', '');
  await on.prints('kafka-topics --list', '');
}
