/**
 * The package as a user gets it: built, packed by npm, and unpacked into the node_modules of a project of its own, with
 * its dependencies beside it. Nothing is written into the checkout.
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

export interface Project {
  readonly directory: string;
  /** What the package holds, from its own root. */
  readonly files: readonly string[];
  /** Runs a program of the project on a Node: this one unless told. */
  run(args: readonly string[], node?: string): SpawnSyncReturns<string>;
  write(name: string, text: string): string;
  remove(): void;
}

function must(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 120_000 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? ''}\n${stdout}\n${stderr}`);
  return stdout;
}

/** @throws Error when the build or npm pack fails, with what they said */
export function packedProject(): Project {
  const directory = mkdtempSync(join(tmpdir(), 'onceward-packed-'));
  const source = join(directory, 'source');
  for (const name of ['package.json', 'README.md', 'LICENSE', 'docs']) {
    cpSync(join(root, name), join(source, name), { recursive: true });
  }
  must(process.execPath, [join(root, 'scripts', 'build.ts'), join(source, 'dist')], root);
  must('npm', ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', directory], source);
  const tarball = readdirSync(directory).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error('npm pack has made no tarball');

  const modules = join(directory, 'node_modules');
  const home = join(modules, 'onceward');
  mkdirSync(home, { recursive: true });
  must('tar', ['-xzf', join(directory, tarball), '--strip-components=1', '-C', home], directory);
  const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  // What npm would install with it. The types of Node are for the compiler, as in a user's own project.
  for (const name of [...Object.keys(manifest.dependencies), '@types/node']) {
    const link = join(modules, name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link);
  }
  mkdirSync(join(modules, '.bin'));
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ name: 'project', private: true, type: 'module' }));
  for (const [name, target] of Object.entries<string>(manifest.bin)) {
    symlinkSync(join(home, target), join(modules, '.bin', name));
  }
  return {
    directory,
    files: globSync('**/*', { cwd: home, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(home, join(entry.parentPath, entry.name))),
    run: (args, node = process.execPath) =>
      spawnSync(node, args, { cwd: directory, encoding: 'utf8', timeout: 60_000, env: usersEnvironment() }),
    write: (name, text) => {
      writeFileSync(join(directory, name), text);
      return join(directory, name);
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Without what a test runner tells its children: one that a user starts here must not take itself for one of them. */
function usersEnvironment(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  return environment;
}

/** A user's program: a broker, a producer and a consumer, each from its own entry. Prints one line of JSON. */
export const userProgram = `
import { Broker } from 'onceward/broker';
import { Admin, Consumer, Producer } from 'onceward';
import { apis } from 'onceward/wire';
import * as lab from 'onceward/lab';

await using broker = await Broker.start({ port: 0 });
const bootstrapServers = broker.bootstrap;
const admin = new Admin({ bootstrapServers });
await admin.createTopics([{ name: 'greetings', partitions: 1 }]);
await admin.close();
const producer = new Producer({ bootstrapServers, compressionType: 'zstd' });
for (const value of ['hello', 'world']) await producer.sendAndWait({ topic: 'greetings', value });
await producer.close();
const consumer = new Consumer({ bootstrapServers, groupId: 'readers', autoOffsetReset: 'earliest' });
consumer.subscribe(['greetings']);
const values = [];
while (values.length < 2) {
  for (const { value } of await consumer.poll({ timeoutMs: 1000 })) values.push(new TextDecoder().decode(value));
}
await consumer.close();
console.log(JSON.stringify({ values, apis: apis.length > 10, lab: Object.keys(lab).length > 0 }));
`;
