/**
 * Installs what is missing, before npm runs a script of ours. Plain JavaScript for Node 18 and later, because on a
 * fresh clone it runs on the machine's own Node: the Node that everything else runs on is one of the things it installs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');
const node = join(modules, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');

/** Why an installation is needed, or undefined when what is there is what the lock file asks for. */
function reasonToInstall() {
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  let present;
  try {
    // npm keeps in this file what it has installed.
    present = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8')).packages;
  } catch {
    return 'nothing is installed yet';
  }
  for (const [path, { version, optional }] of Object.entries(wanted)) {
    if (path === '' || present[path]?.version === version) continue;
    if (present[path] === undefined && optional) continue; // for another platform
    return `${path.replace(/^node_modules\//, '')} is not the version that the lock file asks for`;
  }
  if (!existsSync(node)) return 'the Node to run on is missing';
  return undefined;
}

/** The command and first arguments that start npm itself, on the Node that npm already runs on where that is known. */
function npmCommand() {
  const cli = process.env.npm_execpath;
  const own = process.env.npm_node_execpath;
  // Not the Node in node_modules: the installation removes it while it runs.
  if (cli?.endsWith('.js') && own && !own.startsWith(modules)) return [own, cli];
  return ['npm'];
}

function pathWithoutModules() {
  const parts = (process.env.PATH ?? '').split(delimiter);
  return parts.filter((part) => !part.includes(`${sep}node_modules${sep}.bin`)).join(delimiter);
}

function fail(message) {
  process.stderr.write(`onceward: ${message}\n`);
  process.exit(1);
}

const reason = reasonToInstall();
if (reason !== undefined) {
  process.stderr.write(`onceward: installing with npm ci, because ${reason}\n`);
  const [command, ...first] = npmCommand();
  const flags = ['ci', '--no-audit', '--no-fund', '--ignore-scripts=false', '--include=dev', '--loglevel=error'];
  const result = spawnSync(command, [...first, ...flags], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, PATH: pathWithoutModules() },
    shell: process.platform === 'win32' && first.length === 0,
  });
  if (result.error) fail(`npm could not be started (${result.error.message}): install npm 10 or later`);
  if (result.status !== 0) {
    const how = result.signal ? `was ended by ${result.signal}` : `failed with exit code ${result.status}`;
    fail(
      `npm ci ${how}; what npm says above is the cause. It needs the npm registry: ` +
        'see that this machine reaches it (npm ping), then run the command again',
    );
  }
  const still = reasonToInstall();
  if (still !== undefined) fail(`npm ci has run, and yet ${still}: remove ${modules} and run the command again`);
  const version = spawnSync(node, ['--version'], { encoding: 'utf8', shell: process.platform === 'win32' });
  if (version.status !== 0) {
    fail(`${realpathSync(node)} does not run here (${version.error?.message ?? version.stderr.trim()})`);
  }
  process.stderr.write(`onceward: installed; running on Node ${version.stdout.trim()}\n`);
}
