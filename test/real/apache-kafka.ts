/**
 * Apache Kafka for the tests: one node in KRaft mode on loopback, free ports and a directory of its own, and its tools.
 * scripts/real.ts has brought the jars. Everything started here is stopped by `stop`, and when this process ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts, loneNode } from './lone-node.ts';
import { apacheKafkaVersion, classPathDirectory } from './versions.ts';

export { apacheKafkaVersion };

export interface ApacheKafka {
  /** `host:port` */
  readonly bootstrap: string;
  /** `host:port` of each further listener. */
  readonly listeners: Readonly<Record<string, string>>;
  readonly dataDirectory: string;
  /** Ends the broker in order, so that its directory is whole; the directory stays until `stop`. */
  shutDown(): Promise<void>;
  /** Ends the broker in order and starts it again, on its directory and at its address. */
  restart(): Promise<void>;
  /** Kills it and starts it again. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

export interface ToolResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ToolOptions {
  /** Given on standard input, which is then closed. */
  readonly input?: string;
  /** The tool is killed after this time, and the call fails. 60 s unless told. */
  readonly timeoutMs?: number;
}

const javaOptions = [
  '-Xmx512m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
];
const started = new Set<ChildProcess>();
const directories = new Set<string>();
const leave = () => {
  for (const child of started) child.kill('SIGKILL');
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
};
process.on('exit', leave);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    leave();
    process.exit(1);
  });
}

export interface StartOptions {
  /** Further listeners: the name of each, and its security protocol. */
  readonly listeners?: Readonly<Record<string, string>>;
  /** Further arguments for the tool that formats the directory. */
  readonly format?: readonly string[];
}

interface JavaOptions {
  readonly options?: readonly string[];
  readonly classPath?: string;
}

/** Starts a class, or a source file that holds one, with Apache Kafka's jars. Ended with this process at the latest. */
export function java(program: string, args: readonly string[], more: JavaOptions = {}): ChildProcess {
  if (!existsSync(classPathDirectory)) {
    throw new Error(`Apache Kafka is not in ${classPathDirectory}: npm run test:real brings it`);
  }
  const { options = [], classPath = join(classPathDirectory, '*') } = more;
  const all = [...javaOptions, ...options, '-cp', classPath, program, ...args];
  const child = spawn('java', all, { stdio: ['pipe', 'pipe', 'pipe'] });
  started.add(child);
  child.once('close', () => started.delete(child));
  return child;
}

/** Collects what a child says and waits for its end. */
export function finished(child: ChildProcess, what: string, options: ToolOptions = {}): Promise<ToolResult> {
  const { input = '', timeoutMs = 60_000 } = options;
  let stdout = '';
  let stderr = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // A tool that ends without reading its input is judged by its exit code, not by the broken pipe.
  child.stdin?.on('error', () => {}).end(input);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${what}: not done after ${timeoutMs} ms\n${stdout.slice(-4000)}\n${stderr.slice(-4000)}`));
    }, timeoutMs);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === null) reject(new Error(`${what}: ended by ${signal}\n${stderr.slice(-4000)}`));
      else resolve({ code, stdout, stderr });
    });
  });
}

/** Runs one of Kafka's own tools: a class, mostly in `org.apache.kafka.tools`. */
export function runTool(mainClass: string, args: readonly string[], options?: ToolOptions): Promise<ToolResult> {
  return finished(java(mainClass, args), mainClass, options);
}

/** Starts one of Kafka's tools that runs until it is told to end; the caller ends it. */
export function startTool(mainClass: string, args: readonly string[]): ChildProcess {
  return java(mainClass, args);
}

/** The same as `runTool`, and it must succeed. */
export async function mustRunTool(mainClass: string, args: readonly string[], options?: ToolOptions): Promise<string> {
  const { code, stdout, stderr } = await runTool(mainClass, args, options);
  if (code !== 0) throw new Error(`${mainClass} ${args.join(' ')}: exit code ${code}\n${stdout}\n${stderr}`);
  return stdout;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/**
 * `more`: properties beside those that a lone node needs, or in place of them.
 * @throws Error when it does not listen within 60 s, with the end of what it said
 */
export async function start(
  more: Readonly<Record<string, string>> = {},
  options: StartOptions = {},
): Promise<ApacheKafka> {
  const directory = mkdtempSync(join(tmpdir(), 'onceward-kafka-'));
  directories.add(directory);
  const further = Object.entries(options.listeners ?? {});
  const [port, controllerPort, ...ports] = await freePorts(further.length);
  const listeners = Object.fromEntries(further.map(([name], at) => [name, `127.0.0.1:${ports[at]}`]));
  const properties: Record<string, string> = { ...loneNode(port, controllerPort, join(directory, 'data')), ...more };
  for (const [name, protocol] of further) {
    properties.listeners += `,${name}://${listeners[name]}`;
    properties['advertised.listeners'] += `,${name}://${listeners[name]}`;
    properties['listener.security.protocol.map'] += `,${name}:${protocol}`;
  }
  const file = join(directory, 'server.properties');
  writeFileSync(
    file,
    Object.entries(properties)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  // Not with a dash in front, which the tool would take for an option.
  const clusterId = `o${randomBytes(16).toString('base64url').slice(1)}`;
  await mustRunTool('kafka.tools.StorageTool', [
    ...['format', '-t', clusterId, '-c', file, '--standalone'],
    ...(options.format ?? []),
  ]);
  let node = await startNode(file, port);
  const shutDown = async () => {
    node.child.kill('SIGTERM');
    await node.ended;
  };
  return {
    bootstrap: `127.0.0.1:${port}`,
    listeners,
    dataDirectory: join(directory, 'data'),
    shutDown,
    async restart() {
      await shutDown();
      node = await startNode(file, port);
    },
    async crash() {
      node.child.kill('SIGKILL');
      await node.ended;
      node = await startNode(file, port);
    },
    async stop() {
      node.child.kill('SIGKILL'); // Its directory goes with it: there is nothing to close in order.
      await node.ended;
      rmSync(directory, { recursive: true, force: true });
      directories.delete(directory);
    },
  };
}

/** @throws Error when it does not listen within 60 s, with the end of what it said */
async function startNode(file: string, port: number): Promise<{ child: ChildProcess; ended: Promise<void> }> {
  const child = java('kafka.Kafka', [file], { options: ['-Xmx1g'] });
  let said = '';
  const keep = (text: string) => {
    said = (said + text).slice(-8000);
  };
  child.stdout!.setEncoding('utf8').on('data', keep);
  child.stderr!.setEncoding('utf8').on('data', keep);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const began = Date.now();
  while (!(await accepts(port))) {
    const over = child.exitCode !== null || child.signalCode !== null;
    if (over || Date.now() - began > 60_000) {
      child.kill('SIGKILL');
      throw new Error(`Apache Kafka ${over ? 'ended' : 'does not listen after 60 s'}:\n${said}`);
    }
    await sleep(100);
  }
  console.log(`started Apache Kafka ${apacheKafkaVersion} on 127.0.0.1:${port} (pid ${child.pid})`);
  return { child, ended };
}
