/** Our broker as a user has it: the built package, `onceward start`, a directory on disk. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  cache,
  type Listened,
  makeDirectory,
  profileArguments,
  removeDirectory,
  root,
  startListened,
  stop,
} from '../harness/children.ts';
import type { BrokerName, RunningBroker } from '../harness/row.ts';

const installed = join(cache, 'package');
export const ourCommand = join(installed, 'dist', 'bin', 'main.js');

/** The package as npm would install it. @throws Error where the sources do not compile */
export function buildPackage(): void {
  mkdirSync(installed, { recursive: true });
  copyFileSync(join(root, 'package.json'), join(installed, 'package.json'));
  const build = join(root, 'scripts', 'build.ts');
  const { status, stderr } = spawnSync(process.execPath, [build, join(installed, 'dist')], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the package could not be built:\n${stderr}`);
}

export interface OurBrokerOptions {
  /** Kept when it stops; without it a new one, which is removed. */
  readonly directory?: string;
  /** A free one unless told. */
  readonly port?: number;
  readonly settings?: Readonly<Record<string, string>>;
  /** Where its processor profile goes when it stops. */
  readonly profiles?: string | undefined;
}

export interface OurBroker extends SpawnedBroker {
  readonly bootstrap: string;
}

const START_MS_MAX = 60_000;

export interface SpawnedBroker {
  readonly process: Listened;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts it; does not wait until it listens. */
export async function spawnOurs(options: OurBrokerOptions = {}): Promise<SpawnedBroker> {
  const { settings = {}, port = 0 } = options;
  const directory = options.directory ?? makeDirectory('onceward');
  const set = Object.entries(settings).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
  const profile = profileArguments(options.profiles, 'broker');
  const address = ['--port', String(port), '--log-level', 'warn'];
  const args = [...profile, ourCommand, 'start', '--data', directory, ...address, ...set];
  const process = await startListened(globalThis.process.execPath, args);
  return {
    process,
    async stop(signal) {
      await stop(process, signal);
      if (options.directory === undefined) removeDirectory(directory);
    },
  };
}

/** Resolves once it listens. @throws Error with what it said, where it ends or takes too long */
export async function startOurs(options: OurBrokerOptions = {}): Promise<OurBroker> {
  const spawned = await spawnOurs(options);
  return { ...spawned, bootstrap: await listening(spawned.process) };
}

/** The address that a broker tells on standard output. */
export function listening({ child, ended, said }: Listened): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const failed = (how: string) => reject(new Error(`the broker ${how}:\n${said()}`));
    const timer = setTimeout(() => failed('does not listen'), START_MS_MAX);
    void ended.then(() => failed('ended'));
    child.stdout!.on('data', (more: string) => {
      text += more;
      const match = /listening on (\S+)\n/.exec(text);
      if (match === null) return;
      clearTimeout(timer);
      resolve(match[1]!);
    });
  });
}

export async function ourRunningBroker(
  name: BrokerName,
  settings: Readonly<Record<string, string>>,
  profiles: string | undefined,
): Promise<RunningBroker> {
  const { process, bootstrap, stop } = await startOurs({ settings, profiles });
  return { name, bootstrap, pid: process.pid, stop: () => stop() };
}
