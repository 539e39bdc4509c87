/** Apache Kafka as its own start script runs it: one node in KRaft mode, the script's heap and collector. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts, loneNode } from '../../test/real/lone-node.ts';
import { classPathDirectory } from '../../test/real/versions.ts';
import { type Listened, makeDirectory, removeDirectory, startListened, stop } from '../harness/children.ts';
import { listens } from '../harness/first-record.ts';
import type { RunningBroker } from '../harness/row.ts';

/** What kafka-server-start.sh and kafka-run-class.sh give the broker. */
const brokerOptions = [
  ...['-Xmx1G', '-Xms1G', '-server', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20'],
  ...['-XX:InitiatingHeapOccupancyPercent=35', '-XX:+ExplicitGCInvokesConcurrent', '-Djava.awt.headless=true'],
];
/** The same for tools. */
const toolOptions = ['-Xmx256M', ...brokerOptions.slice(2)];

export function javaArguments(program: string, args: readonly string[], options: readonly string[] = toolOptions) {
  const log = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error';
  return [...options, log, '-cp', join(classPathDirectory, '*'), program, ...args];
}

export interface ApacheKafka {
  readonly process: Listened;
  readonly bootstrap: string;
  stop(): Promise<void>;
}

/** A formatted directory and the properties of a node in it. */
export interface Formatted {
  readonly bootstrap: string;
  readonly port: number;
  readonly properties: string;
  readonly directory: string;
}

export async function format(): Promise<Formatted> {
  const directory = makeDirectory('apache-kafka');
  const [port, controllerPort] = await freePorts();
  const properties = join(directory, 'server.properties');
  const lines = Object.entries(loneNode(port, controllerPort, join(directory, 'data')));
  writeFileSync(properties, lines.map(([name, value]) => `${name}=${value}\n`).join(''));
  // Not with a dash in front, which the tool would take for an option.
  const clusterId = `o${randomBytes(16).toString('base64url').slice(1)}`;
  const args = ['format', '-t', clusterId, '-c', properties, '--standalone'];
  const tool = await startListened('java', javaArguments('kafka.tools.StorageTool', args));
  tool.child.stdout!.resume();
  await tool.ended;
  if (tool.child.exitCode !== 0) throw new Error(`Apache Kafka's directory could not be formatted:\n${tool.said()}`);
  return { bootstrap: `127.0.0.1:${port}`, port, properties, directory };
}

/** Starts a node; does not wait until it listens. */
export async function startFormatted({ bootstrap, properties, directory }: Formatted): Promise<ApacheKafka> {
  const process = await startListened('java', javaArguments('kafka.Kafka', [properties], brokerOptions));
  process.child.stdout!.resume();
  return {
    process,
    bootstrap,
    async stop() {
      await stop(process, 'SIGKILL'); // Its directory goes with it: there is nothing to close in order.
      removeDirectory(directory);
    },
  };
}

/** @throws Error when it ends or does not listen within a minute, with the end of what it said */
export async function apacheKafkaBroker(): Promise<RunningBroker> {
  const formatted = await format();
  const { process, bootstrap, stop } = await startFormatted(formatted);
  try {
    await listens(formatted.port, () => process.child.exitCode !== null || process.child.signalCode !== null);
  } catch (error) {
    throw new Error(`Apache Kafka did not start:\n${process.said()}`, { cause: error });
  }
  return { name: 'Apache Kafka', bootstrap, pid: process.pid, stop };
}
