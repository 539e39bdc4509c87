/** The franz-go program: built from bench/programs/franz-go, where Go is there. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { cache, root } from '../harness/children.ts';

const source = join(root, 'bench', 'programs', 'franz-go');
export const franzGoProgram = join(cache, 'franz-go');

/** Whether Go is there. */
export function haveGo(): boolean {
  return spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0;
}

/** @throws Error with what Go said */
export function buildFranzGo(): void {
  const env = { ...process.env, GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local' };
  const args = ['build', '-o', franzGoProgram, '.'];
  const { status, stderr } = spawnSync('go', args, { cwd: source, env, encoding: 'utf8', timeout: 10 * 60_000 });
  if (status !== 0) throw new Error(`franz-go could not be built:\n${stderr}`);
}
