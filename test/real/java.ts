/** Apache Kafka's own Java clients, by its tools, against a cluster: groups, offsets, idempotence, transactions. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { test } from 'node:test';
import { assertSameValues, eventually, onCluster, type StartCluster, unique, values } from '../conformance/cluster.ts';
import { mustRunTool, startTool } from './apache-kafka.ts';

const tool = (name: string) => `org.apache.kafka.tools.${name}`;

/** A line that the verifiable tools print. */
interface Told {
  readonly name: string;
  readonly partitions?: readonly { readonly topic: string; readonly partition: number }[];
  readonly topic?: string;
  readonly partition?: number;
  readonly value?: string;
  readonly key?: string | null;
  readonly acked?: number;
}

/** A member of a group that reports what it is assigned and what it reads, until it is told to end. */
class VerifiableConsumer {
  readonly told: Told[] = [];
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private stderr = '';

  constructor(bootstrap: string, group: string, topic: string) {
    this.child = startTool(tool('VerifiableConsumer'), [
      ...['--bootstrap-server', bootstrap, '--group-id', group, '--topic', topic, '--verbose'],
      ...['--reset-policy', 'earliest', '--session-timeout', '10000'],
    ]);
    let rest = '';
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) if (line.startsWith('{')) this.told.push(JSON.parse(line));
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-4000);
    });
    this.ended = new Promise((resolve) => this.child.once('close', () => resolve()));
  }

  get assigned(): readonly number[] {
    let held: readonly number[] = [];
    for (const { name, partitions } of this.told) {
      if (name === 'partitions_assigned') held = partitions!.map(({ partition }) => partition).sort();
      if (name === 'partitions_revoked') held = [];
    }
    return held;
  }

  get values(): string[] {
    return this.told.filter(({ name }) => name === 'record_data').map(({ value }) => value!);
  }

  state(): unknown {
    return { assigned: this.assigned, read: this.values.length, stderr: this.stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 15_000);
    await this.ended;
    clearTimeout(timer);
  }
}

