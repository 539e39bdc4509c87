/** kcat (librdkafka) against a cluster: groups, rebalances, offsets, idempotence, transactions. Needs kcat on the PATH. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { describe, test } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { assertSameValues, eventually, onCluster, type StartCluster, unique, values } from './cluster.ts';

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A kcat that runs until it ends by itself or is told to. */
class Kcat {
  stdout = '';
  stderr = '';
  private readonly child: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(bootstrap: string, args: readonly string[]) {
    this.child = spawn('kcat', ['-b', bootstrap, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.child.stdin!.on('error', () => {});
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', resolve);
    });
  }

  write(text: string): void {
    this.child.stdin!.write(text);
  }

  endInput(): void {
    this.child.stdin!.end();
  }

  get lines(): string[] {
    return this.stdout.split('\n').filter((line) => line !== '');
  }

  /** What its rebalances have left it with: `topic [partition]`. */
  get assigned(): ReadonlySet<string> {
    const held = new Set<string>();
    for (const line of this.stderr.split('\n')) {
      // Eager: `assigned: …` and `revoked: …`. Cooperative: `incremental assignment of …` and `incremental revoke of …`.
      const given = /rebalanced.*(?:: assigned|incremental assignment of)/.test(line);
      const taken = /rebalanced.*(?:: revoked|incremental revoke)/.test(line);
      for (const [partition] of line.matchAll(/[\w-]+ \[\d+\]/g)) {
        if (given) held.add(partition);
        if (taken) held.delete(partition);
      }
    }
    return held;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 15_000);
    await this.ended;
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.stop();
  }
}

