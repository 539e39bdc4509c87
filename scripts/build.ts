/**
 * Builds the package: JavaScript and declarations of src/, without its tests, into dist/ or the directory given; and the
 * command as a few files in dist/bin, since reading each of three hundred takes longer than all that a start does.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const target = resolve(process.argv[2] ?? join(root, 'dist'));

rmSync(target, { recursive: true, force: true });
const compiler = join(root, 'node_modules', '.bin', 'tsc');
const { status, error } = spawnSync(compiler, ['-p', join(root, 'tsconfig.build.json'), '--outDir', target], {
  stdio: 'inherit',
});
if (status !== 0) {
  console.error(`the build failed${error ? `: ${error.message}` : ''}`);
  process.exit(1);
}

await build({
  entryPoints: [join(target, 'cli', 'main.js')],
  outdir: join(target, 'bin'),
  bundle: true,
  // The one command that is run is all that is read.
  splitting: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
  logLevel: 'warning',
});
rmSync(join(target, 'cli'), { recursive: true });
chmodSync(join(target, 'bin', 'main.js'), 0o755);
