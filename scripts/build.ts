/** Builds the package: JavaScript and declarations of src/, without its tests, into dist/ or the directory given. */
import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

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
chmodSync(join(target, 'cli', 'main.js'), 0o755);