export function kcatScenarios(clusterName: string, start: StartCluster): void {
  onCluster(`kcat on ${clusterName}`, start, (bootstrap) => {
    const ready = ['-X', 'topic.metadata.refresh.interval.ms=1000', '-X', 'auto.offset.reset=earliest'];

    /** Runs kcat to its end, which must come within half a minute. */
    async function kcat(args: readonly string[], input = ''): Promise<Run> {
      await using run = new Kcat(bootstrap(), args);
      run.write(input);
      run.endInput();
      const timer = setTimeout(() => void run.stop('SIGKILL'), 30_000);
      const code = await run.ended;
      clearTimeout(timer);
      return { code, stdout: run.stdout, stderr: run.stderr };
    }

    async function succeeds(args: readonly string[], input?: string): Promise<string> {
      const { code, stdout, stderr } = await kcat(args, input);
      assert.equal(code, 0, `kcat ${args.join(' ')}: ${stderr}`);
      return stdout;
    }

    const produce = (topic: string, lines: readonly string[], ...args: readonly string[]) =>
      succeeds(['-P', '-t', topic, ...args], `${lines.join('\n')}\n`);

    const consume = async (topic: string, isolation: string): Promise<string[]> => {
      const text = await succeeds([
        '-C',
        '-t',
        topic,
        '-e',
        '-q',
        '-o',
        'beginning',
        '-X',
        `isolation.level=${isolation}`,
      ]);
      return text.split('\n').filter((line) => line !== '');
    };

    /** Everything a group has left to read. */
    const drain = async (group: string, topic: string, ...args: readonly string[]): Promise<string[]> => {
      const text = await succeeds(['-G', group, '-e', '-q', ...ready, ...args, topic]);
      return text.split('\n').filter((line) => line !== '');
    };

    /** kcat asks for the topic's metadata, and the broker creates it. */
    const createTopic = async (name: string): Promise<string> => {
      const topic = unique(name);
      await produce(topic, ['first'], '-p', '0');
      assert.deepEqual(await consume(topic, 'read_committed'), ['first']);
      return topic;
    };

    /** kcat cannot ask for a number of partitions: another client does. */
    const createTopicOf = async (name: string, numPartitions: number): Promise<string> => {
      const topic = unique(name);
      const admin = new Kafka({ brokers: [bootstrap()], logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
      await admin.createTopics({ topics: [{ topic, numPartitions }] });
      await admin.disconnect();
      return topic;
    };

    /** Lines long enough that kcat does not wait for more input before it sends the first of them. */
    const longValues = (prefix: string) => values(prefix, 200).map((value) => value.padEnd(1000, '.'));

    /** A kcat in the middle of a transaction on a topic: much of what it was given is in the log. */
    const openTransaction = async (topic: string, id: string, lines: readonly string[]): Promise<Kcat> => {
      const args = ['-P', '-t', topic, '-p', '0', '-X', `transactional.id=${id}`, '-X', 'linger.ms=0'];
      const open = new Kcat(bootstrap(), args);
      open.write(`${lines.join('\n')}\n`);
      const inTheLog = async () => (await consume(topic, 'read_uncommitted')).length > 100;
      await eventually('the records are in the log', inTheLog, { state: () => open.stderr });
      return open;
    };

    describe('produce and consume', () => {
      for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
        test(`keys, values and headers survive, with compression ${codec}`, async () => {
          const topic = await createTopic('kcat-plain');
          const lines = values('v', 200).map((value, index) => `k${index}:${value}`);
          await produce(topic, lines, '-K', ':', '-z', codec, '-H', 'h=1', '-p', '0', '-X', 'acks=all');
          const format = '%o %k %s %h\\n';
          const text = await succeeds(['-C', '-t', topic, '-e', '-q', '-o', 'beginning', '-f', format]);
          const expected = values('v', 200).map((value, index) => `${index + 1} k${index} ${value} h=1`);
          assert.deepEqual(text.split('\n').filter(Boolean).slice(1), expected);
        });
      }

      test('metadata lists the topic with its leader', async () => {
        const topic = await createTopic('kcat-metadata');
        const { topics, brokers } = JSON.parse(await succeeds(['-L', '-J', '-t', topic]));
        assert.equal(brokers.length, 1);
        assert.equal(topics[0].topic, topic);
        assert.equal(topics[0].partitions[0].leader, brokers[0].id);
      });

      test('an offset is found by its timestamp', async () => {
        const topic = await createTopic('kcat-query');
        await produce(topic, values('v', 5), '-p', '0');
        const answer = async (at: string) => (await succeeds(['-Q', '-t', `${topic}:0:${at}`])).trim();
        assert.match(await answer('-2'), / offset 0$/);
        assert.match(await answer('-1'), / offset 6$/);
        assert.match(await answer('1'), / offset 0$/);
      });

      test('reading begins at an offset, at a time and before the end; a tombstone has no value', async () => {
        const topic = await createTopic('kcat-positions');
        await produce(topic, ['a:1', 'b:', 'c:3'], '-p', '0', '-K', ':', '-Z');
        const read = async (from: string, ...args: readonly string[]) => {
          const format = ['-f', '%o %k %S|', '-o', from];
          return (await succeeds(['-C', '-t', topic, '-p', '0', '-e', '-q', ...format, ...args])).trim();
        };
        assert.equal(await read('1'), '1 a 1|2 b -1|3 c 1|');
        assert.equal(await read('1', '-c', '1'), '1 a 1|');
        assert.equal(await read('-1'), '3 c 1|');
        assert.equal(await read('s@1'), '0  5|1 a 1|2 b -1|3 c 1|');
        assert.equal(await read('end'), '');
      });
    });

    describe('groups', () => {
      test('a group reads everything once, and resumes where it stopped', async () => {
        const topic = await createTopic('kcat-resume');
        const group = unique('group');
        await produce(topic, values('before', 20));
        assertSameValues(await drain(group, topic), ['first', ...values('before', 20)]);
        await produce(topic, values('after', 10));
        assertSameValues(await drain(group, topic), values('after', 10));
        assert.deepEqual(await drain(group, topic), []);
        assert.equal((await drain(unique('other'), topic)).length, 31);
      });

      for (const strategy of ['range', 'roundrobin', 'cooperative-sticky']) {
        test(`two members share the partitions, and the one that stays takes them all, by ${strategy}`, async () => {
          const topic = await createTopicOf('kcat-rebalance', 4);
          const group = unique('group');
          const settings = [
            ...['-X', `partition.assignment.strategy=${strategy}`, '-X', 'heartbeat.interval.ms=300'],
            ...['-X', 'session.timeout.ms=10000', '-u', ...ready],
          ];
          const member = () => new Kcat(bootstrap(), ['-G', group, ...settings, topic]);
          const round = async (members: readonly Kcat[], name: string) => {
            for (const partition of [0, 1, 2, 3]) {
              await produce(topic, values(`${name}-${partition}`, 10), '-p', String(partition));
            }
            const expected = [0, 1, 2, 3].flatMap((partition) => values(`${name}-${partition}`, 10));
            const of = ({ lines }: Kcat) => lines.filter((line) => line.startsWith(`${name}-`));
            await eventually('every record', () => members.flatMap(of).length >= 40, { state: () => members.map(of) });
            assertSameValues(members.flatMap(of), expected);
            for (const one of members) assert.equal(of(one).length, 40 / members.length);
          };
          await using first = member();
          await eventually('all for the first', () => first.assigned.size === 4, { state: () => first.stderr });
          {
            await using second = member();
            await eventually('two for each', () => first.assigned.size === 2 && second.assigned.size === 2, {
              state: () => [first.stderr, second.stderr],
            });
            await round([first, second], 'shared');
          }
          await eventually('all for the one that stayed', () => first.assigned.size === 4, {
            state: () => first.stderr,
          });
          await round([first], 'alone');
        });
      }
    });

    describe('idempotence and transactions', () => {
      test('an idempotent producer writes each record once, in order', async () => {
        const topic = await createTopic('kcat-idempotent');
        await produce(
          topic,
          values('v', 100),
          '-p',
          '0',
          '-X',
          'enable.idempotence=true',
          '-X',
          'batch.num.messages=7',
        );
        assert.deepEqual(await consume(topic, 'read_committed'), ['first', ...values('v', 100)]);
      });

      test('a transaction is invisible to read_committed until it commits', async () => {
        const topic = await createTopic('kcat-tx');
        await using open = await openTransaction(topic, unique('tx'), longValues('v'));
        assert.deepEqual(await consume(topic, 'read_committed'), ['first']);
        open.endInput();
        assert.equal(await open.ended, 0, open.stderr);
        assert.deepEqual(await consume(topic, 'read_committed'), ['first', ...longValues('v')]);
      });

      test('a transaction that is aborted stays invisible, and the next one is seen', async () => {
        const topic = await createTopic('kcat-abort');
        const id = unique('tx');
        await using aborted = await openTransaction(topic, id, longValues('gone'));
        await aborted.stop('SIGINT');
        assert.deepEqual(await consume(topic, 'read_committed'), ['first']);
        await produce(topic, values('kept', 5), '-p', '0', '-X', `transactional.id=${id}`);
        assert.deepEqual(await consume(topic, 'read_committed'), ['first', ...values('kept', 5)]);
        assert.ok((await consume(topic, 'read_uncommitted')).length > 106);
      });

      test('a producer that dies in a transaction is followed by one that aborts what it left', async () => {
        const topic = await createTopic('kcat-fence');
        const id = unique('tx');
        await using dead = await openTransaction(topic, id, longValues('lost'));
        await dead.stop('SIGKILL');
        await produce(topic, values('heir', 5), '-p', '0', '-X', `transactional.id=${id}`);
        assert.deepEqual(await consume(topic, 'read_committed'), ['first', ...values('heir', 5)]);
      });
    });
  });
}
