/** The command line, as a person runs it: exit codes, messages, reports, Ctrl-C. */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Admin } from '../../src/client/index.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const RUN_MS_MAX = 60_000;

let directory: string;
let temporaries: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'onceward-cli-test-'));
  temporaries = await mkdtemp(join(directory, 'tmp-'));
});
after(async () => {
  for (const { child } of runs) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
const runs = new Set<Run>();
class Run {
  stdout = '';
  stderr = '';
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  private readonly changed: (() => void)[] = [];

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, [MAIN, ...args], {
      env: { ...process.env, TMPDIR: temporaries, NO_COLOR: '1' },
    });
    runs.add(this);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), RUN_MS_MAX);
    const wake = (): void => {
      for (const run of this.changed.splice(0)) run();
    };
    this.child.stdout.on('data', (chunk) => {
      this.stdout += String(chunk);
      wake();
    });
    this.child.stderr.on('data', (chunk) => {
      this.stderr += String(chunk);
      wake();
    });
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code) => {
        clearTimeout(timer);
        runs.delete(this);
        wake();
        resolve({ code, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }
  /** Waits until the output matches. */
  async says(pattern: RegExp, where: 'stdout' | 'stderr' = 'stdout'): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this[where]);
      if (match !== null) return match;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        assert.fail(`it ended without ${pattern}:\n${this.stdout}\n${this.stderr}`);
      }
      await new Promise<void>((resolve) => this.changed.push(resolve));
    }
  }
}
const run = (...args: string[]) => new Run(...args).ended;

async function file(name: string, content: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
}
/** Refused: exit code 1, one line that names cause and cure, no stack trace. */
function assertRefused({ code, stderr }: Ended, message: RegExp): void {
  assert.match(stderr, message);
  assert.doesNotMatch(stderr, /\n\s+at /);
  assert.equal(code, 1);
}
const threeLines = () => file('three.ndjson', '{"a":1}\n{"a":2}\n{"a":3}\n');

describe('prove', () => {
  test('ends with 0, the table, what each fault did, and a report of the promised shape', async () => {
    const report = join(directory, 'report.json');
    const ended = await run('prove', '--once', '--port', '0', '--input', await threeLines(), '--report', report);
    assert.equal(ended.code, 0, ended.stderr);
    for (const name of ['at-most-once', 'at-least-once', 'exactly-once']) assert.match(ended.stdout, new RegExp(name));
    assert.match(ended.stdout, /Guarantee.*Sent.*Delivered.*Lost.*Duplicated.*Messages\/s.*p99/);
    assert.match(ended.stdout, /What each fault did[\s\S]*killed +1 of 1/);
    assert.match(ended.stdout, /Every promise held/);

    const written = JSON.parse(await readFile(report, 'utf8'));
    assert.deepEqual(Object.keys(written), ['input', 'guarantees', 'held']);
    assert.equal(written.held, true);
    assert.equal(written.input.records, 3);
    assert.equal(written.guarantees.length, 3);
    for (const guarantee of written.guarantees) {
      const names = 'name sent delivered lost duplicated messagesPerSecond p99Ms perTopic faults'.split(' ');
      assert.deepEqual(Object.keys(guarantee).sort(), names.sort());
      assert.equal(guarantee.perTopic.length, 2);
    }
    assert.deepEqual(await readdir(temporaries), [], 'the temporary data is removed');
  });

  test('stays up for other clients until Ctrl-C, then ends with 130 and keeps the data it was told to keep', async () => {
    const data = join(directory, 'kept');
    const running = new Run('prove', '--port', '0', '--input', await threeLines(), '--data', data);
    const [, bootstrap] = await running.says(/stays up on (\S+) until/);
    await running.says(/input\.summary\.exactly-once +3 outputs/);
    const admin = new Admin({ bootstrapServers: [bootstrap!] });
    const topics = await admin.listTopics();
    await admin.close();
    assert.ok(topics.includes('input') && topics.includes('input.normalised.exactly-once'));
    const asked = performance.now();
    running.child.kill('SIGINT');
    assert.equal((await running.ended).code, 130);
    assert.ok(performance.now() - asked < 5000);
    await access(join(data, 'input-0'));
  });

  test('Ctrl-C in the middle ends it with 130, promptly, without a stack trace, and removes the temporary data', async () => {
    const lines = Array.from({ length: 20_000 }, (_, at) => String(at)).join('\n');
    const running = new Run('prove', '--once', '--port', '0', '--input', await file('many.ndjson', lines));
    await running.says(/at-least-once: /, 'stderr');
    const asked = performance.now();
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    assert.equal(code, 130);
    assert.ok(performance.now() - asked < 5000);
    assert.doesNotMatch(stderr, /error/i);
    assert.deepEqual(await readdir(temporaries), []);
  });

  test('a bad line stops it, with file, line and cause', async () => {
    const input = await file('bad.ndjson', '{"a":1}\n{"a":\n');
    assertRefused(
      await run('prove', '--once', '--port', '0', '--input', input),
      /bad\.ndjson, line 2: it is not one JSON/,
    );
    assert.deepEqual(await readdir(temporaries), []);
  });

  test('input that is not there, is a directory or is empty', async () => {
    assertRefused(await run('prove', '--input', join(directory, 'none')), /none does not exist: check the path/);
    assertRefused(await run('prove', '--input', directory), /is a directory: --input takes a file/);
    assertRefused(await run('prove', '--input', await file('empty', '')), /empty is empty/);
  });

  test('a report that cannot be written is refused before the run', async () => {
    const input = await threeLines();
    const below = join(directory, 'no', 'report.json');
    const ended = await run('prove', '--input', input, '--report', below);
    assertRefused(ended, /directory does not exist: make it, or give --report another path/);
    assert.equal(ended.stdout, '');
    assertRefused(await run('prove', '--input', input, '--report', directory), /that is a directory/);
  });

  test('options that are none', async () => {
    assertRefused(await run('prove', '--port', '99999'), /whole number from 0 .* to 65535/);
    assertRefused(await run('prove', '--port', '-1'), /whole number/);
    assertRefused(await run('prove', '--bogus'), /unknown option '--bogus'/);
    assertRefused(await run('bogus'), /unknown command 'bogus'/);
  });
});

