/**
 * Runs the tests. `test.ts` alone: types, lint, and every *.test.ts that needs nothing but npm. `test.ts real`: the ones
 * under test/real, which need Apache Kafka and kcat. Bounded as a whole and per test; fails when there is no test to run.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');

interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Whether it also runs when only some tests are asked for, and whether nothing follows where it fails. */
  readonly needed: boolean;
}

/** Runs one step with our own output; resolves with its exit code. Its whole process group ends when time is up. */
function run(step: Step, deadline: number): Promise<number> {
  const started = Date.now();
  return new Promise((resolve) => {
    const child = spawn(step.command, step.args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
    });
    const end = (signal: NodeJS.Signals) => {
      try {
        process.kill(-child.pid!, signal);
      } catch {
        // It is over already.
      }
    };
    const timer = setTimeout(() => {
      console.error(`${step.name}: not done after ${Math.round((Date.now() - started) / 1000)} s, ended`);
      end('SIGTERM');
      setTimeout(() => end('SIGKILL'), 10_000).unref();
    }, deadline - started);
    const passOn = (signal: NodeJS.Signals) => {
      end(signal);
      interrupted = true;
    };
    process.on('SIGINT', passOn).on('SIGTERM', passOn);
    child.on('error', (error) => {
      console.error(`${step.name}: ${error.message}`);
      clearTimeout(timer);
      resolve(1);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      process.off('SIGINT', passOn).off('SIGTERM', passOn);
      const outcome = code === 0 ? 'passed' : `FAILED (${signal ?? `exit code ${code}`})`;
      console.log(`${step.name} ${outcome} in ${((Date.now() - started) / 1000).toFixed(1)} s`);
      resolve(code ?? 1);
    });
  });
}

function tests(name: string, files: readonly string[], testTimeoutMs: number, concurrency: number): Step {
  if (files.length === 0) {
    console.error(`${name}: there is no test to run`);
    process.exit(1);
  }
  const args = [
    '--test',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${testTimeoutMs}`,
    `--test-reporter=${join(root, 'scripts', 'reporter.ts')}`,
    '--test-reporter-destination=stdout',
    ...files,
  ];
  return { name, command: process.execPath, args, needed: true };
}

let interrupted = false;
const real = process.argv[2] === 'real';
const only = process.argv.slice(real ? 3 : 2);
const found = globSync(['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'], { cwd: root }).sort();
const chosen = found.filter((file) => file.startsWith(join('test', 'real')) === real);
const files = only.length === 0 ? chosen : chosen.filter((file) => only.some((part) => file.includes(part)));
const bin = dirname(process.execPath);

// The limits of the whole: ten minutes for what needs npm alone, forty with Apache Kafka.
const deadline = Date.now() + (real ? 40 : 10) * 60_000 - 15_000;
const compiler = join(root, 'node_modules', '.bin', 'tsc');
const linter = join(root, 'node_modules', '.bin', 'biome');
const steps: Step[] = real
  ? [
      { name: 'requirements', command: process.execPath, args: [join(root, 'scripts', 'real.ts')], needed: true },
      tests('tests with Apache Kafka and kcat', files, 300_000, 1),
    ]
  : [
      { name: 'types', command: compiler, args: ['-p', 'tsconfig.json'], needed: false },
      { name: 'lint', command: linter, args: ['check', '.'], needed: false },
      tests('tests', files, 120_000, 2),
    ];

process.env.PATH = `${bin}:${process.env.PATH}`;
const failed: string[] = [];
for (const step of only.length === 0 ? steps : steps.filter(({ needed }) => needed)) {
  const code = await run(step, deadline);
  if (code !== 0) failed.push(step.name);
  if (interrupted || (code !== 0 && step.needed)) break;
}
if (failed.length > 0) console.error(`failed: ${failed.join(', ')}`);
process.exitCode = interrupted ? 130 : failed.length > 0 ? 1 : 0;
