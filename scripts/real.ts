/**
 * Brings what `npm run test:real` needs beyond npm: Apache Kafka from Maven Central into .cache/, and kcat from Debian.
 * Says what it brings, a line each; fails with the cure where it cannot.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { oldestNode, oldestNodeDirectory, oldestNodeVersion } from '../test/real/versions.ts';
import { bringJars, MissingError, requireJava, runs } from './apache-kafka.ts';

function fail(message: string): never {
  throw new MissingError(message);
}

function bringKcat(): void {
  if (runs('kcat', '-V')) return;
  const cure = 'kcat is missing: apt-get install kcat';
  if (!runs('apt-get', '--version')) fail(`${cure} (this machine has no apt-get)`);
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  console.error('onceward: installing kcat with apt-get');
  const apt = (...args: string[]) => {
    const [command, ...rest] = [...asRoot, 'apt-get', ...args];
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    return (
      spawnSync(command!, rest, { stdio: ['ignore', 'ignore', 'inherit'], env, timeout: 10 * 60_000 }).status === 0
    );
  };
  const install = () => apt('install', '-y', '-qq', '--no-install-recommends', 'kcat');
  if (!install() && !(apt('update', '-qq') && install())) fail(`${cure}; apt-get says above why it could not`);
}

/** The oldest Node that the package promises to run on, through the package of the npm registry that holds it. */
function bringOldestNode(): void {
  if (spawnSync(oldestNode, ['--version'], { encoding: 'utf8' }).stdout?.trim() === `v${oldestNodeVersion}`) return;
  console.error(`onceward: bringing Node ${oldestNodeVersion}, the oldest that the package supports`);
  const directory = oldestNodeDirectory;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{ "private": true, "allowScripts": { "node": true } }\n');
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error', `node@${oldestNodeVersion}`];
  const { status } = spawnSync('npm', args, {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 10 * 60_000,
  });
  if (status !== 0) fail(`npm could not bring Node ${oldestNodeVersion}; see its message above`);
}

try {
  requireJava();
  bringJars();
  bringKcat();
  bringOldestNode();
} catch (error) {
  if (!(error instanceof MissingError)) throw error;
  console.error(`onceward: ${error.message}`);
  process.exit(1);
}