describe('a place that is taken', () => {
  let server: Server;
  let port: number;
  before(async () => {
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as { port: number }).port;
  });
  after(() => server.close());

  test('a port in use: cause and cure', async () => {
    const message = new RegExp(`port ${port} on 127\\.0\\.0\\.1 is in use: stop .*, or choose another with --port`);
    assertRefused(await run('prove', '--port', String(port), '--input', await threeLines()), message);
    assertRefused(await run('start', '--port', String(port)), message);
    assert.deepEqual(await readdir(temporaries), []);
  });

  test('a data directory that cannot be made', async () => {
    const inTheWay = await file('in-the-way', 'x');
    assertRefused(await run('start', '--port', '0', '--data', inTheWay), /a file is in its way|is a file/);
    assertRefused(
      await run('start', '--port', '0', '--data', join(inTheWay, 'x')),
      /in its way: choose another with --data/,
    );
    // Not even root writes there.
    assertRefused(await run('start', '--port', '0', '--data', '/proc/onceward'), /cannot be made|may not be written/);
  });

  test('a data directory that is somebody else’s, has too long a name, or none', async () => {
    await file('theirs.txt', 'x');
    assertRefused(
      await run('start', '--port', '0', '--data', directory),
      /is not empty.*no data directory of a broker/,
    );
    const long = join(directory, 'x'.repeat(300));
    assertRefused(await run('start', '--port', '0', '--data', long), /too long for the file system: choose another/);
    assertRefused(await run('start', '--port', '0', '--data', ''), /It is empty: name a path/);
    assertRefused(await run('prove', '--port', '0', '--data', ''), /It is empty: name a path/);
  });

  test('a directory that another process holds', async () => {
    const data = join(directory, 'held');
    const first = new Run('start', '--port', '0', '--data', data);
    await first.says(/listening/);
    assertRefused(
      await run('start', '--port', '0', '--data', data),
      /in use by another process.*stop it first, or choose another/,
    );
    assertRefused(
      await run('prove', '--port', '0', '--data', data, '--input', await threeLines()),
      /in use by another process/,
    );
    first.child.kill('SIGTERM');
    await first.ended;
  });
});

