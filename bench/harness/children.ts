/**
 * The processes and directories of a run. They end with it, whichever way it ends: by itself, by Ctrl-C or by an error.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');
/** What the benchmark builds and writes; not the system's temporary directory, which may be kept in memory. */
export const cache = join(root, '.cache', 'bench');

const running = new Set<ChildProcess>();
const directories = new Set<string>();

function endAll(): void {
  for (const child of running) child.kill('SIGKILL');
  for (const directory of directories) rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}

const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** From here on a signal ends the run and all that it started. */
export function endWithThisProcess(): void {
  process.on('exit', endAll);
  for (const [signal, code] of Object.entries(signals)) process.on(signal, () => process.exit(code));
}

/** A child in a process group of its own, so that Ctrl-C reaches it through this process and in no other way. */
export function start(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const child = spawn(command, args, { cwd: root, detached: true, ...options });
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}

/** A child whose standard output and error are read: the first by the caller, of the second the end is kept. */
export interface Listened {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  /** The last that it said on standard error. */
  said(): string;
}

const SAID_MAX = 4000;

/** @throws Error where it could not be started */
export async function startListened(command: string, args: readonly string[], cwd = root): Promise<Listened> {
  const child = start(command, args, { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stdout!.setEncoding('utf8');
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-SAID_MAX);
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.stdin!.on('error', () => {}); // It ended without reading on; its exit code tells.
  return { child, pid: child.pid!, ended, said: () => said };
}

/** How long a child may take to end by itself. */
export const STOP_MS_MAX = 20_000;

/** Asks it to end, and ends it where it does not. */
export async function stop({ child, ended }: Listened, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
  await ended;
  clearTimeout(timer);
}

/** What makes Node write a processor profile of a program into the directory, where there is one. */
export function profileArguments(directory: string | undefined, name: string): string[] {
  return directory === undefined
    ? []
    : ['--cpu-prof', `--cpu-prof-dir=${directory}`, `--cpu-prof-name=${name}-${Date.now()}.cpuprofile`];
}

/** An empty directory on the disk of the checkout. */
export function makeDirectory(name: string): string {
  mkdirSync(cache, { recursive: true });
  const directory = mkdtempSync(join(cache, `${name}-`));
  directories.add(directory);
  return directory;
}

export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  directories.delete(directory);
}