export function javaScenarios(clusterName: string, start: StartCluster): void {
  onCluster(`Java clients on ${clusterName}`, start, (bootstrap) => {
    const server = () => ['--bootstrap-server', bootstrap()];

    async function createTopic(name: string, partitions = 1): Promise<string> {
      const topic = unique(name);
      const args = ['--create', '--topic', topic, '--partitions', String(partitions), '--replication-factor', '1'];
      await mustRunTool(tool('TopicCommand'), [...server(), ...args]);
      return topic;
    }

    /** `<prefix>.0` …, as the tool numbers them. */
    async function produce(topic: string, prefix: number, count: number): Promise<void> {
      const text = await mustRunTool(tool('VerifiableProducer'), [
        ...[...server(), '--topic', topic, '--max-messages', String(count), '--acks', '-1'],
        // Without keys, Java's producer may give all of so few records to one partition.
        ...['--value-prefix', String(prefix), '--repeating-keys', '20'],
      ]);
      const told = text
        .split('\n')
        .filter(Boolean)
        .map((line): Told => JSON.parse(line));
      assert.equal(told.filter(({ name }) => name === 'producer_send_success').length, count);
      assert.equal(told.find(({ name }) => name === 'tool_data')?.acked, count);
    }

    const numbered = (prefix: number, count: number) => Array.from({ length: count }, (_, n) => `${prefix}.${n}`);

    const consume = async (topic: string, ...args: readonly string[]): Promise<string[]> => {
      const all = [...server(), '--topic', topic, '--timeout-ms', '6000', ...args];
      const text = await mustRunTool(tool('consumer.ConsoleConsumer'), all);
      return text.split('\n').filter(Boolean);
    };

    test('the console producer and consumer: keys, headers, compression, and a group that resumes', async () => {
      const topic = await createTopic('java-console');
      const produceLines = (lines: readonly string[], codec: string) =>
        mustRunTool(
          tool('ConsoleProducer'),
          [
            ...[...server(), '--topic', topic, '--compression-codec', codec],
            ...['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:'],
            ...['--reader-property', 'parse.headers=true', '--reader-property', 'headers.delimiter=|'],
          ],
          { input: `${lines.join('\n')}\n` },
        );
      const lines = (prefix: string) => values(prefix, 50).map((value, index) => `h:${index}|k${index}:${value}`);
      const shown = (prefix: string, from: number) =>
        values(prefix, 50).map((value, index) => `Offset:${from + index}\th:${index}\tk${index}\t${value}`);
      const properties = ['print.key=true', 'print.headers=true', 'print.offset=true'];
      const format = properties.flatMap((property) => ['--formatter-property', property]);
      const group = unique('java-group');
      const read = () => consume(topic, '--group', group, '--from-beginning', '--max-messages', '50', ...format);
      await produceLines(lines('before'), 'zstd');
      assert.deepEqual(await read(), shown('before', 0));
      await produceLines(lines('after'), 'snappy');
      assert.deepEqual(await read(), shown('after', 50));
    });

    test('two members of a group share the partitions, and the one that stays takes them all', async () => {
      const topic = await createTopic('java-rebalance', 4);
      const group = unique('java-group');
      await produce(topic, 1, 100);
      await using first = new VerifiableConsumer(bootstrap(), group, topic);
      const settled = { timeoutMs: 30_000, state: () => first.state() };
      await eventually('all for the first', () => first.assigned.length === 4, settled);
      await eventually('what was there', () => first.values.length === 100, settled);
      {
        await using second = new VerifiableConsumer(bootstrap(), group, topic);
        await eventually('two for each', () => first.assigned.length === 2 && second.assigned.length === 2, {
          timeoutMs: 30_000,
          state: () => [first.state(), second.state()],
        });
        assert.deepEqual([...first.assigned, ...second.assigned].sort(), [0, 1, 2, 3]);
        await produce(topic, 2, 100);
        const shared = () => [...first.values, ...second.values].filter((value) => value.startsWith('2.'));
        await eventually('every record at one of them', () => shared().length >= 100, { state: shared });
        assertSameValues(shared(), numbered(2, 100));
        assert.ok(second.values.length > 0);
      }
      await eventually('all for the one that stayed', () => first.assigned.length === 4, settled);
      await produce(topic, 3, 20);
      await eventually('the rest', () => first.values.filter((value) => value.startsWith('3.')).length === 20, settled);
    });

    test('a transactional copier copies each record exactly once, through aborts and a restart', async () => {
      const input = await createTopic('java-input');
      const output = await createTopic('java-output');
      const group = unique('java-copiers');
      const copy = (max: number) =>
        mustRunTool(tool('TransactionalMessageCopier'), [
          ...['--broker-list', bootstrap(), '--input-topic', input, '--input-partition', '0', '--output-topic', output],
          ...['--consumer-group', group, '--transactional-id', `${group}-id`, '--transaction-size', '20'],
          ...['--max-messages', String(max), '--enable-random-aborts', '--use-group-metadata', '--group-mode'],
        ]);
      await produce(input, 7, 300);
      await copy(160);
      await copy(-1);
      const copied = await consume(output, '--from-beginning', '--isolation-level', 'read_committed');
      assert.deepEqual(copied, numbered(7, 300));
      const described = await mustRunTool(tool('consumer.group.ConsumerGroupCommand'), [
        ...[...server(), '--describe', '--group', group],
      ]);
      assert.match(described, new RegExp(`${input}\\s+0\\s+300\\s+300\\s+0\\s`));
    });

    test('topics and offsets are described', async () => {
      const topic = await createTopic('java-describe', 2);
      await produce(topic, 1, 10);
      const topics = await mustRunTool(tool('TopicCommand'), [...server(), '--describe', '--topic', topic]);
      assert.match(topics, /PartitionCount: 2\s+ReplicationFactor: 1/);
      const ends = await mustRunTool(tool('GetOffsetShell'), [...server(), '--topic', topic]);
      const total = ends
        .trim()
        .split('\n')
        .reduce((sum, line) => sum + Number(line.split(':')[2]), 0);
      assert.equal(total, 10);
    });
  });
}