describe('start', () => {
  test('prints exactly one line once it answers, logs to standard error, and SIGTERM ends it with 0', async () => {
    const data = join(directory, 'started');
    const running = new Run('start', '--port', '0', '--data', data, '--set', 'num.partitions=3');
    const [, host, port] = await running.says(/^listening on (.+):(\d+)\n/);
    const admin = new Admin({ bootstrapServers: [`${host}:${port}`] });
    await admin.createTopics([{ name: 't' }]);
    const [topic] = await admin.describeTopics(['t']);
    assert.equal(topic?.partitions.length, 3);
    await admin.close();
    running.child.kill('SIGTERM');
    const { code, stdout } = await running.ended;
    assert.equal(code, 0);
    assert.match(stdout, /^listening on 127\.0\.0\.1:\d+\n$/);

    const again = new Run('start', '--port', '0', '--data', data);
    const [, sameHost, newPort] = await again.says(/^listening on (.+):(\d+)\n/);
    const reader = new Admin({ bootstrapServers: [`${sameHost}:${newPort}`] });
    assert.deepEqual(await reader.listTopics(), ['t']);
    await reader.close();
    again.child.kill('SIGINT');
    assert.equal((await again.ended).code, 0);
  });

  test('--config takes a server.properties with several listeners, and --set goes before it', async () => {
    const data = join(directory, 'configured');
    const properties = await file(
      'server.properties',
      [
        '# for one node',
        'process.roles=broker,controller',
        'node.id = 7',
        'listeners=PLAINTEXT://127.0.0.1:0,\\',
        '   SECOND://127.0.0.1:0,CONTROLLER://127.0.0.1:0',
        'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SECOND:PLAINTEXT,CONTROLLER:PLAINTEXT',
        'controller.listener.names=CONTROLLER',
        `log.dirs=${data}`,
        'num.partitions=2',
        'num.io.threads=8',
      ].join('\n'),
    );
    const running = new Run('start', '--config', properties, '--set', 'num.partitions=5');
    await running.says(/^listening on 127\.0\.0\.1:\d+\n/);
    const listening = /PLAINTEXT:\/\/127\.0\.0\.1:(\d+),SECOND:\/\/127\.0\.0\.1:(\d+)/;
    const [, first, second] = await running.says(listening, 'stderr');
    // Each listener tells its own address: who came by one stays there.
    for (const port of [first, second]) {
      const admin = new Admin({ bootstrapServers: [`127.0.0.1:${port}`] });
      const { brokers } = await admin.describeCluster();
      assert.deepEqual(
        [...brokers.values()].map((each) => [each.id, each.port]),
        [[7, Number(port)]],
      );
      if (port === first) await admin.createTopics([{ name: 't' }]);
      assert.equal((await admin.describeTopics(['t']))[0]?.partitions.length, 5);
      await admin.close();
    }
    await access(join(data, 't-4'));
    assert.equal(running.stderr.match(/num\.io\.threads is accepted and has no effect here/g)?.length, 1);
    running.child.kill('SIGTERM');
    assert.equal((await running.ended).code, 0);
    assertRefused(
      await run('start', '--port', '0', '--data', data),
      /belongs to node 7, not to node 1: start with node\.id=7/,
    );
  });

  test('settings that contradict each other or are none: where they stand, and the cure', async () => {
    const properties = await file('some.properties', 'num.partitions=1\n\nlisteners=PLAINTEXT://:1\nlog.dirs=/x\n');
    const mistyped = await file('mistyped.properties', '\nnum.partitons=1\n');
    assertRefused(
      await run('start', '--config', properties, '--port', '0'),
      /--port and listeners=.*line 3\) contradict/,
    );
    assertRefused(await run('start', '--config', properties, '--data', 'd'), /--data and log\.dirs=\/x .*line 4\)/);
    assertRefused(await run('start', '--config', mistyped), /properties, line 2: .*did you mean num\.partitions/);
    assertRefused(
      await run('start', '--config', join(directory, 'none')),
      /does not exist: check the path given to --config/,
    );
    assertRefused(await run('start', '--config', directory), /is a directory: --config takes a properties file/);
    assertRefused(
      await run('start', '--port', '0', '--set', 'group.min.session.timeout.ms=2000000'),
      /lower group\.min\.session\.timeout\.ms, or raise group\.max\.session\.timeout\.ms/,
    );
  });

  test('a property that is none: cause and cure', async () => {
    assertRefused(await run('start', '--port', '0', '--set', 'num.partitons=3'), /did you mean num\.partitions/);
  });

  test('several that are wrong are told in one message, each with its place and cure', async () => {
    const lines = 'num.partitons=3\nlog.retention.hours=many\nlisteners=PLAINTEXT://:0\n';
    const several = await file('several.properties', lines);
    const settings = ['--set', 'offsets.topic.replication.factor=3', '--set', 'num.network.threads=0'];
    const { code, stderr } = await run('start', '--config', several, '--port', '0', ...settings);
    assert.equal(code, 1);
    for (const words of [
      /5 things are wrong/,
      /line 1: .*did you mean num\.partitions/,
      /line 2: Invalid value many for configuration log\.retention\.hours/,
      /--port and listeners=.* leave one of them out/,
      /--set: .*num\.network\.threads: Value must be at least 1/,
      /Set offsets\.topic\.replication\.factor=1/,
    ]) {
      assert.match(stderr, words);
    }
    assertRefused(await run('start', '--port', '0', '--set', 'num.partitions=many'), /num\.partitions/);
    assertRefused(await run('start', '--port', '0', '--set', 'nonsense'), /key=value/);
  });
});
