/** Apache Kafka's jars, from Maven Central into .cache/; needs a JDK and Maven. Says what it brings, a line. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { apacheKafkaVersion, classPathDirectory } from '../test/real/versions.ts';

/** Something is not on this machine; the message says how to get it. */
export class MissingError extends Error {
  override readonly name = 'MissingError';
}

function fail(message: string): never {
  throw new MissingError(message);
}

export function runs(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).error === undefined;
}

/** @throws MissingError with the cure */
export function requireJava(): void {
  const version = spawnSync('java', ['-version'], { encoding: 'utf8' });
  if (version.error !== undefined) {
    fail('java is missing; Apache Kafka runs on Java 17 or later: apt-get install openjdk-17-jdk-headless');
  }
  const major = Number(/version "(\d+)/.exec(version.stderr)?.[1]);
  if (!(major >= 17)) fail(`Apache Kafka ${apacheKafkaVersion} runs on Java 17 or later; this one is ${major}`);
  // Kafka's tools are run by a source file, which Java compiles as it starts.
  const modules = spawnSync('java', ['--list-modules'], { encoding: 'utf8' }).stdout;
  if (!modules.includes('jdk.compiler')) fail('this Java has no compiler: apt-get install openjdk-17-jdk-headless');
}

/** The jars that are there according to the list written once all of them had come. */
function jarsAreWhole(): boolean {
  const list = join(classPathDirectory, 'jars.txt');
  if (!existsSync(list)) return false;
  const names = readFileSync(list, 'utf8').trim().split('\n');
  return names.length > 50 && names.every((name) => existsSync(join(classPathDirectory, name)));
}

/** Brings the jars where they are not whole. @throws MissingError with the cure */
export function bringJars(): void {
  if (jarsAreWhole()) return;
  if (!runs('mvn', '--version')) fail('mvn is missing; it brings Apache Kafka: apt-get install maven');
  console.error(`onceward: bringing Apache Kafka ${apacheKafkaVersion} from Maven Central into ${classPathDirectory}`);
  const incoming = `${classPathDirectory}.incoming`;
  rmSync(incoming, { recursive: true, force: true });
  mkdirSync(incoming, { recursive: true });
  const dependency = (group: string, artifact: string, version: string) =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  const project = join(incoming, 'pom.xml');
  writeFileSync(
    project,
    `<project><modelVersion>4.0.0</modelVersion><groupId>onceward</groupId><artifactId>apache-kafka</artifactId>
<version>1</version><packaging>pom</packaging><dependencies>
${dependency('org.apache.kafka', 'kafka_2.13', apacheKafkaVersion)}
${dependency('org.apache.kafka', 'kafka-tools', apacheKafkaVersion)}
${dependency('org.slf4j', 'slf4j-simple', '1.7.36')}
</dependencies></project>
`,
  );
  const args = ['-q', '-B', '-f', project, 'dependency:copy-dependencies', `-DoutputDirectory=${incoming}`];
  const result = spawnSync('mvn', args, { stdio: ['ignore', 'inherit', 'inherit'], timeout: 15 * 60_000 });
  if (result.status !== 0) {
    fail(
      `mvn could not bring Apache Kafka (${result.error?.message ?? `exit code ${result.status}`}); see its message above`,
    );
  }
  const jars = spawnSync('ls', [incoming], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter((name) => name.endsWith('.jar'));
  writeFileSync(join(incoming, 'jars.txt'), `${jars.join('\n')}\n`);
  rmSync(classPathDirectory, { recursive: true, force: true });
  mkdirSync(dirname(classPathDirectory), { recursive: true });
  renameSync(incoming, classPathDirectory);
  if (!jarsAreWhole())
    fail(`${classPathDirectory} is not whole after mvn has run: remove it and run the command again`);
}
